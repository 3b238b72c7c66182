import type { WithdrawReply } from "../../schemas/api/mine.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { isPerson } from "../policy/gates.ts";
import { normaliseLabel } from "../policy/label-text.ts";
import { Fault } from "../shared/fault.ts";
import { compareInstants, formatInstant, formatMicros } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { Rows } from "../storage/collections.ts";
import type { Storage, Unit } from "../storage/port.ts";
import type { AuditStream } from "./append-audit.ts";
import { askToConfirm } from "./confirmations.ts";
import type { Content } from "./content.ts";
import { contentHash, ownContent } from "./content-hash.ts";
import { labelOfRow, ownRows } from "./own-rows.ts";
import type { Secrets } from "./plan-rows.ts";
import { notThere, seenUnder } from "./read-one.ts";
import { relabel } from "./relabel.ts";
import type { Row, Seen, Sight } from "./sight.ts";
import { rememberJudged, type Snapshots } from "./snapshot.ts";

export interface WithdrawParts {
  readonly storage: Storage;
  readonly content: Content;
  readonly snapshots: Snapshots;
  readonly audit: AuditStream;
  readonly secrets: Secrets;
  /** The time, ms: read under the write lock, so that stamps follow the order of commits. */
  readonly clock: () => number;
}

export interface WithdrawAsk {
  readonly viewer: Viewer;
  readonly account: string;
  readonly moment: Moment;
  /** A consolidated id or a sender's, as the caller sees it. */
  readonly object: string;
  /** `modified` of one version; default: all of them. */
  readonly version?: string | undefined;
  readonly reason: string;
  /** The content hash that the caller looked at. */
  readonly hash?: string | undefined;
  /** Over TAXII an id is its sender's alone, and what is withdrawn already is not there. */
  readonly channel?: "api" | "taxii";
}

/** Thrown when the policy moved between looking and doing. */
class Moved extends Error {}
const MOST_TRIES = 5;

const stale = (): Fault =>
  new Fault("conflict", "it has changed since you opened it: read it again", { code: "content.stale", path: "hash" });

/** What one's own agency said, taken back: only its own contributions go, whatever they were merged with (policy 6, Q05 and Q18). */
export class Withdrawals {
  readonly #parts: WithdrawParts;

  constructor(parts: WithdrawParts) {
    this.#parts = parts;
  }

  /**
   * Withdraws the caller's own agency's contributions to what it sees under an id: at once, by one person, confirmed by a second one
   * within a day (triage 3). To everybody else they were never there; persons of the agency still read them on page and api. 404 for what
   * is hidden or unknown, 403 for another agency's, 409 for a stale hash and for what is withdrawn already.
   */
  async withdraw(ask: WithdrawAsk): Promise<WithdrawReply> {
    for (let tries = 1; ; tries++) {
      const sight = await this.#parts.content.sight(ask.viewer, ask.moment, ask.channel ?? "api");
      const { rows, heads } = await this.#chosen(sight, ask);
      if (ask.hash !== undefined && ask.hash !== contentHash(heads)) throw stale();
      try {
        return await this.#parts.storage.transaction((unit) => this.#apply(unit, sight, rows, heads, ask));
      } catch (error) {
        if (!(error instanceof Moved)) throw error;
        if (tries === MOST_TRIES)
          throw new Fault("unavailable", "the policy is changing; send it again", {
            code: "withdraw.policy_moves",
            retryAfter: 1,
          });
      }
    }
  }

  /** The rows to withdraw, and those that the content hash is of. */
  async #chosen(sight: Sight, ask: WithdrawAsk): Promise<{ rows: Row[]; heads: Row[] }> {
    const taxii = ask.channel === "taxii";
    const seen = await seenUnder(sight, ask.object);
    const own = taxii
      ? (await sight.rowsOfIds([ask.object])).filter((row) => sight.ownRow(row))
      : await this.#ownOf(sight, seen, ask.object);
    if (own.length === 0) {
      if (seen === undefined) throw notThere();
      const message = "only its originator can withdraw it: tell it why (POST /api/v1/objects/{id}/feedback)";
      throw new Fault("forbidden", message, { code: "originator-control" });
    }
    const versions = own.filter((row) => ask.version === undefined || isVersion(row, ask.version));
    if (versions.length === 0) throw notThere();
    const live = versions.filter((row) => labelOfRow(sight, row)?.state !== "withdrawn");
    if (live.length === 0) throw new Fault("conflict", "it is withdrawn already", { code: "withdraw.already" });
    // A service is no person (triage 3): what it takes back is what it said itself.
    const rows = isPerson(sight.viewer.role) ? live : live.filter((row) => row.receivedFrom === ask.account);
    if (rows.length === 0)
      throw new Fault("forbidden", "it was posted by another account of your agency: a person has to withdraw it", {
        code: "withdraw.another_account",
      });
    return { rows, heads: (seen === undefined ? undefined : ownContent(sight, seen))?.rows ?? [] };
  }

  /** Under a sender's id what that id is of; under a consolidated one all that one's agency said of the thing. */
  async #ownOf(sight: Sight, seen: Seen | undefined, object: string): Promise<Row[]> {
    if (seen === undefined) return [];
    const own = await ownRows(sight, seen);
    return seen.id === object ? own : own.filter((row) => row.stixId === object);
  }

  async #apply(
    unit: Unit,
    sight: Sight,
    rows: readonly Row[],
    heads: readonly Row[],
    ask: WithdrawAsk,
  ): Promise<WithdrawReply> {
    const { snapshots, secrets, audit, clock } = this.#parts;
    const snapshot = await snapshots.read(unit, ask.moment.now);
    if (snapshot.revision !== sight.snapshot.revision) throw new Moved();
    if (ask.hash !== undefined) {
      const again = await unit.collection(Rows).getMany(heads.map(({ id }) => id));
      if (contentHash(again) !== ask.hash) throw stale();
    }
    const now = Math.max(ask.moment.now, clock());
    const done: string[] = [];
    for (const contribution of new Set(rows.map((row) => row.contribution))) {
      const held = await unit.collection(Rows).get(contribution);
      const label = held === undefined ? undefined : snapshot.labels.get(held.label)?.label;
      // Somebody else withdrew it meanwhile.
      if (label === undefined || label.state === "withdrawn") continue;
      await relabel(unit, contribution, normaliseLabel({ ...label, state: "withdrawn" }), secrets, now);
      done.push(contribution);
    }
    const [first] = rows;
    if (first === undefined || done.length === 0)
      throw new Fault("conflict", "it is withdrawn already", { code: "withdraw.already" });
    const confirmation = await askToConfirm(
      unit,
      {
        what: "withdraw",
        agency: first.originator,
        object: ask.object,
        contributions: done,
        reason: ask.reason,
        by: ask.account,
      },
      ask.moment,
    );
    await rememberJudged(unit, snapshot.at);
    await audit.append(unit, {
      actor: ask.account,
      revision: snapshot.revision,
      at: snapshot.at,
      what: "content.withdrawn",
      detail: { confirmation: confirmation.id, contributions: done.length },
    });
    return {
      withdrawn: done.length,
      confirmation: confirmation.id,
      confirmUntil: formatInstant(confirmation.until),
    };
  }
}

/** By `modified`, as instants; what has no version is named by when it was added, as TAXII names it. */
const isVersion = (row: Row, version: string): boolean =>
  row.version === version || compareInstants(row.version ?? formatMicros(row.stamp), version) === 0;
