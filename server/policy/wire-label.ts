import type { FieldRule, Label, ReleaseRow } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Caveat, Level, Tlp } from "../../schemas/policy/vocabulary.ts";
import { isNamed } from "./gates.ts";
import { byText, sortedSet } from "./meet.ts";

/** What a reader may know of a label: the content of our release extension, under its names (design 3, on the wire). */
export interface WireLabel {
  readonly tlp: Tlp;
  readonly classification: Level;
  readonly caveats: readonly Caveat[];
  readonly originator?: string;
  readonly releases: readonly Omit<ReleaseRow, "status">[];
  readonly recipients?: readonly string[];
  readonly field_rules?: readonly FieldRule[];
  readonly count_shareable?: boolean;
  readonly quarantined?: boolean;
}

type Agencies = ReleaseRow["agencies"];

/** A list as this reader may know it: everyone, the reader's own agency, or nobody. */
const ownOf = (agencies: Agencies, agency: string | undefined): Agencies =>
  agencies === "*" ? "*" : agencies.filter((one) => one === agency);

function ownRows(label: Label, { country, agency }: Viewer): Omit<ReleaseRow, "status">[] {
  const rows = new Map<string, Omit<ReleaseRow, "status">>();
  for (const row of label.releases) {
    if (row.status !== "on") continue;
    const open = row.agreement === "PUBLIC" && label.tlp === "CLEAR" && row.agencies === "*";
    const named = row.agreement !== "PUBLIC" && country !== undefined && row.countries.includes(country);
    const agencies = ownOf(row.agencies, agency);
    if (!open && (!named || agencies.length === 0)) continue;
    const own = {
      agreement: row.agreement,
      countries: open || country === undefined ? [] : [country],
      agencies,
      ...(row.until === undefined ? {} : { until: row.until }),
    };
    rows.set(JSON.stringify(own), own);
  }
  return [...rows.entries()].sort(([a], [b]) => byText(a, b)).map(([, row]) => row);
}

function ownRule(rule: FieldRule, { country, agency }: Viewer, without: readonly string[]): FieldRule | undefined {
  const selectors = sortedSet(rule.selectors).filter((selector) => !without.includes(selector));
  if (selectors.length === 0) return undefined;
  return {
    selectors,
    ...(rule.tlp === undefined ? {} : { tlp: rule.tlp }),
    ...(rule.countries === undefined ? {} : { countries: rule.countries.filter((one) => one === country) }),
    ...(rule.agencies === undefined ? {} : { agencies: ownOf(rule.agencies, agency) }),
    ...(rule.classification === undefined ? {} : { classification: rule.classification }),
    ...(rule.caveats === undefined ? {} : { caveats: sortedSet(rule.caveats) }),
    ...(rule.pii === undefined ? {} : { pii: rule.pii }),
  };
}

/**
 * A label as one reader may know it, given what is cut for that reader: no row, agency, recipient or rule of anybody
 * else, no rule on a cut field, no originator under NOATTRIB abroad (design 3). Keys and lists come in one order, so
 * that the text, and the id made from it, is the same for all readers who may know the same.
 */
export function wireLabel(label: Label, viewer: Viewer, without: readonly string[]): WireLabel {
  const rules = new Map<string, FieldRule>();
  for (const rule of label.fieldRules) {
    const own = ownRule(rule, viewer, without);
    if (own !== undefined) rules.set(JSON.stringify(own), own);
  }
  const attributed = !label.caveats.includes("NOATTRIB") || viewer.country === label.originatorCountry;
  return {
    tlp: label.tlp,
    classification: label.classification,
    caveats: sortedSet(label.caveats),
    ...(attributed ? { originator: label.originator } : {}),
    releases: ownRows(label, viewer),
    ...(isNamed(viewer, label, label.recipients) ? { recipients: [viewer.id] } : {}),
    ...(rules.size === 0 ? {} : { field_rules: [...rules].sort(([a], [b]) => byText(a, b)).map(([, rule]) => rule) }),
    ...(label.quarantined === undefined ? {} : { quarantined: true }),
    ...(label.countShareable === true ? { count_shareable: true } : {}),
  };
}
