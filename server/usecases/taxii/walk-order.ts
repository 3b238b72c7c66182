import { Rows } from "../../storage/collections.ts";
import type { Unit } from "../../storage/port.ts";
import { isEdge, lateEnd } from "../needed-ends.ts";
import { inOrder } from "../reader-order.ts";
import type { CrowdedKeys } from "./crowded-keys.ts";
import { thingId } from "./lives.ts";
import { type KnownLanes, runsOf, type WalkAsk } from "./order-runs.ts";
import type { OrderedSight } from "./ordered-sight.ts";
import type { Loss } from "./reader-state.ts";
import { leastOpen } from "./run.ts";
import type { WalkedRow } from "./walked-row.ts";

/** A stretch of a reader's order: everything that stands, or was lost, from `from` up to `to` (exclusive; undefined: the end). */
export interface Stretch {
  readonly from: number;
  readonly to: number | undefined;
  /** What stands there, in order. */
  readonly rows: readonly WalkedRow[];
  /** What was lost there, with where it stood before; in no order. */
  readonly lost: ReadonlyArray<Loss & { readonly row: WalkedRow }>;
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
