"""Objects through stix2-validator and stix2, for bench/stix-objects.ts: a JSON list in, objects a second of processor time out."""
import json
import sys
import time

import requests

SECONDS = 4


def offline(*_args, **_kwargs):
    raise requests.exceptions.ConnectionError("no network in a measurement")


# The validator asks IANA for its registries; without an answer it uses expressions of its own.
requests.get = offline
requests.Session.get = offline

import stix2  # noqa: E402
from stix2validator import ValidationOptions, validate_parsed_json  # noqa: E402


def rate(call, items):
    """Calls a second, over as many of the items as fit into SECONDS; those that raise count as well."""
    done = failed = 0
    began = time.process_time()
    while time.process_time() - began < SECONDS:
        try:
            call(items[done % len(items)])
        except Exception:
            failed += 1
        done += 1
    return {"rate": done / (time.process_time() - began), "failed": failed / done}


objects = json.load(sys.stdin)
options = ValidationOptions(version="2.1")
print(
    json.dumps(
        {
            "validated": rate(lambda one: validate_parsed_json(one, options), objects),
            "parsed": rate(lambda one: stix2.parse(one, allow_custom=True), objects),
        }
    )
)
