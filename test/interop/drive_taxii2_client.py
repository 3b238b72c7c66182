"""taxii2-client: `drive_taxii2_client.py DISCOVERY USER PASSWORD`; with `--key KEY` an API key takes the place of user and password."""

import json

from loop import alike, connection, serve, told, twice
from requests.auth import AuthBase
from taxii2client.v21 import Server, as_pages


class ApiKey(AuthBase):
    def __init__(self, key):
        self.key = key

    def __call__(self, request):
        request.headers["X-Api-Key"] = self.key
        return request


def connect(discovery, user, password):
    return Server(discovery, auth=ApiKey(password)) if user == "--key" else Server(discovery, user=user, password=password)


def server():
    return connection(connect)


def root():
    return server().default


def one(collection):
    return next(held for held in root().collections if collection in (held.id, held.alias))


def described(held):
    return {
        "id": held.id,
        "alias": held.alias,
        "title": held.title,
        "can_read": held.can_read,
        "can_write": held.can_write,
        "media_types": held.media_types,
    }


def again(collection):
    held = one(collection)
    held.refresh()
    return described(held)


def pull(collection, per_page, what="objects", brief=False, **filters):
    held = one(collection)
    get = {"objects": held.get_objects, "manifest": held.get_manifest}[what]
    return told(list(as_pages(twice(get), per_request=per_page, **filters)), brief)


def replay(collection, per_page, cursors, brief=False, **filters):
    """The pages that cursors from before lead to."""
    return told([twice(one(collection).get_objects)(limit=per_page, next=cursor, **filters) for cursor in cursors], brief)


def post(collection, text):
    status = one(collection).add_objects(text)
    seen = root().get_status(status.id)
    return {
        "status": seen.status,
        "total": seen.total_count,
        "success": seen.success_count,
        "failure": seen.failure_count,
        "pending": seen.pending_count,
        "failures": [detail if isinstance(detail, dict) else vars(detail) for detail in seen.failures],
        "at_once": status.status,
    }


def unlike(collection, text):
    """The ids of the objects that do not come back as they were sent."""
    held = one(collection)
    sent = json.loads(text)["objects"]
    return [each["id"] for each in sent if not alike(held.get_object(each["id"], version="all")["objects"], [each])]


serve(
    {
        "discovery": lambda: {"title": server().title, "default": root().url, "roots": [each.url for each in server().api_roots]},
        "root": lambda: {
            "title": root().title,
            "versions": root().versions,
            "max_content_length": root().max_content_length,
        },
        "collections": lambda: [described(held) for held in root().collections],
        "collection": again,
        "pull": pull,
        "replay": replay,
        "page": lambda collection, **filters: one(collection).get_objects(**filters),
        "manifest": lambda collection, **filters: one(collection).get_manifest(**filters),
        "object": lambda collection, id, **filters: one(collection).get_object(id, **filters),
        "versions": lambda collection, id, **filters: one(collection).object_versions(id, **filters),
        "post": post,
        "unlike": unlike,
        "delete": lambda collection, id, **filters: one(collection).delete_object(id, **filters),
    }
)
