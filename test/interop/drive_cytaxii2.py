"""cytaxii2: `drive_cytaxii2.py DISCOVERY USER PASSWORD`. It knows no manifest, versions or delete."""

import json

from cytaxii2 import cytaxii2
from loop import alike, connection, serve, told, twice

class Refused(Exception):
    def __init__(self, reply):
        super().__init__(json.dumps(reply["response"]))
        self.response = type("Response", (), {"status_code": reply["status_code"]})


def asked(call, *args, **kwargs):
    reply = getattr(connection(cytaxii2.cytaxii2), call)(*args, **kwargs)
    if not reply["status"]:
        raise Refused(reply)
    return reply["response"]


def page(collection, **filters):
    return asked("poll_request", collection, **filters)


def pull(collection, per_page, brief=False, **filters):
    envelopes = [twice(page)(collection, limit=per_page, **filters)]
    while envelopes[-1].get("more", False):
        envelopes.append(twice(page)(collection, limit=per_page, next=envelopes[-1]["next"], **filters))
    return told(envelopes, brief)


def replay(collection, per_page, cursors, brief=False, **filters):
    """The pages that cursors from before lead to."""
    return told([twice(page)(collection, limit=per_page, next=cursor, **filters) for cursor in cursors], brief)


def post(collection, text):
    status = asked("inbox_request", collection, text)
    counts = {name: status[name + "_count"] for name in ("total", "success", "failure", "pending")}
    return {"status": status["status"], **counts, "failures": status.get("failures", [])}


def unlike(collection, text):
    """The ids of the objects that do not come back as they were sent."""
    sent = json.loads(text)["objects"]
    return [each["id"] for each in sent if not alike(page(collection, object_id=each["id"]).get("objects"), [each])]


serve(
    {
        "discovery": lambda: asked("discovery_request"),
        "root": lambda: asked("root_discovery"),
        "collections": lambda: asked("collection_request").get("collections", []),
        "collection": lambda collection: asked("collection_data_request", collection),
        "pull": pull,
        "replay": replay,
        "page": page,
        "post": post,
        "unlike": unlike,
    }
)
