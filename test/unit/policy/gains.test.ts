import fc from "fast-check";
import type { LabelRequest } from "../../../schemas/policy/label.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
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
