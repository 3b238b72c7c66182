import type { Label } from "../../schemas/policy/label.ts";
import { Rows } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import { followGrants } from "./grant-rows.ts";
import type { Secrets } from "./plan-rows.ts";
import { relabelRows } from "./relabel-rows.ts";

/** Gives a contribution another label, and with it the copies that clients of other agencies read by grant. In the caller's transaction. */
export async function relabel(
  unit: Unit,
  contribution: string,
  label: Label,
  secrets: Secrets,
  now: number,
): Promise<void> {
  await relabelRows(unit, contribution, label, secrets, now);
  const row = await unit.collection(Rows).get(contribution);
  if (row !== undefined) await followGrants(unit, row, label, secrets, now);
}
