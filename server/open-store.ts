import type { Config } from "./config.ts";
import { refuseHalfRestored } from "./storage/half-restored.ts";
import type { Migration } from "./storage/migrations.ts";
import type { MongoOptions } from "./storage/mongo/open-mongo.ts";
import type { Storage } from "./storage/port.ts";
import type { Seal } from "./storage/seal/seal.ts";
import { openSqlite } from "./storage/sqlite/open-sqlite.ts";
import type { ObserveStore } from "./storage/store-events.ts";

export interface StoreOptions {
  /** Open what is there and write nothing. Default: false. */
  readonly readOnly?: boolean;
  /** Milliseconds to wait for another process's turn to write. Default: 10,000. */
  readonly busyDeadline?: number;
  /** Encryption at rest. Default: nothing is sealed, and a store with data keys is refused. */
  readonly seal?: Seal;
  /** Default: `migrations.ts`, without the key of its indexes. */
  readonly migrations?: readonly Migration[];
  /** Hears of transactions, turns and tries. */
  readonly observe?: ObserveStore;
  /** It is opened to be restored: it may hold a part of a backup. Default: false. */
  readonly restoring?: boolean;
}

/** The driver is loaded only where it is used: it takes 30 MB in every thread, and a fifth of a second. */
async function openRemote(options: MongoOptions): Promise<Storage> {
  const { openMongo } = await import("./storage/mongo/open-mongo.ts");
  return openMongo(options);
}

/**
 * Opens the store that the settings name: MongoDB where `MONGODB_URI` says so, else the embedded one in `DATA_DIR`. The one place that picks. Faults of the
 * adapters, and `store.half_restored`.
 */
export async function openStore(
  { MONGODB_URI: uri, DATA_DIR: folder }: Pick<Config, "DATA_DIR" | "MONGODB_URI">,
  { restoring = false, ...options }: StoreOptions = {},
): Promise<Storage> {
  const storage = await (uri === undefined ? openSqlite({ ...options, folder }) : openRemote({ ...options, uri }));
  if (restoring) return storage;
  try {
    await refuseHalfRestored(storage);
    return storage;
  } catch (error) {
    await storage.close();
    throw error;
  }
}
