import { Rows } from "../storage/collections.ts";
import type { RowDoc } from "../storage/documents.ts";
import type { Unit } from "../storage/port.ts";
import type { RowPlan } from "./plan-rows.ts";

/**
 * Stamps rows in microseconds, strictly increasing in each lane and not before `now` (ms). Stamps are unique within a lane only: a
 * store-wide counter would show hidden work (order, lanes). Call it inside the transaction that inserts them.
 */
export async function placeInLanes(unit: Unit, plans: readonly RowPlan[], now: number): Promise<RowDoc[]> {
  const rows = unit.collection(Rows);
  const next = new Map<string, number>();
  const placed: RowDoc[] = [];
  // Edges last: a reader who lacks an end must not find a gap in the stamps of what else came with it.
  const isEdge = ({ ends }: RowPlan): boolean => ends !== undefined;
  for (const plan of [...plans.filter((one) => !isEdge(one)), ...plans.filter(isEdge)]) {
    let stamp = next.get(plan.lane);
    if (stamp === undefined) {
      const [newest] = await rows.scan({ index: "lane", prefixes: [[plan.lane]], reverse: true, limit: 1 });
      stamp = Math.max(now * 1000, (newest?.stamp ?? 0) + 1);
    }
    next.set(plan.lane, stamp + 1);
    placed.push({ ...plan, stamp });
  }
  return placed;
}
