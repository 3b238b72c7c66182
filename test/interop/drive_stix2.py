"""stix2's TAXIICollectionSource and TAXIICollectionSink: `drive_stix2.py DISCOVERY USER PASSWORD`. What comes back has been through its own parser."""

import json

import stix2
from loop import alike, connection, serve, told, twice
from taxii2client.v21 import Server


def collections():
    return connection(lambda discovery, user, password: Server(discovery, user=user, password=password)).default.collections


def one(collection):
    return next(held for held in collections() if collection in (held.id, held.alias))


def source(collection, per_page=5000):
    """A source whose requests are each sent twice; the envelopes are kept as they came."""
    held = one(collection)
    held.envelopes = []
    # The collection is the same object each time: not what an earlier source put there.
    get = twice(type(held).get_objects.__get__(held))

    def kept(**kwargs):
        held.envelopes.append(get(**kwargs))
        return held.envelopes[-1]

    held.get_objects = kept
    return stix2.TAXIICollectionSource(held, items_per_page=per_page)


def plain(parsed):
    return json.loads(parsed.serialize()) if hasattr(parsed, "serialize") else parsed


def pull(collection, per_page, brief=False, **filters):
    held = source(collection, per_page)
    found = held.query([stix2.Filter(name, "=", value) for name, value in filters.items()])
    envelopes = held.collection.envelopes
    return {**told(envelopes, True), "objects": told([{"objects": [plain(item) for item in found]}], brief)["objects"]}


def replay(collection, per_page, cursors, brief=False, **filters):
    """The pages that cursors from before lead to, through the collection beneath the source."""
    return told([twice(one(collection).get_objects)(limit=per_page, next=cursor, **filters) for cursor in cursors], brief)


def get(collection, id):
    found = source(collection).get(id)
    return None if found is None else plain(found)


def post(collection, text):
    """As a list of objects each in a bundle of its own, then as one bundle: the second time all of them are there already."""
    sink = stix2.TAXIICollectionSink(one(collection), allow_custom=True)
    objects = json.loads(text)["objects"]
    sink.add(objects[:1])
    sink.add(stix2.Bundle(objects, allow_custom=True))
    return len(objects)


def unlike(collection, text):
    """The ids of the objects that do not come back as they were sent, both through its own parser."""
    sent = json.loads(text)["objects"]
    held = source(collection)
    parsed = [plain(stix2.parse(each, allow_custom=True)) for each in sent]
    return [each["id"] for each in parsed if not alike(plain(held.get(each["id"])), each)]


serve(
    {
        "collections": lambda: [{"id": held.id, "alias": held.alias} for held in collections()],
        "pull": pull,
        "replay": replay,
        "get": get,
        "versions": lambda collection, id: [plain(item) for item in source(collection).all_versions(id)],
        "post": post,
        "unlike": unlike,
    }
)
