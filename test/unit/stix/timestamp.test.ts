import fc from "fast-check";
import { isTypeName, StixId } from "../../../schemas/stix/identifier.ts";
import { isTimestamp } from "../../../schemas/stix/timestamp.ts";
import { formatInstant, parseInstant } from "../../../server/shared/instant.ts";

test.each([
  ["2026-04-11T09:30:00Z", true],
  ["2026-04-11T09:30:00.123456789Z", true],
  ["2016-12-31T23:59:60Z", true],
  ["2024-02-29T00:00:00Z", true],
  ["2023-02-29T00:00:00Z", false],
  ["2100-02-29T00:00:00Z", false],
  ["2000-02-29T00:00:00Z", true],
  ["2026-04-31T00:00:00Z", false],
  ["2026-13-01T00:00:00Z", false],
  ["2026-00-01T00:00:00Z", false],
  ["2026-01-00T00:00:00Z", false],
  ["2026-01-01T24:00:00Z", false],
  ["2026-01-01T00:60:00Z", false],
  ["2026-01-01T00:00:61Z", false],
  ["2026-01-01T00:00:00.Z", false],
  ["2026-01-01t00:00:00z", false],
  ["2026-01-01T00:00:00+00:00", false],
  ["2026-01-01", false],
  [" 2026-01-01T00:00:00Z", false],
  ["2026-01-01T00:00:00Z\n", false],
  [`2026-01-01T00:00:00.${"1".repeat(10_000)}Z`, false],
])("isTimestamp – %j – %s", (text, expected) => {
  expect(isTimestamp(text)).toBe(expected);
});

const two = (most: number) => fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(2, "0"));
const nearly = fc
  .tuple(
    fc.integer({ min: 1890, max: 2110 }),
    two(14),
    two(33),
    two(25),
    two(61),
    two(62),
    fc.constantFrom("", ".5", ".123456"),
  )
  .map(([y, mo, d, h, mi, s, f]) => `${y}-${mo}-${d}T${h}:${mi}:${s}${f}Z`);

test("isTimestamp – any date, right or not – agrees with the server's reading of instants", () => {
  fc.assert(
    fc.property(nearly, (text) => expect(isTimestamp(text)).toBe(parseInstant(text) !== undefined)),
    { numRuns: 5000 },
  );
});

test("isTimestamp – any instant that the server writes – is one", () => {
  fc.assert(
    fc.property(fc.integer({ min: -6e13, max: 2e14 }), (ms) => expect(isTimestamp(formatInstant(ms))).toBe(true)),
  );
});

test.each([
  ["indicator", true],
  ["x-mitre-tactic", true],
  ["ab", false],
  ["Indicator", false],
  ["x_a_b", false],
  ["1abc", false],
  ["abc-", false],
  ["a--b", false],
  ["a".repeat(250), true],
  ["a".repeat(251), false],
])("isTypeName – %s – %s", (text, expected) => {
  expect(isTypeName(text)).toBe(expected);
});

test("StixId – 300 characters or more – refused though each part is legal", () => {
  const uuid = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
  expect(StixId.safeParse(`${"a".repeat(250)}--${uuid}`).success).toBe(true);
  expect(StixId.safeParse(`${"a".repeat(263)}--${uuid}`).success).toBe(false);
});
