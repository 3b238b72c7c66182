import fc from "fast-check";
import type { Label } from "../../../schemas/policy/label.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { TLP } from "../../../schemas/policy/vocabulary.ts";
import { bannerOf } from "../../../server/policy/banner.ts";
import { ofOriginator } from "../../../server/policy/gates.ts";
import { tightness } from "../../../server/policy/meet.ts";
import { wireLabel } from "../../../server/policy/wire-label.ts";
import { asksArb, COUNTRIES } from "../../support/policy-arbitraries.ts";
import { agreements, viewers } from "../../support/policy-cases.ts";

const AT = "2026-04-11T00:00:00.000Z";
const viewer = (id: string): Viewer => {
  const found = viewers[id];
  if (found === undefined) throw new Error(`the case file lacks ${id}`);
  return found;
};
const label = (more: Partial<Label> = {}): Label => ({
  ...{ tlp: "GREEN", classification: "U", caveats: [], topics: [], originator: "US-FBI", originatorCountry: "USA" },
  ...{ state: "released", releases: [], recipients: [], clientGrants: [], fieldRules: [] },
  ...more,
});
const row = (agreement: string, countries: string[], agencies: "*" | string[] = "*", more = {}) => ({
  ...{ agreement, countries, agencies, status: "on" as const },
  ...more,
});
const ALL = row("TRI", ["JPN", "KOR", "USA"]);
const made = (who: string, labels: Label[], under = agreements) =>
  bannerOf(
    labels.map((one) => ({ label: one, cut: [] })),
    viewer(who),
    under,
    AT,
  );

test("banner – of one's own content – the countries of all its rows, in the order of the letters", () => {
  expect(made("u1", [label({ releases: [ALL] })])).toEqual({
    ...{ tlp: "GREEN", classification: "U", caveats: [], relTo: ["JPN", "KOR", "USA"], agreements: ["TRI"] },
    ...{ originators: ["US-FBI"], sourceWithheld: false },
  });
});

test("banner – of a partner's content – one's own country and the originator's, whoever else it names", () => {
  expect(made("j1", [label({ releases: [ALL] })]).relTo).toEqual(["JPN", "USA"]);
  expect(made("k1", [label({ releases: [ALL, row("US-JP", ["JPN"])] })])).toMatchObject({
    relTo: ["KOR", "USA"],
    agreements: ["TRI"],
  });
});

test("banner – of a source that is withheld – says so, and not its country", () => {
  expect(made("j1", [label({ caveats: ["NOATTRIB"], releases: [ALL] })])).toMatchObject({
    ...{ relTo: ["JPN"], originators: [], sourceWithheld: true, caveats: ["NOATTRIB"] },
  });
});

test("banner – of mixed content – the tightest TLP, the highest class, all caveats, the countries of all of it", () => {
  const labels = [
    label({ tlp: "CLEAR", releases: [row("PUBLIC", [])] }),
    label({ tlp: "AMBER+STRICT", releases: [row("US-JP", ["JPN"], ["JP-NPA"])], caveats: ["LES"] }),
    label({ tlp: "AMBER", classification: "C", releases: [ALL] }),
    label({ originator: "KR-NIS", originatorCountry: "KOR", releases: [ALL], caveats: ["NOATTRIB"] }),
  ];
  expect(made("j1", labels)).toEqual({
    ...{ tlp: "AMBER+STRICT", classification: "C", caveats: ["LES", "NOATTRIB"], relTo: ["JPN"] },
    ...{ agreements: ["PUBLIC", "TRI", "US-JP"], originators: ["US-FBI"], sourceWithheld: true },
  });
});

test("banner – of what everybody may have – PUBLIC; of nothing – CLEAR", () => {
  const open = label({ tlp: "CLEAR", releases: [row("PUBLIC", [])] });
  expect([made("j1", [open]), made("j1", [])].map(({ tlp, relTo }) => [tlp, relTo])).toEqual([
    ["CLEAR", "PUBLIC"],
    ["CLEAR", "PUBLIC"],
  ]);
  expect(made("j1", [label({ tlp: "CLEAR", releases: [ALL] })]).relTo).toEqual(["JPN", "USA"]);
});

test.each([
  ["a row that is off", [row("TRI", ["JPN"], "*", { status: "off" })], agreements],
  ["a row that is over", [row("TRI", ["JPN"], "*", { until: AT })], agreements],
  [
    "a suspended agreement",
    [row("US-JP", ["JPN"])],
    { ...agreements, "US-JP": { ...agreements["US-JP"], status: "suspended" } },
  ],
  ["a country that is no party", [row("US-KR", ["JPN"])], agreements],
  ["an agreement that there is not", [row("NONE", ["JPN"])], agreements],
])("banner – of one's own content under %s – the own country only", (_, releases, under) => {
  expect(made("u1", [label({ releases })], under as typeof agreements).relTo).toEqual(["USA"]);
});

test("banner – NATL – the own country only", () => {
  expect(made("u1", [label({ caveats: ["NATL"], releases: [ALL] })]).relTo).toEqual(["USA"]);
});

test("banner – of any labels – never looser than one of them, and the same whatever others' rows say", () => {
  let others = 0;
  fc.assert(
    fc.property(fc.array(asksArb, { minLength: 1, maxLength: 5 }), (asks) => {
      const [first] = asks;
      if (first === undefined) return;
      const { viewer: who, agreements: under, at } = first;
      const inside = asks.map(({ label: one }) => ({ label: one, cut: [] as string[] }));
      const banner = bannerOf(inside, who, under, at);
      for (const { label: one, cut } of inside) {
        expect(tightness(banner.tlp)).toBeGreaterThanOrEqual(tightness(one.tlp));
        expect(banner.caveats).toEqual(expect.arrayContaining(one.caveats));
        if (ofOriginator(who, one)) continue;
        const { originator } = wireLabel(one, who, cut);
        const known = [who.country, ...(originator === undefined ? [] : [one.originatorCountry])];
        const alone = bannerOf([{ label: one, cut }], who, under, at).relTo;
        if (alone !== "PUBLIC") expect(alone.filter((country) => !known.includes(country))).toEqual([]);
        // Rows for other countries may come and go.
        const away = COUNTRIES.filter((country) => country !== who.country);
        const more = { ...one, releases: [...one.releases, row("TRI", away), row("JP-KR", away, ["KR-NIS"])] };
        expect(bannerOf([{ label: more, cut }], who, under, at)).toEqual(
          bannerOf([{ label: one, cut }], who, under, at),
        );
        others++;
      }
      expect(TLP).toContain(banner.tlp);
    }),
    { numRuns: 500, seed: 20260415 },
  );
  expect(others).toBeGreaterThan(200);
});
