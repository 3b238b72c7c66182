import { type Moment, uuid4 } from "../../shared/moment.ts";
import { Meta } from "../../storage/collections.ts";
import type { Storage, Unit } from "../../storage/port.ts";
import type { CollectionName } from "./collection-page.ts";

export type IdsByName = Readonly<Record<CollectionName, string>>;

export const COLLECTION_NAMES = ["originals", "consolidated", "recalls"] as const satisfies readonly CollectionName[];
const metaId = (name: CollectionName): string => `collection:${name}`;

async function heldIds(unit: Unit): Promise<Map<string, string>> {
  const held = await unit.collection(Meta).getMany(COLLECTION_NAMES.map(metaId));
  return new Map(held.map(({ id, value }) => [id, String(value)]));
}

/** The ids of the TAXII collections: random, made once a store, whichever process comes first (design 7). */
export class CollectionIds {
  readonly #storage: Storage;
  #known: IdsByName | undefined;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async read(moment: Moment): Promise<IdsByName> {
    if (this.#known !== undefined) return this.#known;
    let held = await heldIds(this.#storage);
    if (held.size < COLLECTION_NAMES.length) {
      const fresh = COLLECTION_NAMES.map((name) => ({ id: metaId(name), value: uuid4(moment) }));
      held = await this.#storage.transaction(async (unit) => {
        await unit.collection(Meta).insertNew(fresh);
        return heldIds(unit);
      });
    }
    const idOf = (name: CollectionName): string => held.get(metaId(name)) ?? "";
    this.#known = {
      originals: idOf("originals"),
      consolidated: idOf("consolidated"),
      recalls: idOf("recalls"),
    };
    return this.#known;
  }
}
