import { closeSync, fdatasync, openSync } from "node:fs";
import { promisify } from "node:util";
import Database from "better-sqlite3";

export interface ConnectionOptions {
  readonly readOnly: boolean;
  /** KiB of page cache. */
  readonly cache: number;
  /** The largest size that the file may reach. */
  readonly maxBytes?: number;
  /** A commit is on the disk once `synced` says so, and not before it returns: the event loop goes on meanwhile. */
  readonly syncsLater?: boolean;
}

const dataSync = promisify(fdatasync);

const PAGE = 4096;
/** Pages in the write-ahead log before a commit moves them over: 64 MiB, so that a hot index page is moved once for many writes. */
const CHECKPOINT_PAGES = 16000;

/**
 * One connection to one file, with its prepared statements. It never waits for a lock (`busy_timeout` 0), since waiting in the driver would
 * stop the event loop: callers pause and try again.
 */
export class Connection {
  readonly db: Database.Database;
  readonly #syncsLater: boolean;
  /** The write-ahead log, open for `synced`. SQLite holds no lock on it that closing it could lose. */
  #log: number | undefined;
  readonly #statements = new Map<string, Database.Statement<unknown[], unknown[]>>();

  constructor(file: string, { readOnly, cache, maxBytes, syncsLater = false }: ConnectionOptions) {
    this.#syncsLater = syncsLater;
    this.db = new Database(file, { readonly: readOnly, fileMustExist: true, timeout: 0 });
    try {
      if (!readOnly) {
        this.db.pragma("journal_mode = WAL");
        this.db.pragma(`synchronous = ${syncsLater ? "NORMAL" : "FULL"}`);
        this.db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
        this.db.pragma(`journal_size_limit = ${4 * CHECKPOINT_PAGES * PAGE}`);
        if (maxBytes !== undefined) this.db.pragma(`max_page_count = ${Math.max(1, Math.floor(maxBytes / PAGE))}`);
      }
      this.db.pragma("foreign_keys = OFF");
      this.db.pragma("temp_store = MEMORY");
      this.db.pragma(`cache_size = -${cache}`);
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  /** A prepared statement; rows come as arrays in the order of the columns named. */
  statement(sql: string): Database.Statement<unknown[], unknown[]> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.db.prepare<unknown[], unknown[]>(sql);
    if (made.reader) made.raw(true);
    this.#statements.set(sql, made);
    return made;
  }

  /** Several reads on one state of the store: in a transaction of their own where none is open. */
  snapshot<R>(run: () => R): R {
    if (this.db.inTransaction) return run();
    this.statement("BEGIN").run();
    try {
      return run();
    } finally {
      this.statement("COMMIT").run();
    }
  }

  /** Resolves once all that was committed before is on the disk. */
  async synced(): Promise<void> {
    if (!this.#syncsLater) return;
    this.#log ??= openSync(`${this.db.name}-wal`, "r+");
    await dataSync(this.#log);
  }

  close(): void {
    this.#statements.clear();
    this.db.close();
    if (this.#log !== undefined) closeSync(this.#log);
  }
}
