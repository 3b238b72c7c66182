import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";

/** The baseline: one table, text primary key and body, WAL, one transaction a batch, the same bytes. Gives objects a second. */
export function bareInsert(objects: readonly { readonly id: string; readonly text: string }[], batch: number): number {
  const folder = mkdtempSync(join(tmpdir(), "tricord-bare-"));
  const db = new Database(join(folder, "bare.sqlite"));
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec("CREATE TABLE objects (id TEXT PRIMARY KEY, body TEXT)");
  const insert = db.prepare("INSERT INTO objects (id, body) VALUES (?, ?)");
  const apply = db.transaction((from: number) => {
    for (const { id, text } of objects.slice(from, from + batch)) insert.run(id, text);
  });
  const started = performance.now();
  for (let from = 0; from < objects.length; from += batch) apply(from);
  const seconds = (performance.now() - started) / 1000;
  db.close();
  rmSync(folder, { recursive: true });
  return objects.length / seconds;
}
