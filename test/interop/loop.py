"""Answers requests, one JSON line each, with what a client library makes of the server. The library's own errors are answers, too."""

import json
import sys


def twice(get):
    """The same request sent again right away must bring the same page: cursors can be retried. The cursors of the two may be written differently."""

    def page(envelope):
        return {**envelope, "next": "next" in envelope}

    def asked(*args, **kwargs):
        first = get(*args, **kwargs)
        again = get(*args, **kwargs)
        if page(first) != page(again):
            raise AssertionError("the same request gave another page: %s" % kwargs)
        return first

    return asked


def alike(one, other):
    """Equal in value and kind: True is not 1, and 2**60 + 1 is not 2.0**60."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def told(envelopes, brief):
    """What was pulled: how many each page had, the cursors that led from page to page, and the objects (by id and version alone if brief)."""
    items = [item for envelope in envelopes for item in envelope.get("objects", [])]
    return {
        "pages": [len(envelope.get("objects", [])) for envelope in envelopes],
        "cursors": [envelope["next"] for envelope in envelopes if envelope.get("more", False)],
        "objects": [key(item) for item in items] if brief else items,
    }


def key(item):
    return {name: item[name] for name in ("id", "type", "version", "modified", "created") if name in item}


_connected = {}
_who = tuple(sys.argv[1:4])


def connection(connect):
    """The connection of whoever asks now, made at the first request: discovery, user and password come with it or from the command line."""
    if _who not in _connected:
        _connected[_who] = connect(*_who)
    return _connected[_who]


def serve(verbs):
    global _who
    for line in sys.stdin:
        ask = json.loads(line)
        _who = tuple(ask.pop("as", sys.argv[1:4]))
        try:
            reply = {"ok": verbs[ask.pop("do")](**ask)}
        except Exception as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            reply = {"failed": {"kind": type(error).__name__, "status": status, "words": str(error)[:1000]}}
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()
