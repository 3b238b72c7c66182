import { Fault } from "../shared/fault.ts";
import type { Storage, Unit } from "../storage/port.ts";

interface Waiting {
  /** Objects that it brings. */
  readonly weight: number;
  /** Does its part in the transaction; it may run again, so it has no other effect. */
  readonly work: (unit: Unit) => Promise<void>;
  readonly failed: (error: unknown) => void;
  done: () => void;
}

/**
 * Transactions of several posts that wait at once become one: each page of an index is then written, and the disk waited for, once for all of them. What
 * goes wrong with one is its own: all of it is rolled back, and each is done again by itself.
 */
export class CommitTogether {
  readonly #storage: Storage;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Resolves once committed. `work` sees what those before it in the same transaction did, as if it came after them. */
  run<R>(weight: number, work: (unit: Unit) => Promise<R>): Promise<R> {
    return new Promise((resolve, failed) => {
      const one: Waiting = {
        weight,
        work: async (unit) => {
          const result = await work(unit);
          one.done = () => resolve(result);
        },
        failed,
        done: () => {},
      };
      this.#waiting.push(one);
      if (this.#running) return;
      this.#running = true;
      // Posts that came in meanwhile are read before this goes on; nothing waits for a timer.
      setImmediate(() => void this.#commit());
    });
  }

  async #commit(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#next();
      await this.#apply(group);
      await new Promise((next) => setImmediate(next));
    }
    this.#running = false;
  }

  /** What a transaction may hold, in the order in which it came; one at least. */
  #next(): Waiting[] {
    const most = this.#storage.can.transactionDocuments;
    let weight = this.#waiting[0]?.weight ?? 0;
    let n = 1;
    for (; n < this.#waiting.length; n++) {
      weight += this.#waiting[n]?.weight ?? 0;
      if (weight > most) break;
    }
    return this.#waiting.splice(0, n);
  }

  async #apply(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#storage.transaction(async (unit) => {
        for (const { work } of group) await work(unit);
      });
    } catch (error) {
      // Who waited in vain for the lock, or for a store that is away, would wait as long once more; and what the store did not say may be done.
      const ofStore =
        error instanceof Fault && error.kind === "unavailable" && error.code?.startsWith("store.") === true;
      const toldAll = group.length === 1 || ofStore;
      for (const one of group)
        if (toldAll) one.failed(error);
        else await this.#apply([one]);
      return;
    }
    for (const { done } of group) done();
  }
}
