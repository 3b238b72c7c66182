import fc from "fast-check";
import type { Agreement } from "../../../schemas/policy/agreement.ts";
import type { Ask } from "../../../schemas/policy/decision.ts";
import type { Label } from "../../../schemas/policy/label.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { LEVELS } from "../../../schemas/policy/vocabulary.ts";
import { decide } from "../../../server/policy/decide.ts";
import { normaliseLabel } from "../../../server/policy/label-text.ts";
import { inPlaceOf } from "../../../server/policy/narrow.ts";
import {
  type AccountTerms,
  narrowsAccount,
  narrowsAgency,
  narrowsAgreement,
  partiesOf,
} from "../../../server/policy/policy-change.ts";
import { anybodyOf, policyGains } from "../../../server/policy/policy-gains.ts";
import { asksArb, COUNTRIES, DATES } from "../../support/policy-arbitraries.ts";

const T = DATES[1];
const LATER = DATES[4];
const base: Agreement = { parties: ["JPN", "USA"], ceiling: "C", status: "in-force" };
const account: AccountTerms = {
  ...{ agency: "US-FBI", clearance: "C", topics: ["crypto", "itworker"], pii: true, scope: "write" },
};

test.each<[string, Partial<Agreement>, Partial<Agreement>, boolean]>([
  ["suspending", {}, { status: "suspended" }, true],
  ["resuming", { status: "suspended" }, { status: "in-force" }, false],
  ["a lower ceiling", {}, { ceiling: "R" }, true],
  ["a higher ceiling", {}, { ceiling: "S" }, false],
  ["a higher ceiling while it is suspended", { status: "suspended" }, { status: "suspended", ceiling: "S" }, false],
  ["a party less", {}, { parties: ["USA"] }, true],
  ["a party more", {}, { parties: ["JPN", "KOR", "USA"] }, false],
  ["another party instead", {}, { parties: ["KOR", "USA"] }, false],
  ["an end", {}, { until: LATER }, true],
  ["a later end", { until: T }, { until: LATER }, false],
  ["no end", { until: T }, {}, false],
  ["an earlier end", { until: LATER }, { until: T }, true],
  ["a beginning", {}, { from: T }, true],
  ["an earlier beginning", { from: LATER }, { from: T }, false],
  ["no beginning", { from: T }, {}, false],
  ["suspending with a higher ceiling", {}, { status: "suspended", ceiling: "S" }, false],
])("an agreement – %s – narrows or not", (_, before, after, narrows) => {
  expect(narrowsAgreement({ ...base, ...before }, { ...base, ...after })).toBe(narrows);
});

test.each<[string, Partial<AccountTerms>, Partial<AccountTerms>, boolean]>([
  ["less clearance", {}, { clearance: "U" }, true],
  ["more clearance", {}, { clearance: "S" }, false],
  ["a topic less", {}, { topics: ["crypto"] }, true],
  ["another topic", {}, { topics: ["nuclear"] }, false],
  ["all topics", {}, { topics: ["*"] }, false],
  ["one instead of all", { topics: ["*"] }, { topics: ["crypto"] }, true],
  ["no personal data", {}, { pii: false }, true],
  ["personal data", { pii: false }, { pii: true }, false],
  ["reading only", {}, { scope: "read" }, true],
  ["posting", { scope: "read" }, { scope: "write" }, false],
  ["an end", {}, { until: T }, true],
  ["no end", { until: T }, {}, false],
  ["a later end", { until: T }, { until: LATER }, false],
  ["another agency", {}, { agency: "US-CISA", clearance: "U", topics: [] }, false],
])("an account – %s – narrows or not", (_, before, after, narrows) => {
  expect(narrowsAccount({ ...account, ...before }, { ...account, ...after })).toBe(narrows);
});

test.each<[string, Parameters<typeof narrowsAgency>, boolean]>([
  ["a category less", [{ categories: ["LE"] }, { categories: [] }], true],
  ["a category more", [{ categories: [] }, { categories: ["LE"] }], false],
  ["off", [{ categories: [] }, { categories: [], off: T }], true],
  ["on again", [{ categories: [], off: T }, { categories: [] }], false],
])("an agency – %s – narrows or not", (_, [before, after], narrows) => {
  expect(narrowsAgency(before, after)).toBe(narrows);
});

test("the countries that sign – of an agreement – are parties before or after", () => {
  expect(partiesOf({ parties: ["USA", "JPN"] }, { parties: ["USA", "KOR"] })).toEqual(["JPN", "KOR", "USA"]);
});

/** A field that is read before and not cut after, and the whole: whether the second reads something that the first does not. */
const readsMore = (before: Ask, after: Ask): boolean => {
  const [then, now] = [decide(before), decide(after)];
  if (now.verdict === "hidden") return false;
  return then.verdict === "hidden" || (then.without ?? []).some((field) => !(now.without ?? []).includes(field));
};
const dates = fc.option(fc.constantFrom(...DATES), { nil: undefined });
const dated = <O extends object>(of: O, from: string | undefined, until: string | undefined): O => ({
  ...of,
  ...(from === undefined ? {} : { from }),
  ...(until === undefined ? {} : { until }),
});
const termsArb = fc
  .record({
    parties: fc.subarray([...COUNTRIES]),
    ceiling: fc.constantFrom(...LEVELS),
    status: fc.constantFrom("in-force" as const, "suspended" as const),
    from: dates,
    until: dates,
  })
  .map(({ from, until, ...rest }): Agreement => dated(rest, from, until));

test("what counts as narrowing an agreement – for anybody and any label, on any day – adds no reader", () => {
  let narrowed = 0;
  let lost = 0;
  fc.assert(
    fc.property(asksArb, fc.boolean(), termsArb, termsArb, ({ label, ...rest }, open, before, after) => {
      const id = label.releases[0]?.agreement ?? "TRI";
      if (!narrowsAgreement(before, after)) return;
      // Half of the time one row that is wide open: else hardly a draw would take anything away.
      const row = { agreement: id, countries: [...COUNTRIES], agencies: "*" as const, status: "on" as const };
      const wide = { tlp: "GREEN" as const, state: "released" as const, caveats: [], releases: [row] };
      const ask: Ask = { ...rest, label: open ? { ...label, ...wide } : label };
      narrowed++;
      const with_ = (agreement: Agreement): Ask => ({ ...ask, agreements: { ...ask.agreements, [id]: agreement } });
      expect(readsMore(with_(before), with_(after))).toBe(false);
      if (readsMore(with_(after), with_(before))) lost++;
    }),
    { numRuns: 12_000, seed: 7 },
  );
  expect([narrowed > 300, lost > 5]).toEqual([true, true]);
});

test("what counts as narrowing an account or an agency – for any label, on any day – adds no reading", () => {
  let lost = 0;
  const terms = fc.record({
    clearance: fc.constantFrom(...LEVELS),
    topics: fc.constantFrom<string[][]>(["*"], [], ["crypto"], ["itworker"], ["crypto", "itworker"]),
    pii: fc.boolean(),
    until: dates,
    categories: fc.subarray(["LE", "FIU", "CERT"] as const),
  });
  fc.assert(
    fc.property(asksArb, terms, (ask, { categories, until, ...rest }) => {
      const { until: held, ...viewer } = ask.viewer;
      const after = dated({ ...viewer, ...rest, categories: [...categories] }, undefined, until) as Viewer;
      const scope = "write" as const;
      const narrower =
        narrowsAccount({ ...ask.viewer, scope }, { ...after, scope }) &&
        narrowsAgency({ categories: ask.viewer.categories ?? [] }, { categories: [...categories] });
      if (!narrower) return;
      expect(readsMore(ask, { ...ask, viewer: after })).toBe(false);
      if (readsMore({ ...ask, viewer: after }, ask)) lost++;
      expect(held === undefined || until !== undefined).toBe(true);
    }),
    { numRuns: 20_000, seed: 7 },
  );
  expect(lost > 5).toBe(true);
});

const label: Label = {
  ...{ tlp: "RED", classification: "U", caveats: [], topics: [], originator: "US-FBI", originatorCountry: "USA" },
  ...{ state: "released", recipients: ["j1"], clientGrants: [], fieldRules: [], author: "u1" },
  releases: [{ agreement: "US-JP", countries: ["JPN"], agencies: "*", status: "on" }],
};
const j1: Viewer = {
  ...{ id: "j1", role: "analyst", agency: "JP-NPA", country: "JPN", categories: [], clearance: "U" },
  ...{ topics: [], pii: false, active: true },
};
const agreements = { "US-JP": base };

test.each<[string, Partial<Label>, Partial<Viewer>, "full" | "hidden"]>([
  ["of the agency that it was named for", { namedAs: { j1: "JP-NPA" } }, {}, "full"],
  ["that moved since", { namedAs: { j1: "JP-NPA" } }, { agency: "JP-NCO" }, "hidden"],
  ["that was named anew", { namedAs: { j1: "JP-NCO" } }, { agency: "JP-NCO" }, "full"],
  ["of which nothing was noted", {}, { agency: "JP-NCO" }, "full"],
  ["who is not named", { namedAs: { j1: "JP-NPA" } }, { id: "constructor" }, "hidden"],
])("a RED label – read by a person %s (Q44) – decides so", (_, change, viewer, verdict) => {
  const ask = { viewer: { ...j1, ...viewer }, label: normaliseLabel({ ...label, ...change }), agreements, at: T };
  expect(decide(ask).verdict).toBe(verdict);
});

test("the agencies noted on a label – of names that no gate reads – are left out, so that equal labels have equal text", () => {
  const noted = { j1: "JP-NPA", j9: "JP-NCO" };
  expect(normaliseLabel({ ...label, namedAs: noted }).namedAs).toEqual({ j1: "JP-NPA" });
  expect(normaliseLabel({ ...label, tlp: "GREEN", namedAs: noted })).not.toHaveProperty("namedAs");
});

test("the audience of a change – now and on a day ahead – is told by agency, tightest and highest, and of nobody who read it before", () => {
  const green: Label = { ...label, tlp: "GREEN", recipients: [] };
  const labels = [
    green,
    { ...green, tlp: "AMBER" as const, classification: "R" as const },
    { ...green, originator: "JP-NPA", originatorCountry: "JPN" },
  ];
  const seat = (agency: string, country: string) => {
    const viewer = anybodyOf(agency, country, []);
    return { agency, before: viewer, after: viewer };
  };
  const seats = [seat("JP-NPA", "JPN"), seat("US-FBI", "USA"), seat("KR-NIS", "KOR")];
  const gains = (before: Agreement, after: Agreement) =>
    policyGains(labels, seats, { before: { "US-JP": before }, after: { "US-JP": after } }, T);
  const suspended: Agreement = { ...base, status: "suspended" };
  expect(gains(suspended, base)).toEqual([{ agency: "JP-NPA", tlp: "AMBER", classification: "R" }]);
  expect(gains(base, { ...base, ceiling: "S" })).toEqual([]);
  expect(gains(base, suspended)).toEqual([]);
  expect(gains({ ...suspended, ceiling: "U" }, { ...base, ceiling: "U" })).toEqual([
    { agency: "JP-NPA", tlp: "GREEN", classification: "U" },
  ]);
  expect(gains({ ...base, until: DATES[3] }, { ...base, until: LATER })).toEqual([
    { agency: "JP-NPA", tlp: "AMBER", classification: "R" },
  ]);
});

test.each<[string, Partial<Viewer>, Ask["channel"], "full" | "hidden"]>([
  ["a person of the originating agency, on the page", { agency: "US-FBI", country: "USA" }, "page", "full"],
  ["the same, over TAXII", { agency: "US-FBI", country: "USA" }, "taxii", "hidden"],
  ["the same, in a file", { agency: "US-FBI", country: "USA" }, "export", "hidden"],
  ["a feed of the originating agency", { agency: "US-FBI", country: "USA", role: "feed" }, "page", "hidden"],
  ["another agency of the country", { agency: "US-CISA", country: "USA" }, "page", "hidden"],
  ["a partner", {}, "page", "hidden"],
  ["somebody who is not signed in", { role: "public" }, "page", "hidden"],
])("content in a quarantine – asked for by %s – decides so, though it is public", (_, viewer, channel, verdict) => {
  const rows = [
    ...label.releases,
    { agreement: "PUBLIC", countries: [], agencies: "*" as const, status: "on" as const },
  ];
  const held = normaliseLabel({ ...label, tlp: "CLEAR", releases: rows, quarantined: ["q2", "q1", "q2"] });
  expect(held.quarantined).toEqual(["q1", "q2"]);
  const ask = {
    viewer: { ...j1, ...viewer },
    label: held,
    agreements,
    at: T,
    ...(channel === undefined ? {} : { channel }),
  };
  expect(decide(ask).verdict).toBe(verdict);
});

test("a quarantine – on any label, for anybody – adds no reader, and is gone from a label that none holds", () => {
  let lost = 0;
  fc.assert(
    fc.property(asksArb, (ask) => {
      const held = { ...ask, label: { ...ask.label, quarantined: ["q1"] } };
      expect(readsMore(ask, held)).toBe(false);
      if (readsMore(held, ask)) lost++;
      expect(normaliseLabel({ ...ask.label, quarantined: [] })).not.toHaveProperty("quarantined");
    }),
    { numRuns: 3000, seed: 7 },
  );
  expect(lost > 50).toBe(true);
});

test("an edit – of what is held – takes nothing out of the quarantine", () => {
  const standing = normaliseLabel({ ...label, tlp: "GREEN", recipients: [], quarantined: ["q1"] });
  const { quarantined: _, ...bound } = standing;
  const asked = {
    standing,
    request: { tlp: "GREEN" as const, releases: [] },
    bound,
    author: "u1",
    agencies: new Map(),
  };
  const { label: made, wished } = inPlaceOf(asked);
  expect([made.quarantined, wished.quarantined]).toEqual([["q1"], ["q1"]]);
});
