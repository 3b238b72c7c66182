import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "../../shared/fault.ts";
import { makeFolder } from "../../shared/make-folder.ts";
import { COLLECTIONS } from "../collections.ts";
import type { Declared } from "../declared.ts";
import { latestFormat, MIGRATIONS, type Migration, migrate, refuseNewerFormat, storeFormat } from "../migrations.ts";
import type { Storage } from "../port.ts";
import { Seal } from "../seal/seal.ts";
import type { ObserveStore } from "../store-events.ts";
import { Connection } from "./connection.ts";
import { makeTables } from "./make-tables.ts";
import { type File, sqliteStorage } from "./sqlite-storage.ts";
import { retryBusy } from "./writer.ts";

export interface SqliteOptions {
  /** Made if it isn't there. Holds `content.sqlite` and `log.sqlite` with their write-ahead logs. */
  readonly folder: string;
  /** Open what is there and write nothing. Default: false. */
  readonly readOnly?: boolean;
  /** Milliseconds to wait for another process's write lock. Default: 10,000. */
  readonly busyDeadline?: number;
  /** The largest size in bytes that a file of the store may reach; a write beyond it is `store.full`. Default: no limit but the disk. */
  readonly maxBytes?: number;
  /** Encryption at rest. Default: nothing is sealed, and a store with data keys is refused. */
  readonly seal?: Seal;
  /** Default: all of `collections.ts`. */
  readonly collections?: readonly Declared[];
  /** Default: `migrations.ts`. */
  readonly migrations?: readonly Migration[];
  /** Hears of transactions, turns and tries. */
  readonly observe?: ObserveStore;
}

const CACHE_KIB = { reader: 32_768, writer: 65_536, snapshot: 32_768 };

const folderFault = (message: string, cause?: unknown): Fault =>
  new Fault("unavailable", message, { code: "store.folder", cause });

/** Files are for the owner alone, whatever the umask is; SQLite gives its own files beside them the same mode. */
function makeFile(folder: string, file: string): void {
  try {
    makeFolder(folder);
    closeSync(openSync(file, "a", 0o600));
  } catch (error) {
    throw folderFault(`The data folder ${folder} can't be written.`, error);
  }
}

async function openFile(
  file: string,
  {
    readOnly,
    busyDeadline,
    maxBytes,
    syncsLater = false,
  }: Required<Pick<SqliteOptions, "readOnly" | "busyDeadline">> &
    Pick<SqliteOptions, "maxBytes"> & { readonly syncsLater?: boolean },
): Promise<File> {
  const limit = { syncsLater, ...(maxBytes === undefined ? {} : { maxBytes }) };
  const open = (cache: number, only: boolean): Promise<Connection> =>
    retryBusy(() => new Connection(file, { readOnly: only, cache, ...limit }), busyDeadline);
  const writer = readOnly ? undefined : await open(CACHE_KIB.writer, false);
  try {
    return { writer, reader: await open(CACHE_KIB.reader, true), more: () => open(CACHE_KIB.snapshot, true) };
  } catch (error) {
    writer?.close();
    throw error;
  }
}

/**
 * Opens the embedded store. Faults, each in one clear line: `store.folder` (can't be made, read or written), `store.format` (made by a newer version,
 * or by an older one and opened read only), `seal.key_missing`, `seal.key_wrong`, `store.corrupt`, `store.io`, `store.full`, `store.busy`.
 */
export async function openSqlite(options: SqliteOptions): Promise<Storage> {
  const { folder, readOnly = false, busyDeadline = 10_000, seal = new Seal(), migrations = MIGRATIONS } = options;
  const collections: readonly Declared[] = options.collections ?? COLLECTIONS;
  const paths = { content: join(folder, "content.sqlite"), log: join(folder, "log.sqlite") };
  for (const path of Object.values(paths)) {
    if (!readOnly) makeFile(folder, path);
    else if (!existsSync(path)) throw folderFault(`There is no store in the folder ${folder}.`);
  }
  const how = { ...options, readOnly, busyDeadline };
  const content = await openFile(paths.content, how);
  // Every page waits for its record in the log: nobody else should.
  const log = await openFile(paths.log, { ...how, syncsLater: true }).catch((error: unknown) => {
    content.reader.close();
    content.writer?.close();
    throw error;
  });
  const files = { content, log };
  const storage = sqliteStorage({
    ...{ files, collections, busyDeadline, seal },
    ...(options.observe === undefined ? {} : { observe: options.observe }),
  });
  try {
    await checkFormat(content.reader, storage, migrations, readOnly);
    // Data keys are in the log, and what is sealed may have to be moved.
    for (const placement of ["log", "content"] as const) {
      const { writer } = files[placement];
      const own = collections.filter((spec) => (spec.placement ?? "content") === placement);
      if (writer !== undefined) await retryBusy(() => makeTables(writer, own, seal), busyDeadline);
      if (placement === "log") await seal.attach(storage.sealKeys);
    }
    if (!readOnly) await migrate(storage, migrations);
  } catch (error) {
    await storage.close();
    throw error;
  }
  return storage;
}

/** Before anything is changed: a store that this version doesn't know is left alone. */
async function checkFormat(
  reader: Connection,
  storage: Storage,
  migrations: readonly Migration[],
  readOnly: boolean,
): Promise<void> {
  const made = await retryBusy(
    () => reader.statement("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'").get() !== undefined,
    0,
  );
  const held = made ? await storeFormat(storage) : 0;
  refuseNewerFormat(held, migrations);
  if (readOnly && held < latestFormat(migrations)) {
    throw new Fault(
      "unavailable",
      `The store has format ${held}; open it for writing once, so that it is brought to ${latestFormat(migrations)}.`,
      {
        code: "store.format",
      },
    );
  }
}
