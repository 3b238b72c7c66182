import fc from "fast-check";
import type { Label } from "../../../schemas/policy/label.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { ReleaseLabel } from "../../../schemas/stix/release-label.ts";
import { decide } from "../../../server/policy/decide.ts";
import { explain } from "../../../server/policy/explain.ts";
import { normaliseLabel } from "../../../server/policy/label-text.ts";
import { wireLabel } from "../../../server/policy/wire-label.ts";
import { AGENCIES, asksArb, PEOPLE, rowsArb } from "../../support/policy-arbitraries.ts";
import { labels, viewers } from "../../support/policy-cases.ts";

const named = (id: string): Label => {
  const label = labels[id];
  if (label === undefined) throw new Error(`the case file lacks ${id}`);
  return label;
};
const viewer = (id: string): Viewer => {
  const found = viewers[id];
  if (found === undefined) throw new Error(`the case file lacks ${id}`);
  return found;
};

test("wireLabel – C2 for a Japanese reader – the row cut to the reader's country and agency", () => {
  expect(wireLabel(named("C2"), viewer("j1"), [])).toEqual({
    tlp: "AMBER",
    classification: "U",
    caveats: [],
    originator: "US-FBI",
    releases: [{ agreement: "TRI", countries: ["JPN"], agencies: ["JP-NPA"] }],
  });
});

test("wireLabel – E1 for one recipient – that recipient alone", () => {
  expect(wireLabel(named("E1"), viewer("k1"), []).recipients).toEqual(["k1"]);
});

test("wireLabel – NOATTRIB – the originator at home only", () => {
  expect(wireLabel(named("F3"), viewer("j1"), []).originator).toBeUndefined();
  expect(wireLabel(named("F3"), viewer("u3"), []).originator).toBe("US-FBI");
});

test("wireLabel – H1 – the rule for who reads the field, its agencies cut; nothing for who does not", () => {
  expect(wireLabel(named("H1"), viewer("j1"), []).field_rules).toEqual([
    { selectors: ["description"], tlp: "AMBER+STRICT", agencies: ["JP-NPA"] },
  ]);
  expect(wireLabel(named("H1"), viewer("j3"), ["description"]).field_rules).toBeUndefined();
});

test("wireLabel – a public object – the PUBLIC row for everyone; for GREEN, where it does nothing, for nobody", () => {
  const open = [{ agreement: "PUBLIC", countries: [], agencies: "*" }];
  expect(wireLabel(named("A1"), viewer("p0"), []).releases).toEqual(open);
  expect(wireLabel(named("A6"), viewer("u1"), []).releases).toEqual([]);
});

test("wireLabel – rows that are off – not there", () => {
  expect(wireLabel(named("G3"), viewer("j1"), []).releases).toEqual([]);
});

test("wireLabel – random labels for their readers – a release label by its schema, and nobody else in it", () => {
  let shown = 0;
  fc.assert(
    fc.property(asksArb, (ask) => {
      const { verdict, without = [] } = decide(ask);
      if (verdict === "hidden") return;
      shown += 1;
      const wire = wireLabel(normaliseLabel(ask.label), ask.viewer, without);
      expect(ReleaseLabel.safeParse({ extension_type: "property-extension", ...wire }).error).toBeUndefined();
      const { originator: _, ...rest } = wire;
      const text = JSON.stringify(rest);
      const others = [
        ...AGENCIES.flatMap(({ id }) => (id === ask.viewer.agency ? [] : [id])),
        ...AGENCIES.flatMap(({ country }) => (country === ask.viewer.country ? [] : [country])),
        ...PEOPLE.filter((id) => id !== ask.viewer.id),
        ...without,
      ];
      expect(others.filter((name) => text.includes(`"${name}"`))).toEqual([]);
    }),
    { numRuns: 3000 },
  );
  expect(shown).toBeGreaterThan(150);
});

test("wireLabel – two labels that differ in other people's rows, recipients, grants and embargo – the same text", () => {
  let held = 0;
  fc.assert(
    fc.property(asksArb, rowsArb, fc.constantFrom(...PEOPLE), (ask, row, person) => {
      const { viewer: reader, label } = ask;
      if (row.countries.includes(reader.country ?? "") || row.agreement === "PUBLIC" || person === reader.id) return;
      held += 1;
      const other: Label = {
        ...label,
        releases: [row, ...label.releases],
        recipients: [person, ...label.recipients],
        clientGrants: [person, ...label.clientGrants],
        embargoReaders: [person],
        author: person,
      };
      expect(JSON.stringify(wireLabel(other, reader, []))).toBe(JSON.stringify(wireLabel(label, reader, [])));
    }),
    { numRuns: 2000 },
  );
  expect(held).toBeGreaterThan(150);
});

test("wireLabel – two readers of one agency – the same text, unless one is a recipient", () => {
  const text = (label: Label, id: string) => JSON.stringify(wireLabel(label, { ...viewer("j1"), id }, []));
  expect(text(named("C2"), "j9")).toBe(text(named("C2"), "j1"));
  expect(text(named("E1"), "j9")).not.toBe(text(named("E1"), "j1"));
});

test("explain – a refusal, a cut and an admission – in words", () => {
  expect(explain({ verdict: "hidden", because: "clearance" })).toBe(
    "the reader's clearance is below its classification",
  );
  expect(explain({ verdict: "redacted", without: ["x_a", "x_b"], because: "field-rule" })).toBe(
    "field rules cut what the reader may not see: x_a, x_b",
  );
  expect(explain({ verdict: "full", because: "release" })).toBe("a release row in force admits the reader");
});
