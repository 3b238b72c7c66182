import { checkSuccession } from "../../schemas/stix/validate/succession.ts";
import { validateStix } from "../../schemas/stix/validate/validate-stix.ts";
import cases from "../cases/stix-together.json" with { type: "json" };

test.each(cases)("rule $rule – $what – $code, and nothing else", ({ code, path, breaks }) => {
  const { valid, errors } = validateStix(breaks);
  expect({ valid, codes: errors.map((error) => error.code), paths: errors.map((error) => error.path) }).toEqual({
    valid: false,
    codes: [code],
    paths: [path],
  });
});

test.each(cases)("rule $rule – the edge of: $what – keeps it", ({ edge }) => {
  const { valid, errors } = validateStix(edge);
  expect({ valid, errors }).toEqual({ valid: true, errors: [] });
});

test("a bundle – the same object twice – valid, and remarked on", () => {
  const tool = {
    type: "tool",
    spec_version: "2.1",
    id: "tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
    created: "2026-04-11T09:30:00.000Z",
    modified: "2026-04-11T09:30:00.000Z",
    name: "a",
  };
  const { valid, warnings } = validateStix([tool, { ...tool, modified: "2026-04-11T09:30:00.0000Z" }]);
  expect({ valid, warnings }).toEqual({
    valid: true,
    warnings: [{ code: "stix.duplicate", path: "[1]", message: "is the same as [0]", rule: "8" }],
  });
});

const version = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  type: "identity",
  id: "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
  created: "2026-04-11T09:30:00.000Z",
  modified: "2026-04-11T09:30:00.000Z",
  name: "a",
  ...more,
});
const LATER = "2026-04-11T09:30:00.0001Z";

test.each<[string, Record<string, unknown>, Record<string, unknown>, string[]]>([
  ["the next version", version(), version({ modified: LATER, name: "b" }), []],
  ["the same version again", version(), version({ revoked: false }), []],
  ["an older version after a newer one", version({ modified: LATER }), version(), ["stix.version_order"]],
  [
    "another object",
    version(),
    version({ id: "identity--5f3c1b52-9f1d-4c0e-8a3e-6b7a1f1a2b3c", modified: LATER }),
    ["stix.id_changed"],
  ],
  ["another type", version(), version({ type: "tool", modified: LATER }), ["stix.type_changed"]],
  ["a version without a date", version(), version({ modified: undefined }), ["stix.modified_missing"]],
  [
    "all at once after it was revoked",
    version({ revoked: true }),
    version({ created: LATER, modified: LATER, created_by_ref: "identity--5f3c1b52-9f1d-4c0e-8a3e-6b7a1f1a2b3c" }),
    ["stix.created_changed", "stix.creator_changed", "stix.revoked_final"],
  ],
])("checkSuccession – %s – as section 3.6 says", (_what, before, after, codes) => {
  expect(checkSuccession(before, after).map(({ code }) => code)).toEqual(codes);
});
