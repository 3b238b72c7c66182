import type { Agreement } from "../../../schemas/policy/agreement.ts";
import type { Label } from "../../../schemas/policy/label.ts";
import { LEVELS } from "../../../schemas/policy/vocabulary.ts";
import { withinConsent } from "../../../server/policy/deconfliction.ts";

const AT = "2026-04-11T09:30:00.000Z";
const between = (...parties: string[]): Agreement => ({ parties, ceiling: "C", status: "in-force" });
const TRI = between("JPN", "KOR", "USA");
type Held = Pick<Label, "originatorCountry" | "classification" | "caveats" | "fieldRules">;
const held = (more: Partial<Held> = {}): Held => ({
  ...{ originatorCountry: "JPN", classification: "U", caveats: [], fieldRules: [] },
  ...more,
});

describe("withinConsent", () => {
  test.each<[string, Partial<Held>, Record<string, Agreement>, boolean]>([
    ["under an agreement of both", {}, { TRI }, true],
    ["under none", {}, {}, false],
    ["under one of another pair", {}, { X: between("JPN", "KOR") }, false],
    ["under PUBLIC alone", {}, { PUBLIC: TRI }, false],
    ["under one that is suspended", {}, { TRI: { ...TRI, status: "suspended" } }, false],
    ["under one that is over", {}, { TRI: { ...TRI, until: AT } }, false],
    ["under one that is not begun", {}, { TRI: { ...TRI, from: "2026-04-11T09:30:00.001Z" } }, false],
    ["as high as the ceiling", { classification: "C" }, { TRI }, true],
    ["above the ceiling", { classification: "S" }, { TRI }, false],
    ["above one ceiling and below another", { classification: "S" }, { TRI, "US-JP": { ...TRI, ceiling: "S" } }, true],
    [
      "above the ceiling, where the other is suspended",
      { classification: "S" },
      { TRI, "US-JP": { ...TRI, ceiling: "S", status: "suspended" } },
      false,
    ],
    ["with a field above it", { fieldRules: [{ selectors: ["x"], classification: "S" }] }, { TRI }, false],
    ["under NATL", { caveats: ["NATL"] }, { TRI }, false],
    ["with a field under NATL", { fieldRules: [{ selectors: ["x"], caveats: ["NATL"] }] }, { TRI }, false],
    ["under every other caveat", { caveats: ["LES", "FIU", "NOATTRIB", "NOEXPORT"] }, { TRI }, true],
  ])(
    "held in Japan %s – asked about by the USA – as far as the holder's word reaches",
    (_, label, agreements, wanted) => {
      expect(withinConsent(held(label), "USA", { agreements, at: AT })).toBe(wanted);
      expect(withinConsent(held(label), "JPN", { agreements: {}, at: AT })).toBe(true);
    },
  );

  test("a higher class, NATL, a lower ceiling, a suspension – never let an agency be asked that was not before", () => {
    for (const [i, low] of LEVELS.entries())
      for (const [j, ceiling] of LEVELS.entries())
        for (const [k, high] of LEVELS.entries()) {
          if (k < i) continue;
          const before = withinConsent(held({ classification: low }), "USA", {
            agreements: { TRI: { ...TRI, ceiling } },
            at: AT,
          });
          const judged = (label: Partial<Held>, agreement: Partial<Agreement> = {}): boolean =>
            withinConsent(held(label), "USA", { agreements: { TRI: { ...TRI, ceiling, ...agreement } }, at: AT });
          expect(before).toBe(i <= j);
          const narrower = [
            judged({ classification: high }),
            judged({ classification: low, caveats: ["NATL"] }),
            ...LEVELS.slice(0, j + 1).map((lower) => judged({ classification: low }, { ceiling: lower })),
            judged({ classification: low }, { status: "suspended" }),
          ];
          expect(narrower.filter((one) => one && !before)).toEqual([]);
        }
  });
});
