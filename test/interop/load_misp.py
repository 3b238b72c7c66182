"""Loads MISP events from standard input as PyMISP does, and says what is in them: one JSON text a line in, one out."""

import json
import sys
import warnings

from pymisp import MISPEvent

warnings.simplefilter("ignore")
for line in sys.stdin:
    event = MISPEvent()
    # With the JSON schema that PyMISP ships.
    event.load(json.loads(line), validate=True)
    lists = [event.attributes] + [one.attributes for one in event.objects]
    attributes = [one for part in lists for one in part]
    known = event.describe_types["category_type_mappings"]
    print(
        json.dumps(
            {
                "info": event.info,
                "tags": [tag.name for tag in event.tags],
                "distribution": event.distribution,
                "attributes": [
                    {
                        "uuid": one.uuid,
                        "type": one.type,
                        "value": one.value,
                        "to_ids": one.to_ids,
                        "distribution": one.distribution,
                        "tags": [tag.name for tag in one.tags],
                    }
                    for one in event.attributes
                ],
                "objects": [[one.name, one.uuid, len(one.attributes)] for one in event.objects],
                "reports": [[one.name, one.uuid] for one in event.event_reports],
                "misplaced": [[one.category, one.type] for one in attributes if one.type not in known.get(one.category, [])],
            }
        ),
        flush=True,
    )
