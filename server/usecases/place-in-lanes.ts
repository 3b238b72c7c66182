import { Crowded, Lanes, Meta, Rows } from "../storage/collections.ts";
import type { LaneDoc, RowDoc } from "../storage/documents.ts";
import type { Unit } from "../storage/port.ts";
import { neededEnds, withLateEnds } from "./needed-ends.ts";
import type { RowPlan } from "./plan-rows.ts";

/**
 * The newest microsecond that anything was placed at, in the store: whoever takes stamps begins behind it, under the write lock, so that what a
 * snapshot does not see yet is later than everything in it.
 */
const CLOCK = "clock";
const CROWDED = "crowded";

/** How many keys are more than one row's. */
export const crowdedCount = async (unit: Unit): Promise<number> =>
  Number((await unit.collection(Meta).get(CROWDED))?.value ?? 0);

/** Reads the newest place; 0 in an empty store. */
export const newestPlace = async (unit: Unit): Promise<number> =>
  Number((await unit.collection(Meta).get(CLOCK))?.value ?? 0);

/** Says that places up to this microsecond are taken. In the transaction that takes them. */
export async function takePlaces(unit: Unit, newest: number): Promise<void> {
  const meta = unit.collection(Meta);
  const held = await meta.get(CLOCK);
  if (held === undefined) await meta.insert([{ id: CLOCK, value: newest }]);
  else if (Number(held.value) < newest) await meta.put({ ...held, value: newest });
}

/**
 * The first microsecond that may be taken at `now` (ms): never before the minute that readers were judged at last, whatever this machine's clock says. So a page that
 * was read, and its record, are never much later than the place of what came after it.
 */
export const freeFrom = async (unit: Unit, now: number): Promise<number> =>
  Math.max(now, Number((await unit.collection(Meta).get("judged"))?.value ?? 0)) * 1000;

/** The first microsecond that is free at `now` (ms); one is left out before it, for a marking that comes just before its first object. */
export const freePlace = async (unit: Unit, now: number): Promise<number> =>
  Math.max(await freeFrom(unit, now), (await newestPlace(unit)) + 2);

export interface LanePlace {
  readonly lane: string;
  readonly place: number;
  /** Whether a row left there, and did not come. */
  readonly left?: true;
}

/** Keeps what is known of lanes without looking into them, after rows took or left places there. */
export async function noteLanes(unit: Unit, places: Iterable<LanePlace>): Promise<void> {
  const touched = new Map<string, LaneDoc>();
  for (const { lane, place, left } of places) {
    const held = touched.get(lane);
    touched.set(lane, {
      id: lane,
      first: Math.min(held?.first ?? place, place),
      newest: Math.max(held?.newest ?? place, place),
      ...(left === undefined
        ? held?.left === undefined
          ? {}
          : { left: held.left }
        : { left: Math.max(held?.left ?? place, place) }),
    });
  }
  const lanes = unit.collection(Lanes);
  const known = new Map((await lanes.getMany([...touched.keys()])).map((doc) => [doc.id, doc]));
  for (const [id, { newest, left }] of touched) {
    const held = known.get(id);
    if (held === undefined) continue;
    if (held.newest < newest || (held.left ?? 0) < (left ?? 0))
      await lanes.put({ ...held, newest: Math.max(held.newest, newest), ...(left === undefined ? {} : { left }) });
  }
  await lanes.insert([...touched.values()].filter(({ id }) => !known.has(id)));
}

/** Keeps keys that are more than one row's, and counts them, so that every process catches up with its next request. */
export async function noteCrowded(unit: Unit, keys: ReadonlySet<string>): Promise<void> {
  if (keys.size === 0) return;
  const store = unit.collection(Crowded);
  const known = new Set((await store.getMany([...keys])).map(({ id }) => id));
  const fresh = [...keys].filter((key) => !known.has(key));
  if (fresh.length === 0) return;
  const meta = unit.collection(Meta);
  const held = await meta.get(CROWDED);
  const from = Number(held?.value ?? 0);
  await store.insert(fresh.map((id, i) => ({ id, n: from + i })));
  const value = from + fresh.length;
  if (held === undefined) await meta.insert([{ id: CROWDED, value }]);
  else await meta.put({ ...held, value });
}

/** Of these values of an index of rows those under which rows stand. */
async function held(unit: Unit, index: "stix" | "thing", values: readonly string[]): Promise<ReadonlySet<string>> {
  const counts = await unit.collection(Rows).tally({ index, prefixes: values.map((value) => [value]), most: 1 });
  return new Set(values.filter((_, i) => counts[i] !== 0));
}

/**
 * Of the keys of rows that are about to be inserted those under which others stand already, or several of these. `heldIds`: those of their ids under
 * which others stand, where that is known.
 */
async function crowdedBy(
  unit: Unit,
  placed: readonly RowDoc[],
  heldIds: ReadonlySet<string> | undefined,
): Promise<Set<string>> {
  const crowded = new Set<string>();
  const ids = new Set<string>();
  const things = new Set<string>();
  for (const { stixId, thing, fold } of placed) {
    if (ids.has(stixId)) crowded.add(stixId);
    else ids.add(stixId);
    if (fold === "alone") continue;
    if (things.has(thing)) crowded.add(thing);
    else things.add(thing);
  }
  for (const id of heldIds ?? (await held(unit, "stix", [...ids]))) if (ids.has(id)) crowded.add(id);
  for (const thing of await held(unit, "thing", [...things])) crowded.add(thing);
  return crowded;
}

/** Marks the ends that do not stand before an edge in its own lane: whoever sees the edge may come to see them later. Gives what edges may appear at. */
async function markLateEnds(unit: Unit, placed: RowDoc[]): Promise<ReadonlySet<string>> {
  const edges = placed.flatMap((row, i) => (row.ends === undefined ? [] : [{ row, i, ends: neededEnds(row) }]));
  const late = new Set<string>();
  if (edges.length === 0) return late;
  const nameOf = (lane: string, end: string): string => `${lane}|${end}`;
  const beside = new Set<string>();
  for (const { ends, lane, stixId } of placed) if (ends === undefined) beside.add(nameOf(lane, stixId));
  const asked = new Map<string, readonly [end: string, lane: string]>();
  for (const { row, ends } of edges)
    for (const end of ends) {
      const name = nameOf(row.lane, end);
      if (!beside.has(name)) asked.set(name, [end, row.lane]);
    }
  if (asked.size === 0) return late;
  const there = await unit.collection(Rows).tally({ index: "stix", prefixes: [...asked.values()], most: 1 });
  const missing = new Set([...asked.keys()].filter((_, i) => there[i] === 0));
  for (const { row, i, ends } of edges) {
    const here = new Set(ends.filter((end) => missing.has(nameOf(row.lane, end))));
    for (const end of here) late.add(end);
    const marked = withLateEnds(row, here);
    if (marked !== undefined) placed[i] = { ...row, ends: marked };
  }
  return late;
}

/**
 * Stamps rows in microseconds, strictly increasing in each lane, not before `now` (ms) and behind all that was placed before (order, stamps). Stamps
 * are unique within a lane only: a store-wide counter would show hidden work. Call it inside the transaction that inserts them. `heldIds`: the STIX ids of
 * theirs under which rows stand already, where the caller has looked.
 */
export async function placeInLanes(
  unit: Unit,
  plans: readonly RowPlan[],
  now: number,
  heldIds?: ReadonlySet<string>,
): Promise<RowDoc[]> {
  if (plans.length === 0) return [];
  const base = await freePlace(unit, now);
  const next = new Map<string, number>();
  const placed: RowDoc[] = [];
  // Edges last: a reader who lacks an end must not find a gap in the stamps of what else came with it.
  const isEdge = ({ ends }: RowPlan): boolean => ends !== undefined;
  let newest = base;
  for (const plan of [...plans.filter((one) => !isEdge(one)), ...plans.filter(isEdge)]) {
    const stamp = next.get(plan.lane) ?? base;
    next.set(plan.lane, stamp + 1);
    newest = Math.max(newest, stamp);
    placed.push({ ...plan, stamp });
  }
  const crowded = await crowdedBy(unit, placed, heldIds);
  for (const end of await markLateEnds(unit, placed)) crowded.add(end);
  await noteCrowded(unit, crowded);
  await noteLanes(
    unit,
    placed.map(({ lane, stamp }) => ({ lane, place: stamp })),
  );
  await takePlaces(unit, newest);
  return placed;
}
