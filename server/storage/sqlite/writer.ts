import { setTimeout as pause } from "node:timers/promises";
import { Fault } from "../../shared/fault.ts";
import type { Connection } from "./connection.ts";
import { fillWords, type SearchTables } from "./scope-words.ts";
import { busyFault, guarded, isBusy, storeFault } from "./store-fault.ts";

let tries = 0;

/**
 * Runs a step again while somebody else holds the lock, after pauses of 1 to 5 ms that grow and differ, up to `deadline` ms: then
 * `Fault("unavailable")`, `store.busy`. The event loop goes on meanwhile. The step must change nothing when it is refused. `again` is called
 * before each further try.
 */
export async function retryBusy<R>(run: () => R, deadline: number, again?: () => void): Promise<R> {
  let waited = 0;
  for (;;) {
    try {
      return run();
    } catch (error) {
      if (!isBusy(error)) throw storeFault(error);
      if (waited >= deadline) throw busyFault(error);
    }
    // Jitter by a counter, so that two waiting processes fall out of step without chance.
    tries = (tries + 1) % 997;
    const length = Math.min(5, 1 + waited / 4) * (0.6 + 0.4 * ((tries * 0.618) % 1));
    const before = performance.now();
    again?.();
    await pause(length);
    waited += performance.now() - before;
  }
}

/** The writing connection of one file: one transaction at a time, first come, first served. */
export class Writer {
  readonly connection: Connection;
  readonly #deadline: number;
  readonly #entered: ((ms: number, tries: number) => void) | undefined;
  #last: Promise<void> = Promise.resolve();

  /** `entered` hears how long each turn was waited for, and how often the lock was tried in vain. */
  constructor(connection: Connection, deadline: number, entered?: (ms: number, tries: number) => void) {
    this.connection = connection;
    this.#deadline = deadline;
    this.#entered = entered;
  }

  /** Waits for its turn and for the write lock; the caller ends it with `commit` or `rollback`, then calls `leave`. */
  async enter(): Promise<{ leave: () => void }> {
    const { promise, resolve } = withResolvers();
    const before = this.#last;
    this.#last = promise;
    const began = performance.now();
    let inVain = 0;
    await before;
    try {
      await retryBusy(
        () => this.connection.statement("BEGIN IMMEDIATE").run(),
        this.#deadline,
        () => {
          inVain += 1;
        },
      );
    } catch (error) {
      resolve();
      throw error;
    } finally {
      this.#entered?.(performance.now() - began, inVain);
    }
    return { leave: resolve };
  }

  commit(): void {
    guarded(() => this.connection.statement("COMMIT").run());
  }

  /** Rewrites the file without what is in it no more, merges the words of these search tables, and empties the write-ahead log. In turn. */
  async scrub(searches: readonly SearchTables[]): Promise<void> {
    const { leave } = await this.enter();
    try {
      this.rollback();
      const { db } = this.connection;
      for (const search of searches)
        await retryBusy(
          db.transaction(() => {
            db.exec(`INSERT INTO ${search.table} (${search.table}) VALUES ('optimize')`);
            fillWords(this.connection, search);
          }).immediate,
          this.#deadline,
        );
      await retryBusy(() => this.connection.db.exec("VACUUM"), this.#deadline);
      await retryBusy(() => {
        const [row] = this.connection.db.pragma("wal_checkpoint(TRUNCATE)") as [{ readonly busy: number }];
        // A reader on an older state keeps the log.
        if (row.busy !== 0) throw Object.assign(new Error("the log is in use"), { code: "SQLITE_BUSY" });
      }, this.#deadline);
    } finally {
      leave();
    }
  }

  /** Resolves once what was committed is on the disk. */
  async synced(): Promise<void> {
    try {
      await this.connection.synced();
    } catch (cause) {
      throw new Fault("unavailable", "The disk failed to write the store.", { code: "store.io", cause });
    }
  }

  /** A driver error may have rolled back already. */
  rollback(): void {
    if (this.connection.db.inTransaction) guarded(() => this.connection.statement("ROLLBACK").run());
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
