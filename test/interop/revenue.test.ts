import { spawnSync } from "node:child_process";
import { EXTENSION_AUTHOR } from "../../schemas/stix/extension-author.ts";
import { OWN_EXTENSION_DEFINITIONS } from "../../schemas/stix/own-extensions.ts";
import { PUBLISHED_DEFINITIONS } from "../../schemas/stix/revenue/published-definitions.ts";
import examples from "../cases/revenue-examples.json" with { type: "json" };
import { withPython } from "../support/with-python.ts";

/** Parses each object as somebody who knows nothing of our extensions, and says what became of it. */
const SCRIPT = `
import json, sys, stix2
for thing in json.load(sys.stdin):
    custom = thing["type"] == "relationship"
    try:
        made = stix2.parse(thing, allow_custom=custom, version="2.1")
        back = json.loads(made.serialize()) if hasattr(made, "serialize") else made
        print(json.dumps([thing["id"], "same" if back == thing else "changed"]))
    except Exception as error:
        print(json.dumps([thing["id"], repr(error)]))
`;

withPython("illicit revenue", (python) => {
  test("the examples and our definitions – parsed by the stix2 library for Python, custom content refused – the same objects come back", () => {
    // It takes a relationship to a type that was not registered with it for custom content, whatever extension that type has.
    const objects = [...examples.objects, EXTENSION_AUTHOR, ...OWN_EXTENSION_DEFINITIONS, ...PUBLISHED_DEFINITIONS];
    const run = spawnSync(python, ["-c", SCRIPT], { input: JSON.stringify(objects), encoding: "utf8" });
    expect(run.stderr).toBe("");
    const told = run.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as [string, string]);
    expect(told).toEqual(objects.map(({ id }) => [id, "same"]));
  });
});
