import { setImmediate as turn } from "node:timers/promises";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { arrange } from "../../pipeline/arrange.ts";
import { sha256 } from "../../shared/digest.ts";
import { Fault } from "../../shared/fault.ts";
import { formatMicros } from "../../shared/instant.ts";
import type { Moment } from "../../shared/moment.ts";
import { Readers } from "../../storage/collections.ts";
import type { Storage, Unit } from "../../storage/port.ts";
import type { Admissions } from "../admission.ts";
import type { AuditEntry } from "../append-audit.ts";
import { withoutHeld } from "../held-sources.ts";
import type { Meter } from "../meter.ts";
import { newestPlace, takePlaces } from "../place-in-lanes.ts";
import { openPosition, type Position, sealPosition } from "../position.ts";
import { inOrder, tieOf } from "../reader-order.ts";
import type { Followed } from "../recall/budget.ts";
import type { Disclosing } from "../recall/disclose.ts";
import type { Renderer } from "../render.ts";
import { uuidOf } from "../sight.ts";
import type { Snapshots } from "../snapshot.ts";
import type { CollectionName, CollectionPage, PageAsk, WrittenEntry } from "./collection-page.ts";
import { CrowdedKeys } from "./crowded-keys.ts";
import { Ledger, reachedBy } from "./given.ts";
import { LaneHeads } from "./lane-heads.ts";
import { PageMinutes } from "./last-pages.ts";
import { isCurrent, WIDTH } from "./observe.ts";
import { observeReader } from "./observe-reader.ts";
import { OrderedSight } from "./ordered-sight.ts";
import { comesAfter, type Item, PlainEntry, PlainItem } from "./page-item.ts";
import { type Carrier, keepTold, type MarkingPlace, ReaderMarkings } from "./reader-markings.ts";
import { ReaderState } from "./reader-state.ts";
import { type NoteParts, noteId, noteOf, recallItems } from "./recall-notes.ts";
import { type Recall, recallsIn } from "./recalls.ts";
import { Splicer } from "./splice.ts";
import { passesVersions, Standings } from "./standings.ts";
import { type Stretch, walkOrder } from "./walk-order.ts";
import type { WalkedRow } from "./walked-row.ts";

interface CollectionsParts {
  readonly storage: Storage;
  readonly snapshots: Snapshots;
  readonly admissions: Admissions;
  readonly renderer: Renderer;
  readonly disclosing: Disclosing;
  readonly keys: { readonly namespace: Uint8Array; readonly cursor: Uint8Array };
  /** The time, ms. */
  readonly clock: () => number;
  /** Waits this many ms; absent where the clock does not go by itself. */
  readonly pause?: (ms: number) => Promise<void>;
  readonly meter?: Meter;
}

const PURPOSE = "taxii";
/** How often a page is begun again because the policy moved under it. */
const policyMoves = (): Fault =>
  new Fault("unavailable", "the policy is changing; ask again", { code: "policy.moves", retryAfter: 1 });

const TRIES = 20;
/** Before the first text: a marking comes before what stands at its place. */
const FIRST = "";

/** The collections of the API root as one account gets them: each object version once, at a place that does not move for a reader for whom nothing changed (order). */
export class Collections {
  readonly #parts: CollectionsParts;
  readonly #known = { heads: new LaneHeads(), crowded: new CrowdedKeys() };
  readonly #minutes: PageMinutes;

  constructor(parts: CollectionsParts) {
    this.#parts = parts;
    this.#minutes = new PageMinutes(parts.storage);
  }

  /**
   * One page; entries oldest first. `Fault("bad_request", cursor.invalid)` for a cursor that was cut, forged, or made for another account, collection
   * or question. A tie is not split across two pages unless it is longer than `limit` (order, lanes).
   */
  page(viewer: Viewer, moment: Moment, ask: PageAsk): Promise<CollectionPage> {
    return this.written(viewer, moment, ask, ({ entries, ...rest }) => ({
      ...rest,
      entries: entries.map(({ id, version, added, text }) => ({ id, version, added, text })),
    }));
  }

  /** The same as `write` makes it, which works while the record of what is shown is on its way to the disk; it is given back once that is there. */
  async written<R>(
    viewer: Viewer,
    moment: Moment,
    ask: PageAsk,
    write: (page: CollectionPage<WrittenEntry>) => R,
  ): Promise<R> {
    const { next, limit, bodies: _, ...question } = ask;
    const asked = sha256(JSON.stringify([viewer.id, question]));
    const from = openPosition(this.#parts.keys.cursor, PURPOSE, asked, next);
    const { items, sight, clock, position, entries, markings } = await this.#read(
      viewer,
      moment,
      async (sight, unit) => {
        const markings = new ReaderMarkings(unit, sight, ask, {
          renderer: this.#parts.renderer,
          known: this.#known,
        });
        const found = await this.#items(unit, sight, ask, from, markings);
        return { ...found, markings, entries: await this.#entries(sight, ask, found.items) };
      },
    );
    if (markings.fresh.size > 0) await this.#parts.storage.transaction((unit) => keepTold(unit, markings));
    await this.#minutes.note(sight.viewer.id, sight.snapshot.at);
    const sealed =
      position === undefined ? {} : { next: sealPosition(this.#parts.keys.cursor, PURPOSE, asked, position) };
    const page = { entries, ...sealed };
    if (items.length === 0) return write(page);
    const disclosure = await this.#disclosure(sight, ask.collection, items, clock);
    const followed = isCharged(ask) ? followedBy(ask, items) : undefined;
    const recorded = this.#parts.disclosing.followed(sight.viewer, disclosure, moment.now, followed);
    // It is committed in the turn of the event loop that comes next, and then waits for the disk.
    const [made] = await Promise.all([turn().then(() => write(page)), recorded]);
    return made;
  }

  /** What the account lost of its collections behind a place, up to the newest place that there is; only of one that follows them. Nothing is given by it. */
  async lossesSince(viewer: Viewer, moment: Moment, after: number): Promise<{ recalls: Recall[]; clock: number }> {
    return this.#read(viewer, moment, async (sight, unit) => {
      const recalls: Recall[] = [];
      const ask = { from: after + 1, rows: false, losses: "all" as const, limit: 1000 };
      for await (const { lost } of walkOrder(unit, sight, this.#known, ask))
        recalls.push(...(await recallsIn(unit, sight, lost)));
      return { recalls };
    });
  }

  /** Whether the account has anything under this id in this collection, whatever other filters would leave of it. */
  async exists(viewer: Viewer, moment: Moment, collection: CollectionName, id: string): Promise<boolean> {
    const page = await this.page(viewer, moment, {
      collection,
      ids: [id],
      versions: { all: true },
      limit: 1,
      bodies: false,
    });
    return page.entries.length > 0;
  }

  /** Runs `work` on one state of the store that the account's observation is up to date with. */
  async #read<R>(
    viewer: Viewer,
    moment: Moment,
    work: (sight: OrderedSight, unit: Unit) => Promise<R>,
  ): Promise<R & { sight: OrderedSight; clock: number }> {
    const { storage, snapshots, admissions, renderer } = this.#parts;
    // Before the state is read, so that whatever is placed behind that state is placed at that minute or later.
    let asked = false;
    for (let tries = 0; tries < TRIES; tries++) {
      const found = await storage.snapshot(async (unit) => {
        const snapshot = await snapshots.read(unit, moment.now);
        if (!snapshot.kept && !asked) return { minute: snapshot };
        const current = snapshot.viewer(viewer.id) ?? viewer;
        const doc = await unit.collection(Readers).get(current.id);
        if (doc === undefined || !isCurrent(doc, current, snapshot)) return undefined;
        const clock = await newestPlace(unit);
        if (doc.newest > clock) return { passed: doc.newest };
        await this.#known.heads.refresh(unit);
        await this.#known.crowded.refresh(unit);
        const admission = admissions.of(current, snapshot, "taxii");
        // What such a quarantine will not reach has its place still: nothing is observed of it, and nothing given.
        if (withoutHeld(admission, current, snapshot) !== admission) throw policyMoves();
        const state = new ReaderState(doc, current, admission);
        const common = new Set(renderer.common.keys());
        const ledger = new Ledger(storage, current.id);
        const sight = new OrderedSight(unit, current, snapshot, admission, common, state, ledger, this.#known.heads);
        return { done: { ...(await work(sight, unit)), sight, clock } };
      });
      if (found?.done !== undefined) return found.done;
      if (found?.minute !== undefined) {
        asked = true;
        await snapshots.keep(found.minute);
      } else if (found?.passed !== undefined) await this.#pass(found.passed);
      else {
        const place = await observeReader({ ...this.#parts, heads: this.#known.heads }, viewer, moment);
        if (place !== undefined) await this.#pass(place);
      }
    }
    throw policyMoves();
  }

  /** Waits until what was gained or lost lies behind, so that nothing that is written later can come before it: no longer than its range is wide, since a clock may have jumped back. */
  async #pass(place: number): Promise<void> {
    const { storage, clock, pause } = this.#parts;
    if (pause !== undefined) await pause(Math.min(WIDTH / 1000, Math.max(0, Math.ceil(place / 1000) - clock())) + 1);
    await storage.transaction((unit) => takePlaces(unit, place));
  }

  async #items(
    unit: Unit,
    sight: OrderedSight,
    ask: PageAsk,
    from: Position | undefined,
    markings: ReaderMarkings,
  ): Promise<{ items: Item[]; position?: Position }> {
    if (ask.specVersions !== undefined && !ask.specVersions.includes("2.1")) return { items: [] };
    const found: Item[] = [];
    const after = ask.after ?? -1;
    const begins = (item: Item): boolean =>
      item.place > after &&
      (from === undefined ||
        item.place > from.stamp ||
        (item.place === from.stamp &&
          (item.tie > from.tie || (item.tie === from.tie && from.id !== undefined && item.id > from.id))));
    const start = Math.max(after + 1, from?.stamp ?? 0);
    for await (const items of this.#stretches(unit, sight, ask, start, markings)) {
      found.push(...items.filter(begins).sort(comesAfter));
      if (found.length > ask.limit) break;
    }
    const beyond = found[ask.limit];
    if (beyond === undefined) return { items: found };
    const whole = found.slice(0, ask.limit).filter(({ place }) => place !== beyond.place);
    const items = whole.length > 0 ? whole : found.slice(0, ask.limit);
    const last = items.at(-1);
    if (last === undefined) return { items };
    const { place: stamp, tie, id } = last;
    // A row's own id is made from what may be hidden in part: it is named only where nothing else parts it from the next.
    return { items, position: { stamp, tie, ...(beyond.place === stamp && beyond.tie === tie ? { id } : {}) } };
  }

  /** Items in pieces, each piece behind the one before; inside a piece in no order. */
  async *#stretches(
    unit: Unit,
    sight: OrderedSight,
    ask: PageAsk,
    start: number,
    markings: ReaderMarkings,
  ): AsyncGenerator<Item[]> {
    const { collection, types, ids } = ask;
    if (ids !== undefined) {
      yield await this.#named(unit, sight, ask, new Set(ids), markings);
      return;
    }
    const [kind, second] = types ?? [];
    const marked = collection !== "recalls" && (types === undefined || types.includes("marking-definition"));
    if (kind === "marking-definition" && second === undefined) {
      if (marked) yield markingItems(await markings.all());
      return;
    }
    const walk = walkOrder(unit, sight, this.#known, {
      from: start,
      ...(kind === undefined || second !== undefined || collection === "recalls" ? {} : { kind }),
      rows: collection !== "recalls",
      losses: collection === "recalls" ? "all" : "shared",
      texts: ask.bodies,
      // The last one that was given stands at the first place, one more than the page shows that more is there, and what stands at the last place that was
      // read may go on.
      limit: Math.max(20, ask.limit + 3),
    });
    let told = start;
    for await (const stretch of walk) {
      const { items, beside } = await this.#itemsOf(unit, sight, ask, stretch);
      if (!marked) yield items;
      else
        yield [
          ...markingItems(await markings.among(beside.length === 0 ? items : [...items, ...beside], told, stretch.to)),
          ...items,
        ];
      told = stretch.to ?? told;
    }
  }

  /** What stands in a stretch; `beside`: what has a part there and stands elsewhere, or is left out as another version, and carries markings all the same. */
  async #itemsOf(
    unit: Unit,
    sight: OrderedSight,
    ask: PageAsk,
    stretch: Stretch,
  ): Promise<{ items: Item[]; beside: Carrier[] }> {
    if (ask.collection === "recalls") return { items: await recallItems(unit, sight, ask, stretch), beside: [] };
    const view = ask.collection;
    const splicer = new Splicer(this.#parts.renderer, sight, this.#known.crowded);
    const items: Item[] = [];
    const beside: Carrier[] = [];
    const rows: WalkedRow[] = [];
    for (const row of stretch.rows) {
      if (!this.#known.crowded.isSolitary(row) || !splicer.can(row, view)) rows.push(row);
      else if (ask.types === undefined || ask.types.includes(row.kind)) {
        if (ask.versions === undefined || passesVersions(splicer.version(row, view), [], ask.versions))
          items.push(new PlainItem(row, view));
        else beside.push({ place: row.stamp, lanes: [row] });
      }
    }
    const standings = new Standings({ unit, sight, renderer: this.#parts.renderer, crowded: this.#known.crowded });
    const found =
      view === "originals"
        ? await standings.originals(ask, { ...stretch, rows })
        : await standings.consolidated(ask, { ...stretch, rows });
    for (const { place, seen, row, lanes, here } of found) {
      if (ask.types !== undefined && !ask.types.includes(seen.kind)) continue;
      const version = row.version === undefined ? {} : { version: row.version };
      if (here) items.push({ place, tie: tieOf({ stixId: seen.id, ...version }), id: row.id, shown: { seen }, lanes });
      else beside.push({ place, lanes });
    }
    return { items, beside };
  }

  /** What stands under these ids, wherever it stands. */
  async #named(
    unit: Unit,
    sight: OrderedSight,
    ask: PageAsk,
    ids: ReadonlySet<string>,
    markings: ReaderMarkings,
  ): Promise<Item[]> {
    const list = [...ids];
    if (ask.collection === "recalls") {
      const items: Item[] = [];
      for await (const stretch of walkOrder(unit, sight, this.#known, {
        from: 0,
        rows: false,
        losses: "all",
        limit: 1000,
      }))
        items.push(...(await recallItems(unit, sight, ask, stretch)));
      return items.filter((item) => "recalled" in item.shown && ids.has(noteId(this.#noteParts(sight), item)));
    }
    const things = await sight.rowsOfThings(list.filter((id) => id.includes("--")).map(uuidOf));
    const rows = await sight.present([...(await sight.rowsOfIds(list)), ...things]);
    const unique = inOrder([...new Map(rows.map((row) => [row.id, row])).values()]);
    const { items } = await this.#itemsOf(unit, sight, ask, { from: 0, to: undefined, rows: unique, lost: [] });
    const marked = ask.types === undefined || ask.types.includes("marking-definition");
    return [
      ...(marked ? markingItems(await markings.all(ids)) : []),
      ...items.filter(
        ({ shown }) => ("seen" in shown && ids.has(shown.seen.id)) || ("plain" in shown && ids.has(shown.as)),
      ),
    ];
  }

  /** Who was shown what; that a recall was shown says nothing of what was given before. */
  async #disclosure(
    sight: OrderedSight,
    collection: CollectionName,
    items: readonly Item[],
    clock: number,
  ): Promise<AuditEntry> {
    const lanes: Record<string, [number, number]> = {};
    for (const { lanes: rows } of items) {
      for (const { lane, stamp } of rows) {
        const held = lanes[lane];
        if (held === undefined) lanes[lane] = [stamp, stamp];
        else if (stamp < held[0]) held[0] = stamp;
        else if (stamp > held[1]) held[1] = stamp;
      }
    }
    const reached = await reachedBy(this.#parts.storage, sight.viewer.id);
    const here = collection === "recalls" ? 0 : (items.at(-1)?.place ?? 0);
    return {
      actor: sight.viewer.id,
      revision: sight.snapshot.revision,
      at: sight.snapshot.at,
      what: `taxii.${collection}`,
      detail: { lanes, upTo: Math.max(reached, here), clock },
    };
  }

  #noteParts({ viewer }: OrderedSight): NoteParts {
    const { keys, renderer } = this.#parts;
    return { namespace: keys.namespace, viewer: viewer.id, author: renderer.group.groupIdentity };
  }

  async #entries(sight: OrderedSight, ask: PageAsk, items: readonly Item[]): Promise<WrittenEntry[]> {
    const view = ask.collection === "consolidated" ? "consolidated" : "originals";
    const seen = items.flatMap(({ shown }) => ("seen" in shown ? [shown.seen] : []));
    const rendered = await this.#parts.renderer.render(sight, seen, view);
    const objects = new Map(rendered.map((one) => [one.seen, one.object]));
    const splicer = new Splicer(this.#parts.renderer, sight, this.#known.crowded);
    const noteParts = this.#noteParts(sight);
    return items.map((item) => {
      const { shown, place } = item;
      if ("plain" in shown) return new PlainEntry(shown, splicer, view);
      const object =
        "marking" in shown
          ? shown.marking
          : "recalled" in shown
            ? noteOf(noteParts, item, shown.recalled)
            : (objects.get(shown.seen) ?? {});
      const version = object.modified ?? object.created;
      const text = ask.bodies ? arrange(object).text : "";
      return {
        id: String(object.id),
        version: typeof version === "string" ? version : formatMicros(place),
        added: place,
        text,
        pieces: [text],
      };
    });
  }
}

/** Recalls are never kept back, and a manifest gives no object. */
const isCharged = ({ collection, bodies }: PageAsk): boolean => bodies && collection !== "recalls";

/** Where the objects of a page stand, for the daily budget; markings are no objects of anybody's. */
function followedBy({ collection, ids, types, versions }: PageAsk, items: readonly Item[]): Followed {
  const places = items.flatMap(({ shown, place }) => ("marking" in shown ? [] : [place]));
  const plain = versions === undefined;
  return { collection, places, plain, whole: plain && ids === undefined && types === undefined };
}

const markingItems = (places: readonly MarkingPlace[]): Item[] =>
  places.map(({ id, place, marking }) => ({ place, tie: FIRST, id, shown: { marking }, lanes: [] }));
