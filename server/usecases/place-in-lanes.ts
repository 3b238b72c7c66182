import { Crowded, Lanes, LateEnds, Meta, Rows } from "../storage/collections.ts";
import type { LaneDoc, RowDoc } from "../storage/documents.ts";
import type { Unit } from "../storage/port.ts";
import { neededEnds } from "./needed-ends.ts";
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

/** The first microsecond that is free at `now` (ms); one is left out before it, for a marking that comes just before its first object. */
export const freePlace = async (unit: Unit, now: number): Promise<number> =>
  Math.max(now * 1000, (await newestPlace(unit)) + 2);

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

/** What a row may be one of several under: the id its sender gave it, and the thing it folds into. */
const keysOf = ({ stixId, thing, fold }: Pick<RowDoc, "stixId" | "thing" | "fold">): string[] =>
  fold === "alone" ? [stixId] : [stixId, thing];

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

/** Of the keys of rows that are about to be inserted those under which others stand already, or several of these. */
async function crowdedBy(unit: Unit, placed: readonly RowDoc[]): Promise<Set<string>> {
  const counts = new Map<string, number>();
  for (const key of placed.flatMap(keysOf)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const rows = unit.collection(Rows);
  const ids = [...new Set(placed.map(({ stixId }) => stixId))];
  const things = [...new Set(placed.flatMap(({ fold, thing }) => (fold === "alone" ? [] : [thing])))];
  const heldIds = await rows.tally({ index: "stix", prefixes: ids.map((id) => [id]), most: 1 });
  const heldThings = await rows.tally({ index: "thing", prefixes: things.map((thing) => [thing]), most: 1 });
  return new Set([
    ...[...counts].flatMap(([key, count]) => (count > 1 ? [key] : [])),
    ...ids.filter((_, i) => heldIds[i] !== 0),
    ...things.filter((_, i) => heldThings[i] !== 0),
  ]);
}

/** Notes the ends that do not stand before an edge in its own lane: whoever sees the edge may come to see them later. */
async function noteLateEnds(unit: Unit, placed: readonly RowDoc[]): Promise<readonly string[]> {
  const beside = new Set(
    placed.filter(({ ends }) => ends === undefined).map(({ stixId, lane }) => `${lane}|${stixId}`),
  );
  const asked = placed.flatMap((row) =>
    row.ends === undefined
      ? []
      : neededEnds(row)
          .filter((end) => !beside.has(`${row.lane}|${end}`))
          .map((end) => ({ end, row })),
  );
  if (asked.length === 0) return [];
  const there = await unit
    .collection(Rows)
    .tally({ index: "stix", prefixes: asked.map(({ end, row }) => [end, row.lane]), most: 1 });
  const late = asked.filter((_, i) => there[i] === 0);
  await unit.collection(LateEnds).insertNew(late.map(({ end, row }) => ({ id: `${row.id}|${end}`, end, row: row.id })));
  return late.map(({ end }) => end);
}

/**
 * Stamps rows in microseconds, strictly increasing in each lane, not before `now` (ms) and behind all that was placed before (order, stamps). Stamps
 * are unique within a lane only: a store-wide counter would show hidden work. Call it inside the transaction that inserts them.
 */
export async function placeInLanes(unit: Unit, plans: readonly RowPlan[], now: number): Promise<RowDoc[]> {
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
  const crowded = await crowdedBy(unit, placed);
  for (const end of await noteLateEnds(unit, placed)) crowded.add(end);
  await noteCrowded(unit, crowded);
  await noteLanes(
    unit,
    placed.map(({ lane, stamp }) => ({ lane, place: stamp })),
  );
  await takePlaces(unit, newest);
  return placed;
}
