import fc from "fast-check";
import type { z } from "zod";
import { STIX_OBJECTS } from "../../schemas/stix/objects.ts";
import { validateStix } from "../../schemas/stix/validate/validate-stix.ts";
import { validate } from "../../server/pipeline/validate.ts";
import objects from "../cases/stix-objects.json" with { type: "json" };
import type { Json } from "./case-objects.ts";

const full = (objects as readonly { type: string; full: Json }[]).map(({ full: object }) => object);

/** Texts that make backtracking expressions slow: long runs that almost fit, and end in what does not. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ["letters and an exclamation mark", `${"a".repeat(100_000)}!`],
  ["hyphens", "a-".repeat(50_000)],
  ["dots", "a.".repeat(50_000)],
  ["colons", "1:".repeat(50_000)],
  ["percent signs", `https://${"%41".repeat(33_000)}%`],
  ["digits and a point", `2026-04-11T09:30:00.${"0".repeat(100_000)}`],
  ["equals signs", "=".repeat(100_001)],
  ["quotes and backslashes", `"${"\\".repeat(100_001)}`],
  ["at signs", `${"a@".repeat(50_000)}a`],
  ["a CPE of backslashes", `cpe:2.3:a:${"\\:".repeat(50_000)}`],
  ["a CPE of question marks", `cpe:2.3:a:${"?".repeat(100_000)}`],
  ["an id without its end", `indicator--${"8e2e2d2b-".repeat(11_000)}`],
  ["a selector", `${"a.".repeat(49_999)}a`],
  ["wide letters", "é".repeat(100_000)],
];

/** The object with every text in it replaced, each copy by one text. */
const replaced = (value: unknown, text: string): unknown => {
  if (typeof value === "string") return text;
  if (Array.isArray(value)) return value.map((one) => replaced(one, text));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaced(one, text)]));
};

/** Checks a second that a text of 100 kB may cost: the promise is under 10 ms a kilobyte, so that this is far on the safe side. */
const LIMIT = 15_000;

describe.each(HOSTILE)("a hostile text of 100,000 characters: %s", (_what, text) => {
  test(
    "in each text of every type, one at a time and all at once – judged, and no slower than it is long",
    () => {
      for (const object of full) {
        for (const [name, value] of Object.entries(object)) {
          if (name === "type" || name === "spec_version") continue;
          const { errors } = validateStix({ ...object, [name]: replaced(value, text) });
          expect(errors.length).toBeLessThanOrEqual(50);
        }
        const { type, spec_version, ...rest } = object;
        validateStix({
          type,
          ...(spec_version === undefined ? {} : { spec_version }),
          ...(replaced(rest, text) as Json),
        });
      }
      validateStix({ type: text });
      validateStix({ type: "x-own", id: text, [text]: text, extensions: { [text]: { [text]: text } } });
    },
    LIMIT,
  );
});

test("findings on hostile text – paths and words – are short", () => {
  const text = `${"a".repeat(100_000)}!`;
  const { errors, warnings } = validateStix({
    ...{
      type: "indicator",
      spec_version: "2.1",
      id: text,
      created: text,
      modified: text,
      pattern: text,
      pattern_type: "stix",
    },
    ...{
      [text]: [],
      valid_from: text,
      lang: text,
      labels: [null, 1, text],
      external_references: [{ url: text, [text]: null }],
    },
  });
  expect(JSON.stringify([errors, warnings]).length).toBeLessThan(12_000);
});

const noise = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant([]), fc.constant({}), fc.constant(null));
const mutated = fc
  .tuple(fc.constantFrom(...full), fc.array(fc.tuple(fc.nat(), noise), { maxLength: 4 }))
  .map(([object, changes]) => {
    const copy: Json = { ...object };
    const names = [
      ...Object.keys(object),
      "x_own",
      "extensions",
      "labels",
      "lang",
      "granular_markings",
      "defanged",
      "created",
    ];
    for (const [at, value] of changes) copy[names[at % names.length] ?? "x_own"] = value;
    return copy;
  });

test("any value – judged – never throws, never changes it, and says the same of the same", () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), mutated, fc.array(mutated, { maxLength: 3 })), (value) => {
      const before = JSON.stringify(value);
      const verdict = validateStix(value);
      expect(JSON.stringify(value)).toBe(before);
      expect(verdict.valid).toBe(verdict.errors.length === 0);
      expect(validateStix(JSON.parse(before))).toEqual(verdict);
    }),
    { numRuns: 1000 },
  );
});

test("any valid object – printed and read again – is valid still, and what an intake takes is the very object", () => {
  let valid = 0;
  fc.assert(
    fc.property(mutated, (object) => {
      if (object.type === "bundle" || !validateStix(object).valid) return;
      valid++;
      const again = JSON.parse(JSON.stringify(object)) as Json;
      expect(validateStix(again)).toEqual(validateStix(object));
      expect(validate(again).object).toBe(again);
    }),
    { numRuns: 1500, seed: 20261123 },
  );
  expect(valid).toBeGreaterThan(150);
});

test("any object that an intake takes – judged once more – is taken as it is, with nothing left to repair", () => {
  fc.assert(
    fc.property(mutated, (object) => {
      const { object: taken } = validate(object);
      if (taken === undefined) return;
      const { object: again, warnings } = validate(taken);
      expect(again).toBe(taken);
      expect(warnings.filter(({ code }) => code === "stix.repaired")).toEqual([]);
    }),
    { numRuns: 1500 },
  );
});

test("any object that its declared shape refuses – judged – is refused by the checker that is made from the shape", () => {
  const shapes: Readonly<Record<string, z.ZodType>> = STIX_OBJECTS;
  let refused = 0;
  fc.assert(
    fc.property(mutated, (object) => {
      const shape = shapes[String(object.type)];
      if (shape === undefined || shape.safeParse(object).success) return;
      refused++;
      expect(validateStix(object).valid).toBe(false);
    }),
    { numRuns: 1500, seed: 20261123 },
  );
  expect(refused).toBeGreaterThan(300);
});
