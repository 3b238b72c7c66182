import type { ReleaseReply } from "../../schemas/api/releases.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { acquaintance } from "../policy/acquaintance.ts";
import { decide } from "../policy/decide.ts";
import { ONWARD, stateAt } from "../policy/release-machine.ts";
import { withRowsOn } from "../policy/release-rows.ts";
import { wireLabel } from "../policy/wire-label.ts";
import { keyed } from "../shared/digest.ts";
import { formatInstant } from "../shared/instant.ts";
import { Confirmations, Rows } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import type { ReleaseDoc } from "../storage/release-documents.ts";
import { afterWorkingDays } from "../triage/calendar.ts";
import type { Eyes } from "./eyes.ts";
import type { Secrets } from "./plan-rows.ts";
import { rowsOfContribution } from "./relabel-rows.ts";
import { gainsByRelabel, relabelsTold, relabelTerms } from "./relabel-view.ts";
import type { Row } from "./sight.ts";
import type { Snapshot } from "./snapshot.ts";

/** Agencies of which somebody could not read the content under one label and can under the other, of those whom the looker may know to be there (policy Q49). */
export function gains(before: Label, after: Label, snapshot: Snapshot, looker: Viewer): string[] {
  const at = formatInstant(snapshot.at);
  const agencies = new Set<string>();
  for (const id of snapshot.accounts.keys()) {
    const viewer = snapshot.viewer(id);
    if (viewer?.agency === undefined || agencies.has(viewer.agency)) continue;
    if (acquaintance(looker, viewer, snapshot.agreements, at) === "none") continue;
    const reads = (label: Label): boolean =>
      decide({ viewer, label, agreements: snapshot.agreements, at }).verdict !== "hidden";
    if (!reads(before) && reads(after)) agencies.add(viewer.agency);
  }
  return [...agencies].sort();
}

/** Every row of a release's contributions; undefined if there is one of which the viewer reads no tier. */
export async function rowsOf(
  unit: Unit,
  contributions: readonly string[],
  eyes: Pick<Eyes, "lane">,
): Promise<Row[] | undefined> {
  const rows: Row[] = [];
  for (const contribution of contributions) {
    const all = await rowsOfContribution(unit, contribution);
    if (!all.some((row) => eyes.lane(row) !== undefined)) return undefined;
    rows.push(...all);
  }
  return rows;
}

/** The contributions' own rows, with nothing cut. */
export const ownRows = (rows: readonly Row[]): Row[] => rows.filter(({ id, contribution }) => id === contribution);

/** Does the viewer read all of it, nothing cut? */
const seesWhole = (rows: readonly Row[], eyes: Eyes): boolean =>
  ownRows(rows).every((row) => eyes.lane(row) !== undefined);

/**
 * May the viewer judge all of it? Who doesn't see it whole can't know what an approval would hand out. A custodian answers for fields of the own agency that are for
 * law enforcement or finance units alone, although the agency is neither: nobody else could.
 */
export function judgesWhole(rows: readonly Row[], eyes: Eyes): boolean {
  const { viewer, snapshot } = eyes;
  const categories = [...new Set([...(viewer.categories ?? []), "LE" as const, "FIU" as const])];
  const custodian = { ...viewer, categories };
  return ownRows(rows).every((row) => {
    if (eyes.lane(row) !== undefined) return true;
    const label = snapshot.labels.get(row.label)?.label;
    const at = formatInstant(snapshot.at);
    return (
      label !== undefined &&
      eyes.own(row) &&
      viewer.role === "releaser" &&
      decide({ viewer: custodian, label, agreements: snapshot.agreements, at, channel: "api" }).verdict === "full"
    );
  });
}

/** Who would gain by the row, or by the other label, of all contributions together. */
export function gainsBy(release: ReleaseDoc, rows: readonly Row[], eyes: Eyes): string[] {
  const { snapshot, gained } = eyes;
  const { row } = release;
  if (row === undefined) return gainsByRelabel(release, rows, eyes);
  const found = new Set<string>();
  for (const id of new Set(ownRows(rows).map(({ label }) => label))) {
    const key = JSON.stringify([id, row]);
    const label = snapshot.labels.get(id)?.label;
    const agencies =
      gained.get(key) ?? (label === undefined ? [] : gains(label, withRowsOn(label, row), snapshot, eyes.viewer));
    gained.set(key, agencies);
    for (const agency of agencies) found.add(agency);
  }
  return [...found].sort();
}

/** What an approval binds to besides the content (triage 3): the row and what is done with it, its expiry, and the agreement that it stands under, as it is now. */
const terms = (release: ReleaseDoc, snapshot: Snapshot): unknown => [
  release.id,
  release.kind ?? "row",
  release.row ?? null,
  release.interim ?? null,
  release.expires ?? null,
  release.row !== undefined && Object.hasOwn(snapshot.agreements, release.row.agreement)
    ? snapshot.agreements[release.row.agreement]
    : null,
];

/**
 * What a decision binds to: the bytes of all tiers and the whole label for its own agency, for another one's approver as far as he may know them; who
 * gains; the row, the agreement concerned, the action and its expiry. No global revision has a place in it: it counts what happens to others.
 */
export function digestFor(
  release: ReleaseDoc,
  rows: readonly Row[],
  gained: readonly string[],
  eyes: Eyes,
  { digest }: Secrets,
): string {
  const whole = seesWhole(rows, eyes);
  const shown = rows.flatMap((row) => {
    const lane = eyes.lane(row);
    // The other tiers follow from the whole one; for who reads a cut one they must not show here either.
    if (lane === undefined) return whole && eyes.own(row) ? [JSON.stringify([row.hash, row.label])] : [];
    return [JSON.stringify([row.hash, eyes.own(row) ? row.label : wireLabel(lane.entry.label, eyes.viewer, lane.cut)])];
  });
  const labels = release.relabels === undefined ? [] : [relabelTerms(release, rows, eyes)];
  const text = JSON.stringify([terms(release, eyes.snapshot), release.status, shown.sort(), gained, ...labels]);
  return keyed(digest, `release|${text}`);
}

/** The same of everything there is, for the server alone: what one country's approval of a PUBLIC release was given for. */
export const digestOfAll = (
  release: ReleaseDoc,
  rows: readonly Row[],
  snapshot: Snapshot,
  { digest }: Secrets,
): string =>
  keyed(
    digest,
    `release-part|${JSON.stringify([terms(release, snapshot), rows.map((row) => [row.hash, row.label]).sort()])}`,
  );

/**
 * Has the agency posted something else under an id of the release since it was proposed? Approving would hand out what was replaced
 * (triage 3, "anything changed since"). Only what the viewer may see counts: the answer must not tell of the rest.
 */
export async function postedSince(
  unit: Unit,
  release: ReleaseDoc,
  rows: readonly Row[],
  eyes: Pick<Eyes, "lane">,
): Promise<boolean> {
  const known = new Set(release.contributions);
  const chains = [...new Set(rows.map(({ stixId }) => stixId))];
  const held = await unit.collection(Rows).find({ index: "stix", values: chains });
  return held.some(
    (row) =>
      row.originator === release.agency &&
      !known.has(row.contribution) &&
      row.received >= release.proposedAt &&
      eyes.lane(row) !== undefined,
  );
}

/** How many reminders of an onward request are due (triage 3: at 1 and 3 working days). */
const remindersDue = (release: ReleaseDoc, now: number): number =>
  ONWARD.reminders.filter((days) => now >= afterWorkingDays(release.proposedAt, days, release.country)).length;

const when = (at: number | undefined): string | undefined => (at === undefined ? undefined : formatInstant(at));

export interface ReleaseView {
  readonly reply: ReleaseReply;
  readonly rows: Row[];
  readonly release: ReleaseDoc;
}

/** A release as somebody of the originator's country may see it; undefined for everybody else, and for whom the content is hidden. */
export async function viewOf(
  unit: Unit,
  release: ReleaseDoc | undefined,
  eyes: Eyes,
  secrets: Secrets,
): Promise<ReleaseView | undefined> {
  const now = eyes.snapshot.at;
  if (release === undefined || release.country !== eyes.viewer.country) return undefined;
  const rows = await rowsOf(unit, release.contributions, eyes);
  if (rows === undefined) return undefined;
  const status = stateAt(release, now);
  const gained = gainsBy(release, rows, eyes);
  const foreign = release.askedBy !== undefined;
  const { back } = release;
  const second = back === undefined ? undefined : await unit.collection(Confirmations).get(back.confirmation);
  const optional = {
    row: release.row,
    relabels: release.relabels === undefined ? undefined : relabelsTold(release, rows, eyes),
    code: release.code,
    expires: when(release.expires),
    decidedBy: release.decidedBy,
    decidedAt: when(release.decidedAt),
    decisionReason: release.decisionReason,
    decisionCode: release.decisionCode,
    interim: release.interim,
    called: release.called === undefined ? undefined : [...release.called],
    reminders:
      release.kind === "onward" && (status === "proposed" || status === "in-clearance")
        ? remindersDue(release, now)
        : undefined,
    approvedBy: release.approved?.by,
    back:
      back === undefined
        ? undefined
        : {
            verb: back.verb,
            by: back.by,
            at: formatInstant(back.at),
            reason: back.reason,
            code: back.code,
            ...(back.to === undefined ? {} : { to: back.to }),
            confirmation: back.confirmation,
            ...(second === undefined ? {} : { confirmBy: formatInstant(second.until) }),
            ...(second?.confirmedBy === undefined ? {} : { confirmedBy: second.confirmedBy }),
          },
  };
  const reply: ReleaseReply = {
    release: release.id,
    // Under the id that another reader asked by, the originator may see nothing.
    object: foreign ? (rows[0]?.stixId ?? release.object) : release.object,
    kind: release.kind ?? "row",
    reason: release.reason,
    status,
    // Whoever asks from abroad is known by agency: its people are its own (policy Q49).
    proposedBy: release.askedBy ?? release.proposedBy,
    proposedAt: formatInstant(release.proposedAt),
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<ReleaseReply>),
    whole: judgesWhole(rows, eyes),
    gains: gained,
    hash: digestFor(release, rows, gained, eyes, secrets),
  };
  return { reply, rows, release };
}
