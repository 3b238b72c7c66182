import type { ReleaseReply } from "../../schemas/api/releases.ts";
import { narrowRow } from "../policy/release-rows.ts";
import { Fault } from "../shared/fault.ts";
import { uuid4 } from "../shared/moment.ts";
import { Releases as ReleasesIn } from "../storage/collections.ts";
import type { Stored, Unit } from "../storage/port.ts";
import type { ReleaseDoc } from "../storage/release-documents.ts";
import { askToConfirm } from "./confirmations.ts";
import { eyesOn } from "./eyes.ts";
import { ownOf } from "./release-own.ts";
import {
  codeOf,
  noRelease,
  type ReleaseParts,
  relabelAll,
  rowOfRelease,
  stale,
  step,
  type Who,
} from "./release-parts.ts";
import { ownRows, rowsOf, viewOf } from "./release-view.ts";
import type { Row } from "./sight.ts";
import { rememberJudged, type Snapshot } from "./snapshot.ts";

type AskedRow = NonNullable<ReleaseDoc["row"]>;

interface BackAsk extends Who {
  readonly reason: string;
  readonly hash: string;
  readonly code?: string | undefined;
}

/** What is left of a row that is taken back, and under which verb. */
const verbFor = (to: AskedRow | undefined): "narrow" | "recall" => (to === undefined ? "recall" : "narrow");

const wider = (): Fault =>
  new Fault(
    "unprocessable",
    "it is no part of the row as it is on: narrowing only takes away, propose a release for more",
    {
      code: "release.not_narrower",
      path: "to",
    },
  );

/**
 * Narrowing and recalling: one person of the originating agency, at once; a second confirms within a day (triage 3). It never adds a reader, so
 * that nobody else has to agree before; what is not confirmed stays done.
 */
export class TakingBack {
  readonly #parts: ReleaseParts;

  constructor(parts: ReleaseParts) {
    this.#parts = parts;
  }

  /** Takes back what a release turned on, all of it or all but `to`. */
  async release(ask: BackAsk & { readonly release: string; readonly to?: AskedRow }): Promise<ReleaseReply> {
    const { storage, snapshots, secrets } = this.#parts;
    const verb = verbFor(ask.to);
    const code = codeOf(verb, ask.code);
    return storage.transaction(async (unit) => {
      const snapshot = await snapshots.read(unit, ask.moment.now);
      const viewer = snapshot.viewer(ask.account) ?? ask.viewer;
      const held = await unit.collection(ReleasesIn).get(ask.release);
      const view = await viewOf(unit, held, eyesOn(snapshot, viewer), secrets);
      if (held === undefined || view === undefined) throw noRelease();
      if (held.agency !== viewer.agency)
        throw new Fault("forbidden", "only its originating agency takes it back", { code: "originator-control" });
      if (held.kind === "relabel")
        throw new Fault("unprocessable", "it is another label: edit the post (POST /api/v1/mine/{post}/edit)", {
          code: "release.relabel",
          path: "release",
        });
      const status = step(verb, held, snapshot.at);
      if (view.reply.hash !== ask.hash) throw stale();
      await this.#take(unit, { ...ask, code }, held.back?.to ?? rowOfRelease(held), view.rows, snapshot);
      const back = await this.#record(unit, { ...ask, code }, held);
      await unit.collection(ReleasesIn).put({ ...held, status, back });
      await this.#audit(unit, ask.account, snapshot, status, held.id, code);
      return this.#shown(unit, ask, held.id);
    });
  }

  /** Takes back a row that is on, whoever turned it on: a standing order, or its author at home. */
  async row(
    ask: BackAsk & { readonly object: string; readonly row: AskedRow; readonly to?: AskedRow },
  ): Promise<ReleaseReply> {
    const { storage, content, snapshots } = this.#parts;
    const verb = verbFor(ask.to);
    const code = codeOf(verb, ask.code);
    const sight = await content.sight(ask.viewer, ask.moment, "api");
    const { own } = await ownOf(sight, ask.object);
    if (own.hash !== ask.hash) throw stale();
    // Every version that somebody may still be reading, not the newest alone.
    const versions = (await sight.rowsOfIds(own.rows.map(({ stixId }) => stixId))).filter((row) => sight.ownRow(row));
    const contributions = [...new Set([...own.rows, ...versions].map((row) => row.contribution))].sort();
    return storage.transaction(async (unit) => {
      const snapshot = await snapshots.read(unit, ask.moment.now);
      const viewer = snapshot.viewer(ask.account) ?? ask.viewer;
      const rows = await rowsOf(unit, contributions, eyesOn(snapshot, viewer));
      // Between the look and the lock somebody else may have changed its label.
      const seen = [...own.rows, ...versions];
      const same = (row: Row): boolean =>
        seen.some((one) => one.contribution === row.contribution && one.label === row.label);
      if (rows === undefined || !ownRows(rows).every(same)) throw stale();
      await this.#take(unit, { ...ask, code }, ask.row, rows, snapshot);
      const release: ReleaseDoc = {
        id: uuid4(ask.moment),
        kind: "row",
        contributions,
        object: ask.object,
        agency: own.label.originator,
        country: own.label.originatorCountry,
        row: ask.row,
        reason: ask.reason,
        code,
        hash: own.hash,
        status: verb === "recall" ? "recalled" : "narrowed",
        proposedBy: ask.account,
        proposedAt: ask.moment.now,
      };
      const back = await this.#record(unit, { ...ask, code }, release);
      await unit.collection(ReleasesIn).insert([{ ...release, back }]);
      await this.#audit(unit, ask.account, snapshot, release.status, release.id, code);
      return this.#shown(unit, ask, release.id);
    });
  }

  async #take(
    unit: Unit,
    ask: BackAsk & { readonly to?: AskedRow },
    row: AskedRow,
    rows: readonly Row[],
    snapshot: Snapshot,
  ): Promise<void> {
    const labels = ownRows(rows).flatMap((one) => snapshot.labels.get(one.label)?.label ?? []);
    const { to } = ask;
    if (labels.every((label) => narrowRow(label, row, undefined) === label))
      throw new Fault("unprocessable", "no such row is on", { code: "release.not_on", path: "row" });
    if (labels.some((label) => narrowRow(label, row, to) === undefined)) throw wider();
    await relabelAll(unit, this.#parts, rows, snapshot, ask.moment, (label) => narrowRow(label, row, to) ?? label);
    await rememberJudged(unit, snapshot.at);
  }

  async #record(
    unit: Unit,
    ask: BackAsk & { readonly code: string; readonly to?: AskedRow },
    { agency, object, contributions }: ReleaseDoc,
  ): Promise<NonNullable<ReleaseDoc["back"]>> {
    const done = { what: "narrow" as const, agency, object, contributions, reason: ask.reason, by: ask.account };
    const { id } = await askToConfirm(unit, done, ask.moment);
    return {
      verb: verbFor(ask.to),
      by: ask.account,
      at: ask.moment.now,
      reason: ask.reason,
      code: ask.code,
      ...(ask.to === undefined ? {} : { to: ask.to }),
      confirmation: id,
    };
  }

  async #audit(
    unit: Unit,
    actor: string,
    snapshot: Snapshot,
    status: string,
    release: string,
    code: string,
  ): Promise<void> {
    const { revision, at } = snapshot;
    await this.#parts.audit.append(unit, { actor, revision, at, what: `release.${status}`, detail: { release, code } });
  }

  async #shown(unit: Unit, ask: Who, id: string): Promise<ReleaseReply> {
    const snapshot = await this.#parts.snapshots.read(unit, ask.moment.now);
    const eyes = eyesOn(snapshot, snapshot.viewer(ask.account) ?? ask.viewer);
    const held: Stored<ReleaseDoc> | undefined = await unit.collection(ReleasesIn).get(id);
    const view = await viewOf(unit, held, eyes, this.#parts.secrets);
    if (view === undefined) throw noRelease();
    return view.reply;
  }
}
