import type { Connection } from "./connection.ts";
import { guarded, misuse } from "./store-fault.ts";
import type { Writer } from "./writer.ts";

export type Placement = "content" | "log";
export type Writers = Readonly<Record<Placement, Writer>>;

/**
 * One transaction. It takes the write lock with its first step, when it is known which file it is about. After a step that failed it can only be
 * rolled back, whatever `work` makes of the error: part of the step may have been done.
 */
export class Transaction {
  readonly #writers: Writers;
  #placement: Placement | undefined;
  #begun: Promise<{ leave: () => void }> | undefined;
  #failed: { readonly error: unknown } | undefined;
  #ended = false;

  constructor(writers: Writers) {
    this.#writers = writers;
  }

  /** Which file it is about; undefined before its first step. */
  get placement(): Placement | undefined {
    return this.#placement;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Runs a step on the writing connection, in this transaction. */
  async step<R>(placement: Placement, run: (on: Connection) => R): Promise<R> {
    try {
      this.#check(placement);
      this.#placement = placement;
      const writer = this.#writers[placement];
      this.#begun ??= writer.enter();
      await this.#begun;
      this.#check(placement);
      return guarded(() => run(writer.connection));
    } catch (error) {
      this.#failed ??= { error };
      throw error;
    }
  }

  #check(placement: Placement): void {
    if (this.#ended) throw misuse("The transaction has ended: await every step inside its work.");
    if (this.#failed !== undefined) throw this.#failed.error;
    if (this.#placement !== undefined && this.#placement !== placement) {
      throw misuse("A transaction touches either content or log collections, not both.");
    }
  }

  /** Runs `work`, then commits; rolls back if it or one of its steps failed. What it did is on the disk when this resolves. */
  async run<R>(work: () => Promise<R>): Promise<R> {
    const result = await this.#committed(work);
    if (this.#placement !== undefined) await this.#writers[this.#placement].synced();
    return result;
  }

  async #committed<R>(work: () => Promise<R>): Promise<R> {
    try {
      const result = await work();
      if (this.#failed !== undefined) throw this.#failed.error;
      this.#ended = true;
      await this.#begun;
      if (this.#placement !== undefined) this.#writers[this.#placement].commit();
      return result;
    } finally {
      this.#ended = true;
      await this.#leave();
    }
  }

  async #leave(): Promise<void> {
    if (this.#begun === undefined || this.#placement === undefined) return;
    const turn = await this.#begun.catch(() => undefined);
    if (turn === undefined) return;
    try {
      this.#writers[this.#placement].rollback();
    } finally {
      turn.leave();
    }
  }
}
