import type { StixJson } from "../../pipeline/steps.ts";
import { Rows } from "../../storage/collections.ts";
import type { Unit } from "../../storage/port.ts";
import type { AdmittedLane } from "../admission.ts";
import type { Renderer } from "../render.ts";
import type { Row } from "../sight.ts";
import type { CollectionName } from "./collection-page.ts";
import type { OrderedSight } from "./ordered-sight.ts";
import { viewOf } from "./reader-state.ts";
import { type KnownLanes, walkOrder } from "./walk-order.ts";

/** A reader's cut of a label, and where it stands. */
export interface MarkingPlace {
  readonly id: string;
  readonly place: number;
  readonly marking: StixJson;
}

/** Markings of readers for which a carrier is kept in memory. */
const MOST = 100_000;

/** Something that carries a marking for a reader, by account, collection and marking: whether it still does is looked up. */
export type Carriers = Map<string, string>;

const indexes = new WeakMap<ReadonlyMap<string, AdmittedLane>, { size: number; lanes: Map<string, Set<string>> }>();

/** Where the reader's cuts of labels stand: just before the first object that carries them (order, admission intervals). For one request. */
export class ReaderMarkings {
  readonly #unit: Unit;
  readonly #sight: OrderedSight;
  readonly #known: KnownLanes;
  readonly #renderer: Renderer;
  readonly #collection: CollectionName;
  readonly #carriers: Carriers;
  readonly #told = new Set<string>();

  constructor(
    unit: Unit,
    sight: OrderedSight,
    collection: CollectionName,
    process: { readonly known: KnownLanes; readonly renderer: Renderer; readonly carriers: Carriers },
  ) {
    this.#unit = unit;
    this.#sight = sight;
    this.#collection = collection;
    this.#known = process.known;
    this.#renderer = process.renderer;
    this.#carriers = process.carriers;
  }

  /** An agency gets its own contributions as it wrote them, without the marking. */
  #carries = (row: Row): boolean => this.#collection !== "originals" || !this.#sight.ownRow(row);

  #idOf(lane: AdmittedLane): string {
    return String(this.#renderer.marking(this.#sight.viewer, lane).id);
  }

  /** Admitted lanes by the marking that they read as. */
  #lanes(): ReadonlyMap<string, ReadonlySet<string>> {
    const { lanes } = this.#sight.admission;
    const held = indexes.get(lanes);
    if (held?.size === lanes.size) return held.lanes;
    const made = new Map<string, Set<string>>();
    for (const [name, lane] of lanes) made.set(this.#idOf(lane), (made.get(this.#idOf(lane)) ?? new Set()).add(name));
    indexes.set(lanes, { size: lanes.size, lanes: made });
    return made;
  }

  /** Lanes in which what carries a marking stands or has stood: those that read alike to the reader, open or closed. */
  #lanesOf(id: string): ReadonlySet<string> {
    const open = this.#lanes().get(id) ?? new Set<string>();
    const { viewer, admission, state } = this.#sight;
    const views = new Set<string>();
    for (const name of open) {
      const lane = admission.lanes.get(name);
      if (lane !== undefined) views.add(viewOf(viewer, lane));
    }
    return new Set([...open, ...state.closedUnder(views)]);
  }

  /** The first thing that carries a marking for the reader. */
  async #first(id: string): Promise<Row | undefined> {
    const lanes = this.#lanesOf(id);
    let first: Row | undefined;
    const walk = walkOrder(this.#unit, this.#sight, this.#known, {
      from: 0,
      rows: true,
      losses: false,
      limit: 2,
      lanes,
    });
    for await (const { rows, to } of walk) {
      for (const row of rows) {
        const lane = this.#sight.admission.lanes.get(row.lane);
        if (lane === undefined || this.#idOf(lane) !== id || !this.#carries(row)) continue;
        if (first === undefined || row.stamp < first.stamp) first = row;
      }
      // An edge may stand later than where it was found.
      if (first !== undefined && (to === undefined || first.stamp < to)) break;
    }
    return first;
  }

  /** Whether something that is known to carry a marking stands before a place: then it is told of there. */
  async #toldBefore(id: string, place: number): Promise<boolean> {
    const carrier = this.#carriers.get(this.#key(id));
    if (carrier === undefined) return false;
    const [row] = await this.#unit.collection(Rows).getMany([carrier]);
    const placed = row === undefined ? undefined : this.#sight.placed(row);
    if (placed === undefined || !this.#carries(placed)) return false;
    const lane = this.#sight.admission.lanes.get(placed.lane);
    if (lane === undefined || this.#idOf(lane) !== id) return false;
    const [standing] = await this.#sight.present([placed]);
    return standing !== undefined && standing.stamp < place;
  }

  #key = (id: string): string => `${this.#sight.viewer.id}|${this.#collection}|${id}`;

  async #place(id: string, lane: AdmittedLane): Promise<MarkingPlace | undefined> {
    const first = await this.#first(id);
    if (first === undefined) return undefined;
    if (this.#carriers.size >= MOST) this.#carriers.clear();
    this.#carriers.set(this.#key(id), first.id);
    // The two stand together, the marking first: whether the place before is free would tell of what is hidden there.
    return { id, place: first.stamp, marking: this.#renderer.marking(this.#sight.viewer, lane) };
  }

  /** Those that come first with one of these rows, which stand from a place on. */
  async before(rows: readonly Row[], from: number): Promise<MarkingPlace[]> {
    const places: MarkingPlace[] = [];
    for (const row of rows) {
      const lane = this.#sight.admission.lanes.get(row.lane);
      if (lane === undefined || !this.#carries(row)) continue;
      const id = this.#idOf(lane);
      if (this.#told.has(id)) continue;
      this.#told.add(id);
      if (await this.#toldBefore(id, from)) continue;
      const place = await this.#place(id, lane);
      if (place !== undefined && place.place >= from) places.push(place);
    }
    return places;
  }

  /** Those that something names before anything stands under them by itself: a version that several said stands with the first of them and names the labels of all. */
  async with(
    items: ReadonlyArray<{ readonly place: number; readonly lanes: readonly Row[] }>,
  ): Promise<MarkingPlace[]> {
    const places = new Map<string, MarkingPlace>();
    for (const { place, lanes: rows } of items) {
      if (rows.every((row) => row.stamp <= place && this.#carries(row)) || !rows.some(this.#carries)) continue;
      for (const row of rows) {
        const lane = this.#sight.admission.lanes.get(row.lane);
        if (lane === undefined) continue;
        const id = this.#idOf(lane);
        if ((places.get(id)?.place ?? Number.POSITIVE_INFINITY) <= place || (await this.#toldBefore(id, place + 1)))
          continue;
        const first = await this.#first(id);
        if (first !== undefined && first.stamp <= place) continue;
        places.set(id, { id, place, marking: this.#renderer.marking(this.#sight.viewer, lane) });
        this.#told.add(id);
      }
    }
    return [...places.values()];
  }

  /** All of them, or those with these ids. */
  async all(ids?: ReadonlySet<string>): Promise<MarkingPlace[]> {
    const places: MarkingPlace[] = [];
    for (const [id, [name]] of this.#lanes()) {
      const lane = name === undefined ? undefined : this.#sight.admission.lanes.get(name);
      if (lane === undefined || ids?.has(id) === false) continue;
      const place = await this.#place(id, lane);
      if (place !== undefined) places.push(place);
    }
    return places;
  }
}
