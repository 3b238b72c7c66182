import type { EditBody, EditReply } from "../../schemas/api/mine.ts";
import type { Label, LabelRequest } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { isPerson } from "../policy/gates.ts";
import { labelText, normaliseLabel } from "../policy/label-text.ts";
import { inPlaceOf, requestOf } from "../policy/narrow.ts";
import { Fault, type Problem } from "../shared/fault.ts";
import { compareInstants, formatInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { Rows } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import type { ConfirmationDoc } from "../storage/release-documents.ts";
import { namedIn } from "./bind-labels.ts";
import { askToConfirm } from "./confirmations.ts";
import type { Content } from "./content.ts";
import {
  authorOf,
  isFollowed,
  mustFit,
  mustNotWiden,
  nobodyLeft,
  releaseAgain,
  sameRow,
  staleContent,
  standingVersions,
} from "./edit-rules.ts";
import { editedObject } from "./edited-object.ts";
import { type IngestParts, ingestBatch } from "./ingest-batch.ts";
import { type LabelInPlace, labelInPlace } from "./label-in-place.ts";
import { labelOfRow } from "./own-rows.ts";
import { postHash, postToken, rowOfPost } from "./post-token.ts";
import { notThere } from "./read-one.ts";
import { readersUnder } from "./readers-under.ts";
import { relabel } from "./relabel.ts";
import { objectOf, type Row, type Sight } from "./sight.ts";
import { rememberJudged, type Snapshot } from "./snapshot.ts";

export interface EditParts extends IngestParts {
  readonly content: Content;
  readonly tokenKey: Uint8Array;
}

export type EditAsk = EditBody & {
  readonly viewer: Viewer;
  readonly account: string;
  readonly moment: Moment;
  readonly post: string;
};

/** A contribution that stands, and the label that it gets in place of its own. */
type Change = Pick<LabelInPlace, "contribution" | "label" | "before" | "after">;

/** What an edit is made of, worked out before anything is done. */
interface Plan {
  readonly row: Row;
  readonly standing: Label;
  readonly next: StixJson | undefined;
  readonly changes: readonly Change[];
  readonly request: LabelRequest;
}

/** Changing what one's own agency posted: another version, another label. Nobody gains by it (policy 1.6); who should, gains by a release. */
export class Edits {
  readonly #parts: EditParts;

  constructor(parts: EditParts) {
    this.#parts = parts;
  }

  /**
   * Edits one post. New content is a new version (of what has no versions: a contribution that replaces the old one in the same transaction), labelled as a
   * post of its own: rows that need a second person wait for one. A new label takes the place of the old on every version, at once, by one person; a second one confirms
   * within a day (triage 3). 409 `content.stale`; 409 `label.widens` where anybody would gain, now or later, with the agencies that would.
   */
  async edit(ask: EditAsk): Promise<EditReply> {
    const { content } = this.#parts;
    const sight = await content.sight(ask.viewer, ask.moment, "api");
    const plan = await this.#plan(sight, ask);
    return plan.next === undefined
      ? this.#relabelOnly(sight, plan, ask)
      : this.#newVersion(sight, plan, plan.next, ask);
  }

  async #plan(sight: Sight, ask: EditAsk): Promise<Plan> {
    const { storage, tokenKey } = this.#parts;
    const row = await rowOfPost(storage, sight, tokenKey, ask.post);
    const standing = row === undefined ? undefined : labelOfRow(sight, row);
    if (row === undefined || standing === undefined) throw notThere();
    if (!isPerson(sight.viewer.role) && row.receivedFrom !== ask.account)
      throw new Fault("forbidden", "it was posted by another account of your agency: a person has to edit it", {
        code: "edit.another_account",
      });
    if (standing.state === "withdrawn")
      throw new Fault("conflict", "it is withdrawn: post it again instead", { code: "edit.withdrawn" });
    if (ask.hash !== postHash(row)) throw staleContent();
    const versions = await standingVersions(sight, row);
    const newer = versions.some((other) => compareInstants(other.version ?? "", row.version ?? "") > 0);
    const path = ask.object === undefined ? "patch" : "object";
    const edits = ask[path] !== undefined;
    if (edits && newer)
      throw new Fault("conflict", "there is a newer version of it: edit that one", { code: "edit.superseded", path });
    if (edits && row.cut.length > 0)
      throw new Fault("forbidden", `you are not shown ${row.cut.join(", ")}: who sees all of it has to edit it`, {
        code: "edit.cut",
        path,
      });
    const next = edits ? editedObject(objectOf(row), ask, ask.moment.now) : undefined;
    const changes = ask.label === undefined ? [] : await this.#changes(sight, versions, ask.label, ask.account);
    return { row, standing, next, changes, request: ask.label ?? requestOf(standing) };
  }

  /** The label of each standing version under the request, where it changes; nobody may gain by one. */
  async #changes(sight: Sight, versions: readonly Row[], request: LabelRequest, account: string): Promise<Change[]> {
    const changes: Change[] = [];
    for (const row of versions) {
      const change = await labelInPlace(this.#parts, sight, row, request, account);
      mustNotWiden(change.before, [change.after, change.wished], sight);
      changes.push(change);
    }
    return changes.filter(({ before, after }) => labelText(before) !== labelText(after));
  }

  async #relabelOnly(sight: Sight, plan: Plan, ask: EditAsk): Promise<EditReply> {
    const { storage, audit, snapshots } = this.#parts;
    if (plan.changes.length === 0 || ask.dryRun === true)
      return this.#reply(sight, plan, plan.changes.length === 0 ? "unchanged" : "narrowed", ask, {});
    const confirmation = await storage.transaction(async (unit) => {
      const snapshot = await snapshots.read(unit, ask.moment.now);
      const done = await this.#applyChanges(unit, sight, snapshot, plan, ask);
      await rememberJudged(unit, snapshot.at);
      await audit.append(unit, {
        actor: ask.account,
        revision: snapshot.revision,
        at: snapshot.at,
        what: "content.narrowed",
        detail: { confirmation: done?.id, contributions: plan.changes.length },
      });
      return done;
    });
    return this.#reply(sight, plan, "narrowed", ask, { confirmation });
  }

  /** In the edit's transaction: what was looked at is still so, and the labels change. */
  async #applyChanges(
    unit: Unit,
    sight: Sight,
    snapshot: Snapshot,
    { row, changes }: Plan,
    ask: EditAsk,
  ): Promise<ConfirmationDoc | undefined> {
    const { secrets, clock } = this.#parts;
    if (snapshot.revision !== sight.snapshot.revision)
      throw new Fault("unavailable", "the policy is changing; send it again", {
        code: "edit.policy_moves",
        retryAfter: 1,
      });
    const rows = unit.collection(Rows);
    const held = new Map(
      (await rows.getMany([row.id, ...changes.map((one) => one.contribution)])).map((one) => [one.id, one]),
    );
    const own = held.get(row.id);
    if (own === undefined || postHash(own) !== ask.hash) throw staleContent();
    for (const { contribution, label } of changes) if (held.get(contribution)?.label !== label) throw staleContent();
    const now = Math.max(ask.moment.now, clock());
    for (const { contribution, after } of changes) await relabel(unit, contribution, after, secrets, now);
    if (changes.length === 0) return undefined;
    return askToConfirm(
      unit,
      {
        what: "narrow",
        agency: row.originator,
        object: row.stixId,
        contributions: changes.map(({ contribution }) => contribution),
        reason: ask.reason,
        by: ask.account,
      },
      ask.moment,
    );
  }

  async #newVersion(sight: Sight, plan: Plan, object: StixJson, ask: EditAsk): Promise<EditReply> {
    const { row } = plan;
    // The new version stands where the newest label of the old one leaves it.
    const standing = plan.changes.find((one) => one.contribution === row.contribution)?.after ?? plan.standing;
    let fresh: Label | undefined;
    const settle = (bound: Label): Label => {
      const { agencies } = sight.snapshot;
      const author = authorOf(standing, row);
      const { label } = inPlaceOf({
        standing,
        request: plan.request,
        bound,
        author,
        agencies,
        fresh: sight.viewer.role,
      });
      mustFit(label);
      mustNotWiden(standing, [label], sight);
      fresh = label;
      return label;
    };
    let confirmation: ConfirmationDoc | undefined;
    let outcome: "unchanged" | "updated" | undefined;
    const also = async (unit: Unit, stored: readonly string[]): Promise<void> => {
      confirmation = undefined;
      outcome = stored.length === 0 ? "unchanged" : "updated";
      if (stored.length === 0) return;
      const snapshot = await this.#parts.snapshots.read(unit, ask.moment.now);
      if (await isFollowed(unit, sight, snapshot, row, stored)) throw staleContent();
      confirmation = await this.#applyChanges(unit, sight, snapshot, plan, ask);
      if (row.version !== undefined) return;
      const now = Math.max(ask.moment.now, this.#parts.clock());
      await relabel(
        unit,
        row.contribution,
        normaliseLabel({ ...standing, state: "withdrawn" }),
        this.#parts.secrets,
        now,
      );
    };
    const { results, batch } = await ingestBatch(
      this.#parts,
      [{ index: 0, object }],
      {
        account: ask.account,
        label: { request: plan.request, settle, named: namedIn(standing) },
        channel: "rest",
        keepRejected: false,
        dryRun: ask.dryRun === true,
        also,
      },
      ask.moment,
    );
    const [result] = results;
    // Somebody else's edit took the version's place in the same instant.
    if (result?.code === "version.conflict") throw staleContent();
    if (result === undefined || result.outcome === "rejected")
      throw new Fault("unprocessable", result?.message ?? "it could not be stored", {
        code: result?.code ?? "edit.refused",
        path: result?.path ?? "",
      });
    // What its agency has said over another channel already is stored, and is a change all the same.
    outcome ??= result.outcome === "unchanged" ? "unchanged" : "updated";
    const made = outcome === "unchanged" || result.id === undefined ? {} : { made: { stixId: result.id, batch } };
    return this.#reply(sight, plan, outcome, ask, { confirmation, fresh, warnings: result.warnings ?? [], ...made });
  }

  async #reply(
    sight: Sight,
    plan: Plan,
    outcome: EditReply["outcome"],
    ask: EditAsk,
    done: {
      readonly confirmation?: ConfirmationDoc | undefined;
      readonly made?: { readonly stixId: string; readonly batch: string };
      readonly fresh?: Label | undefined;
      readonly warnings?: readonly Problem[];
    },
  ): Promise<EditReply> {
    const { row, standing, changes } = plan;
    const after = done.fresh ?? changes.find((one) => one.contribution === row.contribution)?.after ?? standing;
    const { snapshot, side } = sight;
    const [was, is] = [standing, after].map((label) => readersUnder([label], snapshot, sight.viewer));
    const waiting = after.releases.filter(
      (now) => now.status === "off" && standing.releases.some((then) => then.status === "on" && sameRow(now, then)),
    );
    const warnings = [...(done.warnings ?? []), ...nobodyLeft(was?.agencies ?? [], is?.agencies ?? [], side)];
    const shown = ask.dryRun === true ? undefined : await this.#shown(row, done.made, ask);
    return {
      outcome,
      object: shown?.stixId ?? row.stixId,
      ...(shown === undefined ? {} : { post: postToken(this.#parts.tokenKey, shown), hash: postHash(shown) }),
      ...(shown?.version === undefined ? {} : { version: shown.version }),
      readers: { before: was?.agencies ?? [], after: is?.agencies ?? [] },
      releaseAgain: waiting.map(({ status: _, ...rest }) => rest),
      warnings: waiting.length === 0 ? warnings : [...warnings, releaseAgain],
      ...(done.confirmation === undefined
        ? {}
        : { confirmation: done.confirmation.id, confirmUntil: formatInstant(done.confirmation.until) }),
    };
  }

  /** The post as it stands now, if its editor still may read it. */
  async #shown(
    { stixId, contribution }: Row,
    made: { readonly stixId: string; readonly batch: string } | undefined,
    ask: EditAsk,
  ): Promise<Row | undefined> {
    const again = await this.#parts.content.sight(ask.viewer, ask.moment, "api");
    const rows = await again.rowsOfIds([made?.stixId ?? stixId]);
    return rows.find((row) =>
      made === undefined ? row.contribution === contribution : row.batch === made.batch && again.ownRow(row),
    );
  }
}
