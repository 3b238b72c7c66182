import { AsyncLocalStorage } from "node:async_hooks";
import { Fault } from "../../shared/fault.ts";
import { SealKeys } from "../collections.ts";
import type { Declared } from "../declared.ts";
import type { SealKeyDoc } from "../documents.ts";
import type { Collection, CollectionSpec, Doc, Storage, Unit } from "../port.ts";
import type { Seal, SealKeyStore } from "../seal/seal.ts";
import { type ObserveStore, outcomeOf } from "../store-events.ts";
import type { Connection } from "./connection.ts";
import { layoutOf } from "./layout.ts";
import { type Access, sqliteCollection } from "./sqlite-collection.ts";
import { misuse } from "./store-fault.ts";
import { type Placement, Transaction } from "./transaction.ts";
import { unsealedIds } from "./unsealed-ids.ts";
import { retryBusy, Writer } from "./writer.ts";

/** The connections of one file. Without a writer the store is read only. */
export interface File {
  readonly reader: Connection;
  readonly writer: Connection | undefined;
  /** Opens one more connection for reading. */
  readonly more: () => Promise<Connection>;
}

export interface SqliteStorageOptions {
  readonly files: Readonly<Record<Placement, File>>;
  readonly collections: readonly Declared[];
  /** Milliseconds to wait for another process's lock. */
  readonly busyDeadline: number;
  readonly seal: Seal;
  /** Hears of transactions, turns and tries. */
  readonly observe?: ObserveStore;
}

/** Connections kept for reads that see one state; what is more waits for one. */
const SNAPSHOTS = 4;

/** More data keys than agencies have months. */
const ALL_KEYS = 1_000_000;

/** Documents in one transaction (design 5). SQLite would take more; a larger one keeps others waiting. */
const TRANSACTION_DOCUMENTS = 1000;

const readOnly = (): Fault =>
  new Fault("unavailable", "The store is open for reading only.", { code: "store.read_only" });

/** The storage port over open connections. Reads outside a transaction have a connection of their own and never wait for a writer. */
export function sqliteStorage({
  files,
  collections,
  busyDeadline,
  seal,
  observe,
}: SqliteStorageOptions): Storage & { readonly sealKeys: SealKeyStore } {
  const made = new Map(
    collections.map((spec) => [
      spec.name,
      {
        placement: spec.placement ?? "content",
        open: sqliteCollection<Doc>(spec, seal),
        layout: layoutOf(spec),
      } as const,
    ]),
  );
  const writerOf = (placement: Placement): Writer | undefined => {
    const { writer } = files[placement];
    if (writer === undefined) return undefined;
    return new Writer(writer, busyDeadline, (waited, tries) => {
      observe?.({ kind: "turn", placement, ms: waited });
      if (tries > 0) observe?.({ kind: "retry", placement, why: "busy", times: tries });
    });
  };
  const [content, log] = [writerOf("content"), writerOf("log")];
  const writers = content === undefined || log === undefined ? undefined : { content, log };
  const running = new AsyncLocalStorage<Transaction>();
  const underWay = new Set<Promise<unknown>>();
  let closed = false;

  const checkOpen = (): void => {
    if (closed) throw new Fault("unavailable", "The store is closed.", { code: "store.closed" });
  };

  const unitOf = (accessOf: (placement: Placement) => Access): Unit => {
    const seen = new Map<string, Collection<Doc>>();
    return {
      collection<T extends Doc>(spec: CollectionSpec<T>): Collection<T> {
        const known = seen.get(spec.name);
        if (known !== undefined) return known as Collection<T>;
        const entry = made.get(spec.name);
        if (entry === undefined) throw misuse(`No collection "${spec.name}" is declared in this store.`);
        const opened = entry.open(accessOf(entry.placement));
        seen.set(spec.name, opened);
        return opened as Collection<T>;
      },
    };
  };

  /** A transaction that may begin here: the store is open for writing, and none is open around it. */
  const begin = (): Transaction => {
    checkOpen();
    if (writers === undefined) {
      throw readOnly();
    }
    const outer = running.getStore();
    if (outer !== undefined && !outer.ended) {
      throw misuse("A transaction is open: inside its work use the unit it was given, and no second transaction.");
    }
    return new Transaction(writers);
  };

  const run = async <R>(own: Transaction, work: () => Promise<R>): Promise<R> => {
    const began = performance.now();
    const ended = (outcome: "committed" | ReturnType<typeof outcomeOf>): void => {
      if (own.placement !== undefined)
        observe?.({ kind: "transaction", placement: own.placement, outcome, ms: performance.now() - began });
    };
    const ending = running.run(own, () => own.run(work));
    underWay.add(ending);
    try {
      const result = await ending;
      ended("committed");
      return result;
    } catch (error) {
      ended(outcomeOf(error));
      throw error;
    } finally {
      underWay.delete(ending);
    }
  };

  /** A write outside a transaction is one of its own. */
  const alone = (placement: Placement): Access => ({
    read: async (step) => {
      checkOpen();
      return retryBusy(() => step(files[placement].reader), busyDeadline);
    },
    write: async (step) => {
      const own = begin();
      return run(own, () => own.step(placement, step));
    },
  });

  /** In transactions of their own, whatever is open around or waits to be closed: on the log, whose lock a transaction on content does not hold. */
  const beside: Access = {
    read: (step) => retryBusy(() => step(files.log.reader), busyDeadline),
    async write(step) {
      if (writers === undefined) throw readOnly();
      const outer = running.getStore();
      if (outer !== undefined && !outer.ended && outer.placement === "log")
        throw misuse("A transaction on log collections writes what is sealed in its first step, or alone.");
      const own = new Transaction(writers);
      return own.run(() => own.step("log", step));
    },
  };
  const keys = made.has(SealKeys.name) ? unitOf(() => beside).collection<SealKeyDoc>(SealKeys) : undefined;
  const sealKeys: SealKeyStore = {
    all: async () => (await keys?.scan({ index: "n", prefixes: [[]], limit: ALL_KEYS })) ?? [],
    insertNew: async (doc) => (await keys?.insertNew([doc]))?.size === 1,
  };

  const idle: Connection[] = [];
  const waiting: Array<(connection: Connection) => void> = [];
  let opened = 0;
  const enter = async (): Promise<Connection> => {
    const free = idle.pop();
    if (free !== undefined) return free;
    if (opened >= SNAPSHOTS) return new Promise((resolve) => waiting.push(resolve));
    opened += 1;
    try {
      return await files.content.more();
    } catch (error) {
      opened -= 1;
      throw error;
    }
  };
  const leave = (connection: Connection): void => {
    const next = waiting.shift();
    if (next === undefined) idle.push(connection);
    else next(connection);
  };

  return {
    ...unitOf(alone),
    sealKeys,
    async unsealed({ name }, ask) {
      checkOpen();
      const entry = made.get(name);
      if (entry === undefined) throw misuse(`No collection "${name}" is declared in this store.`);
      if (!seal.on) return [];
      return retryBusy(() => unsealedIds(files[entry.placement].reader, entry.layout, ask), busyDeadline);
    },
    async snapshot(work) {
      checkOpen();
      const ending = (async () => {
        const connection = await enter();
        try {
          connection.statement("BEGIN").run();
          const unit = unitOf((placement) => {
            if (placement !== "content") throw misuse("A snapshot is of content: log collections are not in it.");
            return {
              read: (step) => retryBusy(() => step(connection), busyDeadline),
              write: async () => {
                throw misuse("A snapshot is for reading.");
              },
            };
          });
          return await work(unit);
        } finally {
          if (connection.db.inTransaction) connection.statement("COMMIT").run();
          leave(connection);
        }
      })();
      underWay.add(ending);
      try {
        return await ending;
      } finally {
        underWay.delete(ending);
      }
    },
    can: { transactionDocuments: TRANSACTION_DOCUMENTS, postObjects: Number.POSITIVE_INFINITY },
    async transaction(work) {
      const own = begin();
      const unit = unitOf((placement) => ({
        read: (step) => own.step(placement, step),
        write: (step) => own.step(placement, step),
      }));
      return run(own, () => work(unit));
    },
    async scrub() {
      checkOpen();
      if (writers === undefined) throw readOnly();
      for (const placement of ["content", "log"] as const) {
        const searches = [...made.values()].flatMap(({ layout }) => layout.search ?? []);
        await writers[placement].scrub(placement === "content" ? searches : []);
      }
    },
    async now() {
      checkOpen();
      // The clock of the engine is the machine's, so that no process on it can be off; the file is asked, so that who waits for this knows that it answers.
      const row = await retryBusy(
        () => files.content.reader.statement("SELECT unixepoch('subsec'), (SELECT count(*) FROM sqlite_schema)").get(),
        busyDeadline,
      );
      return Math.round(Number(row?.[0]) * 1000);
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.allSettled(underWay);
      for (const connection of idle) connection.close();
      for (const { reader, writer } of [files.content, files.log]) {
        reader.close();
        writer?.close();
      }
    },
  };
}
