"""Patterns through stix2-patterns, stix2 and stix2-matcher, for bench/stix-patterns.ts: JSON in, calls a second of processor time out."""
import json
import sys
import time

from stix2.equivalence.pattern import equivalent_patterns
from stix2matcher.matcher import match
from stix2patterns.v21.pattern import Pattern
from stix2patterns.validator import run_validator

SECONDS = 3


def rate(call, items):
    """Calls a second, over as many of the items as fit into SECONDS; those that raise count as well."""
    done = failed = 0
    began = time.process_time()
    while time.process_time() - began < SECONDS:
        item = items[done % len(items)]
        try:
            call(item)
        except Exception:
            failed += 1
        done += 1
    return {"rate": done / (time.process_time() - began), "failed": failed / done}


asked = json.load(sys.stdin)
patterns, pairs, observed = asked["patterns"], asked["pairs"], asked["observed"]
print(
    json.dumps(
        {
            "parsed": rate(Pattern, patterns),
            "checked": rate(lambda text: run_validator(text, "2.1"), patterns),
            "compared": rate(lambda pair: equivalent_patterns(pair[0], pair[1]), pairs),
            "matched": rate(lambda text: match(text, [observed], stix_version="2.1"), patterns),
        }
    )
)
