import fc from "fast-check";
import { acquaintance } from "../../../server/policy/acquaintance.ts";
import { audienceChange, laterChanges, type Reader, readerGroups, readersOf } from "../../../server/policy/audience.ts";
import { decide } from "../../../server/policy/decide.ts";
import { gainers } from "../../../server/policy/gains.ts";
import { normaliseLabel } from "../../../server/policy/label-text.ts";
import { wireLabel } from "../../../server/policy/wire-label.ts";
import { AGENCIES, agreementsArb, DATES, instants, labelsArb, viewersArb } from "../../support/policy-arbitraries.ts";

const agencies = new Map(AGENCIES.map(({ id, country, categories }) => [id, { country, categories }]));
const named = fc.uniqueArray(viewersArb, { minLength: 1, maxLength: 5, selector: ({ id }) => id });
const names = (groups: readonly { readonly people: readonly string[] }[]): string[] =>
  groups.flatMap(({ people }) => people).sort();

test("who reads – random labels, people and agreements – is told by name as decide says, to who may know the name", () => {
  let told = 0;
  fc.assert(
    fc.property(labelsArb, viewersArb, named, agreementsArb, instants, (drawn, looker, people, agreements, at) => {
      const label = normaliseLabel(drawn);
      const readers = readersOf(label, { looker, people, agreements, at });
      for (const viewer of people) {
        const { verdict, without = [] } = decide({ viewer, label, agreements, at });
        const known = acquaintance(looker, viewer, agreements, at);
        const reader = readers.find((one) => one.viewer.id === viewer.id);
        if (verdict === "hidden" || known === "none") expect(reader).toBeUndefined();
        else {
          expect([reader?.name, reader?.without, reader?.wire]).toEqual([
            known === "name" ? viewer.id : undefined,
            without,
            wireLabel(label, viewer, without),
          ]);
          told += 1;
        }
      }
      expect(names(readerGroups(readers))).toEqual(readers.flatMap(({ name }) => name ?? []).sort());
    }),
    { numRuns: 400, seed: 7 },
  );
  expect(told).toBeGreaterThan(50);
});

test("a change – of two random labels – adds, loses and changes exactly whom the two audiences differ in, and who is added would gain", () => {
  let added = 0;
  fc.assert(
    fc.property(
      labelsArb,
      labelsArb,
      viewersArb,
      named,
      agreementsArb,
      instants,
      (one, other, looker, people, agreements, at) => {
        const { originator, originatorCountry } = one;
        const [before, after] = [one, { ...other, originator, originatorCountry }].map(normaliseLabel);
        if (before === undefined || after === undefined) return;
        const looking = { looker, people, agreements, at };
        const [was, is] = [readersOf(before, looking), readersOf(after, looking)];
        const change = audienceChange(was, is);
        const ids = (readers: readonly Reader[]): string[] => readers.flatMap(({ name }) => name ?? []);
        expect(names(change.added)).toEqual(
          ids(is)
            .filter((id) => !ids(was).includes(id))
            .sort(),
        );
        expect(names(change.lost)).toEqual(
          ids(was)
            .filter((id) => !ids(is).includes(id))
            .sort(),
        );
        expect(audienceChange(is, is)).toEqual({ added: [], lost: [], changed: [] });
        const gained = gainers(before, after, { people, agencies, agreements, at });
        for (const { agency } of [...change.added, ...change.changed.filter(({ shown }) => shown.length > 0)]) {
          added += 1;
          expect(gained).toContain(agency ?? "PUBLIC");
        }
      },
    ),
    { numRuns: 150, seed: 8 },
  );
  expect(added).toBeGreaterThan(20);
});

test("dates ahead – of random labels – what is told of each is the difference that decide makes there", () => {
  let seen = 0;
  fc.assert(
    fc.property(labelsArb, named, agreementsArb, (drawn, people, agreements) => {
      const label = normaliseLabel(drawn);
      const at = DATES[0] ?? "";
      const looker = {
        ...people[0],
        id: "looker",
        role: "analyst",
        agency: label.originator,
        country: label.originatorCountry,
      };
      const looking = { looker: looker as (typeof people)[number], people, agreements, at };
      let before = readersOf(label, looking);
      for (const { at: then, change } of laterChanges(label, looking)) {
        seen += 1;
        const after = readersOf(label, looking, then);
        expect(change).toEqual(audienceChange(before, after));
        before = after;
      }
    }),
    { numRuns: 300, seed: 9 },
  );
  expect(seen).toBeGreaterThan(10);
});
