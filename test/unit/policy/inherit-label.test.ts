import fc from "fast-check";
import type { Label } from "../../../schemas/policy/label.ts";
import { decide } from "../../../server/policy/decide.ts";
import { inheritFromReports } from "../../../server/policy/inherit-label.ts";
import { labelText, normaliseLabel } from "../../../server/policy/label-text.ts";
import { tiersOf } from "../../../server/policy/tiers.ts";
import { agreementsArb, channels, instants, labelsArb, viewersArb } from "../../support/policy-arbitraries.ts";
import { labels } from "../../support/policy-cases.ts";

const named = (id: string): Label => {
  const label = labels[id];
  if (label === undefined) throw new Error(`the case file lacks ${id}`);
  return normaliseLabel(label);
};
const unmarked = normaliseLabel({ ...named("D1"), author: "u1" });
const any = () => true;

test("inheritFromReports – one report – its label", () => {
  for (const id of ["B1", "C2", "C9", "E1", "G1"]) {
    const { label, text, flags } = inheritFromReports(unmarked, [named(id)], any, "analyst");
    expect(label).toEqual(named(id));
    expect([text, flags]).toEqual([labelText(named(id)), []]);
  }
});

test("inheritFromReports – one report whose rule is on a field that the object lacks – its label without the rule", () => {
  const { label } = inheritFromReports(unmarked, [named("H1")], (selector) => selector !== "description", "analyst");
  expect(label).toEqual({ ...named("H1"), author: undefined, fieldRules: [] });
});

test("inheritFromReports – a RED field of its own under a report whose row at home is on – the row waits for a second person", () => {
  const report = normaliseLabel({
    ...named("B1"),
    releases: [{ agreement: "TRI", countries: ["USA"], agencies: "*", status: "on" }],
  });
  const own = { ...unmarked, fieldRules: [{ selectors: ["description"], tlp: "RED" as const }] };
  expect(inheritFromReports(own, [report], any, "analyst").label.releases.map(({ status }) => status)).toEqual(["off"]);
  expect(inheritFromReports(unmarked, [report], any, "analyst").label.releases).toEqual(report.releases);
});

test("inheritFromReports – two reports – the tightest TLP and the rows they share", () => {
  const { label, flags } = inheritFromReports(unmarked, [named("B1"), named("C2")], any, "analyst");
  expect([label.tlp, label.topics, flags]).toEqual(["AMBER", ["crypto"], []]);
  expect(label.releases).toEqual(named("C2").releases);
});

test("inheritFromReports – reports with nobody in common – the originator alone, flagged", () => {
  const { label, flags } = inheritFromReports(unmarked, [named("B2"), named("D2")], any, "analyst");
  expect([label.tlp, label.releases, flags]).toEqual(["AMBER+STRICT", [], ["disjoint"]]);
  const topics = inheritFromReports(unmarked, [named("C1"), { ...named("C1"), topics: ["itworker"] }], any, "analyst");
  expect([topics.label.tlp, topics.label.recipients, topics.flags]).toEqual(["RED", [], ["disjoint"]]);
});

test("inheritFromReports – what the post said – stays and tightens", () => {
  const own: Label = {
    ...unmarked,
    classification: "C",
    caveats: ["NOEXPORT"],
    fieldRules: [{ selectors: ["x"], pii: true }],
  };
  const { label } = inheritFromReports(own, [named("B1")], any, "analyst");
  expect([label.classification, label.caveats, label.fieldRules]).toEqual([
    "C",
    ["NOEXPORT"],
    [{ selectors: ["x"], pii: true }],
  ]);
});

test("inheritFromReports – random reports without rules – nobody outside reads it who could not read each report", () => {
  let [tried, read] = [0, 0];
  fc.assert(
    fc.property(
      fc.array(labelsArb, { minLength: 1, maxLength: 3 }),
      viewersArb,
      agreementsArb,
      instants,
      channels,
      (drawn, viewer, agreements, at, channel) => {
        const reports = drawn.map((label) =>
          normaliseLabel({
            ...label,
            originator: "US-FBI",
            originatorCountry: "USA",
            author: "u1",
            state: "released",
            fieldRules: [],
          }),
        );
        const { label } = inheritFromReports(unmarked, reports, any, "analyst");
        expect(tiersOf(label)).toHaveProperty("tiers");
        if (viewer.agency === "US-FBI" && viewer.role !== "client") return;
        const reads = (one: Label) => decide({ viewer, label: one, agreements, at, channel }).verdict !== "hidden";
        tried += 1;
        if (!reads(label)) return;
        read += 1;
        expect(reports.map(reads)).toEqual(reports.map(() => true));
      },
    ),
    { numRuns: 2000 },
  );
  expect(tried).toBeGreaterThan(700);
  expect(read).toBeGreaterThan(10);
});
