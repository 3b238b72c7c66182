import { Tallies } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";

/** What a tally stands at; 0 where nothing was counted yet. */
export const readTally = async (unit: Unit, id: string): Promise<number> =>
  (await unit.collection(Tallies).get(id))?.n ?? 0;

/** Counts up in the caller's transaction, by compare and set, and gives what it stands at then. */
export async function addToTally(unit: Unit, id: string, by = 1): Promise<number> {
  const tallies = unit.collection(Tallies);
  const held = await tallies.get(id);
  if (held === undefined) await tallies.insert([{ id, n: by }]);
  else await tallies.put({ ...held, n: held.n + by });
  return (held?.n ?? 0) + by;
}

/** The UTC day of an instant (ms), for what is counted by the day. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
