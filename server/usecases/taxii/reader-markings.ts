import type { StixJson } from "../../pipeline/steps.ts";
import { MarkingsTold } from "../../storage/collections.ts";
import type { MarkingToldDoc } from "../../storage/documents.ts";
import type { Unit } from "../../storage/port.ts";
import type { AdmittedLane } from "../admission.ts";
import type { Renderer } from "../render.ts";
import type { RowBrief } from "../sight.ts";
import type { CollectionName, PageAsk } from "./collection-page.ts";
import type { KnownLanes } from "./order-runs.ts";
import type { OrderedSight } from "./ordered-sight.ts";
import { viewOf } from "./reader-state.ts";
import { walkOrder } from "./walk-order.ts";

/** A reader's cut of a label, and where it stands: with the first object that carries it, before it. */
export interface MarkingPlace {
  readonly id: string;
  readonly place: number;
  readonly marking: StixJson;
}

type Standing = Pick<RowBrief, "lane" | "stamp" | "originator">;

/** Something on a page, by the rows that it is made of. */
export interface Carrier {
  readonly place: number;
  readonly lanes: readonly Standing[];
}

/** A marking is told of at a place, instead of one where it was told of before the reader lost all that read so. */
interface Fresh {
  readonly place: number;
  readonly instead?: number;
}

/** Read in one go: rows when the first carrier of a marking is looked for, and places where markings were told of. */
const STEP = 500;

const indexes = new WeakMap<ReadonlyMap<string, AdmittedLane>, { size: number; lanes: Map<string, Set<string>> }>();

/**
 * The reader's cuts of labels among its objects: each is told of just before the first object that carries it (order, admission intervals), and the store
 * keeps where that was. So a page looks at what is on it and nothing else; a reader who begins anew finds them where they were told. For one request.
 */
export class ReaderMarkings {
  readonly #unit: Unit;
  readonly #sight: OrderedSight;
  readonly #known: KnownLanes;
  readonly #renderer: Renderer;
  readonly #collection: CollectionName;
  /** Under what the store keeps where they were told of: who asks for some types comes past carriers of others, and is told with the first that it sees. */
  readonly shelf: string;
  readonly #ids = new Map<string, string>();
  /** What this request tells of for the first time, anew, or earlier than it was told of before. */
  readonly #fresh = new Map<string, number>();
  /** Where markings were told of that the reader lost since. */
  readonly #past = new Map<string, number>();

  constructor(
    unit: Unit,
    sight: OrderedSight,
    { collection, types = [] }: Pick<PageAsk, "collection" | "types">,
    process: { readonly known: KnownLanes; readonly renderer: Renderer },
  ) {
    this.#unit = unit;
    this.#sight = sight;
    this.#collection = collection;
    this.shelf = [sight.viewer.id, collection, ...(types.length < 2 ? [] : [...types].sort())].join("|");
    this.#known = process.known;
    this.#renderer = process.renderer;
  }

  /** An agency gets its own contributions as it wrote them, without the marking. */
  #carries = (row: Standing): boolean => this.#collection !== "originals" || !this.#sight.ownRow(row);

  #idOf(lane: AdmittedLane): string {
    return String(this.#renderer.marking(this.#sight.viewer, lane).id);
  }

  /** What an admitted lane reads as; undefined for one that the reader has no part in. */
  #readAs(name: string): string | undefined {
    const held = this.#ids.get(name);
    if (held !== undefined) return held;
    const lane = this.#sight.admission.lanes.get(name);
    if (lane === undefined) return undefined;
    const id = this.#idOf(lane);
    this.#ids.set(name, id);
    return id;
  }

  /** Admitted lanes by the marking that they read as. */
  #lanes(): ReadonlyMap<string, ReadonlySet<string>> {
    const { lanes } = this.#sight.admission;
    const held = indexes.get(lanes);
    if (held?.size === lanes.size) return held.lanes;
    const made = new Map<string, Set<string>>();
    for (const [name, lane] of lanes) {
      const id = this.#idOf(lane);
      made.set(id, (made.get(id) ?? new Set()).add(name));
    }
    indexes.set(lanes, { size: lanes.size, lanes: made });
    return made;
  }

  /** The marking of an id, if a lane that the reader is admitted to reads as it. */
  #marking(id: string): StixJson | undefined {
    const [name] = this.#lanes().get(id) ?? [];
    const lane = name === undefined ? undefined : this.#sight.admission.lanes.get(name);
    return lane === undefined ? undefined : this.#renderer.marking(this.#sight.viewer, lane);
  }

  /**
   * Whether what was told of holds: no lane that reads so was closed since, or another was open then and has been since. Who came past that place while
   * none was open had no marking there, and it comes again with the first thing that carries it.
   */
  #holds({ marking, place }: MarkingToldDoc): boolean {
    const { state, viewer, admission } = this.#sight;
    if (state.isPlain) return true;
    const lanes = this.#lanes().get(marking) ?? new Set<string>();
    const views = new Set<string>();
    for (const name of lanes) {
      const lane = admission.lanes.get(name);
      if (lane !== undefined) views.add(viewOf(viewer, lane));
    }
    if (!state.closedSince(views, place)) return true;
    for (const lane of lanes) {
      const head = this.#known.heads.get(lane);
      if (head === undefined || head.first > place) continue;
      const { from } = state.intervals(lane).at(-1) ?? {};
      if (from === undefined || from[0] < place) return true;
    }
    this.#past.set(marking, place);
    return false;
  }

  /** What was told of between two places, all of it. */
  async #toldBetween(from: number, to: number | undefined): Promise<MarkingToldDoc[]> {
    const told: MarkingToldDoc[] = [];
    for (let after: { value: number; id: string } | undefined; ; ) {
      const piece = await this.#unit.collection(MarkingsTold).scan({
        index: "shelf",
        prefixes: [[this.shelf]],
        from,
        limit: STEP,
        ...(to === undefined ? {} : { to }),
        ...(after === undefined ? {} : { after }),
      });
      told.push(...piece);
      const last = piece.at(-1);
      if (last === undefined || piece.length < STEP) return told;
      after = { value: last.place, id: last.id };
    }
  }

  /** Those that come with these items, or were told of between two places (the second exclusive; undefined: no bound). */
  async among(items: readonly Carrier[], from: number, to: number | undefined): Promise<MarkingPlace[]> {
    const first = new Map<string, number>();
    let [same, reached]: [string | undefined, number] = [undefined, 0];
    for (const { place, lanes: rows } of items) {
      const [only, second] = rows;
      // Most of a page goes on in the lane of what came before it.
      if (second === undefined && only?.lane === same && Math.max(place, only?.stamp ?? place) >= reached) continue;
      // Once somebody else says the same, what is the reader's own carries markings too; and who says so second may come when the reader is past it.
      let since = Number.POSITIVE_INFINITY;
      for (const row of rows) if (this.#carries(row)) since = Math.min(since, row.stamp);
      for (const row of rows) {
        const at = Math.max(place, row.stamp, this.#carries(row) ? 0 : since);
        if (at < from || at >= (to ?? Number.POSITIVE_INFINITY)) continue;
        const id = this.#readAs(row.lane);
        if (id === undefined) continue;
        first.set(id, Math.min(first.get(id) ?? at, at));
        [same, reached] = [row.lane, at];
      }
    }
    const told = this.#unit.collection(MarkingsTold);
    const places = new Map<string, number>();
    const held = await told.getMany([...first.keys()].map((id) => toldId(this.shelf, id)));
    for (const doc of held) if (this.#holds(doc)) places.set(doc.marking, doc.place);
    for (const [id, place] of first) {
      if ((this.#fresh.get(id) ?? places.get(id) ?? Number.POSITIVE_INFINITY) <= place) continue;
      this.#fresh.set(id, place);
    }
    const between = await this.#toldBetween(from, to);
    const found = new Map(between.filter((doc) => this.#holds(doc)).map(({ marking, place }) => [marking, place]));
    for (const [id, place] of this.#fresh) {
      if (place >= from && (to === undefined || place < to)) found.set(id, place);
      else found.delete(id);
    }
    return [...found].flatMap(([id, place]) => {
      const marking = this.#marking(id);
      return marking === undefined ? [] : [{ id, place, marking }];
    });
  }

  /** The first thing that carries a marking for the reader. */
  async #first(id: string): Promise<number | undefined> {
    const lanes = this.#lanes().get(id) ?? new Set<string>();
    const own = [...lanes].every(
      (name) => this.#sight.admission.lanes.get(name)?.entry.label.originator === this.#sight.side,
    );
    if (this.#collection === "originals" && own) return undefined;
    let first: number | undefined;
    const walk = walkOrder(this.#unit, this.#sight, this.#known, {
      ...{ from: 0, rows: true, losses: "none", limit: STEP, lanes },
    });
    for await (const { rows, to } of walk) {
      for (const row of rows) if (this.#carries(row)) first = Math.min(first ?? row.stamp, row.stamp);
      // An edge may stand later than where it was found.
      if (first !== undefined && (to === undefined || first < to)) break;
    }
    return first;
  }

  /** All of them, or those with these ids: where they were told of, or would be. */
  async all(ids?: ReadonlySet<string>): Promise<MarkingPlace[]> {
    const asked = [...this.#lanes().keys()].filter((id) => ids?.has(id) !== false);
    const held = await this.#unit.collection(MarkingsTold).getMany(asked.map((id) => toldId(this.shelf, id)));
    const told = new Map(held.filter((doc) => this.#holds(doc)).map(({ marking, place }) => [marking, place]));
    const places: MarkingPlace[] = [];
    for (const id of asked) {
      const marking = this.#marking(id);
      const place = told.get(id) ?? (await this.#first(id));
      if (place === undefined || marking === undefined) continue;
      if (!told.has(id)) this.#fresh.set(id, place);
      places.push({ id, place, marking });
    }
    return places;
  }

  /** What has to be kept before the page leaves. */
  get fresh(): ReadonlyMap<string, Fresh> {
    return new Map(
      [...this.#fresh].map(([id, place]) => {
        const instead = this.#past.get(id);
        return [id, instead === undefined ? { place } : { place, instead }];
      }),
    );
  }
}

const toldId = (shelf: string, marking: string): string => `${shelf}|${marking}`;

/** Keeps where markings were told of: the earliest place stands, but for one that holds no more. In the caller's transaction. */
export async function keepTold(unit: Unit, { shelf, fresh }: Pick<ReaderMarkings, "shelf" | "fresh">): Promise<void> {
  const told = unit.collection(MarkingsTold);
  const held = new Map(
    (await told.getMany([...fresh.keys()].map((id) => toldId(shelf, id)))).map((doc) => [doc.id, doc]),
  );
  for (const [marking, { place, instead }] of fresh) {
    const id = toldId(shelf, marking);
    const doc = held.get(id);
    if (doc === undefined) await told.insert([{ id, shelf, marking, place }]);
    else if (place < doc.place || instead === doc.place) await told.put({ ...doc, place });
  }
}
