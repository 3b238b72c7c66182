import { Rows, Stages } from "../../storage/collections.ts";
import type { LaneDoc, StageDoc } from "../../storage/documents.ts";
import type { Scan, Stored, Unit } from "../../storage/port.ts";
import { isEdge, lateEnd } from "../needed-ends.ts";
import { inOrder } from "../reader-order.ts";
import type { CrowdedKeys } from "./crowded-keys.ts";
import { byBeginning, type LaneHeads } from "./lane-heads.ts";
import { thingId } from "./lives.ts";
import type { OrderedSight } from "./ordered-sight.ts";
import { type Loss, mixFrom, placeIn, type Range, type ReaderState } from "./reader-state.ts";
import { type SharedRow, sharedRows } from "./shared-rows.ts";
import { BRIEF, TEXTED, type WalkedRow } from "./walked-row.ts";

/** Where a row may stand, or may have been lost: it does if the reader's state says the same. */
interface Candidate {
  readonly place: number;
  readonly id: string;
  /** The row, where it was found and not only named. */
  readonly row?: WalkedRow;
}

/** Where an index is read on from. */
interface Key {
  readonly value: number;
  readonly id: string;
}

/** Candidates in order, with what the index knows the last of them by. */
interface Piece {
  readonly candidates: Candidate[];
  readonly last: Key | undefined;
}

/** Candidates behind a place in the index; less than `limit` where there are no more. */
type Read = (after: Key | undefined, limit: number) => Promise<Piece>;

/** Candidates of one kind in the order of their places, read on in pieces. */
class Run {
  readonly #read: Read;
  #limit: number;
  #last: Key | undefined;
  #held: Candidate[] = [];
  /** Everything before this place is here; undefined once all is. */
  open: number | undefined;

  constructor(
    limit: number,
    read: Read,
    /** Nothing stands before it: what begins later is not read before the walk comes there. */
    begins = Number.NEGATIVE_INFINITY,
  ) {
    this.#limit = limit;
    this.#read = read;
    this.open = begins;
  }

  async readOn(): Promise<void> {
    if (this.open === undefined) return;
    const limit = this.#limit;
    const { candidates, last } = await this.#read(this.#last, limit);
    this.#held = this.#held.length === 0 ? candidates : [...this.#held, ...candidates];
    this.#last = last ?? this.#last;
    const open = candidates.length < limit ? undefined : candidates.at(-1)?.place;
    // Many at one place: each piece asks every prefix again, so the next one is larger.
    if (open === this.open) this.#limit = limit * 4;
    this.open = open;
  }

  take(before: number | undefined): Candidate[] {
    // From the end: what stays is only what stands where reading stopped.
    let at = this.#held.length;
    if (before !== undefined) while (at > 0 && (this.#held[at - 1]?.place ?? 0) >= before) at -= 1;
    const taken = this.#held;
    this.#held = taken.slice(at);
    taken.length = at;
    return taken;
  }
}

/**
 * What to walk: places from `from` on, of one kind of object if `kind` says so, with what was lost or without, and rows or only losses. `shared`: of what was lost at least all with
 * which something changes of what is left.
 */
export interface WalkAsk {
  readonly from: number;
  readonly kind?: string;
  readonly rows: boolean;
  readonly losses: "all" | "shared" | "none";
  readonly limit: number;
  /** Rows come with their text. */
  readonly texts?: boolean;
  /** Only these lanes; edges then come where they were found, wherever they stand. */
  readonly lanes?: ReadonlySet<string>;
}

/** What the process knows of lanes and keys without reading. */
export interface KnownLanes {
  readonly heads: LaneHeads;
  readonly crowded: CrowdedKeys;
}

/** A stretch of a reader's order: everything that stands, or was lost, from `from` up to `to` (exclusive; undefined: the end). */
export interface Stretch {
  readonly from: number;
  readonly to: number | undefined;
  /** What stands there, in order. */
  readonly rows: readonly WalkedRow[];
  /** What was lost there, with where it stood before; in no order. */
  readonly lost: ReadonlyArray<Loss & { readonly row: WalkedRow }>;
}

const groupLanes = <K>(items: Iterable<readonly [K, string]>, keyOf: (key: K) => string): Array<[K, string[]]> => {
  const groups = new Map<string, readonly [K, Set<string>]>();
  for (const [key, lane] of items) {
    const name = keyOf(key);
    const held = groups.get(name);
    if (held === undefined) groups.set(name, [key, new Set([lane])]);
    else held[1].add(lane);
  }
  return [...groups.values()].map(([key, lanes]) => [key, [...lanes]]);
};

/** An open lane that is read on from a place, and when its first row came. */
interface Tail {
  readonly lane: string;
  readonly first: number;
}

/**
 * Lanes that may have anything at a place or behind it, in the order in which they began: those in which rows came or left since, and those that were gained or
 * lost.
 */
function lanesFrom(place: number, state: ReaderState, heads: LaneHeads): Iterable<LaneDoc> {
  const moved = heads.since(place);
  if (moved !== undefined) return begunInOrder([...moved, ...state.storied], heads);
  return state.most < heads.size / FEW ? begunInOrder(state.lanes, heads) : heads.inOrder();
}

/** A reader of less than one in so many lanes has them sorted sooner than all are passed over. */
const FEW = 8;

const begunInOrder = (lanes: Iterable<string>, heads: LaneHeads): LaneDoc[] =>
  [...new Set(lanes)].flatMap((lane) => heads.get(lane) ?? []).sort((a, b) => a.first - b.first);

/** The runs that a reader's order is merged from (order, page): tails and blocks of open lanes, what moved on from there, and what was lost. */
function runsOf(unit: Unit, state: ReaderState, { heads, crowded }: KnownLanes, ask: WalkAsk): Run[] {
  const rows = unit.collection(Rows);
  const stages = unit.collection(Stages);
  /** By the place that they are read from. */
  const tails = new Map<number, Tail[]>();
  const tail = (since: number, lane: string, first: number): void => {
    const held = tails.get(since);
    if (held === undefined) tails.set(since, [{ lane, first }]);
    else held.push({ lane, first });
  };
  const blocks: Array<[Range, string]> = [];
  const stageTails: Array<[number, string]> = [];
  const stageBlocks: Array<[Range, string]> = [];
  const closings: Array<[Range, string]> = [];
  const leavings: Array<[0, string]> = [];
  for (const head of ask.lanes === undefined ? lanesFrom(ask.from, state, heads) : begunInOrder(ask.lanes, heads)) {
    const lane = head.id;
    // Most lanes of a reader of thousands are simply open, and most of these have nothing to tell any more.
    if (head.newest < ask.from && !state.isStoried(lane)) continue;
    for (const { from, to } of state.spans(lane)) {
      const since = from?.[0] ?? 0;
      const blocked = from !== undefined && head.first <= since && from[1] >= ask.from;
      if (ask.rows && to === undefined) {
        if (head.newest >= ask.from && head.newest > since) tail(since, lane, head.first);
        if (blocked) blocks.push([from, lane]);
      }
      if (ask.rows && head.left !== undefined) {
        if (head.newest >= ask.from) stageTails.push([since, lane]);
        if (blocked) stageBlocks.push([from, lane]);
      }
      if (ask.losses !== "none" && head.left !== undefined && head.left >= ask.from) leavings.push([0, lane]);
      if (ask.losses !== "none" && to !== undefined && to[1] >= ask.from) closings.push([to, lane]);
    }
  }
  const named = (stage: Stored<StageDoc>, place: number): Candidate => ({ place, id: stage.row });
  const prefixes = (lanes: readonly string[], index: string): string[][] =>
    lanes.map((lane) => (index === "kind" ? [lane, ask.kind ?? ""] : [lane]));
  // An edge may come into being with an object of any kind.
  const byStamp = ask.kind === undefined || isEdge(ask.kind) ? "lane" : "kind";
  const fields = ask.texts === true ? TEXTED : BRIEF;
  const pick = (scan: Scan): Promise<WalkedRow[]> => rows.pick<(typeof TEXTED)[number]>(scan, fields);
  const pieces =
    <T extends { readonly id: string }>(
      scan: (ask: Scan) => Promise<T[]>,
      index: string,
      lanes: readonly string[],
      from: number,
      keyOf: (doc: T) => number,
      candidate: (doc: T) => Candidate,
    ): Read =>
    async (after, limit) => {
      const found = await scan({
        index,
        prefixes: prefixes(lanes, index),
        limit,
        ...(after === undefined ? { from } : { from, after }),
      });
      const last = found.at(-1);
      return {
        candidates: found.map(candidate),
        last: last === undefined ? undefined : { value: keyOf(last), id: last.id },
      };
    };
  const rowsIn = (range: Range, lanes: readonly string[]): Read =>
    pieces(
      pick,
      "mix",
      lanes,
      mixFrom(range, ask.from),
      (row) => row.mix,
      (row) => ({ place: placeIn(range, row.mix), id: row.id, row }),
    );
  const made: Run[] = [];
  for (const [since, group] of tails)
    for (const { lanes, begins } of byBeginning(group, Math.max(since + 1, ask.from)))
      made.push(
        new Run(
          ask.limit,
          pieces(
            pick,
            byStamp,
            lanes,
            Math.max(since + 1, ask.from),
            (row) => row.stamp,
            (row) => ({ place: row.stamp, id: row.id, row }),
          ),
          begins,
        ),
      );
  for (const [since, lanes] of groupLanes(stageTails, String))
    made.push(
      new Run(
        ask.limit,
        pieces(
          (scan) => stages.scan(scan),
          byStamp,
          lanes,
          Math.max(since + 1, ask.from),
          (stage) => stage.stamp,
          (stage) => named(stage, stage.stamp),
        ),
      ),
    );
  const allLosses = ask.losses === "all" ? closings : [];
  for (const [range, lanes] of groupLanes([...blocks, ...allLosses], (range) => range.join()))
    made.push(new Run(ask.limit, rowsIn(range, lanes), range[0]));
  if (ask.losses === "shared") {
    const closed = new Set(closings.map(([, lane]) => lane));
    const keys = crowded.all;
    let found: Promise<readonly SharedRow[]> | undefined;
    const shared = (): Promise<readonly SharedRow[]> => {
      found ??= keys === undefined ? Promise.resolve([]) : sharedRows(unit, keys, closed);
      return found;
    };
    for (const [range, lanes] of groupLanes(closings, (range) => range.join())) {
      const most = keys?.size ?? Number.POSITIVE_INFINITY;
      made.push(
        new Run(
          ask.limit,
          sharedLosses(range, lanes, mixFrom(range, ask.from), rowsIn(range, lanes), most, shared),
          range[0],
        ),
      );
    }
  }
  for (const [range, lanes] of groupLanes(
    [...stageBlocks, ...closings.filter(([, lane]) => heads.get(lane)?.left !== undefined)],
    (range) => range.join(),
  ))
    made.push(
      new Run(
        ask.limit,
        pieces(
          (scan) => stages.scan(scan),
          "mix",
          lanes,
          mixFrom(range, ask.from),
          (stage) => stage.mix,
          (stage) => named(stage, placeIn(range, stage.mix)),
        ),
        range[0],
      ),
    );
  for (const [, lanes] of groupLanes(leavings, String))
    made.push(
      new Run(
        ask.limit,
        pieces(
          (scan) => stages.scan(scan),
          "left",
          lanes,
          ask.from,
          (stage) => stage.left,
          (stage) => named(stage, stage.left),
        ),
      ),
    );
  return made;
}

/**
 * What was lost in a range, as far as something of what is left changes with it: all of it, until that were more rows than there are keys of several rows; from there on those
 * that are found by such keys. So a page after a million rows were lost costs no more than what stands beside them.
 */
function sharedLosses(
  range: Range,
  lanes: readonly string[],
  from: number,
  all: Read,
  most: number,
  shared: () => Promise<readonly SharedRow[]>,
): Read {
  const own = new Set(lanes);
  let walked = 0;
  let rest: readonly SharedRow[] | undefined;
  return async (after, limit) => {
    if (walked < most) {
      const piece = await all(after, limit);
      walked += piece.candidates.length;
      return piece;
    }
    rest ??= (await shared())
      .filter(({ lane, mix }) => own.has(lane) && mix >= from)
      .sort((a, b) => a.mix - b.mix || (a.id < b.id ? -1 : 1));
    const some = rest
      .filter(({ mix, id }) => after === undefined || mix > after.value || (mix === after.value && id > after.id))
      .slice(0, limit);
    const last = some.at(-1);
    return {
      candidates: some.map(({ id, mix }) => ({ id, place: placeIn(range, mix) })),
      last: last === undefined ? undefined : { value: last.mix, id: last.id },
    };
  };
}

/** Edges that come into being with one of these rows, since an end of theirs stands there. */
async function lateEdges(
  unit: Unit,
  sight: OrderedSight,
  crowded: CrowdedKeys,
  rows: readonly WalkedRow[],
): Promise<WalkedRow[]> {
  if (crowded.isEmpty) return [];
  const ends: string[] = [];
  for (const row of rows) {
    if (crowded.mayHaveLateEdges(row.stixId)) ends.push(row.stixId);
    if (row.fold === "alone") continue;
    const id = thingId(row);
    if (crowded.mayHaveLateEdges(id)) ends.push(id);
  }
  if (ends.length === 0) return [];
  const edges = await unit.collection(Rows).find({ index: "ends", values: [...new Set(ends)].map(lateEnd) });
  if (edges.length === 0) return [];
  return sight.present(edges.flatMap((row) => sight.placed(row) ?? []));
}

/** The place before which every run is known; undefined where all of them are at their ends. */
const leastOpen = (runs: readonly Run[]): number | undefined =>
  runs.reduce<number | undefined>(
    (least, { open }) => (open === undefined ? least : least === undefined ? open : Math.min(least, open)),
    undefined,
  );

/** A reader's order from a place on, in stretches of about `limit`. */
export async function* walkOrder(
  unit: Unit,
  sight: OrderedSight,
  known: KnownLanes,
  ask: WalkAsk,
): AsyncGenerator<Stretch> {
  const { state } = sight;
  const runs = runsOf(unit, state, known, ask);
  const losses = ask.losses !== "none";
  let from = ask.from;
  for (;;) {
    const least = leastOpen(runs);
    for (const run of runs) if (run.open === least) await run.readOn();
    const to = leastOpen(runs);
    const taken = runs.length === 1 && runs[0] !== undefined ? runs[0].take(to) : runs.flatMap((run) => run.take(to));
    const unread = taken.flatMap(({ id, row }) => (row === undefined ? [id] : []));
    const named = new Map<string, WalkedRow>();
    if (unread.length > 0)
      for (const row of await unit.collection(Rows).getMany([...new Set(unread)])) named.set(row.id, row);
    const rows: WalkedRow[] = [];
    const lost: Array<Loss & { row: WalkedRow }> = [];
    // Two runs may name one row at one place.
    const told = new Set<string>();
    const tell = (one: Loss & { row: WalkedRow }): void => {
      const name = `${one.row.id}|${one.at}`;
      if (!told.has(name)) lost.push(one);
      told.add(name);
    };
    for (const { id, place, row = named.get(id) } of taken) {
      if (row === undefined || place < from) continue;
      if (ask.kind !== undefined && !isEdge(ask.kind) && row.kind !== ask.kind) continue;
      const placed = sight.placed(row);
      if (placed !== undefined) {
        // It may have been lost once and be there again: what it kept from sight came forth there.
        const moved = placed.stamp !== place || row.stages !== undefined || state.isStoried(row.lane);
        const was = losses && moved ? state.history(row).find(({ end }) => end === place) : undefined;
        if (was !== undefined) tell({ at: place, before: was.begin, row });
        if (!ask.rows || placed.stamp !== place) continue;
        if (runs.length > 1) {
          if (told.has(id)) continue;
          told.add(id);
        }
        rows.push(placed);
        continue;
      }
      // What it was lost with once before may have come forth, or gone, there.
      const loss = losses ? state.lossAt(row, place) : undefined;
      if (loss !== undefined) tell({ ...loss, row });
    }
    const edges = rows.filter((row) => isEdge(row.kind));
    const own = new Map(edges.map((row) => [row.id, row.stamp]));
    const standing = edges.length === 0 ? rows : await sight.present(rows);
    const wanted = ({ kind }: WalkedRow): boolean => ask.kind === undefined || kind === ask.kind;
    const here =
      edges.length === 0 && ask.kind === undefined
        ? rows
        : standing.filter(
            (row) => (ask.lanes !== undefined || !own.has(row.id) || own.get(row.id) === row.stamp) && wanted(row),
          );
    const inStretch = ({ stamp }: WalkedRow): boolean => stamp >= from && (to === undefined || stamp < to);
    const nodes = ask.lanes !== undefined ? [] : edges.length === 0 ? rows : rows.filter((row) => !isEdge(row.kind));
    const late =
      ask.rows && (ask.kind === undefined || isEdge(ask.kind))
        ? await lateEdges(unit, sight, known.crowded, nodes)
        : [];
    if (late.length > 0) {
      const there = new Set(here.map(({ id }) => id));
      for (const row of late) if (inStretch(row) && !there.has(row.id) && wanted(row)) here.push(row);
    }
    if (here.length > 0 || lost.length > 0)
      yield { from, to, rows: inOrder(here), lost: lost.filter(({ row }) => wanted(row)) };
    if (to === undefined) return;
    from = Math.max(from, to);
  }
}
