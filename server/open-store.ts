import type { Config } from "./config.ts";
import type { Migration } from "./storage/migrations.ts";
import { openMongo } from "./storage/mongo/open-mongo.ts";
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
}

/** Opens the store that the settings name: MongoDB where `MONGODB_URI` says so, else the embedded one in `DATA_DIR`. The one place that picks. */
export const openStore = (
  { MONGODB_URI: uri, DATA_DIR: folder }: Pick<Config, "DATA_DIR" | "MONGODB_URI">,
  options: StoreOptions = {},
): Promise<Storage> => (uri === undefined ? openSqlite({ ...options, folder }) : openMongo({ ...options, uri }));
