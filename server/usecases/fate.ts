import type { FateReply, PreviewReply } from "../../schemas/api/mine.ts";
import type { ReleaseReply } from "../../schemas/api/releases.ts";
import type { Label, LabelRequest } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { gainers } from "../policy/gains.ts";
import { isPerson } from "../policy/gates.ts";
import { requestOf } from "../policy/narrow.ts";
import { Fault } from "../shared/fault.ts";
import { compareInstants, formatInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { Confirmations as ConfirmationsIn, Releases as ReleasesIn } from "../storage/collections.ts";
import type { Storage } from "../storage/port.ts";
import { withAllOn } from "./audience-view.ts";
import { bindRequest, namedIn } from "./bind-labels.ts";
import { confirmationReply } from "./confirmations.ts";
import type { Content } from "./content.ts";
import { feedbackOn } from "./feedback.ts";
import { reviewOfRow } from "./move-review.ts";
import { labelOfRow } from "./own-rows.ts";
import { rowOfPost } from "./post-token.ts";
import { postHead } from "./read-mine.ts";
import { notThere, sourceNames } from "./read-one.ts";
import { audienceOf, readersUnder } from "./readers-under.ts";
import type { Row, Sight } from "./sight.ts";
import { itemsBeside } from "./triage-view.ts";

export interface FateParts {
  readonly storage: Storage;
  readonly content: Content;
  readonly tokenKey: Uint8Array;
  /** One release as the caller may see it; `not_found` where it may not. */
  readonly releases: { show(viewer: Viewer, moment: Moment, id: string): Promise<ReleaseReply> };
}

/** What became of one's own posts, and who reads what under which label: nothing of it says more than the caller may know. */
export class Fates {
  readonly #parts: FateParts;

  constructor(parts: FateParts) {
    this.#parts = parts;
  }

  async #post(sight: Sight, token: string): Promise<{ row: Row; label: Label }> {
    const { storage, tokenKey } = this.#parts;
    const row = await rowOfPost(storage, sight, tokenKey, token);
    const label = row === undefined ? undefined : labelOfRow(sight, row);
    if (row === undefined || label === undefined) throw notThere();
    return { row, label };
  }

  /** One post of the caller's agency; 404 for what it may not see. */
  async show(viewer: Viewer, moment: Moment, token: string): Promise<FateReply> {
    const { storage, content, tokenKey } = this.#parts;
    const sight = await content.sight(viewer, moment, "api");
    const { row, label } = await this.#post(sight, token);
    const [seen] = (await sight.seen([row])).filter(({ rows }) => rows.some(({ id }) => id === row.id));
    const review = await this.#review(sight, row);
    const newer = (await sight.rowsOfIds([row.stixId])).some(
      (other) =>
        sight.ownRow(other) &&
        row.version !== undefined &&
        compareInstants(other.version ?? "", row.version) > 0 &&
        labelOfRow(sight, other)?.state !== "withdrawn",
    );
    return {
      ...postHead(row, label, tokenKey, sight.snapshot.at),
      superseded: newer,
      label,
      request: requestOf(label),
      proposals: await this.#proposals(sight, moment, row),
      ...(review === undefined ? {} : { review }),
      confirmations: (
        await storage.collection(ConfirmationsIn).find({ index: "contributions", values: [row.contribution] })
      )
        .sort((a, b) => a.at - b.at)
        .map((one) => confirmationReply(one, moment.now)),
      readers: this.#readers(sight, label),
      ...(seen === undefined ? {} : { merged: { object: seen.id, sources: sourceNames(sight, seen.rows) } }),
      feedback: await feedbackOn(storage, [row.contribution]),
    };
  }

  #readers(sight: Sight, label: Label): FateReply["readers"] {
    const { snapshot, viewer } = sight;
    return {
      now: readersUnder([label], snapshot, viewer),
      released: readersUnder([withAllOn(label)], snapshot, viewer),
    };
  }

  async #review(sight: Sight, row: Row): Promise<FateReply["review"]> {
    const { storage } = this.#parts;
    const held = await reviewOfRow(storage, row);
    if (held === undefined) return undefined;
    const items = await itemsBeside(storage, sight, held);
    const item = items.find(({ parts }) => parts.some(({ review }) => review.id === held.id));
    if (item === undefined) return undefined;
    const { id } = item;
    const { state, since, events } = held;
    const last = events.at(-1);
    return {
      review: id,
      state,
      since: formatInstant(since),
      ...(last?.reason === undefined ? {} : { reason: last.reason }),
      ...(last?.words === undefined ? {} : { words: last.words }),
    };
  }

  /** Releases are people's work: a machine sees the rows alone. */
  async #proposals(sight: Sight, moment: Moment, row: Row): Promise<ReleaseReply[]> {
    const { storage, releases } = this.#parts;
    if (!isPerson(sight.viewer.role)) return [];
    const held = await storage.collection(ReleasesIn).find({ index: "contributions", values: [row.contribution] });
    const shown: ReleaseReply[] = [];
    for (const { id } of held.sort((a, b) => a.proposedAt - b.proposedAt || (a.id < b.id ? -1 : 1))) {
      try {
        shown.push(await releases.show(sight.viewer, moment, id));
      } catch (error) {
        if (!(error instanceof Fault && error.kind === "not_found")) throw error;
      }
    }
    return shown;
  }

  /** Who would read a post of the caller's under a label, before it is saved; of a post, who would gain and lose. 422 for a label that can't be. */
  async preview(
    viewer: Viewer,
    moment: Moment,
    ask: {
      readonly label?: LabelRequest | undefined;
      readonly preset?: string | undefined;
      readonly post?: string | undefined;
    },
  ): Promise<PreviewReply> {
    const sight = await this.#parts.content.sight(viewer, moment, "api");
    const { snapshot } = sight;
    const standing = ask.post === undefined ? undefined : (await this.#post(sight, ask.post)).label;
    const asked = {
      ...(ask.label === undefined ? {} : { request: ask.label }),
      ...(ask.preset === undefined ? {} : { preset: ask.preset }),
      ...(standing === undefined ? {} : { named: namedIn(standing) }),
    };
    const { label, flags, warnings } = bindRequest(asked, viewer.id, snapshot);
    const audience = audienceOf(snapshot, sight.viewer);
    return {
      label,
      flags: [...flags],
      warnings: [...warnings],
      readers: this.#readers(sight, label),
      ...(standing === undefined
        ? {}
        : {
            gains: gainers(standing, withAllOn({ ...label, state: standing.state }), audience),
            losses: gainers(withAllOn({ ...label, state: standing.state }), standing, audience),
          }),
    };
  }
}
