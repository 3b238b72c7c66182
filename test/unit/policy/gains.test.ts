import fc from "fast-check";
import type { Label, LabelRequest } from "../../../schemas/policy/label.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { acquaintance } from "../../../server/policy/acquaintance.ts";
import { decide } from "../../../server/policy/decide.ts";
import { gainers } from "../../../server/policy/gains.ts";
import { normaliseLabel } from "../../../server/policy/label-text.ts";
import { inPlaceOf, requestOf } from "../../../server/policy/narrow.ts";
import {
  AGENCIES,
  agreementsArb,
  channels,
  DATES,
  instants,
  labelsArb,
  PEOPLE,
  viewersArb,
} from "../../support/policy-arbitraries.ts";

const agencies = new Map(AGENCIES.map(({ id, country, categories }) => [id, { country, categories }]));

/** What somebody reads: every field but those that are cut; nothing where it is hidden. */
const FIELDS = ["description", "x_a", "x_b", "hashes.MD5", "external_references", "created_by_ref", "else"];
function reads(ask: Parameters<typeof decide>[0]): string[] {
  const { verdict, without = [] } = decide(ask);
  return verdict === "hidden" ? [] : FIELDS.filter((field) => !without.includes(field));
}

test("gainers – random labels, people, agreements, instants ahead and channels – nobody gains whom it did not name", () => {
  let [clear, named] = [0, 0];
  fc.assert(
    fc.property(
      labelsArb,
      labelsArb,
      fc.array(viewersArb, { minLength: 1, maxLength: 6 }),
      agreementsArb,
      instants,
      channels,
      (one, other, people, agreements, at, channel) => {
        const { originator, originatorCountry } = one;
        const [before, after] = [one, { ...other, originator, originatorCountry }].map(normaliseLabel);
        if (before === undefined || after === undefined) return;
        const gained = gainers(before, after, { people, agencies, agreements, at });
        if (gained.length === 0) clear += 1;
        else named += 1;
        for (const viewer of people) {
          if (gained.includes(viewer.agency ?? "PUBLIC")) continue;
          for (const later of [at, ...DATES.filter((date) => date > at)]) {
            const ask = { viewer, agreements, at: later, channel };
            const held = reads({ ...ask, label: before });
            expect(reads({ ...ask, label: after }).filter((field) => !held.includes(field))).toEqual([]);
          }
        }
      },
    ),
    { numRuns: 250, seed: 4 },
  );
  expect([clear > 10, named > 30]).toEqual([true, true]);
});

test("gainers – of a label and itself – nobody", () => {
  fc.assert(
    fc.property(
      labelsArb,
      fc.array(viewersArb, { maxLength: 6 }),
      agreementsArb,
      instants,
      (drawn, people, agreements, at) => {
        const label = normaliseLabel(drawn);
        expect(gainers(label, label, { people, agencies, agreements, at })).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});

test("a label in the place of another – random ones – what is not named as wished gives nobody of the standing rows' outside anything", () => {
  let on = 0;
  fc.assert(
    fc.property(
      labelsArb,
      labelsArb,
      fc.array(viewersArb, { minLength: 1, maxLength: 5 }),
      agreementsArb,
      instants,
      (one, other, people, agreements, at) => {
        const standing = normaliseLabel(one);
        const bound = normaliseLabel({
          ...other,
          originator: standing.originator,
          originatorCountry: standing.originatorCountry,
        });
        const request: LabelRequest = requestOf(bound);
        const { label } = inPlaceOf({ standing, request, bound, author: PEOPLE[0], agencies });
        expect(label.state).toBe(standing.state);
        // A row is on only where one that stands gives as much.
        for (const row of label.releases.filter(({ status }) => status === "on")) {
          on += 1;
          const narrower: Viewer[] = people.filter(
            (viewer) => viewer.country !== undefined && row.countries.includes(viewer.country),
          );
          for (const viewer of narrower) {
            const alone = { ...standing, releases: [row] };
            const held = reads({ viewer, label: standing, agreements, at });
            expect(reads({ viewer, label: alone, agreements, at }).filter((field) => !held.includes(field))).toEqual(
              [],
            );
          }
        }
      },
    ),
    { numRuns: 1000, seed: 7 },
  );
  expect(on).toBeGreaterThan(50);
});

test("gainers – an agency that a wide row would admit and that there is not yet – its country", () => {
  const base = normaliseLabel({
    ...{ tlp: "GREEN", classification: "U", caveats: [], topics: [], originator: "US-FBI", originatorCountry: "USA" },
    ...{ state: "released", recipients: [], clientGrants: [], fieldRules: [] },
    releases: [{ agreement: "TRI", countries: ["JPN"], agencies: ["JP-JAFIC", "JP-NCO", "JP-NPA"], status: "on" }],
  });
  const after = normaliseLabel({
    ...base,
    releases: [{ agreement: "TRI", countries: ["JPN"], agencies: "*", status: "on" }],
  });
  const agreements = { TRI: { parties: ["JPN", "KOR", "USA"], ceiling: "C" as const, status: "suspended" as const } };
  expect(gainers(base, after, { people: [], agencies, agreements, at: "2026-04-11T00:00:00Z" })).toEqual(["JPN"]);
  expect(gainers(after, base, { people: [], agencies, agreements, at: "2026-04-11T00:00:00Z" })).toEqual([]);
});

test("gainers – a sighting's count that is to be shared – the agencies that read it, and not its own", () => {
  const kept = normaliseLabel({
    ...{ tlp: "GREEN", classification: "U", caveats: [], topics: [], originator: "US-FBI", originatorCountry: "USA" },
    ...{ state: "released", recipients: [], clientGrants: [], fieldRules: [] },
    releases: [{ agreement: "TRI", countries: ["JPN"], agencies: ["JP-NPA"], status: "on" }],
  });
  const shared = normaliseLabel({ ...kept, countShareable: true });
  const agreements = { TRI: { parties: ["JPN", "KOR", "USA"], ceiling: "C" as const, status: "in-force" as const } };
  const audience = { people: [], agencies, agreements, at: "2026-04-11T00:00:00Z" };
  expect(gainers(kept, shared, audience)).toEqual(["JP-NPA"]);
  expect(gainers(shared, kept, audience)).toEqual([]);
});

/** Somebody with no less than before: what administrators and signers can make of an account and its agency. */
const raisesArb = fc.record({
  clearance: fc.constantFrom("U" as const, "R" as const, "C" as const, "S" as const),
  topics: fc.subarray(["crypto", "itworker", "*"]),
  pii: fc.boolean(),
  categories: fc.subarray(["LE" as const, "FIU" as const]),
  releaser: fc.boolean(),
});
const ORDER = ["U", "R", "C", "S"] as const;
type Raise = typeof raisesArb extends fc.Arbitrary<infer T> ? T : never;
const raised = (viewer: Viewer, raise: Raise): Viewer => {
  const { from: _, until: __, ...rest } = viewer;
  const decides = raise.releaser && (viewer.role === "analyst" || viewer.role === "reviewer");
  return {
    ...{ ...rest, active: true, pii: viewer.pii || raise.pii, role: decides ? "releaser" : viewer.role },
    clearance: ORDER[Math.max(ORDER.indexOf(viewer.clearance), ORDER.indexOf(raise.clearance))] ?? "U",
    topics: [...new Set([...viewer.topics, ...raise.topics])],
    categories: [...new Set([...(viewer.categories ?? []), ...raise.categories])],
  };
};

/** A label and one that differs from it in one or two members: most differences of two random labels are gains of many. */
const changedArb = fc
  .tuple(
    labelsArb,
    labelsArb,
    fc.subarray(
      [
        "tlp",
        "classification",
        "caveats",
        "topics",
        "releases",
        "recipients",
        "clientGrants",
        "embargoReaders",
        "fieldRules",
      ],
      { minLength: 1, maxLength: 2 },
    ),
  )
  .map(([one, other, keys]): [Label, Label] => {
    const taken = Object.fromEntries(Object.entries(other).filter(([key]) => (keys as string[]).includes(key)));
    return [normaliseLabel(one), normaliseLabel({ ...one, ...taken })];
  });

test("gainers – a change by which nobody would gain, and accounts and agencies raised afterwards in any way – nobody reads who would not have read without the change", () => {
  let [clear, read] = [0, 0];
  fc.assert(
    fc.property(
      changedArb,
      fc.array(fc.tuple(viewersArb, raisesArb), { minLength: 1, maxLength: 6 }),
      agreementsArb,
      instants,
      channels,
      ([before, after], people, agreements, at, channel) => {
        const there = [...new Map(people.map(([viewer]) => [viewer.id, viewer])).values()];
        if (gainers(before, after, { people: there, agencies, agreements, at }).length > 0) return;
        clear += 1;
        for (const [viewer, raise] of people) {
          if (!there.includes(viewer)) continue;
          const ask = { viewer: raised(viewer, raise), agreements, at, channel };
          const held = reads({ ...ask, label: before });
          const now = reads({ ...ask, label: after });
          if (now.length > 0) read += 1;
          expect(now.filter((field) => !held.includes(field))).toEqual([]);
        }
      },
    ),
    { numRuns: 250, seed: 20 },
  );
  expect([clear > 15, read > 15]).toEqual([true, true]);
});

test("gainers – told to somebody – the same whatever people there are of whom that one may know nothing and whom no label names", () => {
  let hidden = 0;
  fc.assert(
    fc.property(
      changedArb,
      viewersArb,
      fc.array(viewersArb, { minLength: 2, maxLength: 8 }),
      agreementsArb,
      instants,
      ([before, after], drawn, people, agreements, at) => {
        const looker: Viewer = {
          ...{ ...drawn, id: "looker", role: "analyst" },
          ...{ agency: before.originator, country: before.originatorCountry },
        };
        const named = [before, after].flatMap(({ author = "", recipients, clientGrants, embargoReaders = [] }) => [
          ...[author, ...recipients, ...clientGrants, ...embargoReaders],
        ]);
        const known = people.filter(
          (one) => named.includes(one.id) || acquaintance(looker, one, agreements, at) !== "none",
        );
        hidden += people.length - known.length;
        const told = (some: readonly Viewer[]): string[] =>
          gainers(before, after, { people: some, agencies, agreements, at, looker });
        expect(told(people)).toEqual(told(known));
      },
    ),
    { numRuns: 120, seed: 21 },
  );
  expect(hidden).toBeGreaterThan(20);
});

const RED: Label = normaliseLabel({
  ...{ tlp: "RED", classification: "C", caveats: [], topics: [], originator: "US-FBI", originatorCountry: "USA" },
  ...{ author: "a1", state: "released", recipients: [], clientGrants: [], fieldRules: [] },
  releases: [{ agreement: "US-JP", countries: ["JPN"], agencies: "*", status: "on" }],
});
const UNCLEARED: Viewer = {
  ...{ id: "a2", role: "analyst", agency: "JP-NPA", country: "JPN", categories: [] },
  ...{ clearance: "U", topics: [], pii: false, active: true },
};
const US_JP = { "US-JP": { parties: ["JPN", "USA"], ceiling: "C" as const, status: "in-force" as const } };
const AT = "2026-04-11T00:00:00Z";

test("gainers – somebody named who has not the clearance yet – the agency, and not a word of it to who may not know that account", () => {
  const named = normaliseLabel({ ...RED, recipients: ["a2"] });
  const audience = { people: [UNCLEARED], agencies, agreements: US_JP, at: AT };
  expect(gainers(RED, named, audience)).toEqual(["JP-NPA"]);
  expect(gainers(named, RED, audience)).toEqual([]);
  const looker: Viewer = { ...UNCLEARED, id: "a1", agency: "US-FBI", country: "USA" };
  expect(gainers(RED, named, { ...audience, looker })).toEqual(["JP-NPA"]);
  const admin = { ...UNCLEARED, role: "admin" as const };
  expect(gainers(RED, named, { ...audience, people: [admin], looker })).toEqual(["JPN"]);
});

test("gainers – a caveat that goes, for agencies that have one category of the two or get it – the country, though nobody has it today", () => {
  const wide = { ...RED, tlp: "GREEN" as const, classification: "U" as const, recipients: [] };
  const [both, one] = [
    normaliseLabel({ ...wide, caveats: ["FIU", "LES"] }),
    normaliseLabel({ ...wide, caveats: ["LES"] }),
  ];
  expect(gainers(both, one, { people: [], agencies, agreements: US_JP, at: AT })).toEqual(["JPN", "US-FBI"]);
});

test("gainers – a field rule that names one agency more – that agency, whoever is there", () => {
  const ruled = (agencies: string[]): Label =>
    normaliseLabel({
      ...{ ...RED, tlp: "GREEN" as const, recipients: [] },
      fieldRules: [{ selectors: ["description"], agencies }],
    });
  const audience = { people: [], agencies, agreements: US_JP, at: AT };
  expect(gainers(ruled(["JP-NPA"]), ruled(["JP-NCO", "JP-NPA"]), audience)).toEqual(["JP-NCO"]);
});
