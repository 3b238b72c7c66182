"""OpenTAXII for the bench: as a module the WSGI application, as a program what sets up its database and loads it.

Two kindnesses, so that it is measured at its best: its answer to a POST on SQLite (it cannot write a UUID as JSON, and answers 500 after storing) is
repaired, and after a load SQLite is told to ANALYZE (else a page takes a time that grows with the square of the collection).
"""

import datetime
import json
import sys
import types

import opentaxii.taxii2.http as taxii2_http

taxii2_http.json = types.SimpleNamespace(dumps=lambda data: json.dumps(data, default=str))

from opentaxii.http import app  # noqa: E402


def setup(user, password):
    """Makes the API root, both collections and the account; prints their ids."""
    with app.app_context():
        api = app.taxii_server.servers.taxii2.persistence.api
        root = api.add_api_root(title="bench", default=True)
        made = {name: str(api.add_collection(api_root_id=root.id, title=name, alias=name).id) for name in ("all", "few")}
        app.taxii_server.auth.api.create_account(user, password, is_admin=True)
        print(json.dumps({"root": str(root.id), **made}))


def load(collection, path):
    """Puts the objects of a file of JSON lines straight into the table, a microsecond apart."""
    from opentaxii.persistence.sqldb.taxii2models import STIXObject
    from sqlalchemy import text

    with open(path, encoding="utf-8") as lines:
        objects = [json.loads(line) for line in lines]
    utc = datetime.timezone.utc
    first = datetime.datetime.now(utc) - datetime.timedelta(microseconds=len(objects))
    with app.app_context():
        session = app.taxii_server.servers.taxii2.persistence.api.db.session
        session.execute(
            STIXObject.__table__.insert(),
            [
                {
                    "id": one["id"],
                    "collection_id": collection,
                    "type": one["type"],
                    "spec_version": one["spec_version"],
                    "date_added": first + datetime.timedelta(microseconds=n),
                    "version": datetime.datetime.strptime(one["modified"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=utc),
                    "serialized_data": {key: value for key, value in one.items() if key not in ("id", "type", "spec_version")},
                }
                for n, one in enumerate(objects)
            ],
        )
        session.execute(text("ANALYZE"))
        session.commit()


if __name__ == "__main__":
    {"setup": setup, "load": load}[sys.argv[1]](*sys.argv[2:])
