import type { FieldRule, Label, ReleaseRow } from "../../schemas/policy/label.ts";
import type { Caveat, Level, Tlp } from "../../schemas/policy/vocabulary.ts";
import type { Problem } from "../shared/fault.ts";
import { ATTRIBUTION, isEssential } from "./decide.ts";
import { byText, height, higherLevel, meetAgencies, narrowsRows, sortedSet, tighterTlp, tightness } from "./meet.ts";

/** A tier of a label: what it lacks (sorted selectors), and its place among the label's tiers. Tier 0 lacks nothing. */
export interface Tier {
  readonly index: number;
  readonly cut: readonly string[];
}

/** Most cut sets of a label, and of one with NOATTRIB (design 3). */
export const MOST_TIERS = 16;
export const MOST_TIERS_NOATTRIB = 32;
/** Combinations of rules looked at before giving up: rules that overlap may have many with few distinct cut sets. */
const MOST_COMBINATIONS = 1024;

/** A row as a rule leaves it, or undefined where nobody is left in it. */
type Row = { readonly countries: readonly string[]; readonly agencies: ReleaseRow["agencies"] } | undefined;

/** Label ∧ rule, as far as it tells two viewers apart who both pass the label's own gates. */
interface Sieve {
  readonly pii: boolean;
  readonly tlp: Tlp;
  readonly classification: Level;
  readonly caveats: ReadonlySet<Caveat>;
  /** Can it admit at the public gate? */
  readonly public: boolean;
  /** One for each row of the label that is on and not PUBLIC, in the label's order. */
  readonly rows: readonly Row[];
}

const NO_RULE: FieldRule = { selectors: [] };

function meetRow(row: ReleaseRow, rule: FieldRule): Row {
  const countries = row.countries.filter((country) => rule.countries?.includes(country) ?? true);
  const agencies = meetAgencies(row.agencies, rule.agencies ?? "*");
  return countries.length === 0 || agencies.length === 0 ? undefined : { countries, agencies };
}

function sieve(label: Label, rule: FieldRule): Sieve {
  const caveats = new Set([...label.caveats, ...(rule.caveats ?? [])]);
  const tlp = tighterTlp(label.tlp, rule.tlp);
  const classification = higherLevel(label.classification, rule.classification);
  return {
    pii: rule.pii === true,
    tlp,
    classification,
    caveats,
    public:
      label.state === "released" &&
      tlp === "CLEAR" &&
      classification === "U" &&
      !narrowsRows(rule) &&
      [...caveats].every((caveat) => caveat === "NOATTRIB") &&
      label.releases.some((row) => row.agreement === "PUBLIC" && row.status === "on" && row.agencies === "*"),
    rows: label.releases
      .filter((row) => row.status === "on" && row.agreement !== "PUBLIC")
      .map((row) => meetRow(row, rule)),
  };
}

const within = (inner: readonly string[], outer: readonly string[]): boolean =>
  inner.every((item) => outer.includes(item));

const agenciesWithin = (inner: ReleaseRow["agencies"], outer: ReleaseRow["agencies"]): boolean =>
  outer === "*" || (inner !== "*" && within(inner, outer));

/** AMBER+STRICT admits by rows that list their agencies: a rule that turns `*` into a list there lets in whom `*` kept out. */
const rowImplies = (a: Row, b: Row, strict: boolean): boolean =>
  a === undefined ||
  (b !== undefined &&
    within(a.countries, b.countries) &&
    agenciesWithin(a.agencies, b.agencies) &&
    (!strict || b.agencies !== "*"));

const needsTopic = (tlp: Tlp): boolean => tlp === "AMBER" || tlp === "AMBER+STRICT";

/**
 * Does everybody who passes the label and label ∧ A pass label ∧ B too, whoever they are and whenever? Never says yes
 * wrongly (a property test); a no that could be a yes costs a tier that nobody has. The order of labels is not that of
 * audiences (policy 1.6): RED by name waives the topic that AMBER asks for.
 */
function implies(label: Label, a: Sieve, b: Sieve): boolean {
  if ((b.pii && !a.pii) || (a.public && !b.public)) return false;
  if (tightness(b.tlp) > tightness(a.tlp) || height(b.classification) > height(a.classification)) return false;
  for (const caveat of b.caveats) if (caveat !== "NOATTRIB" && !a.caveats.has(caveat)) return false;
  const named = a.tlp === "RED" && needsTopic(b.tlp) && label.topics.length > 0 && !needsTopic(label.tlp);
  if (named) return false;
  const strict = b.tlp === "AMBER+STRICT";
  return a.rows.every((row, i) => {
    const counts = a.tlp !== "AMBER+STRICT" || (row !== undefined && row.agencies !== "*");
    return !counts || rowImplies(row, b.rows[i], strict);
  });
}

/** A test that cuts its selectors unless passed: some rules together, or being in the originator's country (NOATTRIB). */
interface Group {
  readonly selectors: readonly string[];
  readonly sieves: readonly Sieve[];
  readonly home: boolean;
}

/** Who passes label ∧ A is in the originator's country. */
const staysHome = (label: Label, a: Sieve): boolean =>
  !a.public &&
  (a.caveats.has("NATL") ||
    a.rows.every((row) => row === undefined || within(row.countries, [label.originatorCountry])));

/** Passing everything in A implies passing everything in B; `base` is the label itself, which every reader passes. */
function groupImplies(label: Label, base: Sieve, a: Group, b: Group): boolean {
  const from = [base, ...a.sieves];
  if (b.home && !a.home && !from.some((s) => staysHome(label, s))) return false;
  return b.sieves.every((s) => from.some((f) => implies(label, f, s)) || (a.home && homeImplies(label, base, s)));
}

/** Being at home is enough for a rule that only keeps content there; where the public reads, `implies` says no. */
function homeImplies(label: Label, base: Sieve, b: Sieve): boolean {
  const home = label.originatorCountry;
  const atHome = (row: Row): Row =>
    row?.countries.includes(home) === true ? { ...row, countries: [home] } : undefined;
  return implies(label, { ...base, caveats: new Set([...base.caveats, "NATL"]), rows: base.rows.map(atHome) }, b);
}

const keyOf = (s: Sieve): string =>
  JSON.stringify([s.pii, s.tlp, s.classification, sortedSet(s.caveats), s.public, s.rows]);

/** Identical tests become one; then tests of identical selectors become one that passes only if each does. */
function grouped(label: Label): Group[] {
  const same = new Map<string, { sieve: Sieve; selectors: Set<string> }>();
  for (const rule of label.fieldRules) {
    const made = sieve(label, rule);
    const held = same.get(keyOf(made)) ?? { sieve: made, selectors: new Set() };
    for (const selector of rule.selectors) held.selectors.add(selector);
    same.set(keyOf(made), held);
  }
  const together = new Map<string, Group>();
  const add = (selectors: readonly string[], sieves: readonly Sieve[], home: boolean): void => {
    const key = JSON.stringify(selectors);
    const held = together.get(key);
    together.set(key, { selectors, sieves: [...(held?.sieves ?? []), ...sieves], home: home || held?.home === true });
  };
  for (const { sieve: made, selectors } of same.values()) add(sortedSet(selectors), [made], false);
  if (label.caveats.includes("NOATTRIB")) add(sortedSet(ATTRIBUTION), [], true);
  return [...together.values()];
}

/** Whether passing group a implies passing group b, for all pairs, chains of implications followed to their ends. */
function implications(label: Label, base: Sieve, groups: readonly Group[]): boolean[][] {
  const known = groups.map((a) => groups.map((b) => a === b || groupImplies(label, base, a, b)));
  for (const via of known.keys()) {
    for (const row of known) {
      if (row[via] === true) for (const [to, yes] of (known[via] ?? []).entries()) row[to] ||= yes;
    }
  }
  return known;
}

interface Cuttable {
  readonly selectors: readonly string[];
  /** Places of those that are cut whenever this one is; all come before it. */
  readonly tighter: readonly number[];
}

/** What can be cut: without the groups that every reader of the label passes, and those that imply each other as one. */
function cuttable(label: Label): Cuttable[] {
  const base = sieve(label, NO_RULE);
  const always: Group = { selectors: [], sieves: [], home: false };
  const groups = grouped(label).filter((group) => !groupImplies(label, base, always, group));
  const known = implications(label, base, groups);
  const twins = (i: number): number[] =>
    [...groups.keys()].filter((j) => known[i]?.[j] === true && known[j]?.[i] === true);
  const above = (i: number): number[] =>
    [...groups.keys()].filter((j) => known[j]?.[i] === true && known[i]?.[j] !== true);
  const firsts = [...groups.keys()].filter((i) => twins(i)[0] === i).sort((i, j) => above(i).length - above(j).length);
  return firsts.map((i) => ({
    selectors: sortedSet(twins(i).flatMap((j) => groups[j]?.selectors ?? [])),
    tighter: above(i).flatMap((j) => (firsts.includes(j) ? [firsts.indexOf(j)] : [])),
  }));
}

const NOTHING_CUT = { tiers: [{ index: 0, cut: [] }] } as const;

/**
 * Every cut set that `decide(...).without` can be under this label, for anybody, ever (design 3): from the rules alone,
 * in an order that depends on the label's text alone, so that (label, index) names a tier for good. Cut sets with an
 * essential field are left out, since they hide. `label.too_many_tiers` where there are more than 16 (32 with NOATTRIB).
 */
export function tiersOf(label: Label): { readonly tiers: readonly Tier[] } | { readonly problem: Problem } {
  if (label.fieldRules.length === 0 && !label.caveats.includes("NOATTRIB")) return NOTHING_CUT;
  const most = label.caveats.includes("NOATTRIB") ? MOST_TIERS_NOATTRIB : MOST_TIERS;
  const groups = cuttable(label);
  const found = new Map<string, readonly string[]>();
  let combinations = 0;
  const walk = (i: number, cut: ReadonlySet<number>): boolean => {
    const group = groups[i];
    if (group === undefined) {
      combinations += 1;
      const selectors = sortedSet([...cut].flatMap((g) => groups[g]?.selectors ?? []));
      if (!selectors.some(isEssential)) found.set(JSON.stringify(selectors), selectors);
      return combinations <= MOST_COMBINATIONS && found.size <= most;
    }
    if (!walk(i + 1, cut)) return false;
    // Cutting an essential field hides, so nothing below needs to be looked at.
    if (group.selectors.some(isEssential) || !group.tighter.every((t) => cut.has(t))) return true;
    return walk(i + 1, new Set([...cut, i]));
  };
  if (!walk(0, new Set())) {
    const message = `the field rules can cut more than ${most} different sets of fields; use fewer rules, or the same fields in several`;
    return { problem: { code: "label.too_many_tiers", path: "fieldRules", message } };
  }
  const sets = [...found.values()].sort((a, b) => a.length - b.length || byText(JSON.stringify(a), JSON.stringify(b)));
  return { tiers: sets.map((cut, index) => ({ index, cut })) };
}

/**
 * `label.too_many_tiers` if the label has too many with any of its rows on, now or once they are released: a label is stored
 * only if every release of it can be. Fewer rows on never make more tiers, since a row more takes implications away and adds none.
 */
export function tierProblem(label: Label): Problem | undefined {
  const tiers = tiersOf({ ...label, releases: label.releases.map((row) => ({ ...row, status: "on" as const })) });
  return "problem" in tiers ? tiers.problem : undefined;
}
