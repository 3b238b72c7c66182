import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as pause } from "node:timers/promises";
import type mongoose from "mongoose";
import { Fault } from "../../shared/fault.ts";
import { SealKeys } from "../collections.ts";
import type { SealKeyDoc } from "../documents.ts";
import type { Collection, CollectionSpec, Doc, Storage, Unit } from "../port.ts";
import type { SealKeyStore } from "../seal/seal.ts";
import { type ObserveStore, outcomeOf } from "../store-events.ts";
import type { Raw } from "./codec.ts";
import {
  type CollectionReads,
  collectionReads,
  manyQueries,
  type RawCollection,
  type Session,
} from "./collection-reads.ts";
import { type Layout, SEALED_WITH } from "./layout.ts";
import { guarded, isInterrupted, isTransient, isUnknownCommit, misuse, mongoFault } from "./mongo-fault.ts";
import { type Held, type Means, Transaction } from "./transaction.ts";
import { Turn, type TurnCollections } from "./turn.ts";

export interface MongoStorageOptions {
  readonly connection: mongoose.Connection;
  /** By collection name. */
  readonly held: ReadonlyMap<string, Held>;
  readonly turns: TurnCollections;
  readonly readOnly: boolean;
  /** Milliseconds to wait for the turn, and for a transaction that others get in the way of. */
  readonly busyDeadline: number;
  /** Hears of transactions, turns and tries. */
  readonly observe?: ObserveStore;
}

type Filter = mongoose.mongo.Filter<Raw>;
/** More data keys than agencies have months. */
const ALL_KEYS = 1_000_000;
/** Documents in one transaction (design 5). */
const TRANSACTION_DOCUMENTS = 1000;
/** What the server writes well within the lifetime of a transaction (ADR 0019). */
const POST_OBJECTS = 5000;

const READ_ONE_STATE = { readConcern: { level: "snapshot" }, readPreference: "primary" } as const;

/** The storage port over a connection to a replica set. */
export function mongoStorage({
  connection,
  held,
  turns,
  readOnly,
  busyDeadline,
  observe,
}: MongoStorageOptions): Storage & { readonly sealKeys: SealKeyStore } {
  const client = connection.getClient();
  const startSession = (): Session => client.startSession();
  /** A server that refuses this ends the transaction itself, later: it is no reason not to go on. */
  const endSession = async (id: mongoose.mongo.Binary): Promise<void> => {
    await client
      .db("admin")
      .command({ killSessions: [{ id }] })
      .catch(() => undefined);
  };
  const turn = new Turn({
    collections: turns,
    startSession,
    endSession,
    now: async () => ((await client.db("admin").command({ hello: 1 })).localTime as Date).getTime(),
    deadline: busyDeadline,
    waited: (ms, tries) => {
      observe?.({ kind: "turn", placement: "content", ms });
      if (tries > 0) observe?.({ kind: "retry", placement: "content", why: "busy", times: tries });
    },
  });
  const means: Means = { startSession, endSession, turn };
  const running = new AsyncLocalStorage<Transaction>();
  const underWay = new Set<Promise<unknown>>();
  let closed = false;

  const checkOpen = (): void => {
    if (closed) throw new Fault("unavailable", "The store is closed.", { code: "store.closed" });
  };

  const unitOf = (open: (found: Held) => Collection<Doc>): Unit => {
    const seen = new Map<string, Collection<Doc>>();
    return {
      collection<T extends Doc>(spec: CollectionSpec<T>): Collection<T> {
        const found = held.get(spec.name);
        if (found === undefined) throw misuse(`No collection "${spec.name}" is declared in this store.`);
        const known = seen.get(spec.name) ?? open(found);
        seen.set(spec.name, known);
        return known as Collection<T>;
      },
    };
  };

  const noted = async <R>(work: Promise<R>): Promise<R> => {
    underWay.add(work);
    try {
      return await work;
    } finally {
      underWay.delete(work);
    }
  };

  const checkWritable = (): void => {
    checkOpen();
    if (readOnly) throw new Fault("unavailable", "The store is open for reading only.", { code: "store.read_only" });
    const outer = running.getStore();
    if (outer !== undefined && !outer.ended)
      throw misuse("A transaction is open: inside its work use the unit it was given, and no second transaction.");
  };

  /** Tries a transaction until it ends by itself, or for too long. */
  const repeated = async <R>(work: (own: Transaction) => Promise<R>): Promise<R> => {
    const began = performance.now();
    for (let times = 1; ; times++) {
      const own = new Transaction(means);
      const ended = (outcome: "committed" | ReturnType<typeof outcomeOf>): void => {
        if (own.placement !== undefined)
          observe?.({ kind: "transaction", placement: own.placement, outcome, ms: performance.now() - began });
      };
      try {
        const result = await running.run(own, () => own.run(() => work(own)));
        ended("committed");
        return result;
      } catch (error) {
        const fault = mongoFault(error);
        if (times > own.again || performance.now() - began >= busyDeadline) {
          ended(outcomeOf(fault));
          throw fault;
        }
        if (own.placement !== undefined)
          observe?.({ kind: "retry", placement: own.placement, why: "conflict", times: 1 });
      }
      await pause(Math.min(50, 2 * times) * (0.5 + Math.random()));
    }
  };
  const tried = async <R>(work: (own: Transaction) => Promise<R>): Promise<R> => {
    checkWritable();
    return repeated(work);
  };

  /**
   * Reads that all see one state, one after the other: a session takes no more at once. That the state is one that stays is known once the end of the transaction is
   * confirmed: else they are done again.
   */
  const oneState = async <R>(work: (session: Session) => Promise<R>): Promise<R> => {
    const began = performance.now();
    for (;;) {
      const session = startSession();
      try {
        session.startTransaction(READ_ONE_STATE);
        const result = await work(session);
        await session.commitTransaction();
        return result;
      } catch (error) {
        if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
        const cause = error instanceof Fault ? error.cause : error;
        const passing = isTransient(cause) || isUnknownCommit(cause) || isInterrupted(cause);
        if (!passing || performance.now() - began >= busyDeadline) throw mongoFault(error);
      } finally {
        await session.endSession();
      }
      await pause(5);
    }
  };

  /** A collection by itself: a read is one query where that is enough, and a write is a transaction of its own. */
  const alone = (found: Held): Collection<Doc> => {
    const { layout, collection, seal } = found;
    const single = collectionReads<Doc>(layout, { collection, session: undefined, seal });
    const read = <R>(many: boolean, run: (reads: CollectionReads<Doc>) => Promise<R>): Promise<R> =>
      many
        ? oneState((session) => run(collectionReads<Doc>(layout, { collection, session, seal })))
        : guarded(() => run(single));
    const reading = async <R>(many: () => boolean, run: (reads: CollectionReads<Doc>) => Promise<R>): Promise<R> => {
      checkOpen();
      return read(many(), run);
    };
    const write = <R>(run: (inside: Collection<Doc>) => Promise<R>): Promise<R> =>
      noted(tried((own) => run(own.collection<Doc>(found))));
    const never = (): boolean => false;
    return {
      get: (id) => reading(never, (reads) => reads.get(id)),
      getMany: (ids) =>
        reading(
          () => manyQueries.ids(ids),
          (reads) => reads.getMany(ids),
        ),
      scan: (scan) =>
        reading(
          () => manyQueries.scan(layout, scan),
          (reads) => reads.scan(scan),
        ),
      pick: (scan, fields) =>
        reading(
          () => manyQueries.scan(layout, scan),
          (reads) => reads.pick(scan, fields),
        ),
      find: (ask) =>
        reading(
          () => manyQueries.find(layout, ask.index, ask.values),
          (reads) => reads.find(ask),
        ),
      all: (ask) => reading(never, (reads) => reads.all(ask)),
      count: (scan) =>
        reading(
          () => manyQueries.scan(layout, { ...scan, limit: 1 }),
          (reads) => reads.count(scan),
        ),
      tally: (ask) =>
        reading(
          () => manyQueries.tally(layout, ask.index, ask.prefixes),
          (reads) => reads.tally(ask),
        ),
      search: (ask) =>
        reading(
          () => manyQueries.search(ask.scopes),
          (reads) => reads.search(ask),
        ),
      insert: (docs) => write((inside) => inside.insert(docs)),
      insertNew: (docs) => write((inside) => inside.insertNew(docs)),
      put: (doc) => write((inside) => inside.put(doc)),
      remove: (ids) => write((inside) => inside.remove(ids)),
    };
  };

  const inSnapshot = (session: Session, inTurn: <R>(run: () => Promise<R>) => Promise<R>): Unit =>
    unitOf(({ layout, placement, collection, seal }) => {
      const reads = collectionReads<Doc>(layout, { collection, session, seal });
      const read = <R>(run: () => Promise<R>): Promise<R> => {
        if (placement !== "content")
          return Promise.reject(misuse("A snapshot is of content: log collections are not in it."));
        return inTurn(() => guarded(run));
      };
      const write = async (): Promise<never> => {
        throw misuse("A snapshot is for reading.");
      };
      return {
        get: (id) => read(() => reads.get(id)),
        getMany: (ids) => read(() => reads.getMany(ids)),
        scan: (scan) => read(() => reads.scan(scan)),
        pick: (scan, fields) => read(() => reads.pick(scan, fields)),
        find: (ask) => read(() => reads.find(ask)),
        all: (ask) => read(() => reads.all(ask)),
        count: (scan) => read(() => reads.count(scan)),
        tally: (ask) => read(() => reads.tally(ask)),
        search: (ask) => read(() => reads.search(ask)),
        ...{ insert: write, insertNew: write, put: write, remove: write },
      };
    });

  /** In transactions of their own, whatever is open around or waits to be closed: those on log collections wait for no turn. */
  const keys = held.get(SealKeys.name);
  const sealKeys: SealKeyStore = {
    async all() {
      if (keys === undefined) return [];
      const reads = collectionReads<SealKeyDoc>(keys.layout, { ...keys, session: undefined });
      return guarded(() => reads.scan({ index: "n", prefixes: [[]], limit: ALL_KEYS }));
    },
    async insertNew(doc) {
      if (keys === undefined) return false;
      if (readOnly) throw new Fault("unavailable", "The store is open for reading only.", { code: "store.read_only" });
      return (await repeated((own) => own.collection<SealKeyDoc>(keys).insertNew([doc]))).size === 1;
    },
  };

  return {
    ...unitOf(alone),
    sealKeys,
    async unsealed({ name }, { after, limit }) {
      checkOpen();
      const found = held.get(name);
      if (found === undefined) throw misuse(`No collection "${name}" is declared in this store.`);
      if (!found.seal.on || found.layout.sealedBy === undefined) return [];
      const filter = { [SEALED_WITH]: { $exists: false }, ...(after === undefined ? {} : { _id: { $gt: after } }) };
      const plain = await guarded(() =>
        found.collection
          .find(filter as Filter, { readConcern: { level: "majority" }, hint: "_id_", projection: { _id: 1 } })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray(),
      );
      return plain.map(({ _id }) => _id);
    },
    can: { transactionDocuments: TRANSACTION_DOCUMENTS, postObjects: POST_OBJECTS },
    snapshot: (work) => {
      checkOpen();
      return noted(
        oneState((session) => {
          let tail: Promise<unknown> = Promise.resolve();
          const inTurn = <R>(run: () => Promise<R>): Promise<R> => {
            const next = tail.then(run);
            tail = next.catch(() => undefined);
            return next;
          };
          return work(inSnapshot(session, inTurn));
        }),
      );
    },
    transaction: (work) => noted(tried((own) => work(unitOf((found) => own.collection(found))))),
    // The server frees pages itself, and its oldest log with time.
    scrub: async () => checkOpen(),
    async now() {
      checkOpen();
      return guarded(async () => {
        const began = performance.now();
        const { localTime } = await client.db("admin").command({ hello: 1 });
        return (localTime as Date).getTime() + Math.round((performance.now() - began) / 2);
      });
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.allSettled(underWay);
      await turn.close();
      await connection.close();
    },
  };
}

/** The collections of a connection as the adapter holds them. */
export const rawCollection = (connection: mongoose.Connection, { name }: Layout): RawCollection =>
  connection.getClient().db(connection.name).collection<Raw>(name);
