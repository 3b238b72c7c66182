import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { isBare, wordsOf } from "../pipeline/words.ts";
import { isBefore } from "../policy/dated.ts";
import { gainers } from "../policy/gains.ts";
import { normaliseLabel } from "../policy/label-text.ts";
import { wireLabel } from "../policy/wire-label.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import { Rows } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import type { AdmittedLane } from "./admission.ts";
import type { Eyes } from "./eyes.ts";
import { neededEnds } from "./needed-ends.ts";
import { audienceOf } from "./readers-under.ts";
import { objectOf, type Row, uuidOf } from "./sight.ts";
import type { Snapshot } from "./snapshot.ts";

/** An agency and a topic that nobody has. */
const UNKNOWN = "?";

/**
 * The label of another agency's content as far as a reader of it may know it: the rows that name the reader, and PUBLIC. To whom else it was released is not the reader's to know
 * (policy 6, Q48), so that what is asked of it is answered alike whether it was or not.
 */
export function knownOf({ entry: { label }, cut }: AdmittedLane, viewer: Viewer, now: string): Label {
  const {
    tlp,
    classification,
    caveats,
    releases,
    recipients = [],
    field_rules: rules = [],
  } = wireLabel(label, viewer, cut);
  const { embargoUntil } = label;
  return normaliseLabel({
    ...{ tlp, classification, caveats: [...caveats], recipients: [...recipients], fieldRules: [...rules] },
    ...{ originator: UNKNOWN, originatorCountry: viewer.country ?? UNKNOWN, state: "released", clientGrants: [] },
    topics: label.topics.length === 0 ? [] : [UNKNOWN],
    releases: releases.map((row) => ({ ...row, countries: [...row.countries], status: "on" as const })),
    // Who reads it during its embargo is one of its readers, and knows of it.
    ...(embargoUntil !== undefined && isBefore(now, embargoUntil) ? { embargoUntil } : {}),
  });
}

/** Without edges of others that end at what the viewer does not see: for the viewer they do not exist, here as where they are read (policy 6, Q02). */
async function withEnds(unit: Unit, eyes: Eyes, rows: readonly Row[]): Promise<Row[]> {
  const needed = rows.flatMap((row) => (eyes.own(row) ? [] : neededEnds(row)));
  if (needed.length === 0) return [...rows];
  const held = unit.collection(Rows);
  const ends = [
    ...(await held.find({ index: "stix", values: needed })),
    ...(await held.find({ index: "thing", values: needed.map(uuidOf) })),
  ].filter((end) => eyes.lane(end) !== undefined);
  const seen = new Set(ends.flatMap(({ stixId, kind, thing }) => [stixId, `${kind}--${thing}`]));
  return rows.filter((row) => eyes.own(row) || neededEnds(row).every((id) => seen.has(id)));
}

/** Contributions of other agencies, as the viewer sees them, that said before this one what it says: the same id, or the same pattern or value. */
async function saidBefore(unit: Unit, eyes: Eyes, row: Row, besides: ReadonlySet<string>): Promise<AdmittedLane[]> {
  const object = objectOf(row);
  if (isBare(object)) return [];
  const rows = unit.collection(Rows);
  const held = await rows.find({ index: "stix", values: [row.stixId] });
  if (row.fold !== "alone") held.push(...(await rows.find({ index: "thing", values: [row.thing] })));
  const words = wordsOf(object);
  const alike = held.filter(
    (other) => eyes.lane(other) !== undefined && (other.hash === row.hash || wordsOf(objectOf(other)) === words),
  );
  const same = await withEnds(unit, eyes, alike);
  const own = same.filter(({ originator }) => originator === row.originator);
  const first = Math.min(row.received, ...own.map(({ received }) => received));
  return same.flatMap((other) => {
    const lane = eyes.lane(other);
    const theirs = other.originator !== row.originator && other.received < first && !besides.has(other.contribution);
    return lane === undefined || !theirs || lane.entry.label.state === "withdrawn" ? [] : [lane];
  });
}

export const originatorControl = (): Fault =>
  new Fault(
    "forbidden",
    "another agency said this before yours did: who else reads its words is for it to say. Ask the originating agency (POST /api/v1/releases/onward)",
    { code: "originator-control" },
  );

/**
 * A copy of a partner's words is not one's own to release (policy 2, third-party rule; 6, Q40): `Fault("forbidden")`, `originator-control`, where another agency's
 * contribution that the viewer sees said the same before, and by what the viewer may know of its label somebody would gain by `after`. What the viewer does not see has no part
 * in it. `besides`: contributions whose own agency is asked as well.
 */
export async function mustBeOwnWords(
  unit: Unit,
  eyes: Eyes,
  rows: readonly Row[],
  after: (label: Label, row: Row) => Label,
  besides: ReadonlySet<string> = new Set(),
): Promise<void> {
  const { viewer, snapshot } = eyes;
  for (const row of rows) {
    const label = snapshot.labels.get(row.label)?.label;
    const theirs = label === undefined ? [] : await saidBefore(unit, eyes, row, besides);
    if (label === undefined || theirs.length === 0) continue;
    if (gainsBeyond([label], theirs, normaliseLabel(after(label, row)), viewer, snapshot)) throw originatorControl();
  }
}

/** Would anybody gain by a label who has it neither by these of one's own agency's nor, as far as the viewer may know, by these of others'? */
export function gainsBeyond(
  own: readonly Label[],
  theirs: readonly AdmittedLane[],
  after: Label,
  viewer: Viewer,
  snapshot: Snapshot,
): boolean {
  const now = formatInstant(snapshot.at);
  const known = theirs.map((lane) => knownOf(lane, viewer, now));
  return gainers([...own, ...known], after, audienceOf(snapshot, viewer)).length > 0;
}

/** The label of what anybody may read: by it a copy of whatever is not public gives to somebody. */
export const asPublic = (label: Label): Label => ({
  ...{ ...label, tlp: "CLEAR", classification: "U", caveats: [], topics: [], fieldRules: [], state: "released" },
  releases: [{ agreement: "PUBLIC", countries: [], agencies: "*", status: "on" }],
});
