import type { Label } from "../../schemas/policy/label.ts";
import { Labels, Meta } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";

/** Keeps labels that are new under their ids and counts them, so that every process catches up with its next request. In the caller's transaction. */
export async function internLabels(unit: Unit, labels: ReadonlyMap<string, Label>): Promise<void> {
  const store = unit.collection(Labels);
  const known = new Set((await store.getMany([...labels.keys()])).map((doc) => doc.id));
  const fresh = [...labels].filter(([id]) => !known.has(id));
  if (fresh.length === 0) return;
  const meta = unit.collection(Meta);
  const held = await meta.get("labels");
  const from = Number(held?.value ?? 0);
  await store.insert(fresh.map(([id, label], i) => ({ id, n: from + i, label })));
  const value = from + fresh.length;
  if (held === undefined) await meta.insert([{ id: "labels", value }]);
  else await meta.put({ ...held, value });
}
