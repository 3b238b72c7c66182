import type {
  BulkBody,
  BulkReply,
  FateQuery,
  QueuePage,
  QueueQuery,
  ReviewReply,
  TriageSummary,
} from "../../schemas/api/triage.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import type { Moment } from "../shared/moment.ts";
import { seal, unseal } from "../shared/seal.ts";
import { Reviews } from "../storage/collections.ts";
import type { Storage, Unit } from "../storage/port.ts";
import { nameOf } from "../triage/item-name.ts";
import type { AuditStream } from "./append-audit.ts";
import type { Content } from "./content.ts";
import type { Sight } from "./sight.ts";
import type { Snapshots } from "./snapshot.ts";
import { readQueue } from "./triage-queue.ts";
import { summarise } from "./triage-summary.ts";
import { type Act, type Acted, act, apply, giveBack, renew, toRenew } from "./triage-verbs.ts";
import { contentsOf, itemOf, itemsBeside, noReview, replyOf, type SeenItem, seenItem } from "./triage-view.ts";
import { underPolicy } from "./under-policy.ts";

export interface TriageParts {
  readonly storage: Storage;
  readonly content: Content;
  readonly snapshots: Snapshots;
  readonly audit: AuditStream;
  readonly disclosures: AuditStream;
  readonly keys: { readonly cursor: Uint8Array };
}

/** Who asks, and when. */
export interface Who {
  readonly viewer: Viewer;
  readonly moment: Moment;
}

const MOST_ITEMS = 200;

/** The quality review: what waits, who works on it, what is decided, in each country for itself (triage 1 and 2). */
export class Triage {
  readonly #parts: TriageParts;

  constructor(parts: TriageParts) {
    this.#parts = parts;
  }

  /** Words of titles and contents leave with the answer: which lanes they are of is recorded before (design 6). */
  async #disclose(sight: Sight, what: string, items: readonly SeenItem[]): Promise<void> {
    const lanes: Record<string, [number, number]> = {};
    for (const { parts } of items) {
      for (const { lane, stamps } of parts.flatMap(({ entries }) => entries)) {
        const held = lanes[lane];
        lanes[lane] = held === undefined ? [...stamps] : [Math.min(held[0], stamps[0]), Math.max(held[1], stamps[1])];
      }
    }
    if (Object.keys(lanes).length === 0) return;
    const { snapshot, viewer } = sight;
    await this.#parts.disclosures.record({
      ...{ actor: viewer.id, revision: snapshot.revision, at: snapshot.at, what, detail: { lanes } },
    });
  }

  async queue({ viewer, moment }: Who, query: QueueQuery): Promise<QueuePage> {
    const { storage, content, keys } = this.#parts;
    const sight = await content.sight(viewer, moment, "api");
    const { page, seen } = await readQueue({ unit: storage, sight, cursorKey: keys.cursor, now: moment.now }, query);
    await this.#disclose(sight, "triage.queue", seen);
    return page;
  }

  async summary({ viewer, moment }: Who): Promise<TriageSummary> {
    const sight = await this.#parts.content.sight(viewer, moment, "api");
    return summarise(this.#parts.storage, sight, moment.now);
  }

  /** The caller's own posts and what became of them, the latest first. */
  async fate({ viewer, moment }: Who, { state, limit: asText, next }: FateQuery): Promise<QueuePage> {
    const { storage, content, keys } = this.#parts;
    const sight = await content.sight(viewer, moment, "api");
    const limit = Math.min(Number(asText ?? "50"), MOST_ITEMS);
    const asked = sha256(JSON.stringify(["fate", viewer.id, state]));
    const start = openPlace(keys.cursor, asked, next);
    let { after, skip } = start;
    const shown: SeenItem[] = [];
    const page = async (more: Place | undefined): Promise<QueuePage> => {
      await this.#disclose(sight, "triage.mine", shown);
      const items = shown.map((seen) => itemOf(sight, seen, moment.now));
      return more === undefined ? { items } : { items, next: seal(keys.cursor, "triage", { asked, ...more }) };
    };
    for (;;) {
      const records = await storage.collection(Reviews).scan({
        ...{ index: "account", prefixes: [[viewer.id]], reverse: true, limit: MOST_ITEMS },
        ...(after === undefined ? {} : { after }),
      });
      for (const review of records) {
        // The items of a batch come at its last record, all together.
        const beside = review.many
          ? await storage.collection(Reviews).find({ index: "names", values: [nameOf(review.batch, undefined)] })
          : [];
        if (!beside.some(({ id }) => id < review.id)) {
          const found = await itemsBeside(storage, sight, review);
          const items = found.filter((item) => state === undefined || item.state === state);
          for (const [i, item] of items.entries()) {
            if (i < skip) continue;
            if (shown.length === limit) return page({ ...(after === undefined ? {} : { after }), skip: i });
            shown.push(item);
          }
          skip = 0;
        }
        after = { value: review.received, id: review.id };
      }
      if (records.length < MOST_ITEMS) return page(undefined);
    }
  }

  /** One item. To open what one has taken renews the lease. */
  async show(who: Who, review: string): Promise<ReviewReply> {
    const { viewer, moment } = who;
    const { storage, content } = this.#parts;
    const sight = await content.sight(viewer, moment, "api");
    let seen = await seenItem(storage, sight, review);
    if (seen !== undefined && toRenew(seen, sight.viewer.id, moment.now)) {
      await underPolicy(this.#parts, who, "triage", (unit, current) => renew(unit, current, review, moment.now));
      seen = await seenItem(storage, sight, review);
    }
    if (seen === undefined) throw noReview();
    const contents = await contentsOf(storage, sight, seen);
    await this.#disclose(sight, "triage.item", [seen]);
    return replyOf(sight, seen, contents, moment.now);
  }

  async #write(unit: Unit, sight: Sight, ask: Act, acted: Acted): Promise<void> {
    await apply(unit, acted);
    const { item: review, to } = acted;
    const { verb, reason } = ask;
    await this.#parts.audit.append(unit, {
      actor: sight.viewer.id,
      revision: sight.snapshot.revision,
      at: sight.snapshot.at,
      what: `triage.${verb}`,
      detail: { review, to, ...(reason === undefined ? {} : { reason }) },
    });
  }

  /** One verb on one item; gives the item as it stands then. */
  async act(who: Who, ask: Act): Promise<ReviewReply> {
    await underPolicy(this.#parts, who, "triage", async (unit, sight) =>
      this.#write(unit, sight, ask, await act(unit, sight, ask, who.moment.now)),
    );
    return this.show(who, ask.review);
  }

  /** Gives a claimed item back. */
  async release(who: Who, review: string): Promise<ReviewReply> {
    await underPolicy(this.#parts, who, "triage", async (unit, sight) => {
      await giveBack(unit, sight, review, who.moment.now);
      const { revision, at } = sight.snapshot;
      await this.#parts.audit.append(unit, {
        actor: sight.viewer.id,
        revision,
        at,
        what: "triage.give-back",
        detail: { review },
      });
    });
    return this.show(who, review);
  }

  /**
   * One verb on many items, each for itself: what is refused is told with its reason and changes nothing, and stops none of the others. A dry run goes the same way and
   * writes nothing.
   */
  async bulk(who: Who, { verb, reason, words, of, items, dryRun = false }: BulkBody): Promise<BulkReply> {
    const results: BulkReply["results"] = [];
    for (const { review, hash } of items) {
      const ask: Act = {
        ...{ review, verb, reason, hash },
        ...(words === undefined ? {} : { words }),
        ...(of === undefined ? {} : { link: of }),
      };
      try {
        const state = await underPolicy(this.#parts, who, "triage", async (unit, sight) => {
          const acted = await act(unit, sight, ask, who.moment.now);
          if (!dryRun) await this.#write(unit, sight, ask, acted);
          return acted.to;
        });
        results.push({ review, outcome: "done", state });
      } catch (error) {
        if (!(error instanceof Fault) || error.kind === "internal" || error.kind === "unavailable") throw error;
        const { code, path, message } = error;
        results.push({ review, outcome: "refused", code, ...(path === undefined ? {} : { path }), message });
      }
    }
    return { dryRun, results };
  }
}

/** Behind which record the list goes on, and how many items of the batch there have been given. */
interface Place {
  readonly after?: { readonly value: number; readonly id: string };
  readonly skip: number;
}

function openPlace(key: Uint8Array, asked: string, next: string | undefined): Place {
  if (next === undefined) return { skip: 0 };
  const opened = unseal(key, "triage", next) as (Place & { asked: string }) | undefined;
  if (opened?.asked === asked) return opened;
  throw new Fault("bad_request", "next is not a cursor of this question: send it with the same filters and account", {
    code: "cursor.invalid",
    path: "next",
  });
}
