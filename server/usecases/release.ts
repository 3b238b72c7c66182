import type { ReleaseReply } from "../../schemas/api/releases.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { PROPOSAL_LASTS, stateAt } from "../policy/release-machine.ts";
import { withoutRow, withRowsOn } from "../policy/release-rows.ts";
import { mayPropose } from "../policy/release-rules.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { parseInstant } from "../shared/instant.ts";
import { type Moment, uuid4 } from "../shared/moment.ts";
import { Releases as ReleasesIn } from "../storage/collections.ts";
import type { Scan, Stored, Unit } from "../storage/port.ts";
import type { ReleaseDoc } from "../storage/release-documents.ts";
import { type Eyes, eyesOf, eyesOn } from "./eyes.ts";
import { mustBeOwnWords } from "./others-words.ts";
import { notThere } from "./read-one.ts";
import { standsAsProposed } from "./relabel-view.ts";
import { MOST_SHOWN, mustFit, openPlace, ownOf, type Place, sealPlace } from "./release-own.ts";
import {
  authorsOf,
  codeOf,
  mustBeSecond,
  noRelease,
  partyOf,
  type ReleaseParts,
  relabelAll,
  stale,
  step,
  sweepExpired,
  type Who,
} from "./release-parts.ts";
import { partsOf, settleParts } from "./release-public.ts";
import { judgesWhole, ownRows, postedSince, type ReleaseView, viewOf } from "./release-view.ts";
import type { Row } from "./sight.ts";
import { rememberJudged, type Snapshot } from "./snapshot.ts";

/** Releases read in one go. */
const READ = 200;
/** One transaction labels them anew. */
const MOST_TOGETHER = 200;

/** Releases in one state; or onward requests of which a reminder is due (triage 3: after one and three working days). */
export type ListAsk = ({ readonly status: ReleaseDoc["status"] } | { readonly due: true }) & {
  readonly limit?: number;
  readonly next?: string | undefined;
};

export interface ProposeAsk extends Who {
  readonly object: string;
  readonly row: NonNullable<ReleaseDoc["row"]>;
  readonly reason: string;
  readonly hash: string;
  readonly code?: string | undefined;
  readonly inside?: "own" | "all" | undefined;
}

export interface DecideAsk extends Who {
  readonly release: string;
  readonly verb: "clear" | "approve" | "refuse";
  readonly reason: string;
  readonly hash: string;
  readonly code?: string | undefined;
  readonly say?: string | undefined;
}

/** When a proposal ends by itself, ms: in a fortnight, or with the row that it is for. */
function expiryOf(row: ProposeAsk["row"], now: number): number {
  const until = row.until === undefined ? undefined : parseInstant(row.until)?.ms;
  return Math.min(now + PROPOSAL_LASTS, until ?? Number.POSITIVE_INFINITY);
}

/** Proposals to let other readers have one's own agency's content, and what becomes of them (triage 1 and 3). */
export class Releases {
  readonly #parts: ReleaseParts;

  constructor(parts: ReleaseParts) {
    this.#parts = parts;
  }

  /** Proposes a row for the caller's agency's contributions to an object: their author, or a reviewer. Gives the release's id. */
  async propose(ask: ProposeAsk): Promise<string> {
    const { storage, content, audit } = this.#parts;
    const sight = await content.sight(ask.viewer, ask.moment, "api");
    const { seen, own } = await ownOf(sight, ask.object);
    mustFit(ask.row, own.rows, sight);
    const code = codeOf("propose", ask.code);
    const inside = ask.inside === "all" && ask.row.agreement === "PUBLIC" ? seen.rows : own.rows;
    if (ask.inside === "all" && ask.row.agreement !== "PUBLIC")
      throw new Fault(
        "unprocessable",
        "what others contributed can only be asked to be PUBLIC: for the rest ask its originator",
        {
          code: "release.inside",
          path: "inside",
        },
      );
    const proposer = partyOf(ask.account, sight.snapshot);
    if (proposer === undefined) throw notThere();
    if (!authorsOf(own.rows, sight.snapshot).every((author) => mayPropose(proposer, author)))
      throw new Fault("forbidden", "its author or a reviewer proposes it", { code: "release.not_author" });
    if (own.hash !== ask.hash) throw stale();
    if (inside.length > MOST_TOGETHER)
      throw new Fault("unprocessable", `${MOST_TOGETHER} contributions are released together at most`, {
        code: "release.too_many",
        path: "inside",
      });
    const base = {
      row: ask.row,
      reason: ask.reason,
      code,
      status: "proposed" as const,
      proposedBy: ask.account,
      proposedAt: ask.moment.now,
      expires: expiryOf(ask.row, ask.moment.now),
    };
    const mine = {
      ...base,
      id: uuid4(ask.moment),
      contributions: [...new Set(own.rows.map((row) => row.contribution))].sort(),
      object: ask.object,
      agency: own.label.originator,
      country: own.label.originatorCountry,
      hash: own.hash,
    };
    const releases: ReleaseDoc[] =
      ask.row.agreement === "PUBLIC" ? partsOf(mine, inside, sight, ask.moment) : [{ ...mine, kind: "row" }];
    const asked = new Set(releases.flatMap(({ contributions }) => contributions));
    await mustBeOwnWords(storage, eyesOf(sight), own.rows, (label) => withRowsOn(label, ask.row), asked);
    await storage.transaction(async (unit) => {
      await sweepExpired(unit, mine.country, sight.snapshot.at);
      await unit.collection(ReleasesIn).insert(releases);
      await audit.append(unit, {
        actor: ask.account,
        revision: sight.snapshot.revision,
        at: sight.snapshot.at,
        what: "release.proposed",
        detail: { release: mine.id, code },
      });
    });
    return mine.id;
  }

  async show(viewer: Viewer, moment: Moment, id: string): Promise<ReleaseReply> {
    const { storage, content, secrets } = this.#parts;
    const sight = await content.sight(viewer, moment, "api");
    const held = await storage.collection(ReleasesIn).get(id);
    const view = await viewOf(storage, held, eyesOf(sight), secrets);
    if (view === undefined) throw noRelease();
    return view.reply;
  }

  /** A page of those of the viewer's country whose content it may see, oldest first. `limit` is of what is shown. */
  async list(
    viewer: Viewer,
    moment: Moment,
    { limit = MOST_SHOWN, next, ...which }: ListAsk,
  ): Promise<{ releases: ReleaseReply[]; next?: string }> {
    const { storage, content, secrets, cursorKey } = this.#parts;
    if (viewer.country === undefined) return { releases: [] };
    const sight = await content.sight(viewer, moment, "api");
    const eyes = eyesOf(sight);
    const asked = sha256(JSON.stringify(["releases", viewer.id, viewer.country, which]));
    // What is over by the clock may be stored as waiting still.
    const waiting = ["in-clearance", "proposed"] as const;
    const wanted: readonly ReleaseDoc["status"][] = "due" in which ? waiting : [which.status];
    const stored = wanted.includes("expired") ? [...waiting, ...wanted] : wanted;
    const scan: Omit<Scan, "after"> = {
      index: "country",
      prefixes: stored.map((one) => [viewer.country ?? "", one]),
      limit: READ,
    };
    const shown: ReleaseReply[] = [];
    let after = openPlace(cursorKey, asked, next);
    let last: Place | undefined;
    for (;;) {
      const held = await storage.collection(ReleasesIn).scan({ ...scan, ...(after === undefined ? {} : { after }) });
      for (const release of held) {
        after = { value: release.proposedAt, id: release.id };
        if (!wanted.includes(stateAt(release, sight.snapshot.at))) continue;
        if ("due" in which && release.kind !== "onward") continue;
        const view = await viewOf(storage, release, eyes, secrets);
        if (view === undefined || ("due" in which && !((view.reply.reminders ?? 0) > 0))) continue;
        // The one after the last that fits is looked at only to know that there is one.
        if (shown.length === limit && last !== undefined)
          return { releases: shown, next: sealPlace(cursorKey, asked, last) };
        shown.push(view.reply);
        last = after;
      }
      if (held.length < READ) return { releases: shown };
    }
  }

  /**
   * Takes it up for clearance, approves or refuses it: another person, of whom the second-person table says so, on exactly what the hash says
   * (triage 3). All is judged in the transaction that applies it; an approval is used once, by compare and set.
   */
  async decide(ask: DecideAsk): Promise<ReleaseReply> {
    const { storage, secrets, snapshots } = this.#parts;
    const code = codeOf(ask.verb, ask.code);
    return storage.transaction(async (unit) => {
      const snapshot = await snapshots.read(unit, ask.moment.now);
      const eyes = eyesOn(snapshot, snapshot.viewer(ask.account) ?? ask.viewer);
      const release = await unit.collection(ReleasesIn).get(ask.release);
      const view = await viewOf(unit, release, eyes, secrets);
      if (release === undefined || view === undefined) throw noRelease();
      mustBeSecond(ask.account, release, view.rows, view.reply.gains, snapshot);
      if (ask.verb === "approve" && !judgesWhole(view.rows, eyes))
        throw new Fault(
          "forbidden",
          "only somebody who sees all of it can approve it, and parts of it are withheld from you",
          {
            code: "release.not_whole",
          },
        );
      const to = step(ask.verb, release, snapshot.at);
      if (view.reply.hash !== ask.hash) throw stale();
      if (ask.verb === "approve") await mustBeOwnRelease(unit, release, view.rows, eyes);
      if (ask.verb === "approve" && (await postedSince(unit, release, view.rows, eyes)))
        throw stale("its agency has posted another version since it was proposed: propose that one");
      if (ask.verb === "approve" && !standsAsProposed(release, view.rows, snapshot))
        throw stale("its label has changed since another one was proposed: propose it again");
      const status = await this.#apply(unit, { ...ask, code }, { ...view, release }, to, snapshot);
      await rememberJudged(unit, snapshot.at);
      await this.#parts.audit.append(unit, {
        actor: ask.account,
        revision: snapshot.revision,
        at: snapshot.at,
        what: `release.${ask.verb === "clear" ? "in-clearance" : status}`,
        detail: { release: release.id, code },
      });
      const now = await snapshots.read(unit, ask.moment.now);
      const settled = await unit.collection(ReleasesIn).get(release.id);
      const again = await viewOf(unit, settled, eyesOn(now, eyes.viewer), secrets);
      if (again === undefined) throw noRelease();
      return again.reply;
    });
  }

  async #apply(
    unit: Unit,
    ask: DecideAsk & { readonly code: string },
    view: ReleaseView & { readonly release: Stored<ReleaseDoc> },
    to: ReleaseDoc["status"],
    snapshot: Snapshot,
  ): Promise<ReleaseDoc["status"]> {
    const { release, rows } = view;
    if (ask.verb === "clear") {
      await unit.collection(ReleasesIn).put({ ...release, status: to });
      return to;
    }
    const decided: Stored<ReleaseDoc> = {
      ...release,
      status: to,
      decidedBy: ask.account,
      decidedAt: ask.moment.now,
      decisionReason: ask.reason,
      decisionCode: ask.code,
      ...(ask.say === undefined ? {} : { say: ask.say }),
    };
    if (ask.verb === "approve" && release.kind === "public")
      return settleParts(unit, this.#parts, decided, rows, snapshot, ask.moment);
    await unit.collection(ReleasesIn).put(decided);
    // A refused emergency ends at once: its row goes with it.
    const { interim } = release;
    if (ask.verb === "approve" || interim !== undefined) {
      const change = ask.verb === "approve" ? changeBy(release) : withoutInterim(release);
      await relabelAll(unit, this.#parts, rows, snapshot, ask.moment, change);
    }
    return to;
  }
}

/** Without the row of an emergency. */
const withoutInterim =
  ({ interim }: ReleaseDoc) =>
  (label: Label): Label =>
    interim === undefined ? label : withoutRow(label, interim);

/** What an approval makes of each contribution's label. */
function changeBy(release: ReleaseDoc): (label: Label, row: Row) => Label {
  const { relabels, row } = release;
  const labels = new Map(relabels?.map(({ contribution, to }) => [contribution, to]));
  if (relabels !== undefined) return (label, { contribution }) => labels.get(contribution) ?? label;
  const without = withoutInterim(release);
  return (label) => (row === undefined ? without(label) : withRowsOn(without(label), row));
}

/** Nobody approves what another agency said first; of a PUBLIC release that asks all of them, each answers for its own. */
async function mustBeOwnRelease(unit: Unit, release: ReleaseDoc, rows: readonly Row[], eyes: Eyes): Promise<void> {
  const { group } = release;
  const parts = group === undefined ? [] : await unit.collection(ReleasesIn).find({ index: "group", values: [group] });
  const asked = new Set(parts.flatMap(({ contributions }) => contributions));
  await mustBeOwnWords(unit, eyes, ownRows(rows), changeBy(release), asked);
}
