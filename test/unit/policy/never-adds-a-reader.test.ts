import fc from "fast-check";
import type { Ask } from "../../../schemas/policy/decision.ts";
import type { Label, ReleaseRow } from "../../../schemas/policy/label.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { LEVELS } from "../../../schemas/policy/vocabulary.ts";
import { ATTRIBUTION, decide } from "../../../server/policy/decide.ts";
import { meetRule } from "../../../server/policy/meet.ts";
import { asksArb, caveatNames, DATES, levels, rulesArb, SELECTORS } from "../../support/policy-arbitraries.ts";

/** What a viewer reads of content with all these fields: the whole rest counts as one more. */
const FIELDS = [...new Set([...SELECTORS, ...ATTRIBUTION, "name", "the rest"])];
const reads = (ask: Ask): Set<string> => {
  const { verdict, without = [] } = decide(ask);
  return new Set(verdict === "hidden" ? [] : FIELDS.filter((field) => !without.includes(field)));
};

const withLabel = (ask: Ask, change: Partial<Label>): Ask => ({ ...ask, label: { ...ask.label, ...change } });
const withViewer = (ask: Ask, change: Partial<Viewer>): Ask => ({ ...ask, viewer: { ...ask.viewer, ...change } });
const withRow = (ask: Ask, i: number, change: (row: ReleaseRow) => ReleaseRow): Ask =>
  withLabel(ask, { releases: ask.label.releases.map((row, n) => (n === i ? change(row) : row)) });
const places = fc.nat({ max: 3 });
/** One that a row names, if any does: else nothing would be lost in most draws. */
const agreementIds = ({ label }: Ask): fc.Arbitrary<string> => {
  const named = label.releases.map((row) => row.agreement);
  return fc.constantFrom(...(named.length === 0 ? ["TRI"] : named));
};
/** Places of the rows that list agencies; the first, where none does. */
const listing = ({ label }: Ask): number[] => {
  const found = label.releases.flatMap(({ agencies }, i) => (agencies === "*" ? [] : [i]));
  return found.length === 0 ? [0] : found;
};
const lower = (a: (typeof LEVELS)[number], b: (typeof LEVELS)[number]): (typeof LEVELS)[number] =>
  LEVELS.indexOf(a) < LEVELS.indexOf(b) ? a : b;

/** Each change of policy 3, settled readings, "never adds a reader", drawn at random for the ask. */
const changes: Record<string, (ask: Ask) => fc.Arbitrary<Ask>> = {
  "adding a caveat": (ask) => caveatNames.map((caveat) => withLabel(ask, { caveats: [...ask.label.caveats, caveat] })),
  "raising the classification": (ask) =>
    levels.map((level) =>
      withLabel(ask, { classification: lower(level, ask.label.classification) === level ? "S" : level }),
    ),
  "adding a field rule": (ask) =>
    fc
      .tuple(rulesArb, fc.nat({ max: 6 }))
      .map(([rule, at]) => withLabel(ask, { fieldRules: ask.label.fieldRules.toSpliced(at, 0, rule) })),
  "removing a row": (ask) => places.map((i) => withLabel(ask, { releases: ask.label.releases.toSpliced(i, 1) })),
  "removing a country from a row": (ask) =>
    fc
      .tuple(places, places)
      .map(([i, n]) => withRow(ask, i, (row) => ({ ...row, countries: row.countries.toSpliced(n, 1) }))),
  "removing an agency from a row": (ask) =>
    fc.tuple(fc.constantFrom(...listing(ask)), places).map(([i, n]) =>
      withRow(ask, i, (row) => {
        if (row.agencies === "*") return row;
        // Half of the time the viewer's own, if it is there: else hardly a draw would take anything away.
        const own = n > 1 ? row.agencies.indexOf(ask.viewer.agency ?? "") : -1;
        return { ...row, agencies: row.agencies.toSpliced(own === -1 ? n : own, 1) };
      }),
    ),
  "suspending an agreement": (ask) =>
    agreementIds(ask).map((id) => {
      const held = ask.agreements[id];
      const suspended = held === undefined ? {} : { [id]: { ...held, status: "suspended" as const } };
      return { ...ask, agreements: { ...ask.agreements, ...suspended } };
    }),
  "lowering an agreement's ceiling": (ask) =>
    fc.tuple(agreementIds(ask), levels).map(([id, level]) => {
      const held = ask.agreements[id];
      const lowered = held === undefined ? {} : { [id]: { ...held, ceiling: lower(level, held.ceiling) } };
      return { ...ask, agreements: { ...ask.agreements, ...lowered } };
    }),
  "ending an account": (ask) =>
    fc.constantFrom<Partial<Viewer>>({ active: false }, { until: DATES[0] }).map((end) => withViewer(ask, end)),
  "lowering a clearance": (ask) =>
    levels.map((level) => withViewer(ask, { clearance: lower(level, ask.viewer.clearance) })),
  "removing a topic of an account": (ask) =>
    places.map((i) => withViewer(ask, { topics: ask.viewer.topics.toSpliced(i, 1) })),
  "taking away the PII right": (ask) => fc.constant(withViewer(ask, { pii: false })),
  "extending an embargo": (ask) =>
    fc.constantFrom(...DATES).map((date) => {
      const held = ask.label.embargoUntil;
      return held !== undefined && date < held ? ask : withLabel(ask, { embargoUntil: date });
    }),
  "changing an analyst to reviewer, administrator or auditor": (ask) =>
    fc.constantFrom<Viewer["role"]>("reviewer", "admin", "auditor").map((role) => withViewer(ask, { role })),
};

const analyst = (name: string, ask: Ask): Ask =>
  name.startsWith("changing an analyst") ? withViewer(ask, { role: "analyst" }) : ask;

test.each(Object.entries(changes))("%s – random asks – nobody reads a field more", (name, change) => {
  let lost = 0;
  fc.assert(
    fc.property(
      asksArb.map((ask) => analyst(name, ask)).chain((ask) => fc.tuple(fc.constant(ask), change(ask))),
      ([before, after]) => {
        const [old, now] = [reads(before), reads(after)];
        expect([...now].filter((field) => !old.has(field))).toEqual([]);
        if (now.size < old.size) lost += 1;
      },
    ),
    { numRuns: 2000 },
  );
  // A change that never took anything from anybody was not tested.
  expect(lost).toBeGreaterThan(0);
});

test("label ∧ rule – judged side by side in decide, and written out – the same for random asks", () => {
  let cut = 0;
  fc.assert(
    fc.property(asksArb, rulesArb, (drawn, rule) => {
      const { channel: _, ...ask } = drawn;
      const plain = withLabel(ask, { fieldRules: [], caveats: ask.label.caveats.filter((c) => c !== "NOATTRIB") });
      const one = { ...rule, selectors: ["x_a"], caveats: rule.caveats?.filter((c) => c !== "NOATTRIB") ?? [] };
      if (decide(plain).verdict === "hidden") return;
      const written = decide({ ...plain, label: meetRule(plain.label, one) }).verdict === "hidden";
      const pii = one.pii === true && !ask.viewer.pii;
      const decided = decide(withLabel(plain, { fieldRules: [one] })).without ?? [];
      expect(decided).toEqual(written || pii ? ["x_a"] : []);
      if (written) cut += 1;
    }),
    { numRuns: 5000 },
  );
  expect(cut).toBeGreaterThan(50);
});
