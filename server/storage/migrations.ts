import { Fault } from "../shared/fault.ts";
import { Meta } from "./collections.ts";
import type { Storage, Unit } from "./port.ts";

/**
 * Forward migrations of the documents, in order; each runs once, in one transaction with the record of the format it leads to
 * (`meta`, id `format`). Tables, columns and indexes are not their business: an adapter makes them from `collections.ts` when it opens.
 * A step that touches more documents than a transaction holds must be written so that it can be taken up again.
 */
export interface Migration {
  readonly to: number;
  up(unit: Unit): Promise<void>;
}

export const MIGRATIONS: readonly Migration[] = [
  // Format 1 is the first one: a new store starts there and holds nothing to change.
  { to: 1, up: async () => {} },
];

/** The format that a list of migrations leads to. */
export const latestFormat = (migrations: readonly Migration[]): number => migrations.at(-1)?.to ?? 0;

const formatOf = (value: string | number | undefined): number => (typeof value === "number" ? value : 0);

/** The format that a store records; 0 where nothing is recorded yet. */
export async function storeFormat(unit: Unit): Promise<number> {
  return formatOf((await unit.collection(Meta).get("format"))?.value);
}

/** A store made by a newer version is not touched: `Fault("unavailable")`, `store.format`. */
export function refuseNewerFormat(held: number, migrations: readonly Migration[]): void {
  const known = latestFormat(migrations);
  if (held > known) {
    throw new Fault(
      "unavailable",
      `The store has format ${held}; this version knows formats up to ${known}. Start it with the newer version that wrote it.`,
      { code: "store.format" },
    );
  }
}

/** Runs what is missing, in order; several processes may start at once, and each step still runs once. */
export async function migrate(storage: Storage, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  refuseNewerFormat(await storeFormat(storage), migrations);
  for (const migration of migrations) {
    await storage.transaction(async (unit) => {
      const meta = unit.collection(Meta);
      const held = await meta.get("format");
      if (formatOf(held?.value) >= migration.to) return;
      await migration.up(unit);
      if (held === undefined) await meta.insert([{ id: "format", value: migration.to }]);
      else await meta.put({ ...held, value: migration.to });
    });
  }
}
