import fc from "fast-check";
import type { FieldRule, Label, LabelRequest } from "../../../schemas/policy/label.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { decide } from "../../../server/policy/decide.ts";
import {
  type Binding,
  type BindWorld,
  type BoundLabel,
  bindLabel,
  labelBinder,
  type OwnMarkings,
} from "../../../server/policy/label-request.ts";
import { labelText, normaliseLabel } from "../../../server/policy/label-text.ts";
import { tiersOf } from "../../../server/policy/tiers.ts";
import { rulesArb, tlps } from "../../support/policy-arbitraries.ts";
import { agencies, agreements, viewers } from "../../support/policy-cases.ts";

const viewer = (id: string): Viewer => {
  const found = viewers[id];
  if (found === undefined) throw new Error(`the case file lacks ${id}`);
  return found;
};
const feed: Viewer = { ...viewer("u1"), id: "feed-fbi", role: "feed" };

const world = (request?: LabelRequest, poster: Viewer = viewer("u1"), preset?: LabelRequest): BindWorld => ({
  poster,
  agencies: new Map(Object.entries(agencies)),
  agreements,
  knowsAccount: (id) => Object.hasOwn(viewers, id),
  request,
  preset,
});
const own = (more: Partial<OwnMarkings> = {}): OwnMarkings => ({
  tlps: [],
  labels: [],
  rules: [],
  has: () => true,
  ...more,
});
const bound = (binding: Binding): BoundLabel => {
  if ("problems" in binding) throw new Error(JSON.stringify(binding.problems));
  return binding;
};
const codes = (binding: Binding): string[] =>
  "problems" in binding ? binding.problems.map((one) => `${one.code} ${one.path}`.trim()) : [];
const rows = (label: Label): string[] =>
  label.releases.map((row) => `${row.agreement} ${row.countries.join()} ${String(row.agencies)} ${row.status}`);

const TRI = { agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" as const };

test("bindLabel – GREEN for all three by a person – own country's row on, the others off, in canonical form", () => {
  const { label, text, flags, warnings } = bound(bindLabel(world({ tlp: "GREEN", releases: [TRI] }), own()));
  expect(rows(label)).toEqual(["TRI JPN * off", "TRI KOR * off", "TRI USA * on"]);
  expect({ ...label, releases: [] }).toEqual({
    tlp: "GREEN",
    classification: "U",
    caveats: [],
    topics: [],
    originator: "US-FBI",
    originatorCountry: "USA",
    state: "released",
    releases: [],
    recipients: [],
    clientGrants: [],
    fieldRules: [],
  });
  expect([text, flags, warnings]).toEqual([labelText(label), [], []]);
});

test.each<[string, LabelRequest, Viewer, string]>([
  ["AMBER by a person", { tlp: "AMBER" }, viewer("u1"), "on"],
  ["AMBER by a feed", { tlp: "AMBER" }, feed, "off"],
  ["GREEN by a feed", { tlp: "GREEN" }, feed, "on"],
  ["class S", { tlp: "GREEN", classification: "S" }, viewer("u1"), "off"],
  ["LES", { tlp: "GREEN", caveats: ["LES"] }, viewer("u1"), "off"],
  ["personal data", { tlp: "GREEN", fieldRules: [{ selectors: ["x"], pii: true }] }, viewer("u1"), "off"],
  ["RED", { tlp: "RED", recipients: ["u2"] }, viewer("u1"), "off"],
])("bindLabel – own country's row of %s – as triage 3 asks", (_, request, poster, status) => {
  const asked = { ...request, releases: [{ agreement: "TRI", countries: ["USA"], agencies: "*" as const }] };
  expect(rows(bound(bindLabel(world(asked, poster), own())).label)).toEqual([`TRI USA * ${status}`]);
});

test("bindLabel – nothing said anywhere – AMBER+STRICT to the originator, flagged", () => {
  const { label, flags } = bound(bindLabel(world(), own()));
  expect([label.tlp, label.releases, flags]).toEqual(["AMBER+STRICT", [], ["unmarked"]]);
});

test("bindLabel – rows but no TLP – the rows are left out with a word", () => {
  const { label, flags, warnings } = bound(bindLabel(world({ releases: [TRI] }), own()));
  expect([label.releases, flags, warnings.map((one) => one.code)]).toEqual([[], ["unmarked"], ["label.unmarked"]]);
});

test("bindLabel – a preset and no request – the preset; with a request – the request", () => {
  expect(bound(bindLabel(world(undefined, viewer("u1"), { tlp: "GREEN" }), own())).label.tlp).toBe("GREEN");
  expect(bound(bindLabel(world({ tlp: "AMBER" }, viewer("u1"), { tlp: "RED" }), own())).label.tlp).toBe("AMBER");
});

test("bindLabel – object and request differ in TLP – the tighter of the two", () => {
  const tlp = (request: LabelRequest, tlps: OwnMarkings["tlps"]) =>
    bound(bindLabel(world(request), own({ tlps }))).label.tlp;
  expect(tlp({ tlp: "GREEN" }, ["AMBER"])).toBe("AMBER");
  expect(tlp({ tlp: "AMBER" }, ["GREEN"])).toBe("AMBER");
  expect(tlp({}, ["CLEAR"])).toBe("CLEAR");
});

test("bindLabel – an object with rows of its own – they replace the request's, none included", () => {
  const ownRow = { agreement: "US-JP", countries: ["JPN"], agencies: ["JP-NPA"] };
  const said = world({ tlp: "GREEN", releases: [TRI] });
  const label = (release: LabelRequest) => rows(bound(bindLabel(said, own({ labels: [release] }))).label);
  expect(label({ tlp: "GREEN", releases: [ownRow] })).toEqual(["US-JP JPN JP-NPA off"]);
  expect(label({ tlp: "GREEN", releases: [] })).toEqual([]);
});

test("bindLabel – several TLPs on one object – refused for a person, the tightest and flagged for a feed", () => {
  const several = own({ tlps: ["AMBER", "RED"] });
  expect(codes(bindLabel(world({ tlp: "GREEN" }), several))).toEqual(["label.two_tlps object_marking_refs"]);
  const { label, flags } = bound(bindLabel(world({ tlp: "GREEN", recipients: ["j1"] }, feed), several));
  expect([label.tlp, label.recipients, flags]).toEqual(["RED", [], ["two-tlps"]]);
  expect(codes(bindLabel(world(), own({ tlps: ["AMBER", "AMBER"] })))).toEqual([]);
});

test("bindLabel – two release markings without a country in common – the originator alone, said so", () => {
  const marking = (country: string): LabelRequest => ({
    tlp: "GREEN",
    releases: [{ agreement: "TRI", countries: [country], agencies: "*" }],
  });
  const met = bound(bindLabel(world(), own({ labels: [marking("JPN"), marking("KOR")] })));
  expect([met.label.releases, met.flags]).toEqual([[], ["disjoint"]]);
  expect(met.warnings.map((one) => one.code)).toEqual(["label.nobody_else"]);
});

test.each<[LabelRequest, string[]]>([
  [{ tlp: "GREEN", releases: [{ ...TRI, agreement: "NATO" }] }, ["label.unknown_agreement releases[0].agreement"]],
  [{ tlp: "GREEN", releases: [{ ...TRI, agencies: ["XX-NONE"] }] }, ["label.unknown_agency releases[0].agencies[0]"]],
  [
    { tlp: "GREEN", releases: [TRI, { ...TRI, countries: ["JPN"], agencies: ["KR-NIS"] }] },
    ["label.agency_country releases[1].agencies[0]"],
  ],
  [{ tlp: "GREEN", releases: [{ ...TRI, countries: ["FRA"] }] }, ["label.unknown_country releases[0].countries[0]"]],
  [{ tlp: "CLEAR", releases: [{ ...TRI, agreement: "PUBLIC" }] }, ["label.public_row releases[0]"]],
  [
    { tlp: "GREEN", fieldRules: [{ selectors: ["x"], agencies: ["XX-NONE"] }] },
    ["label.unknown_agency fieldRules[0].agencies[0]"],
  ],
  [{ tlp: "RED", recipients: ["j1", "nobody"] }, ["label.unknown_account recipients[1]"]],
  [{ tlp: "AMBER", clientGrants: ["nobody"] }, ["label.unknown_account clientGrants[0]"]],
  [
    { tlp: "AMBER", embargoUntil: "2026-02-30T00:00:00Z", embargoReaders: ["nobody"] },
    ["label.unknown_account embargoReaders[0]", "label.bad_date embargoUntil"],
  ],
  [{ tlp: "AMBER", topics: ["*"] }, ["label.bad_topic topics[0]"]],
  [{ tlp: "GREEN", caveats: ["FIU"] }, ["label.author_cannot_read"]],
  [
    {
      tlp: "GREEN",
      fieldRules: ["LES", "NATL"].map((c, i) => ({ selectors: [`x_${i}`], caveats: [c] })) as FieldRule[],
    },
    [],
  ],
])("bindLabel – the request %j – %j", (request, wanted) => {
  expect(codes(bindLabel(world(request), own()))).toEqual(wanted);
});

test("bindLabel – a label above its author's clearance, or cutting him the name – refused", () => {
  const j4 = viewer("j4");
  expect(codes(bindLabel(world({ tlp: "GREEN", classification: "C" }, j4), own()))).toEqual([
    "label.author_cannot_read",
  ]);
  const rule: FieldRule = { selectors: ["name"], classification: "C" };
  expect(codes(bindLabel(world({ tlp: "GREEN", fieldRules: [rule] }, j4), own()))).toEqual([
    "label.author_cannot_read",
  ]);
  expect(codes(bindLabel(world({ tlp: "RED" }, feed), own()))).toEqual(["label.author_cannot_read tlp"]);
});

test("bindLabel – rules looser than the object, or on fields it lacks – left out; the looser one reported", () => {
  const rules: FieldRule[] = [
    { selectors: ["description"], tlp: "GREEN" },
    { selectors: ["x_gone"], tlp: "RED" },
    { selectors: ["x_here"], tlp: "AMBER+STRICT" },
  ];
  const has = (selector: string) => selector !== "x_gone";
  const { label, warnings } = bound(bindLabel(world({ tlp: "AMBER" }), own({ rules, has })));
  expect(label.fieldRules).toEqual([{ selectors: ["x_here"], tlp: "AMBER+STRICT" }]);
  expect(warnings.map((one) => one.code)).toEqual(["label.looser_rule"]);
});

test("bindLabel – NOATTRIB in a rule – its fields stay in the originator's country", () => {
  const fieldRules: FieldRule[] = [{ selectors: ["x_source"], caveats: ["NOATTRIB"] }];
  const { label } = bound(bindLabel(world({ tlp: "GREEN", fieldRules }), own()));
  expect(label.fieldRules).toEqual([{ selectors: ["x_source"], countries: ["USA"] }]);
});

test("bindLabel – dates within a minute – embargo up, until down; the latest of two embargoes", () => {
  const request: LabelRequest = {
    tlp: "GREEN",
    embargoUntil: "2026-05-01T10:00:00.5Z",
    embargoReaders: ["j1", "k1"],
    releases: [{ ...TRI, countries: ["JPN"], until: "2026-06-01T10:00:59Z" }],
  };
  const { label } = bound(bindLabel(world(request), own()));
  expect([label.embargoUntil, label.embargoReaders, label.releases[0]?.until]).toEqual([
    "2026-05-01T10:01:00.000Z",
    ["j1", "k1"],
    "2026-06-01T10:00:00.000Z",
  ]);
});

test.each<[LabelRequest, string]>([
  [{ tlp: "CLEAR", releases: [TRI] }, "label.clear_not_public"],
  [{ tlp: "GREEN", releases: [{ agreement: "PUBLIC", countries: [], agencies: "*" }] }, "label.public_row_dead"],
  [{ tlp: "GREEN", releases: [{ ...TRI, agreement: "US-JP", countries: ["KOR"] }] }, "label.country_not_party"],
  [{ tlp: "AMBER+STRICT", releases: [TRI] }, "label.nobody_else"],
])("bindLabel – the request %j – stored with the warning %s", (request, code) => {
  expect(bound(bindLabel(world(request), own())).warnings.map((one) => one.code)).toEqual([code]);
});

const unlike: FieldRule[] = (["LES", "NATL", "NOEXPORT"] as const).map((caveat, i) => ({
  selectors: [`x_${i}`],
  caveats: [caveat],
}));
const five: FieldRule[] = [...unlike, { selectors: ["x_p"], pii: true }, { selectors: ["x_s"], classification: "S" }];

test("bindLabel – more tiers than a label may have – refused for a person, rules grouped for a feed", () => {
  const request: LabelRequest = { tlp: "GREEN", releases: [TRI], fieldRules: five };
  expect(codes(bindLabel(world(request), own()))).toEqual(["label.too_many_tiers fieldRules"]);
  const { label } = bound(bindLabel(world(request, feed), own()));
  expect(tiersOf(label)).toHaveProperty("tiers.length", 16);
});

test("labelBinder – objects that say the same – the same answer; those that say otherwise – their own", () => {
  const bind = labelBinder(world({ tlp: "GREEN", fieldRules: [{ selectors: ["x"], tlp: "AMBER" }] }));
  const first = bind(own());
  expect(bind(own())).toBe(first);
  expect(bound(bind(own({ has: () => false }))).label.fieldRules).toEqual([]);
  expect(bound(bind(own({ tlps: ["RED"] }))).label.tlp).toBe("RED");
});

test("bindLabel – an account without agency – refused", () => {
  expect(codes(bindLabel(world({ tlp: "GREEN" }, viewer("ad")), own()))).toEqual(["label.no_agency"]);
});

test("bindLabel – random requests and markings – normalised, within the tiers, and read by its author", () => {
  const request = fc.record({ tlp: tlps, fieldRules: fc.array(rulesArb, { maxLength: 6 }) });
  let stored = 0;
  fc.assert(
    fc.property(request, fc.array(rulesArb, { maxLength: 3 }), fc.boolean(), (said, rules, byFeed) => {
      const poster = byFeed ? feed : viewer("u1");
      const asked: LabelRequest = { ...said, releases: [TRI] };
      const binding = bindLabel(world(asked, poster), own({ rules }));
      if ("problems" in binding) return;
      stored += 1;
      const { label, text } = binding;
      expect(labelText(normaliseLabel(label))).toBe(text);
      expect(tiersOf(label)).toHaveProperty("tiers");
      const at = "2026-04-11T00:00:00Z";
      expect(decide({ viewer: poster, label, agreements, at }).verdict).not.toBe("hidden");
    }),
    { numRuns: 1000 },
  );
  expect(stored).toBeGreaterThan(200);
});

test("bindLabel – an object that claims an agreement of others – refused with its reason; a post that asks for it – warned", () => {
  const theirs = {
    tlp: "GREEN" as const,
    releases: [{ agreement: "JP-KR", countries: ["JPN"], agencies: "*" as const }],
  };
  expect(codes(bindLabel(world(), own({ labels: [theirs] })))).toEqual([
    "label.not_party object_marking_refs: releases[0].agreement",
  ]);
  expect(bound(bindLabel(world(theirs), own())).warnings.map(({ code }) => code)).toEqual(["label.country_not_party"]);
  const open = { tlp: "CLEAR" as const, releases: [{ agreement: "PUBLIC", countries: [], agencies: "*" as const }] };
  expect(codes(bindLabel(world(), own({ labels: [open] })))).toEqual([]);
});

test("bindLabel – whether a sighting's count is shared – as the request says, or all of the object's own labels; in no text where it is not", () => {
  const shares = { tlp: "GREEN" as const, countShareable: true };
  const keeps = { tlp: "GREEN" as const };
  const shared = (request: LabelRequest, labels: LabelRequest[] = []): unknown =>
    bound(bindLabel(world(request), own({ labels }))).label.countShareable;
  expect([
    shared(shares),
    shared(keeps),
    shared(keeps, [shares]),
    shared(shares, [keeps]),
    shared(shares, [shares, keeps]),
  ]).toEqual([...[true, undefined, true, undefined, undefined]]);
  expect(bound(bindLabel(world({ ...keeps, countShareable: false }), own())).text).not.toContain("count");
});
