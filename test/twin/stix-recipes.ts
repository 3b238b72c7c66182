import { DARK, DARK_VALUES, patternOf, VALUES } from "./content.ts";
import { json, type Known, type Recipe, someOf } from "./recipe.ts";

/** Questions about the standard, asked with ids and values that hidden content holds: no answer may hang on what is stored. */
const ROOT = "/api/v1/stix";
const OBSERVED = "observed-data--3b0b8a3e-5d6f-4c0e-8d5a-0b4c2f6e7a81";
const WHEN = "2026-03-01T00:00:00.000Z";

const values = (known: Known): ReadonlyArray<readonly [string, string]> =>
  someOf([...DARK_VALUES, ...VALUES], 3, known);

const bundleOf = (objects: readonly object[]): object => ({
  ...{ type: "bundle", id: "bundle--6a4e5f0e-6b0a-4e0b-9d0e-0b7d1c2f3a4b", objects },
});
const seen = ([type, value]: readonly [string, string]): object => {
  const id = `${type}--3b0b8a3e-5d6f-4c0e-8d5a-0b4c2f6e7a82`;
  return bundleOf([
    {
      ...{ type: "observed-data", spec_version: "2.1", id: OBSERVED, created: WHEN, modified: WHEN },
      ...{ first_observed: WHEN, last_observed: WHEN, number_observed: 1, object_refs: [id] },
    },
    { type, spec_version: "2.1", id, value },
  ]);
};

export const STIX_ASKS: Readonly<Record<string, Recipe>> = {
  "POST /api/v1/stix/validate": async (ask, known) => {
    const path = `${ROOT}/validate`;
    for (const id of someOf(DARK, 2, known))
      await ask(json(path, { type: id.split("--")[0], id, spec_version: "2.1" }));
    for (const value of values(known)) await ask(json(path, seen(value)));
    await ask(json(path, [null, 1, "text"]));
  },
  "POST /api/v1/stix/pattern/validate": async (ask, known) => {
    for (const value of values(known)) await ask(json(`${ROOT}/pattern/validate`, { pattern: patternOf(value) }));
    for (const body of [{ pattern: "[a:b" }, {}]) await ask(json(`${ROOT}/pattern/validate`, body));
  },
  "POST /api/v1/stix/pattern/equivalent": async (ask, known) => {
    for (const value of values(known)) {
      const a = patternOf(value);
      await ask(json(`${ROOT}/pattern/equivalent`, { a, b: `(${a})` }));
    }
    await ask(json(`${ROOT}/pattern/equivalent`, { a: "[", b: "" }));
  },
  "POST /api/v1/stix/pattern/match": async (ask, known) => {
    for (const value of values(known))
      await ask(json(`${ROOT}/pattern/match`, { pattern: patternOf(value), observed: [seen(value)] }));
  },
  "POST /api/v1/stix/id": async (ask, known) => {
    for (const [type, value] of values(known)) await ask(json(`${ROOT}/id`, { type, value }));
    for (const body of [{ type: "process", pid: 1 }, { type: "malware" }]) await ask(json(`${ROOT}/id`, body));
  },
};
