import fc from "fast-check";
import type { Ask } from "../../../schemas/policy/decision.ts";
import type { ReleaseRow } from "../../../schemas/policy/label.ts";
import { ATTRIBUTION, decide } from "../../../server/policy/decide.ts";
import { normaliseLabel } from "../../../server/policy/label-text.ts";
import { type AskedRow, narrowRow } from "../../../server/policy/release-rows.ts";
import { agencyLists, asksArb, COUNTRIES, DATES, rowsArb, SELECTORS } from "../../support/policy-arbitraries.ts";

const FIELDS = [...new Set([...SELECTORS, ...ATTRIBUTION, "name", "the rest"])];
const reads = (ask: Ask): Set<string> => {
  const { verdict, without = [] } = decide(ask);
  return new Set(verdict === "hidden" ? [] : FIELDS.filter((field) => !without.includes(field)));
};
const askedOf = ({ status: _, ...row }: ReleaseRow): AskedRow => row;

interface Scene {
  readonly ask: Ask;
  readonly row: AskedRow;
  readonly to: AskedRow;
}

/** What somebody might leave of a row: less, the same, or something else altogether. */
const leaves = (row: AskedRow, { viewer }: Ask): fc.Arbitrary<AskedRow> =>
  fc
    .tuple(
      fc.oneof(fc.constant([...row.countries]), fc.subarray([...row.countries]), fc.subarray([...COUNTRIES])),
      // The reader's own agency often: else hardly a draw would tell everyone from a list.
      fc.oneof(fc.constant(row.agencies), fc.constant(viewer.agency === undefined ? [] : [viewer.agency]), agencyLists),
      fc.option(fc.constantFrom(...DATES), { nil: row.until }),
    )
    .map(([countries, agencies, until]) => ({
      ...{ agreement: row.agreement, countries, agencies },
      ...(until === undefined ? {} : { until }),
    }));
/** Half of the labels AMBER+STRICT, where everyone is nobody. */
const scenes: fc.Arbitrary<Scene> = fc
  .tuple(asksArb, rowsArb, fc.boolean(), fc.nat())
  .chain(([drawn, more, strict, n]): fc.Arbitrary<Scene> => {
    const releases = [...drawn.label.releases, { ...more, status: "on" as const }];
    const label = { ...drawn.label, releases, ...(strict ? { tlp: "AMBER+STRICT" as const } : {}) };
    const ask = { ...drawn, label };
    const row = askedOf(releases[n % releases.length] ?? { ...more, status: "on" });
    return leaves(row, ask).map((to) => ({ ask, row, to }));
  });

test("taking a row away, or leaving less of it – any label, any reader – adds no field for anybody", () => {
  let took = 0;
  let left = 0;
  fc.assert(
    fc.property(scenes, ({ ask, row, to }) => {
      // As stored: rows of one country each, dates to the minute.
      const label = normaliseLabel(ask.label);
      const without = narrowRow(label, row, undefined) ?? label;
      if (without === label) return;
      const before = reads({ ...ask, label });
      const narrowed = narrowRow(label, row, to) ?? without;
      const after = reads({ ...ask, label: normaliseLabel(narrowed) });
      expect([...after].filter((field) => !before.has(field))).toEqual([]);
      took += before.size > after.size ? 1 : 0;
      left += narrowed !== without && after.size > 0 ? 1 : 0;
    }),
    { numRuns: 6000, seed: 20261123 },
  );
  // The draws did take something away, and did leave something.
  expect(took).toBeGreaterThan(10);
  expect(left).toBeGreaterThan(10);
});
