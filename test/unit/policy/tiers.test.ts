import fc from "fast-check";
import type { FieldRule, Label } from "../../../schemas/policy/label.ts";
import { admitOne, judgeMany, LabelDates, nextBoundary } from "../../../server/policy/admitted.ts";
import { alikeOf } from "../../../server/policy/alike.ts";
import { decide } from "../../../server/policy/decide.ts";
import { tiersOf } from "../../../server/policy/tiers.ts";
import { formatInstant } from "../../../server/shared/instant.ts";
import { agreementsArb, asksArb, channels, instants, labelsArb, viewersArb } from "../../support/policy-arbitraries.ts";
import { agreements, labels, viewers } from "../../support/policy-cases.ts";

const cutsOf = (label: Label): (readonly string[])[] | "too many" => {
  const found = tiersOf(label);
  return "problem" in found ? "too many" : found.tiers.map((tier) => tier.cut);
};

const labelWith = (fieldRules: FieldRule[], more: Partial<Label> = {}): Label => {
  const base = labels.B1;
  if (base === undefined) throw new Error("the case file lacks B1");
  return { ...base, ...more, fieldRules };
};

test("tiersOf – random labels with up to six rules, random viewers – without is always one of the tiers", () => {
  let [redacted, refused] = [0, 0];
  fc.assert(
    fc.property(asksArb, (ask) => {
      const cuts = cutsOf(ask.label);
      if (cuts === "too many") {
        refused += 1;
        return;
      }
      const { without } = decide(ask);
      if (without === undefined) return;
      redacted += 1;
      expect(cuts).toContainEqual(without);
    }),
    { numRuns: 5000 },
  );
  // A run that never reached a tier, or refused most labels, would prove nothing.
  expect(redacted).toBeGreaterThan(250);
  expect(refused).toBeLessThan(1250);
});

test("tiersOf – the same label, its rules in another order – the same tiers under the same numbers", () => {
  fc.assert(
    fc.property(labelsArb, (label) => {
      const turned = { ...label, fieldRules: [...label.fieldRules].reverse() };
      expect(tiersOf(turned)).toEqual(tiersOf(label));
    }),
    { numRuns: 2000 },
  );
});

test("tiersOf – no rules – one tier, which lacks nothing", () => {
  expect(cutsOf(labelWith([]))).toEqual([[]]);
});

test("tiersOf – NOATTRIB that nobody abroad reads – no tier for it", () => {
  expect(cutsOf(labelWith([], { caveats: ["NOATTRIB"] }))).toEqual([[], ["created_by_ref", "external_references"]]);
  expect(cutsOf(labelWith([], { caveats: ["NOATTRIB"], releases: [] }))).toEqual([[]]);
  expect(cutsOf(labelWith([], { caveats: ["NATL", "NOATTRIB"] }))).toEqual([[]]);
});

test("tiersOf – NOATTRIB beside a rule that keeps a field at home – one cut, but two where the public reads at home too", () => {
  const rules: FieldRule[] = [{ selectors: ["x_home"], countries: ["USA"] }];
  const both = ["created_by_ref", "external_references", "x_home"];
  expect(cutsOf(labelWith(rules, { caveats: ["NOATTRIB"] }))).toEqual([[], both]);
  const open = { agreement: "PUBLIC", countries: [], agencies: "*" as const, status: "on" as const };
  const more: Partial<Label> = { tlp: "CLEAR", caveats: ["NOATTRIB"], releases: [open] };
  expect(cutsOf(labelWith(rules, more))).toEqual([[], ["x_home"], both]);
});

test("tiersOf – a chain of ever higher classifications – one tier for each, not for each subset", () => {
  const rules: FieldRule[] = [
    { selectors: ["x_s"], classification: "S" },
    { selectors: ["x_r"], classification: "R" },
    { selectors: ["x_c"], classification: "C" },
  ];
  expect(cutsOf(labelWith(rules))).toEqual([[], ["x_s"], ["x_c", "x_s"], ["x_c", "x_r", "x_s"]]);
});

test("tiersOf – RED by name beside AMBER by topic – a named reader off topic lacks the AMBER field alone", () => {
  const rules: FieldRule[] = [
    { selectors: ["x_amber"], tlp: "AMBER" },
    { selectors: ["x_red"], tlp: "RED" },
  ];
  const off = labelWith(rules, { topics: ["itworker"], recipients: ["j2"] });
  expect(cutsOf(off)).toEqual([[], ["x_amber"], ["x_red"], ["x_amber", "x_red"]]);
  const j2 = viewers.j2;
  if (j2 === undefined) throw new Error("the case file lacks j2");
  expect(decide({ viewer: j2, label: off, agreements, at: "2026-04-11T00:00:00Z" }).without).toEqual(["x_amber"]);
  expect(cutsOf(labelWith(rules))).toEqual([[], ["x_red"], ["x_amber", "x_red"]]);
});

test("tiersOf – a rule that lists agencies under AMBER+STRICT – not taken for tighter than one without", () => {
  const rules: FieldRule[] = [
    { selectors: ["x_listed"], tlp: "AMBER+STRICT", agencies: ["JP-NPA"] },
    { selectors: ["x_strict"], tlp: "AMBER+STRICT" },
  ];
  expect(cutsOf(labelWith(rules))).toContainEqual(["x_strict"]);
});

test("tiersOf – a cut of an essential field – no tier, since it hides", () => {
  expect(cutsOf(labelWith([{ selectors: ["pattern"], countries: ["USA"] }]))).toEqual([[]]);
});

test("tiersOf – a rule that is looser than the label – no tier for it", () => {
  expect(cutsOf(labelWith([{ selectors: ["x_a"], tlp: "CLEAR", classification: "U" }]))).toEqual([[]]);
});

const unlike: FieldRule[] = [
  { selectors: ["x_1"], pii: true },
  { selectors: ["x_2"], classification: "S" },
  { selectors: ["x_3"], caveats: ["LES"] },
  { selectors: ["x_4"], caveats: ["FIU"] },
  { selectors: ["x_5"], countries: ["JPN"] },
];

test("tiersOf – four rules that have nothing to do with each other – sixteen tiers; with a fifth – refused", () => {
  expect(cutsOf(labelWith(unlike.slice(0, 4)))).toHaveLength(16);
  expect(tiersOf(labelWith(unlike))).toEqual({
    problem: { code: "label.too_many_tiers", path: "fieldRules", message: expect.stringContaining("more than 16") },
  });
  expect(cutsOf(labelWith(unlike.slice(0, 4), { caveats: ["NOATTRIB"] }))).toHaveLength(32);
});

test("tiersOf – fifty rules over the same fields – one group", () => {
  const many = Array.from({ length: 50 }, (_, i): FieldRule => ({ ...unlike[i % 5], selectors: ["x_1", "x_2"] }));
  expect(cutsOf(labelWith(many))).toEqual([[], ["x_1", "x_2"]]);
});

test("admitOne – random labels and viewers – equal to decide on every label", () => {
  fc.assert(
    fc.property(viewersArb, fc.array(labelsArb, { maxLength: 12 }), agreementsArb, instants, channels, (...drawn) => {
      const [viewer, list, world, at, channel] = drawn;
      const entries = list.map((label, i) => ({ id: `l${i}`, label }));
      for (const entry of entries) {
        const { label } = entry;
        const admitted = admitOne(viewer, entry, world, at, channel);
        const decision = decide({ viewer, label, agreements: world, at, channel });
        const cuts = cutsOf(label);
        if (decision.verdict === "hidden" || (cuts === "too many" && decision.verdict === "redacted")) {
          expect(admitted).toBeUndefined();
        } else {
          const cut = decision.without ?? [];
          const index = cuts === "too many" ? 0 : cuts.findIndex((set) => set.join() === cut.join());
          expect(admitted).toEqual({ index, cut, because: decision.because });
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test("judgeMany – random labels, each with others of the same but for their dates – equal to admitOne on every label", () => {
  let alike = 0;
  fc.assert(
    fc.property(
      viewersArb,
      fc.array(labelsArb, { minLength: 1, maxLength: 6 }),
      agreementsArb,
      fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 3 }),
      instants,
      channels,
      (viewer, list, world, days, instant, channel) => {
        const at = Date.parse(instant);
        const dated = list.flatMap((label) =>
          days.map((day): Label => {
            const date = formatInstant(at + day * 86_400_000);
            const releases = label.releases.map((row, i) => (i % 2 === 0 ? { ...row, until: date } : row));
            return { ...label, releases, ...(day % 2 === 0 ? { embargoUntil: date } : {}) };
          }),
        );
        const entries = [...list, ...dated].map((label, i) => ({ id: `l${i}`, label, alike: alikeOf(label) }));
        alike += entries.filter(({ alike: like }) => like !== undefined && like.from <= at && at < like.to).length;
        expect(judgeMany(viewer, entries, world, at, channel)).toEqual(
          entries.map((entry) => admitOne(viewer, entry, world, formatInstant(at), channel)),
        );
      },
    ),
    { numRuns: 1500 },
  );
  expect(alike).toBeGreaterThan(500);
});

test("nextBoundary – random worlds – no decision changes before it", () => {
  fc.assert(
    fc.property(asksArb, fc.integer({ min: 0, max: 200_000 }), (ask, step) => {
      const next = nextBoundary(ask.viewer, new LabelDates().add([ask.label]), ask.agreements, ask.at);
      const from = Date.parse(ask.at);
      const later = next === undefined ? from + step * 100_000 : Math.min(next - 1, from + step * 1000);
      expect(decide({ ...ask, at: formatInstant(later) })).toEqual(decide(ask));
    }),
    { numRuns: 3000 },
  );
});

test("nextBoundary – dates behind, ahead and unreadable – the earliest ahead, rounded up to a millisecond", () => {
  const [viewer, label] = [viewers.j1, labels.G2];
  if (viewer === undefined || label === undefined) throw new Error("the case file lacks j1 or G2");
  const at = "2026-03-01T00:00:00Z";
  const dates = new LabelDates().add([label]);
  expect(nextBoundary(viewer, dates, agreements, at)).toBe(Date.parse("2026-04-01T00:00:00Z"));
  expect(nextBoundary(viewer, dates, agreements, "2026-04-01T00:00:00Z")).toBeUndefined();
  const until = "2026-03-01T00:00:00.0001Z";
  expect(nextBoundary({ ...viewer, until, from: "soon" }, dates, agreements, at)).toBe(Date.parse(at) + 1);
});
