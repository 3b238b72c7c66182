import type { FieldRule, Label, ReleaseRow } from "../../schemas/policy/label.ts";
import type { Tlp } from "../../schemas/policy/vocabulary.ts";
import { canonicalJson } from "../shared/canonical-json.ts";
import { byText, height, sortedSet, tighterTlp, tightness } from "./meet.ts";
import { minuteUp, splitRow } from "./release-rows.ts";

/** Rules of one body are one rule over the fields of all. */
function mergeRules(rules: readonly FieldRule[]): FieldRule[] {
  const bodies = new Map<string, { body: Omit<FieldRule, "selectors">; selectors: string[] }>();
  for (const { selectors, ...body } of rules) {
    const key = canonicalJson(body);
    const held = bodies.get(key) ?? { body, selectors: [] };
    held.selectors.push(...selectors);
    bodies.set(key, held);
  }
  return [...bodies]
    .sort(([a], [b]) => byText(a, b))
    .map(([, { body, selectors }]) => ({ selectors: sortedSet(selectors), ...body }));
}

/**
 * What of a rule is tighter than the label; undefined if nothing is (policy 5: a looser rule is ignored). NOATTRIB in a
 * rule goes too: no gate reads it there, and posting has turned it into a rule on countries.
 */
function tighterPart(rule: FieldRule, label: Label): FieldRule | undefined {
  const { tlp, countries, agencies, classification, caveats = [], pii, notice } = rule;
  const more = sortedSet(caveats).filter((caveat) => caveat !== "NOATTRIB" && !label.caveats.includes(caveat));
  const part: FieldRule = {
    selectors: rule.selectors,
    ...(tlp !== undefined && tightness(tlp) > tightness(label.tlp) ? { tlp } : {}),
    ...(countries === undefined ? {} : { countries: sortedSet(countries) }),
    ...(agencies === undefined || agencies === "*" ? {} : { agencies: sortedSet(agencies) }),
    ...(classification !== undefined && height(classification) > height(label.classification)
      ? { classification }
      : {}),
    ...(more.length === 0 ? {} : { caveats: more }),
    ...(pii === true ? { pii } : {}),
  };
  const tightens = Object.keys(part).length > 1 && rule.selectors.length > 0;
  return tightens ? { ...part, ...(notice === true ? { notice } : {}) } : undefined;
}

/** Lists that differ in nothing but agencies are one list; `*` stays apart, since AMBER+STRICT tells it from a list. */
function mergeRows(rows: readonly ReleaseRow[]): ReleaseRow[] {
  const made = new Map<string, ReleaseRow>();
  for (const row of rows) {
    const { agencies, ...rest } = row;
    const key = canonicalJson({ ...rest, agencies: agencies === "*" ? "*" : [] });
    const held = made.get(key)?.agencies;
    made.set(key, agencies === "*" ? row : { ...row, agencies: sortedSet([...(held ?? []), ...agencies]) });
  }
  return [...made.values()].sort((a, b) => byText(canonicalJson(a), canonicalJson(b)));
}

/** Of the agencies that were noted for names, those of names that are left. */
function namedLeft({ namedAs }: Label, lists: readonly (readonly string[])[]): Pick<Label, "namedAs"> {
  if (namedAs === undefined) return {};
  const left = sortedSet(lists.flat()).flatMap((id) => {
    const agency = Object.hasOwn(namedAs, id) ? namedAs[id] : undefined;
    return agency === undefined ? [] : [[id, agency] as const];
  });
  return left.length === 0 ? {} : { namedAs: Object.fromEntries(left) };
}

/**
 * A label without what no gate can read (design 3): the author, recipients and grants where neither the label's TLP nor
 * one that a rule can bring about reads them, rules that tighten nothing, rows that admit nobody; rows of one country
 * each; dates to the minute (embargo up, `until` down); lists sorted, each entry once. Changes no decision at whole
 * minutes, and never adds a reader.
 */
export function normaliseLabel(label: Label): Label {
  const rules = mergeRules(label.fieldRules.flatMap((rule) => tighterPart(rule, label) ?? []));
  const tlps = new Set<Tlp>([label.tlp, ...rules.map((rule) => tighterTlp(label.tlp, rule.tlp))]);
  const byAuthor = tlps.has("AMBER") || tlps.has("AMBER+STRICT") || tlps.has("RED");
  const embargo = label.embargoUntil === undefined ? undefined : (minuteUp(label.embargoUntil) ?? label.embargoUntil);
  const readers = embargo === undefined ? [] : sortedSet(label.embargoReaders ?? []);
  const recipients = tlps.has("RED") ? sortedSet(label.recipients) : [];
  const clientGrants = tlps.has("AMBER") ? sortedSet(label.clientGrants) : [];
  return {
    tlp: label.tlp,
    classification: label.classification,
    caveats: sortedSet(label.caveats),
    topics: sortedSet(label.topics),
    originator: label.originator,
    originatorCountry: label.originatorCountry,
    ...(label.author !== undefined && byAuthor ? { author: label.author } : {}),
    state: label.state,
    releases: mergeRows(label.releases.flatMap((row) => splitRow(row, row.status))),
    recipients,
    clientGrants,
    ...(label.grantedBy === undefined ? {} : { grantedBy: label.grantedBy }),
    ...(embargo === undefined ? {} : { embargoUntil: embargo }),
    ...(readers.length === 0 ? {} : { embargoReaders: readers }),
    ...(label.quarantined === undefined || label.quarantined.length === 0
      ? {}
      : { quarantined: sortedSet(label.quarantined) }),
    ...namedLeft(label, [recipients, clientGrants, readers]),
    fieldRules: rules,
    ...(label.countShareable === true ? { countShareable: true } : {}),
  };
}

/** Canonical JSON (RFC 8785) of a normalised label: equal for equal labels; what is interned (design 3). */
export const labelText = (label: Label): string => canonicalJson(label);
