import type { Label, ReleaseRow } from "../../schemas/policy/label.ts";
import type { Caveat, Role, Tlp } from "../../schemas/policy/vocabulary.ts";
import { stillLasts } from "./dated.ts";
import { groupRules } from "./group-rules.ts";
import { labelText, normaliseLabel } from "./label-text.ts";
import { highestLevel, inAll, meetTopics, sharedRows, sortedSet, tighterTlp, tightestTlp } from "./meet.ts";
import { rowNeedsSecondPerson } from "./release-rules.ts";

/** Can this TLP decide somewhere under the label, by itself or through a rule? */
const canBe = (label: Label, tlp: Tlp): boolean =>
  label.tlp === tlp || label.fieldRules.some((rule) => tighterTlp(label.tlp, rule.tlp) === tlp);

/** The latest end, and the readers whom all embargoes name. */
function embargoOf(labels: readonly Label[]): Pick<Label, "embargoUntil" | "embargoReaders"> {
  const under = labels.filter((label) => label.embargoUntil !== undefined);
  const until = under.reduce<string | undefined>(
    (last, { embargoUntil }) => (last !== undefined && !stillLasts(last, embargoUntil) ? last : embargoUntil),
    undefined,
  );
  if (until === undefined) return {};
  return { embargoUntil: until, embargoReaders: inAll(under.map((label) => label.embargoReaders ?? [])) };
}

/**
 * The label of an unmarked object that reports of its batch list: of one report its label, of several the tightest TLP
 * and the rows they share (policy 6, Q11; issue 3). What the post itself said (`own`: its classification, caveats, rules,
 * topics and embargo, as bound) stays and tightens. Selectors that the object lacks go. `disjoint`: the reports have no
 * audience in common, so that it stays with the author and the custodian. A row that is on for a report is off where this object, by what it
 * says itself, would need a second person (triage 3).
 */
export function inheritFromReports(
  own: Label,
  reports: readonly Label[],
  has: (selector: string) => boolean,
  poster: Role,
): { readonly label: Label; readonly text: string; readonly flags: readonly string[] } {
  const [first, ...others] = reports;
  const all = [...reports, own];
  const tlp = tightestTlp(reports.map((report) => report.tlp)) ?? own.tlp;
  const rows = others.reduce((held, report) => sharedRows(held, report.releases), first?.releases ?? []);
  let topics: string[] | undefined = [];
  for (const label of all) topics = topics && meetTopics(topics, label.topics);
  const parted = others.length > 0 && rows.length === 0 && reports.some((report) => report.releases.length > 0);
  const met = normaliseLabel({
    ...own,
    tlp: topics === undefined ? "RED" : tlp,
    classification: highestLevel(all.map((label) => label.classification)),
    caveats: sortedSet<Caveat>(all.flatMap((label) => label.caveats)),
    topics: topics ?? [],
    releases: topics === undefined ? [] : [...rows],
    recipients: topics === undefined ? [] : inAll(reports.filter((r) => canBe(r, "RED")).map((r) => r.recipients)),
    clientGrants: inAll(reports.filter((r) => canBe(r, "AMBER")).map((r) => r.clientGrants)),
    ...embargoOf(all),
    namedAs: Object.assign({}, ...all.map((label) => label.namedAs)) as Record<string, string>,
    fieldRules: all
      .flatMap((label) => label.fieldRules)
      .map((rule) => ({ ...rule, selectors: rule.selectors.filter(has) })),
  });
  const free = (row: ReleaseRow, label: Label): boolean => !rowNeedsSecondPerson(row, label, poster);
  const releases = met.releases.map(
    (row): ReleaseRow =>
      !free(row, met) && reports.some((report) => free(row, report)) ? { ...row, status: "off" } : row,
  );
  const label = groupRules(normaliseLabel({ ...met, releases }));
  return { label, text: labelText(label), flags: topics === undefined || parted ? ["disjoint"] : [] };
}
