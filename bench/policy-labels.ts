import type { FieldRule, Label, ReleaseRow } from "../schemas/policy/label.ts";
import { labelText, normaliseLabel } from "../server/policy/label-text.ts";
import { drawn } from "./mixed-objects.ts";

const ORIGINATOR = { agency: "US-CISA", country: "USA" } as const;
const ABROAD = {
  JPN: ["JP-NPA", "JP-JAFIC", "JP-NCO"],
  KOR: ["KR-NIS", "KR-KNPA", "KR-KISA"],
} as const;
const TOPICS = ["crypto", "itworker", "malware", "sanctions", "shipping", "infrastructure", "persons", "finance"];
const MINUTE = 60_000;
const FAR = Date.UTC(2090, 0, 1);
const PAST = Date.UTC(2026, 0, 1);
/** Minutes that dates are drawn from. */
const DATES = 400_000;
/** Of so many labels all but one are under the agreement that is suspended. */
export const ONE_STAYS_IN = 3;

/** Whether what stands under a label is lost with the agreement. */
export const isUnder = (label: number): boolean => label % ONE_STAYS_IN !== 0;

/**
 * Labels of one agency's content, all of them different, as a group comes to have them over years: to everybody abroad or to agencies by name, for a while or for good, with topics, caveats, a
 * classification, an embargo that is over or ahead, named persons, and fields that some readers do not get. Two of three are under the agreement of three countries, the others under that of two.
 */
export function labelsFor(count: number): Label[] {
  const chance = drawn(17);
  const below = (n: number): number => Math.floor(chance() * n);
  const some = <T>(list: readonly T[], share: number): T[] => list.filter(() => chance() < share);
  const dated = (from: number): string => new Date(from + below(DATES) * MINUTE).toISOString();
  const agencies = (all: readonly string[]): ReleaseRow["agencies"] =>
    chance() < 0.5
      ? "*"
      : [...new Set([...some(all, 0.5), ...(chance() < 0.7 ? ["JP-NPA"] : []), all[below(all.length)] ?? ""])];
  const rows = (n: number): ReleaseRow[] => {
    const row = (agreement: string, countries: Array<keyof typeof ABROAD>): ReleaseRow => ({
      ...{ agreement, countries, agencies: agencies(countries.flatMap((country) => ABROAD[country])), status: "on" },
      ...(chance() < 0.4 ? { until: dated(FAR) } : {}),
    });
    if (!isUnder(n)) return [row("US-JP", ["JPN"])];
    return chance() < 0.6 ? [row("TRI", ["JPN", "KOR"])] : [row("TRI", ["JPN"]), row("TRI", ["KOR"])];
  };
  const rule = (): FieldRule => {
    const selectors = chance() < 0.5 ? ["indicator_types"] : ["description"];
    const kind = below(4);
    if (kind === 0) return { selectors, countries: [ORIGINATOR.country] };
    if (kind === 1) return { selectors, classification: "C" };
    if (kind === 2) return { selectors, caveats: ["LES"] };
    return { selectors, agencies: some([...ABROAD.JPN, ...ABROAD.KOR], 0.5) };
  };
  const labelOf = (n: number): Label => {
    const share = below(100);
    const level = below(100);
    return {
      tlp: share < 60 ? "GREEN" : share < 95 ? "AMBER" : share < 98 ? "AMBER+STRICT" : "RED",
      classification: level < 80 ? "U" : level < 92 ? "R" : "C",
      caveats: [...(chance() < 0.1 ? ["NOATTRIB" as const] : []), ...(chance() < 0.1 ? ["NOEXPORT" as const] : [])],
      topics: some(TOPICS, 0.2),
      ...{ originator: ORIGINATOR.agency, originatorCountry: ORIGINATOR.country, state: "released" },
      releases: rows(n),
      recipients: share >= 98 ? ["j1"] : [],
      clientGrants: [],
      ...(chance() < 0.15 ? { embargoUntil: chance() < 0.9 ? dated(PAST - DATES * MINUTE) : dated(FAR) } : {}),
      fieldRules: chance() < 0.3 ? [rule(), ...(chance() < 0.3 ? [rule()] : [])] : [],
    };
  };
  const made: Label[] = [];
  const texts = new Set<string>();
  for (let n = 0; n < count; n++) {
    let label = normaliseLabel(labelOf(n));
    while (texts.has(labelText(label))) label = normaliseLabel(labelOf(n));
    texts.add(labelText(label));
    made.push(label);
  }
  return made;
}
