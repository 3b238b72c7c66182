import type { ReleaseReply } from "../../schemas/api/releases.ts";
import { isBefore } from "../policy/dated.ts";
import { EMERGENCY, EMERGENCY_CODES, type EmergencyCode } from "../policy/release-machine.ts";
import { minuteDown, withRowsOn } from "../policy/release-rows.ts";
import { mayApprove, needsCustodian } from "../policy/release-rules.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import { uuid4 } from "../shared/moment.ts";
import { Emergencies, Releases as ReleasesIn, ReviewEntries } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import type { ReleaseDoc } from "../storage/release-documents.ts";
import { type Eyes, eyesOn } from "./eyes.ts";
import { reviewOfRow } from "./move-review.ts";
import { mustBeOwnWords } from "./others-words.ts";
import { mustFit, ownOf } from "./release-own.ts";
import { noRelease, partyOf, type ReleaseParts, relabelAll, stale, type Who } from "./release-parts.ts";
import { judgesWhole, ownRows, rowsOf, viewOf } from "./release-view.ts";
import type { Row } from "./sight.ts";
import { rememberJudged, type Snapshot } from "./snapshot.ts";
import { addToTally, dayOf } from "./tally.ts";

const refuse = (code: string, message: string): Fault => new Fault("forbidden", message, { code });
const wrong = (code: string, path: string, message: string): Fault =>
  new Fault("unprocessable", message, { code, path });

/** Most colleagues that are called. */
const MOST_CALLED = 20;

/**
 * Release by one person, of what is class P0, to agencies listed by name, for an hour (triage 3). Its row ends by itself; who could approve it is called,
 * and the countersign (`approve`) puts the row that was asked for in its place. The same content gets no second one, and a person three a day.
 */
export class EmergencyReleases {
  readonly #parts: ReleaseParts;

  constructor(parts: ReleaseParts) {
    this.#parts = parts;
  }

  async release(
    ask: Who & { object: string; row: NonNullable<ReleaseDoc["row"]>; reason: string; hash: string; code: string },
  ): Promise<ReleaseReply> {
    const { storage, content, snapshots, audit, secrets } = this.#parts;
    const sight = await content.sight(ask.viewer, ask.moment, "api");
    const { own } = await ownOf(sight, ask.object);
    if (!EMERGENCY_CODES.includes(ask.code as EmergencyCode))
      throw wrong(
        "release.reason_code",
        "code",
        `${ask.code} is no emergency: there are ${EMERGENCY_CODES.join(", ")}`,
      );
    if (ask.row.agreement === "PUBLIC" || ask.row.agencies === "*")
      throw wrong("emergency.agencies", "row.agencies", "an emergency release is to agencies listed by name");
    mustFit(ask.row, own.rows, sight);
    if (own.hash !== ask.hash) throw stale();
    const contributions = [...new Set(own.rows.map((row) => row.contribution))].sort();
    const hour = formatInstant(ask.moment.now + EMERGENCY.lasts);
    const { until: asked } = ask.row;
    const end = asked !== undefined && isBefore(asked, hour) ? asked : hour;
    const interim = { ...ask.row, until: minuteDown(end) ?? end };
    return storage.transaction(async (unit) => {
      const snapshot = await snapshots.read(unit, ask.moment.now);
      const eyes = eyesOn(snapshot, snapshot.viewer(ask.account) ?? ask.viewer);
      const rows = await rowsOf(unit, contributions, eyes);
      const held = (row: Row): boolean =>
        own.rows.some((seen) => seen.contribution === row.contribution && seen.label === row.label);
      if (rows === undefined || !ownRows(rows).every(held)) throw stale();
      const person = mayBegin(ask.account, rows, eyes);
      await mustBeOwnWords(unit, eyes, ownRows(rows), (label) => withRowsOn(label, interim));
      if (!(await isUrgent(unit, ownRows(rows), eyes)))
        throw wrong(
          "emergency.not_p0",
          "object",
          "only what is class P0 is released by one person: funds moving now, an intrusion in progress, a consult-promptly alert",
        );
      const release: ReleaseDoc = {
        id: uuid4(ask.moment),
        kind: "emergency",
        contributions,
        object: ask.object,
        agency: own.label.originator,
        country: own.label.originatorCountry,
        row: ask.row,
        interim,
        reason: ask.reason,
        code: ask.code,
        hash: own.hash,
        status: "proposed",
        proposedBy: ask.account,
        proposedAt: ask.moment.now,
        expires: ask.moment.now + EMERGENCY.lasts,
        called: secondsFor(ask.account, ask.row, rows, snapshot),
      };
      await once(unit, release, rows);
      if ((await addToTally(unit, `emergency|${person}|${dayOf(ask.moment.now)}`)) > EMERGENCY.aDay)
        throw new Fault("conflict", `${EMERGENCY.aDay} emergencies a day are all that one person begins`, {
          code: "emergency.quota",
        });
      await unit.collection(ReleasesIn).insert([release]);
      await relabelAll(unit, this.#parts, rows, snapshot, ask.moment, (label) => withRowsOn(label, interim));
      await rememberJudged(unit, snapshot.at);
      const detail = { release: release.id, code: ask.code, called: release.called };
      const { revision, at } = snapshot;
      await audit.append(unit, { actor: ask.account, revision, at, what: "release.emergency", detail });
      const now = await snapshots.read(unit, ask.moment.now);
      const view = await viewOf(unit, release, eyesOn(now, eyes.viewer), secrets);
      if (view === undefined) throw noRelease();
      return view.reply;
    });
  }
}

/** A reviewer or releaser of the originating agency who sees all of it; its custodian where one has to look. Gives the human. */
function mayBegin(account: string, rows: readonly Row[], eyes: Eyes): string {
  const party = partyOf(account, eyes.snapshot);
  const decides = party?.role === "reviewer" || party?.role === "releaser";
  if (party?.person === undefined || !decides || party.agency !== eyes.viewer.agency)
    throw refuse("emergency.role", "a reviewer or releaser of the originating agency begins an emergency");
  if (party.signs === true) throw refuse("release.signer", "a signer of agreements releases nothing, under no account");
  if (!judgesWhole(rows, eyes)) throw refuse("release.not_whole", "only somebody who sees all of it can release it");
  const labels = ownRows(rows).flatMap((row) => eyes.snapshot.labels.get(row.label)?.label ?? []);
  if (labels.some(needsCustodian) && party.role !== "releaser")
    throw refuse("release.custodian_required", "RED, class S, FIU, LES and personal data are its agency's releaser's");
  return party.person;
}

/** What the quality review found to be nothing, or nothing new, is no emergency any more (triage 1). */
const SETTLED: ReadonlySet<string> = new Set(["rejected", "duplicate", "superseded", "withdrawn"]);

/** Whether the queue has it, or what it came with, as class P0 (triage 2), as far as this account may see. */
async function isUrgent(unit: Unit, rows: readonly Row[], eyes: Eyes): Promise<boolean> {
  for (const row of rows) {
    const review = await reviewOfRow(unit, row);
    if (review === undefined || SETTLED.has(review.state)) return false;
    const entries = await unit.collection(ReviewEntries).find({ index: "review", values: [review.id] });
    if (!entries.some((entry) => entry.class === "P0" && entry.lane === row.lane && eyes.lane(row) !== undefined))
      return false;
  }
  return true;
}

/** Who could countersign: they are called. */
function secondsFor(
  account: string,
  row: NonNullable<ReleaseDoc["row"]>,
  rows: readonly Row[],
  snapshot: Snapshot,
): string[] {
  const proposer = partyOf(account, snapshot);
  const labels = ownRows(rows).flatMap((one) => {
    const label = snapshot.labels.get(one.label)?.label;
    return label === undefined ? [] : [{ label, author: partyOf(one.receivedFrom, snapshot), row: one }];
  });
  return [...snapshot.accounts.keys()]
    .filter((id) => {
      const approver = partyOf(id, snapshot);
      const viewer = snapshot.viewer(id);
      if (approver === undefined || viewer === undefined || approver.role !== "releaser") return false;
      const eyes = eyesOn(snapshot, viewer);
      return labels.every(
        ({ label, author, row: one }) =>
          mayApprove({ approver, proposer, author, label, row }) === undefined && eyes.lane(one) !== undefined,
      );
    })
    .sort()
    .slice(0, MOST_CALLED);
}

/** The same content gets no second emergency, whatever version or label it comes under. */
async function once(unit: Unit, release: ReleaseDoc, rows: readonly Row[]): Promise<void> {
  const keys = [...new Set(rows.map((row) => `${release.agency}|${row.thing}`))].sort();
  const emergencies = unit.collection(Emergencies);
  if ((await emergencies.getMany(keys)).length > 0)
    throw new Fault("conflict", "this content has had its emergency: propose its release", { code: "emergency.again" });
  await emergencies.insert(keys.map((id) => ({ id, release: release.id })));
}
