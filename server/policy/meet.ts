import type { FieldRule, Label, ReleaseRow } from "../../schemas/policy/label.ts";
import { type Caveat, LEVELS, type Level, TLP, type Tlp } from "../../schemas/policy/vocabulary.ts";
import { isBefore } from "./dated.ts";

const TIGHTNESS = { CLEAR: 0, GREEN: 1, AMBER: 2, "AMBER+STRICT": 3, RED: 4 } as const satisfies Record<Tlp, number>;
const HEIGHT = { U: 0, R: 1, C: 2, S: 3 } as const satisfies Record<Level, number>;

/** How tight a TLP is, 0 (CLEAR) to 4 (RED). */
export const tightness = (tlp: Tlp): number => TIGHTNESS[tlp];
/** How high a classification or clearance is, 0 (U) to 3 (S). */
export const height = (level: Level): number => HEIGHT[level];

/** Several TLPs on one thing meet to the tightest (policy 1.2). */
export const tighterTlp = (a: Tlp, b: Tlp | undefined): Tlp => (b !== undefined && TIGHTNESS[b] > TIGHTNESS[a] ? b : a);
export const tightestTlp = (tlps: readonly Tlp[]): Tlp | undefined => TLP.findLast((tlp) => tlps.includes(tlp));
export const higherLevel = (a: Level, b: Level | undefined): Level =>
  b !== undefined && HEIGHT[b] > HEIGHT[a] ? b : a;
export const highestLevel = (levels: readonly Level[]): Level => LEVELS.findLast((l) => levels.includes(l)) ?? "U";

/** By UTF-16 units, so that order depends on no locale. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** Sorted, each once. */
export const sortedSet = <T extends string>(items: Iterable<T>): T[] => [...new Set(items)].sort(byText);

export type AgencyList = ReleaseRow["agencies"];

/** `*` is everyone, so the other list stays; two lists share what is in both. */
export function meetAgencies(a: AgencyList, b: AgencyList): AgencyList {
  if (a === "*") return b;
  return b === "*" ? a : a.filter((agency) => b.includes(agency));
}

/** Does the rule narrow whom a row names? A PUBLIC row that is narrowed is dead (policy 3, settled readings). */
export const narrowsRows = (rule: FieldRule): boolean =>
  rule.countries !== undefined || (rule.agencies !== undefined && rule.agencies !== "*");

const meetRow = (row: ReleaseRow, rule: FieldRule): ReleaseRow => ({
  ...row,
  countries: rule.countries === undefined ? row.countries : row.countries.filter((c) => rule.countries?.includes(c)),
  agencies: meetAgencies(row.agencies, rule.agencies ?? "*"),
});

/**
 * Label ∧ rule, written out: the tighter TLP, the higher classification, the union of caveats, and every row cut to the
 * rule's countries and agencies (policy 3, settled readings). `decide` reads the two side by side without making this;
 * a property test holds the two against each other.
 */
export function meetRule(label: Label, rule: FieldRule): Label {
  const narrowed = narrowsRows(rule);
  return {
    ...label,
    tlp: tighterTlp(label.tlp, rule.tlp),
    classification: higherLevel(label.classification, rule.classification),
    caveats: sortedSet<Caveat>([...label.caveats, ...(rule.caveats ?? [])]),
    releases: label.releases
      .filter((row) => row.agreement !== "PUBLIC" || !narrowed)
      .map((row) => (row.agreement === "PUBLIC" ? row : meetRow(row, rule))),
    fieldRules: [],
  };
}

/** What all lists have; without a list, nothing. */
export const inAll = (lists: readonly (readonly string[])[]): string[] =>
  lists.length === 0 ? [] : sortedSet((lists[0] ?? []).filter((item) => lists.every((list) => list.includes(item))));

/** No topics is everyone, so the other list stays; undefined where no topic is in both: one list can't say "both". */
export function meetTopics(a: readonly string[], b: readonly string[]): string[] | undefined {
  if (a.length === 0 || b.length === 0) return sortedSet([...a, ...b]);
  const both = inAll([a, b]);
  return both.length === 0 ? undefined : both;
}

interface Row {
  readonly agreement: string;
  readonly countries: readonly string[];
  readonly agencies: "*" | readonly string[];
  readonly until?: string | undefined;
  readonly status?: "on" | "off";
}

const earlierOf = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && isBefore(b, a)) ? b : a;

/** The rows that two lists share: for each pair under one agreement the countries and agencies in both, until the earlier end, on if both are. */
export function sharedRows<R extends Row>(a: readonly R[], b: readonly R[]): R[] {
  return a.flatMap((x) =>
    b.flatMap((y): R[] => {
      if (x.agreement !== y.agreement) return [];
      const countries = inAll([x.countries, y.countries]);
      const agencies =
        x.agencies === "*" ? y.agencies : y.agencies === "*" ? x.agencies : inAll([x.agencies, y.agencies]);
      const nobody = agencies.length === 0 || (countries.length === 0 && x.agreement !== "PUBLIC");
      const until = earlierOf(x.until, y.until);
      const status = y.status === "off" ? y.status : x.status;
      const shared = { ...x, countries, agencies, ...(status === undefined ? {} : { status }) };
      return nobody ? [] : [until === undefined ? shared : { ...shared, until }];
    }),
  );
}
