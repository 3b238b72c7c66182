import { Fault } from "../shared/fault.ts";
import { Meta } from "./collections.ts";
import type { Unit } from "./port.ts";

/** In `meta` from the first document of a restore until the last is there and compared. */
export const RESTORING = "restoring";

/** Whether a restore into this store was begun and has not ended. */
export const isHalfRestored = async (unit: Unit): Promise<boolean> =>
  (await unit.collection(Meta).get(RESTORING)) !== undefined;

/** A store that holds a part of a backup serves nobody: `Fault("unavailable")`, `store.half_restored`. */
export async function refuseHalfRestored(unit: Unit): Promise<void> {
  const held = await unit.collection(Meta).get(RESTORING);
  if (held === undefined) return;
  throw new Fault(
    "unavailable",
    `The store is half restored: the restore begun at ${held.value} goes on still, or did not end. Restore again: it begins anew.`,
    { code: "store.half_restored" },
  );
}
