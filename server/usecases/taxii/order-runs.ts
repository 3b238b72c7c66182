import { Rows, Stages } from "../../storage/collections.ts";
import type { LaneDoc, StageDoc } from "../../storage/documents.ts";
import type { Scan, Stored, Unit } from "../../storage/port.ts";
import { isEdge } from "../needed-ends.ts";
import type { CrowdedKeys } from "./crowded-keys.ts";
import { byBeginning, type LaneHeads } from "./lane-heads.ts";
import { mixFrom, placeIn, type Range, type ReaderState } from "./reader-state.ts";
import { type Candidate, type Read, Run } from "./run.ts";
import { type SharedRow, sharedRows } from "./shared-rows.ts";
import { BRIEF, TEXTED, type WalkedRow } from "./walked-row.ts";

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
export function runsOf(unit: Unit, state: ReaderState, { heads, crowded }: KnownLanes, ask: WalkAsk): Run[] {
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
