import type { ReleaseReply } from "../../schemas/api/releases.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { decide } from "../policy/decide.ts";
import { normaliseLabel } from "../policy/label-text.ts";
import { checkRow, withRowsOn } from "../policy/release-rows.ts";
import { mayApprove } from "../policy/release-rules.ts";
import { tierProblem } from "../policy/tiers.ts";
import { wireLabel } from "../policy/wire-label.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import { type Moment, uuid4 } from "../shared/moment.ts";
import { Releases as ReleasesIn, Rows } from "../storage/collections.ts";
import type { ReleaseDoc } from "../storage/documents.ts";
import type { Storage, Stored, Unit } from "../storage/port.ts";
import type { AuditStream } from "./append-audit.ts";
import type { Content } from "./content.ts";
import { contentHash, ownContent } from "./content-hash.ts";
import type { Secrets } from "./plan-rows.ts";
import { notThere, seenUnder } from "./read-one.ts";
import { relabel, rowsOfContribution } from "./relabel.ts";
import type { Row, Sight } from "./sight.ts";
import { rememberJudged, type Snapshot, type Snapshots } from "./snapshot.ts";

interface ReleaseParts {
  readonly storage: Storage;
  readonly content: Content;
  readonly snapshots: Snapshots;
  readonly audit: AuditStream;
  readonly secrets: Secrets;
  /** The time, ms: read under the write lock, so that stamps follow the order of commits. */
  readonly clock: () => number;
}

interface Who {
  readonly viewer: Viewer;
  readonly account: string;
  readonly moment: Moment;
}

/** Releases read in one go, and shown in one list. */
const PAGE = 500;
const MOST_SHOWN = 1000;

const noRelease = (): Fault => new Fault("not_found", "there is no such release");
const stale = (): Fault =>
  new Fault("conflict", "it has changed since you opened it: read it again", { code: "release.stale", path: "hash" });

/** Agencies of which somebody could not read the content under one label and can under the other. */
function gains(before: Label, after: Label, snapshot: Snapshot): string[] {
  const at = formatInstant(snapshot.at);
  const agencies = new Set<string>();
  for (const id of snapshot.accounts.keys()) {
    const viewer = snapshot.viewer(id);
    if (viewer?.agency === undefined || agencies.has(viewer.agency)) continue;
    const reads = (label: Label): boolean =>
      decide({ viewer, label, agreements: snapshot.agreements, at }).verdict !== "hidden";
    if (!reads(before) && reads(after)) agencies.add(viewer.agency);
  }
  return [...agencies].sort();
}

/** Proposals to let other readers have one's own agency's content, and what becomes of them (triage 1 and 3). */
export class Releases {
  readonly #parts: ReleaseParts;

  constructor(parts: ReleaseParts) {
    this.#parts = parts;
  }

  /** Proposes a row for the caller's agency's contributions to an object. Gives the release's id. */
  async propose(ask: Who & { object: string; row: ReleaseDoc["row"]; reason: string; hash: string }): Promise<string> {
    const { storage, content, audit } = this.#parts;
    const sight = await content.sight(ask.viewer, ask.moment, "api");
    const seen = await seenUnder(sight, ask.object);
    if (seen === undefined) throw notThere();
    const own = ownContent(sight, seen);
    if (own === undefined) {
      throw new Fault("forbidden", "only its originator can release it: ask the originating agency", {
        code: "originator-control",
      });
    }
    const labels = own.rows.flatMap((row) => sight.snapshot.labels.get(row.label)?.label ?? []);
    const [problem] = [
      checkRow(ask.row, {
        originatorCountry: own.label.originatorCountry,
        agencies: sight.snapshot.agencies,
        agreements: sight.snapshot.agreements,
        at: formatInstant(sight.snapshot.at),
      }),
      ...labels.map((label) => tierProblem(withRowsOn(label, ask.row))),
    ].filter((found) => found !== undefined);
    if (problem !== undefined)
      throw new Fault("unprocessable", problem.message, { code: problem.code, path: problem.path });
    if (own.hash !== ask.hash) throw stale();
    const release: ReleaseDoc = {
      id: uuid4(ask.moment),
      contributions: [...new Set(own.rows.map((row) => row.contribution))].sort(),
      object: ask.object,
      agency: own.label.originator,
      country: own.label.originatorCountry,
      row: ask.row,
      reason: ask.reason,
      hash: own.hash,
      status: "proposed",
      proposedBy: ask.account,
      proposedAt: ask.moment.now,
    };
    await storage.transaction(async (unit) => {
      await unit.collection(ReleasesIn).insert([release]);
      await audit.append(unit, {
        actor: ask.account,
        revision: sight.snapshot.revision,
        at: sight.snapshot.at,
        what: "release.proposed",
        detail: { release: release.id },
      });
    });
    return release.id;
  }

  /** The rows of a release's contributions that this viewer may see whole; undefined if there is one that it may not. */
  async #rows(unit: Unit, release: ReleaseDoc, sight: Sight): Promise<Row[] | undefined> {
    const rows: Row[] = [];
    for (const contribution of release.contributions) {
      const all = await rowsOfContribution(unit, contribution);
      if (!all.some((row) => sight.admission.lanes.has(row.lane))) return undefined;
      rows.push(...all);
    }
    return rows;
  }

  /**
   * What a decision binds to: the content and the labels as far as this viewer may know them (its own agency's whole), and who gains. The policy
   * revision has no place in it: it counts what happens to others, and who gains is what it could change here.
   */
  #digest(release: ReleaseDoc, rows: readonly Row[], gained: readonly string[], sight: Sight): string {
    const shown = rows.flatMap((row) => {
      const lane = sight.admission.lanes.get(row.lane);
      if (lane === undefined) return [];
      const label = sight.ownRow(row) ? row.label : wireLabel(lane.entry.label, sight.viewer, lane.cut);
      return JSON.stringify([row.hash, label]);
    });
    return sha256(JSON.stringify([release.id, release.row, release.status, shown.sort(), gained]));
  }

  /**
   * Has the agency posted something else under an id of the release since it was proposed? Approving would hand out what was replaced
   * (triage 3, "anything changed since"). Only what the viewer may see counts: the answer must not tell of the rest.
   */
  async #postedSince(unit: Unit, release: ReleaseDoc, rows: readonly Row[], sight: Sight): Promise<boolean> {
    const known = new Set(release.contributions);
    const chains = [...new Set(rows.map(({ stixId }) => stixId))];
    const held = await unit.collection(Rows).find({ index: "stix", values: chains });
    return held.some(
      (row) =>
        row.originator === release.agency &&
        !known.has(row.contribution) &&
        row.received >= release.proposedAt &&
        sight.admission.lanes.has(row.lane),
    );
  }

  async #view(
    unit: Unit,
    sight: Sight,
    release: ReleaseDoc | undefined,
  ): Promise<{ reply: ReleaseReply; rows: Row[] } | undefined> {
    if (release === undefined || release.country !== sight.viewer.country) return undefined;
    const rows = await this.#rows(unit, release, sight);
    if (rows === undefined) return undefined;
    const labels = rows
      .filter((row) => row.id === row.contribution)
      .flatMap((row) => sight.snapshot.labels.get(row.label)?.label ?? []);
    const gained = [
      ...new Set(labels.flatMap((label) => gains(label, withRowsOn(label, release.row), sight.snapshot))),
    ].sort();
    const reply: ReleaseReply = {
      release: release.id,
      object: release.object,
      row: release.row,
      reason: release.reason,
      status: release.status,
      proposedBy: release.proposedBy,
      proposedAt: formatInstant(release.proposedAt),
      ...(release.decidedBy === undefined ? {} : { decidedBy: release.decidedBy }),
      ...(release.decidedAt === undefined ? {} : { decidedAt: formatInstant(release.decidedAt) }),
      ...(release.decisionReason === undefined ? {} : { decisionReason: release.decisionReason }),
      gains: gained,
      hash: this.#digest(release, rows, gained, sight),
    };
    return { reply, rows };
  }

  async show(viewer: Viewer, moment: Moment, id: string): Promise<ReleaseReply> {
    const { storage, content } = this.#parts;
    const sight = await content.sight(viewer, moment, "api");
    const view = await this.#view(storage, sight, await storage.collection(ReleasesIn).get(id));
    if (view === undefined) throw noRelease();
    return view.reply;
  }

  /** Those of the viewer's country whose content it may see, oldest first. */
  async list(viewer: Viewer, moment: Moment, status: ReleaseDoc["status"]): Promise<ReleaseReply[]> {
    const { storage, content } = this.#parts;
    if (viewer.country === undefined) return [];
    const sight = await content.sight(viewer, moment, "api");
    const views: ReleaseReply[] = [];
    let last: ReleaseDoc | undefined;
    // The limit is of what is shown: those that the viewer may not see must not push others out.
    do {
      const held: ReleaseDoc[] = await storage.collection(ReleasesIn).scan({
        index: "country",
        prefixes: [[viewer.country, status]],
        limit: PAGE,
        ...(last === undefined ? {} : { after: { value: last.proposedAt, id: last.id } }),
      });
      for (const release of held) {
        const view = await this.#view(storage, sight, release);
        if (view !== undefined) views.push(view.reply);
      }
      last = held.length < PAGE ? undefined : held.at(-1);
    } while (last !== undefined && views.length < MOST_SHOWN);
    return views.slice(0, MOST_SHOWN);
  }

  /** Approves or refuses: another person, a releaser of the originator's country, on exactly what the hash says (triage 3). */
  async decide(
    ask: Who & { release: string; verb: "approve" | "refuse"; reason: string; hash: string },
  ): Promise<ReleaseReply> {
    const { storage, content, audit, secrets } = this.#parts;
    const sight = await content.sight(ask.viewer, ask.moment, "api");
    const release = await storage.collection(ReleasesIn).get(ask.release);
    const view = await this.#view(storage, sight, release);
    if (release === undefined || view === undefined) throw noRelease();
    this.#mayDecide(ask.account, release, view.rows, sight.snapshot);
    if (release.status !== "proposed")
      throw new Fault("conflict", `this release is already ${release.status}`, { code: "release.decided" });
    if (view.reply.hash !== ask.hash) throw stale();
    const status = ask.verb === "approve" ? ("released" as const) : ("refused" as const);
    await storage.transaction(async (unit) => {
      const now = await this.#parts.snapshots.read(unit, ask.moment.now);
      const again = await this.#rows(unit, release, sight);
      if (
        now.revision !== sight.snapshot.revision ||
        again === undefined ||
        contentHash(again) !== contentHash(view.rows)
      )
        throw stale();
      if (ask.verb === "approve" && (await this.#postedSince(unit, release, again, sight))) {
        const message = "its agency has posted another version since it was proposed: propose that one";
        throw new Fault("conflict", message, { code: "release.stale", path: "hash" });
      }
      const decided: Stored<ReleaseDoc> = {
        ...release,
        status,
        decidedBy: ask.account,
        decidedAt: ask.moment.now,
        decisionReason: ask.reason,
      };
      await unit.collection(ReleasesIn).put(decided);
      if (ask.verb === "approve") {
        for (const row of again.filter(({ id, contribution }) => id === contribution)) {
          const label = now.labels.get(row.label)?.label;
          if (label !== undefined)
            await relabel(
              unit,
              row.contribution,
              normaliseLabel(withRowsOn(label, release.row)),
              secrets,
              Math.max(ask.moment.now, this.#parts.clock()),
            );
        }
      }
      await rememberJudged(unit, now.at);
      await audit.append(unit, {
        actor: ask.account,
        revision: now.revision,
        at: now.at,
        what: `release.${status}`,
        detail: { release: release.id },
      });
    });
    return this.show(ask.viewer, ask.moment, ask.release);
  }

  #mayDecide(account: string, release: ReleaseDoc, rows: readonly Row[], snapshot: Snapshot): void {
    const approver = snapshot.accounts.get(account);
    const country = approver?.agency === undefined ? undefined : snapshot.agencies.get(approver.agency)?.country;
    if (approver === undefined) throw noRelease();
    const proposer = snapshot.accounts.get(release.proposedBy);
    for (const row of rows) {
      const label = snapshot.labels.get(row.label)?.label;
      const author = snapshot.accounts.get(row.receivedFrom);
      if (label === undefined) throw noRelease();
      const refusal = mayApprove({
        approver: { ...approver, ...(country === undefined ? {} : { country }) },
        proposer,
        author,
        label,
      });
      if (refusal !== undefined) throw new Fault("forbidden", refusal.message, { code: refusal.code });
    }
  }
}
