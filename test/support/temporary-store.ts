import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Storage } from "../../server/storage/port.ts";
import { openSqlite, type SqliteOptions } from "../../server/storage/sqlite/open-sqlite.ts";

/** A new empty folder, and how to be rid of it. */
export function temporaryFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "tricord-test-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A store of its own for a test, in a folder that is removed when the store is closed. */
export async function openTemporary(options: Omit<SqliteOptions, "folder"> = {}): Promise<Storage> {
  const { folder, remove } = temporaryFolder();
  const storage = await openSqlite({ ...options, folder });
  return {
    ...storage,
    async close() {
      await storage.close();
      remove();
    },
  };
}
