import type mongoose from "mongoose";
import { Fault } from "../../shared/fault.ts";
import type { Collection, Doc } from "../port.ts";
import type { Seal } from "../seal/seal.ts";
import type { Placed } from "../store-events.ts";
import { collectionReads, type RawCollection, type Session } from "./collection-reads.ts";
import { CollectionWrites } from "./collection-writes.ts";
import type { Layout } from "./layout.ts";
import {
  guarded,
  isAway,
  isDuplicate,
  isInterrupted,
  isTransient,
  isUnknownCommit,
  misuse,
  mongoFault,
} from "./mongo-fault.ts";
import type { Taken, Turn } from "./turn.ts";

/** A declared collection as the adapter holds it. */
export interface Held {
  readonly layout: Layout;
  readonly placement: Placed;
  readonly collection: RawCollection;
  readonly seal: Seal;
}

/** What a transaction works with. */
export interface Means {
  /** A session for a transaction on log collections. */
  readonly startSession: () => Session;
  /** Ends, on the server, what a session has left open. */
  readonly endSession: (id: mongoose.mongo.Binary) => Promise<void>;
  readonly turn: Turn;
}

const OPTIONS = {
  readConcern: { level: "snapshot" },
  writeConcern: { w: "majority", journal: true },
  readPreference: "primary",
} as const;

/** Writes that are sent together at most. */
const MOST_WAITING = 1000;
/** How often a commit whose outcome nobody knows is asked for again. */
const COMMITS = 5;

/** How often a taken id is looked for anew where others write at once. */
const DUPLICATES = 2;

const causeOf = (error: unknown): unknown => (error instanceof Fault ? error.cause : error);

/**
 * One try of a transaction. It takes the turn with its first step, when it is known what it is about. Its steps run one after the other, whatever its work does
 * at once: a session takes no more. After a step that failed it can only be given up.
 */
export class Transaction {
  readonly #means: Means;
  readonly #writes = new Map<string, CollectionWrites>();
  #placement: Placed | undefined;
  #begun: Promise<{ readonly session: Session; readonly taken: Taken | undefined }> | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #failed: { readonly error: unknown } | undefined;
  #wrote = false;
  #ended = false;
  #committing = false;
  /** The server may still have it open, with all that it wrote held against others. */
  #leftOpen = false;
  #again = 0;

  constructor(means: Means) {
    this.#means = means;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get placement(): Placed | undefined {
    return this.#placement;
  }

  /** How many more tries can mend what it failed by. */
  get again(): number {
    return this.#again;
  }

  /** The port's view of a collection in this transaction. */
  collection<T extends Doc>(held: Held): Collection<T> {
    const { layout, collection, seal } = held;
    const read = <R>(run: (reads: ReturnType<typeof collectionReads<T>>) => Promise<R>): Promise<R> =>
      this.#step(held, async (session, writes) => {
        await writes.flush(session);
        return run(collectionReads<T>(layout, { collection, session, seal }));
      });
    const write = <R>(
      docs: readonly Doc[],
      run: (writes: CollectionWrites, session: Session) => R | Promise<R>,
    ): Promise<R> =>
      this.#step(held, async (session, writes) => {
        if (seal.on) await seal.ready(layout, docs);
        this.#wrote = true;
        const result = await run(writes, session);
        if (writes.size >= MOST_WAITING) await writes.flush(session);
        return result;
      });
    return {
      get: (id) => read((reads) => reads.get(id)),
      getMany: (ids) => read((reads) => reads.getMany(ids)),
      scan: (scan) => read((reads) => reads.scan(scan)),
      pick: (scan, fields) => read((reads) => reads.pick(scan, fields)),
      find: (ask) => read((reads) => reads.find(ask)),
      all: (ask) => read((reads) => reads.all(ask)),
      count: (scan) => read((reads) => reads.count(scan)),
      tally: (ask) => read((reads) => reads.tally(ask)),
      search: (ask) => read((reads) => reads.search(ask)),
      insert: (docs) => write(docs, (writes) => writes.insert(docs)),
      insertNew: (docs) =>
        write(docs, async (writes, session) => {
          await writes.flush(session);
          return writes.insertNew(docs, session);
        }),
      put: (doc) => write([doc], (writes) => writes.put(doc)),
      remove: (ids) => write([], (writes) => writes.remove(ids)),
    };
  }

  #step<R>(held: Held, run: (session: Session, writes: CollectionWrites) => Promise<R>): Promise<R> {
    const step = this.#tail.then(async () => {
      try {
        this.#check(held.placement);
        this.#placement = held.placement;
        this.#begun ??= this.#begin(held.placement);
        const { session } = await this.#begun;
        this.#check(held.placement);
        const known = this.#writes.get(held.layout.name);
        const writes = known ?? new CollectionWrites(held.layout, held.collection, held.seal);
        if (known === undefined) this.#writes.set(held.layout.name, writes);
        return await guarded(() => run(session, writes));
      } catch (error) {
        this.#note(error);
        throw error;
      }
    });
    this.#tail = step.catch(() => undefined);
    return step;
  }

  #note(error: unknown): void {
    if (this.#failed !== undefined) return;
    this.#failed = { error };
    const cause = causeOf(error);
    this.#leftOpen = isAway(cause) || (this.#committing && !isTransient(cause));
    if (isTransient(cause) || (isInterrupted(cause) && !this.#committing)) this.#again = Number.POSITIVE_INFINITY;
    // Outside the turn another may have taken the id since the work looked for it.
    else if (this.#placement === "log" && isDuplicate(cause)) this.#again = DUPLICATES;
  }

  #check(placement: Placed): void {
    if (this.#ended) throw misuse("The transaction has ended: await every step inside its work.");
    if (this.#failed !== undefined) throw this.#failed.error;
    if (this.#placement !== undefined && this.#placement !== placement)
      throw misuse("A transaction touches either content or log collections, not both.");
  }

  async #begin(placement: Placed): Promise<{ session: Session; taken: Taken | undefined }> {
    const taken = placement === "log" ? undefined : await this.#means.turn.enter();
    const session = taken?.session ?? this.#means.startSession();
    session.startTransaction(OPTIONS);
    return { session, taken };
  }

  /** Runs `work`, then commits; gives up if it or one of its steps failed. What it did is on the disks of most members when this resolves. */
  async run<R>(work: () => Promise<R>): Promise<R> {
    let committed = false;
    try {
      const result = await work();
      await this.#tail;
      if (this.#failed !== undefined) throw this.#failed.error;
      this.#ended = true;
      try {
        await this.#commit();
      } catch (error) {
        const fault = mongoFault(error);
        this.#note(fault);
        throw fault;
      }
      committed = true;
      return result;
    } finally {
      this.#ended = true;
      await this.#leave(committed);
    }
  }

  async #commit(): Promise<void> {
    if (this.#begun === undefined) return;
    const { session, taken } = await this.#begun;
    for (const writes of this.#writes.values()) await writes.flush(session);
    if (taken !== undefined && this.#wrote && !(await this.#means.turn.sign(session, taken.n))) {
      await this.#means.turn.lost();
      this.#again = Number.POSITIVE_INFINITY;
      throw new Fault("unavailable", "Another process took the turn to write. Try again.", {
        code: "store.busy",
        retryAfter: 1,
      });
    }
    this.#committing = true;
    for (let tries = 1; ; tries++) {
      try {
        await session.commitTransaction();
        return;
      } catch (error) {
        const unsure = isUnknownCommit(error) || isInterrupted(error) || (isAway(error) && !isTransient(error));
        if (!unsure || tries >= COMMITS) throw error;
      }
    }
  }

  async #leave(committed: boolean): Promise<void> {
    await this.#tail;
    const begun = await this.#begun?.catch(() => undefined);
    if (begun === undefined || this.#placement === undefined) return;
    const { session, taken } = begun;
    try {
      if (!committed && session.inTransaction()) await session.abortTransaction().catch(() => undefined);
    } finally {
      if (taken !== undefined) taken.leave(this.#leftOpen);
      else if (this.#leftOpen && session.id !== undefined)
        // Nobody waits for a server that may be away, and nobody gets the session before.
        void this.#means.endSession(session.id.id).finally(() => session.endSession());
      else await session.endSession();
    }
  }
}
