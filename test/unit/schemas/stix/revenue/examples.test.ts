import { scoId } from "../../../../../schemas/stix/id-contributing.ts";
import { REVENUE_EXTENSIONS } from "../../../../../schemas/stix/revenue/extensions.ts";
import { REVENUE_OBJECTS } from "../../../../../schemas/stix/revenue/objects.ts";
import { keyOf } from "../../../../../server/pipeline/key.ts";
import type { StixJson } from "../../../../../server/pipeline/steps.ts";
import { validate } from "../../../../../server/pipeline/validate.ts";
import examples from "../../../../cases/revenue-examples.json" with { type: "json" };

const objects = examples.objects as readonly StixJson[];

test("the examples – read from disk – hold each type and each extension of ours", () => {
  const types = new Set(objects.map(({ type }) => type));
  expect(Object.keys(REVENUE_OBJECTS).filter((type) => !types.has(type))).toEqual([]);
  const extensions = new Set(objects.flatMap((object) => Object.keys((object.extensions ?? {}) as StixJson)));
  expect(Object.keys(REVENUE_EXTENSIONS).filter((id) => !extensions.has(id))).toEqual([]);
});

test.each(objects)(
  "the example $id – validated and keyed – no error, no warning, the id that anybody makes",
  (object) => {
    expect(validate(object)).toEqual({ object, errors: [], warnings: [] });
    const keyed = keyOf(object, "US-FBI");
    expect("warnings" in keyed ? keyed.warnings : undefined).toBeUndefined();
    expect("key" in keyed).toBe(true);
    const made = scoId(String(object.type), object);
    if (made !== undefined) expect(object.id).toBe(made);
  },
);
