import fc from "fast-check";
import type { FieldRule, Label } from "../../../schemas/policy/label.ts";
import { decide } from "../../../server/policy/decide.ts";
import { groupRules } from "../../../server/policy/group-rules.ts";
import { labelText, normaliseLabel } from "../../../server/policy/label-text.ts";
import { checkRow, countriesOutside, splitRow, withRowsOn } from "../../../server/policy/release-rows.ts";
import { tiersOf } from "../../../server/policy/tiers.ts";
import { asksArb, labelsArb } from "../../support/policy-arbitraries.ts";
import { agencies, agreements, labels } from "../../support/policy-cases.ts";

const named = (id: string): Label => {
  const label = labels[id];
  if (label === undefined) throw new Error(`the case file lacks ${id}`);
  return label;
};

test("normaliseLabel – random asks at whole minutes – changes no decision", () => {
  let admitted = 0;
  fc.assert(
    fc.property(asksArb, (ask) => {
      const before = decide(ask);
      expect(decide({ ...ask, label: normaliseLabel(ask.label) })).toEqual(before);
      if (before.verdict !== "hidden") admitted += 1;
    }),
    { numRuns: 5000 },
  );
  expect(admitted).toBeGreaterThan(200);
});

test("normaliseLabel – twice – the same text; tiers only fewer", () => {
  fc.assert(
    fc.property(labelsArb, (label) => {
      const once = normaliseLabel(label);
      expect(labelText(normaliseLabel(once))).toBe(labelText(once));
    }),
    { numRuns: 1000 },
  );
});

test("normaliseLabel – a label with everything out of order – written out", () => {
  const label: Label = {
    ...named("B1"),
    caveats: ["NOEXPORT", "NOATTRIB", "NOEXPORT"],
    recipients: ["j1"],
    clientGrants: ["cj"],
    embargoUntil: "2026-04-11T00:00:00.001Z",
    embargoReaders: [],
    releases: [
      { agreement: "TRI", countries: ["KOR", "JPN"], agencies: ["KR-NIS", "JP-NPA"], status: "off" },
      { agreement: "TRI", countries: ["JPN"], agencies: ["JP-NCO"], status: "off" },
      { agreement: "TRI", countries: ["USA"], agencies: "*", status: "on", until: "2026-05-01T10:00:59.9Z" },
      { agreement: "HUB", countries: ["USA"], agencies: [], status: "on" },
    ],
    fieldRules: [
      { selectors: ["x_b"], tlp: "CLEAR" },
      { selectors: ["x_b"], pii: true, tlp: "GREEN", caveats: ["NOEXPORT"] },
      { selectors: ["x_a", "x_b"], pii: true, agencies: "*" },
    ],
  };
  expect(normaliseLabel(label)).toEqual({
    tlp: "GREEN",
    classification: "U",
    caveats: ["NOATTRIB", "NOEXPORT"],
    topics: [],
    originator: "US-FBI",
    originatorCountry: "USA",
    state: "released",
    releases: [
      { agreement: "TRI", countries: ["USA"], agencies: "*", status: "on", until: "2026-05-01T10:00:00.000Z" },
      { agreement: "TRI", countries: ["JPN"], agencies: ["JP-NCO", "JP-NPA", "KR-NIS"], status: "off" },
      { agreement: "TRI", countries: ["KOR"], agencies: ["JP-NPA", "KR-NIS"], status: "off" },
    ],
    recipients: [],
    clientGrants: [],
    embargoUntil: "2026-04-11T00:01:00.000Z",
    fieldRules: [{ selectors: ["x_a", "x_b"], pii: true }],
  });
});

test("normaliseLabel – rules that bring about RED or AMBER – author, recipients and grants stay", () => {
  const rule = (tlp: FieldRule["tlp"] & string): FieldRule[] => [{ selectors: ["x"], tlp }];
  const label = { ...named("B1"), author: "u1", recipients: ["j1"], clientGrants: ["cj"] };
  const kept = (fieldRules: FieldRule[]) => {
    const { author, recipients, clientGrants } = normaliseLabel({ ...label, fieldRules });
    return [author, recipients, clientGrants];
  };
  expect(kept([])).toEqual([undefined, [], []]);
  expect(kept(rule("AMBER"))).toEqual(["u1", [], ["cj"]]);
  expect(kept(rule("AMBER+STRICT"))).toEqual(["u1", [], []]);
  expect(kept(rule("RED"))).toEqual(["u1", ["j1"], []]);
});

test("labelText – keys in another order – the same text", () => {
  const label = normaliseLabel(named("C7"));
  const turned = Object.fromEntries(Object.entries(label).reverse()) as Label;
  expect(labelText(turned)).toBe(labelText(label));
  expect(labelText(label)).toMatch(/^\{"author":"j1","caveats":\["NOATTRIB"\],/);
});

test("groupRules – random labels – never too many tiers, and never adds a reader of a field", () => {
  let grouped = 0;
  fc.assert(
    fc.property(asksArb, (ask) => {
      const label = groupRules(ask.label);
      expect(tiersOf(label)).toHaveProperty("tiers");
      if (label === ask.label) return;
      grouped += 1;
      const [before, after] = [decide(ask), decide({ ...ask, label })];
      if (before.verdict === "hidden") expect(after.verdict).toBe("hidden");
      else if (after.verdict !== "hidden")
        expect(after.without ?? []).toEqual(expect.arrayContaining(before.without ?? []));
    }),
    { numRuns: 5000 },
  );
  expect(grouped).toBeGreaterThan(5);
});

const world = {
  originatorCountry: "USA",
  agencies: new Map(Object.entries(agencies)),
  agreements,
  at: "2026-04-11T00:00:00.000Z",
};
const row = { agreement: "TRI", countries: ["JPN"], agencies: ["JP-NPA"] };

test.each([
  [row, undefined, undefined],
  [{ agreement: "PUBLIC", countries: [], agencies: "*" as const }, undefined, undefined],
  [{ ...row, agreement: "NATO" }, "label.unknown_agreement", "row.agreement"],
  [{ ...row, agreement: "constructor" }, "label.unknown_agreement", "row.agreement"],
  [{ ...row, agencies: ["JP-XXX"] }, "label.unknown_agency", "row.agencies[0]"],
  [{ ...row, agencies: ["JP-NPA", "KR-NIS"] }, "label.agency_country", "row.agencies[1]"],
  [{ ...row, countries: ["JPN", "FRA"] }, "label.unknown_country", "row.countries[1]"],
  [{ ...row, countries: [], agencies: "*" as const }, "label.empty_row", "row"],
  [{ ...row, agencies: [] }, "label.empty_row", "row"],
  [{ ...row, until: "2026-02-30T00:00:00Z" }, "label.bad_date", "row.until"],
  [{ ...row, until: "2026-04-11T00:00:59Z" }, "label.row_over", "row.until"],
  [{ ...row, agreement: "US-KR" }, "label.country_not_party", "row.countries"],
  [{ agreement: "PUBLIC", countries: ["USA"], agencies: "*" as const }, "label.public_row", "row"],
])("checkRow – %j – %s", (asked, code, path) => {
  const found = checkRow(asked, world);
  expect([found?.code, found?.path]).toEqual([code, path]);
});

test("splitRow – agencies of two countries, with a directory – each in its own country's row", () => {
  const both = { agreement: "TRI", countries: ["KOR", "JPN", "USA"], agencies: ["KR-NIS", "JP-NPA"] };
  expect(splitRow(both, "off", world.agencies)).toEqual([
    { agreement: "TRI", countries: ["JPN"], agencies: ["JP-NPA"], status: "off" },
    { agreement: "TRI", countries: ["KOR"], agencies: ["KR-NIS"], status: "off" },
  ]);
  expect(countriesOutside({ ...both, agreement: "US-JP" }, world)).toEqual(["KOR"]);
});

test("withRowsOn – a row that was off, and one that was not there – both on, nothing else touched", () => {
  const label = normaliseLabel({
    ...named("G3"),
    releases: splitRow({ ...row, countries: ["JPN", "KOR"], agencies: "*" }, "off"),
  });
  const after = withRowsOn(label, { agreement: "TRI", countries: ["JPN"], agencies: "*" });
  expect(after.releases.map((one) => [one.countries[0], one.status])).toEqual([
    ["KOR", "off"],
    ["JPN", "on"],
  ]);
  const more = withRowsOn(after, { agreement: "US-JP", countries: ["JPN"], agencies: ["JP-NPA"] });
  expect(more.releases).toHaveLength(3);
});
