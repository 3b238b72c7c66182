import { Meta } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";

/**
 * The policy revision counts changes of accounts, agencies, agreements and standing orders. Everything that is cached of them is keyed by it, and
 * it is read with each request, so that a change is in force on the next one in every process (design 2.7 and 6).
 */
export async function readRevision(unit: Unit): Promise<number> {
  return Number((await unit.collection(Meta).get("policy"))?.value ?? 0);
}

/** What transactions have counted already. */
const counted = new WeakMap<Unit, number>();

/** Counts a change, once a transaction; call it in the transaction that makes the change. Gives the new revision. */
export async function bumpRevision(unit: Unit): Promise<number> {
  const meta = unit.collection(Meta);
  const held = await meta.get("policy");
  if (held !== undefined && counted.get(unit) === held.value) return held.value;
  const value = Number(held?.value ?? 0) + 1;
  if (held === undefined) await meta.insert([{ id: "policy", value }]);
  else await meta.put({ ...held, value });
  counted.set(unit, value);
  return value;
}
