import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";

interface Text {
  readonly id: string;
  readonly text: string;
}

/** The baseline: one table, text primary key and body, WAL, one transaction a batch, the same bytes. In a folder of its own, gone with `close`. */
export class BareTable {
  readonly #folder = mkdtempSync(join(tmpdir(), "tricord-bare-"));
  readonly #db = new Database(join(this.#folder, "bare.sqlite"));
  readonly #insert: (batch: readonly Text[]) => void;
  readonly #page: Database.Statement<[number, number], unknown>;
  readonly #one: Database.Statement<[string], unknown>;

  constructor() {
    this.#db.pragma("journal_mode = WAL");
    this.#db.pragma("synchronous = FULL");
    this.#db.exec("CREATE TABLE objects (id TEXT PRIMARY KEY, body TEXT)");
    const insert = this.#db.prepare("INSERT INTO objects (id, body) VALUES (?, ?)");
    this.#insert = this.#db.transaction((batch: readonly Text[]) => {
      for (const { id, text } of batch) insert.run(id, text);
    });
    this.#page = this.#db.prepare("SELECT id, body FROM objects WHERE rowid > ? ORDER BY rowid LIMIT ?");
    this.#one = this.#db.prepare("SELECT id, body FROM objects WHERE id = ?");
  }

  /** One transaction. */
  insert(batch: readonly Text[]): void {
    this.#insert(batch);
  }

  /** So many rows in the order in which they came, after as many others. */
  page(after: number, rows: number): number {
    return this.#page.all(after, rows).length;
  }

  byIds(ids: readonly string[]): number {
    return ids.reduce((found, id) => found + (this.#one.get(id) === undefined ? 0 : 1), 0);
  }

  close(): void {
    this.#db.close();
    rmSync(this.#folder, { recursive: true });
  }
}

/** Objects a second into a new table. */
export function bareInsert(objects: readonly Text[], batch: number): number {
  const table = new BareTable();
  const started = performance.now();
  for (let from = 0; from < objects.length; from += batch) table.insert(objects.slice(from, from + batch));
  const seconds = (performance.now() - started) / 1000;
  table.close();
  return objects.length / seconds;
}
