import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { MIXES } from "../../pipeline/mix.ts";
import { sha256 } from "../../shared/digest.ts";
import type { ReaderDoc, RowDoc } from "../../storage/documents.ts";
import type { Admission, AdmittedLane } from "../admission.ts";
import { wireText } from "../wire-text.ts";

/** Microseconds: what was there up to the first stands in a block between the two, the second inclusive. */
export type Range = readonly [since: number, to: number];

/** A time that a lane was open to a reader, without what it saw meanwhile. */
export type Span = Pick<Interval, "from" | "to">;

/** A time that a lane was open to a reader. Without `from`: since its first row. Without `to`: still. */
export interface Interval {
  readonly from?: Range;
  readonly to?: Range;
  /** What the reader saw of the label meanwhile. */
  readonly view: string;
  /** It was of the reader's own agency, which sees its own as it wrote it. */
  readonly own?: boolean;
}

/** Where a row with this mix stands in a range: behind its beginning, at its end at the latest. */
export const placeIn = ([since, to]: Range, mix: number): number =>
  since + 1 + Math.min(to - since - 1, Math.floor((mix / MIXES) * (to - since)));

/** The least mix that may stand at a place or behind it. */
export const mixFrom = ([since, to]: Range, place: number): number =>
  Math.max(0, Math.floor(((place - since - 2) / (to - since)) * MIXES) - 1);

const views = new WeakMap<AdmittedLane, string>();

/** Whether a lane is of the reader's own agency; a client is never inside its sponsor (policy 1.4). */
export const isOwn = ({ role, agency }: Viewer, { entry }: AdmittedLane): boolean =>
  role !== "client" && agency !== undefined && agency === entry.label.originator;

/**
 * What a reader sees of a lane besides its rows: the label as the reader may know it, what is cut, and whether it is sent as it was written. Equal
 * views: nothing changed for the reader.
 */
export function viewOf(viewer: Viewer, lane: AdmittedLane): string {
  const held = views.get(lane);
  if (held !== undefined) return held;
  const view = sha256(`${wireText(viewer, lane)}\n${isOwn(viewer, lane)}\n${lane.cut.join("\n")}`).slice(0, 16);
  views.set(lane, view);
  return view;
}

const NONE: readonly Interval[] = [];
const ALWAYS: readonly Span[] = [{}];

/** What a row's history comes to for one reader. */
export interface Loss {
  /** Where the reader finds that it is gone. */
  readonly at: number;
  /** Where it stood before. */
  readonly before: number;
}

type Placed = Pick<RowDoc, "lane" | "stamp" | "stages" | "mix">;

/** When a lane that read so was closed last, by what was seen of it. */
function lastClosings(lanes: Iterable<readonly Interval[]>): Map<string, number> {
  const closed = new Map<string, number>();
  for (const intervals of lanes)
    for (const one of intervals) {
      if (one.to === undefined) continue;
      const { view, to } = one;
      if ((closed.get(view) ?? Number.NEGATIVE_INFINITY) < to[0]) closed.set(view, to[0]);
    }
  return closed;
}

/** One reader's observed admission: where rows stand for it, and where it lost what it saw (order, position). Nothing here reads the store. */
export class ReaderState {
  readonly #intervals = new Map<string, Interval[]>();
  readonly #admission: Admission;
  readonly #viewer: Viewer;
  readonly #storied: ReadonlySet<string>;
  #closed: ReadonlyMap<string, number> | undefined;

  constructor(doc: ReaderDoc, viewer: Viewer, admission: Admission) {
    this.#admission = admission;
    this.#viewer = viewer;
    this.#storied = new Set(doc.intervals.map(({ lane }) => lane));
    for (const { lane, from, to, view = "", own = false } of doc.intervals) {
      const known = admission.lanes.get(lane);
      const begun = from === undefined ? {} : { from };
      const interval: Interval =
        to === undefined && known !== undefined
          ? {
              ...begun,
              // Made when it is asked for: of thousands that were gained at once a page asks for few.
              get view() {
                return viewOf(viewer, known);
              },
              own: isOwn(viewer, known),
            }
          : { ...begun, ...(to === undefined ? {} : { to }), view, own };
      this.#intervals.set(lane, [...(this.#intervals.get(lane) ?? []), interval]);
    }
  }

  /** Lanes that were not simply open since their first row. */
  get storied(): Iterable<string> {
    return this.#storied;
  }

  /** Nothing was ever gained or lost by it. */
  get isPlain(): boolean {
    return this.#storied.size === 0;
  }

  isStoried(lane: string): boolean {
    return this.#storied.has(lane);
  }

  /** Every lane that was ever open to the reader. */
  get lanes(): Iterable<string> {
    return new Set([...this.#admission.lanes.keys(), ...this.#intervals.keys()]);
  }

  /** No more lanes than these were ever open to it. */
  get most(): number {
    return this.#admission.lanes.size + this.#storied.size;
  }

  /** When a lane was open, oldest first, and no more than that: of a reader of thousands of lanes every page asks for all of them. */
  spans(lane: string): readonly Span[] {
    if (this.#storied.has(lane)) return this.intervals(lane);
    return this.#admission.lanes.has(lane) ? ALWAYS : NONE;
  }

  /** When a lane was open, oldest first. */
  intervals(lane: string): readonly Interval[] {
    const held = this.#intervals.get(lane) ?? NONE;
    const admitted = this.#admission.lanes.get(lane);
    if (admitted === undefined || (held.length > 0 && held.at(-1)?.to === undefined)) return held;
    const open = [...held, { view: viewOf(this.#viewer, admitted), own: isOwn(this.#viewer, admitted) }];
    this.#intervals.set(lane, open);
    return open;
  }

  /** Whether a lane that read like this was closed after a place. Asked for each marking of a page: of each view the last closing is enough. */
  closedSince(views: ReadonlySet<string>, place: number): boolean {
    this.#closed ??= lastClosings(this.#intervals.values());
    for (const view of views) if ((this.#closed.get(view) ?? Number.NEGATIVE_INFINITY) >= place) return true;
    return false;
  }

  #open(lane: string): Interval | undefined {
    const last = this.intervals(lane).at(-1);
    return last?.to === undefined ? last : undefined;
  }

  #covering(lane: string, place: number): Interval | undefined {
    return this.intervals(lane).find(
      ({ from, to }) => (from === undefined || from[0] < place) && (to === undefined || to[0] >= place),
    );
  }

  /** The place since which a row has been in the reader's sight without a break, counted back from stage `i` (the last one: where it stands now) in an interval. */
  #since(row: Placed, i: number, interval: Interval): number {
    const stages = row.stages ?? [];
    const { view } = interval;
    let at = interval;
    for (let k = i; ; k--) {
      const stamp = k === stages.length ? row.stamp : (stages[k]?.stamp ?? row.stamp);
      if (at.from !== undefined && stamp <= at.from[0]) return placeIn(at.from, row.mix);
      const before = stages[k - 1];
      if (before === undefined) return stamp;
      const held = this.#covering(before.lane, before.left);
      if (held === undefined || held.view !== view) return stamp;
      at = held;
    }
  }

  /** Where a row stands for the reader; undefined for one that it does not see. An edge may stand later: where the later of its ends does. */
  place(row: Placed): number | undefined {
    const open = this.#open(row.lane);
    return open === undefined ? undefined : this.#since(row, row.stages?.length ?? 0, open);
  }

  /** Every time that a row stood for the reader, oldest first: from where, and where it was lost; the last without an end if it is there still. */
  history(row: Placed): Array<{ readonly begin: number; readonly end?: number; readonly own: boolean }> {
    const stages = [...(row.stages ?? []), { lane: row.lane, stamp: row.stamp, left: Number.POSITIVE_INFINITY }];
    const times = stages.flatMap(({ lane, stamp, left }, i) =>
      this.intervals(lane)
        .filter(({ from, to }) => (to === undefined || to[0] >= stamp) && (from === undefined || from[0] < left))
        .map((interval) => {
          const { to, own = false } = interval;
          const begin = this.#since(row, i, interval);
          if (to !== undefined && to[0] < left) return { begin, end: placeIn(to, row.mix), own };
          return left === Number.POSITIVE_INFINITY ? { begin, own } : { begin, end: left, own };
        }),
    );
    // Where a label changed for others only it went on from the same place.
    return times.filter(({ begin }, i) => times[i + 1]?.begin !== begin);
  }

  /** How the reader lost a row that it saw once and does not see now; undefined for one that it never saw. */
  loss(row: Placed): Loss | undefined {
    if (this.#open(row.lane) !== undefined) return undefined;
    const stages = [...(row.stages ?? []), { lane: row.lane, stamp: row.stamp, left: Number.POSITIVE_INFINITY }];
    for (let i = stages.length - 1; i >= 0; i--) {
      const stage = stages[i];
      if (stage === undefined) continue;
      const last = this.intervals(stage.lane).findLast(
        ({ from, to }) => (to === undefined || to[0] >= stage.stamp) && (from === undefined || from[0] < stage.left),
      );
      if (last === undefined) continue;
      const closed = last.to !== undefined && last.to[0] < stage.left ? last.to : undefined;
      return {
        at: closed === undefined ? stage.left : placeIn(closed, row.mix),
        before: this.#since(row, i, last),
      };
    }
    return undefined;
  }

  /** The loss of a row that a place tells of: its last, or one before it; undefined where nothing was lost there. */
  lossAt(row: Placed, place: number): Loss | undefined {
    const last = this.loss(row);
    if (last?.at === place) return last;
    const was = this.history(row).find(({ end }) => end === place);
    return was === undefined ? undefined : { at: place, before: was.begin };
  }
}
