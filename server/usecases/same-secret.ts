import { Fault } from "../shared/fault.ts";
import { Meta } from "../storage/collections.ts";
import type { Storage, Unit } from "../storage/port.ts";

/** Which secret the store's ids and indexes are made with: told by a value that is derived from it for this alone. */
const SECRET = "secret";
const nameOf = ({ which }: { readonly which: Uint8Array }): string => Buffer.from(which).toString("hex");

/**
 * Processes of one store have one secret, or ids, indexes, tokens and cursors of one are not those of another. The first process says which it is; one that has
 * another is refused: `Fault("bad_request")`, `keys.differ`.
 */
export async function refuseOtherSecret(storage: Storage, keys: { readonly which: Uint8Array }): Promise<void> {
  const mine = nameOf(keys);
  let held = await storage.collection(Meta).get(SECRET);
  if (held === undefined)
    held = await storage.transaction(async (unit) => {
      await unit.collection(Meta).insertNew([{ id: SECRET, value: mine }]);
      return unit.collection(Meta).get(SECRET);
    });
  if (held?.value !== mine)
    throw new Fault(
      "bad_request",
      "SECRET_KEY_FILE: this store was made with another secret; give every process of a store the same one (is the old one lost, see `tricord secret adopt`)",
      { code: "keys.differ" },
    );
}

/** From now on the store is this secret's. Ids and keyed indexes of what is stored stay those of the old one. */
export async function adoptSecret(unit: Unit, keys: { readonly which: Uint8Array }): Promise<void> {
  const held = await unit.collection(Meta).get(SECRET);
  if (held === undefined) await unit.collection(Meta).insert([{ id: SECRET, value: nameOf(keys) }]);
  else await unit.collection(Meta).put({ ...held, value: nameOf(keys) });
}
