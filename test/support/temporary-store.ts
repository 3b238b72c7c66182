import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../server/config.ts";
import { openStore } from "../../server/open-store.ts";
import type { Storage } from "../../server/storage/port.ts";
import { fastFolder } from "./fast-folder.ts";
import { ownDatabase } from "./mongo-database.ts";
import { STORE } from "./which-store.ts";

/** A new empty folder, and how to be rid of it. */
export function temporaryFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "tricord-test-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Where a store of a test is: the data folder of its process, and with `STORE=mongo` a database. */
export interface OwnStore {
  readonly folder: string;
  /** As the environment would give them. */
  readonly settings: Readonly<Record<"DATA_DIR" | "MONGODB_URI", string>> | Readonly<Record<"DATA_DIR", string>>;
  /** Leaves nothing behind. */
  remove(): Promise<void>;
}

/** A place for a store that nobody else has. `engine`: for what is about one engine's own ways. */
export async function ownStore(engine: typeof STORE = STORE): Promise<OwnStore> {
  const folder = mkdtempSync(join(fastFolder(), "tricord-test-"));
  const database = engine === "mongo" ? await ownDatabase() : undefined;
  return {
    folder,
    settings: { DATA_DIR: folder, ...(database === undefined ? {} : { MONGODB_URI: database.uri }) },
    async remove() {
      rmSync(folder, { recursive: true, force: true });
      await database?.drop();
    },
  };
}

/** A store of its own for a test: nothing of it is left when it is closed. */
export async function openTemporary(): Promise<Storage> {
  const { settings, remove } = await ownStore();
  const storage = await openStore(readConfig(settings));
  return {
    ...storage,
    async close() {
      await storage.close();
      await remove();
    },
  };
}
