import mongoose from "mongoose";
import { Fault } from "../../shared/fault.ts";
import { COLLECTIONS } from "../collections.ts";
import type { Declared } from "../declared.ts";
import { latestFormat, MIGRATIONS, type Migration, migrate, refuseNewerFormat } from "../migrations.ts";
import type { Storage } from "../port.ts";
import { Seal } from "../seal/seal.ts";
import type { ObserveStore } from "../store-events.ts";
import { layoutOf } from "./layout.ts";
import { makeCollections, makeTurns } from "./make-collections.ts";
import { guarded, isWrongAddress } from "./mongo-fault.ts";
import { mongoStorage, rawCollection } from "./mongo-storage.ts";

export interface MongoOptions {
  /** Names the replica set and the database (`tricord` where it names none). It may hold a password: nothing of it is told on. */
  readonly uri: string;
  /** Open what is there and write nothing. Default: false. */
  readonly readOnly?: boolean;
  /** Milliseconds to wait for the turn to write. Default: 10,000. */
  readonly busyDeadline?: number;
  /** Encryption at rest. Default: nothing is sealed, and a store with data keys is refused. */
  readonly seal?: Seal;
  /** Default: all of `collections.ts`. */
  readonly collections?: readonly Declared[];
  /** Default: `migrations.ts`. */
  readonly migrations?: readonly Migration[];
  /** Hears of transactions, turns and tries. */
  readonly observe?: ObserveStore;
}

/** The oldest version whose transactions and snapshot reads are what is needed. */
const OLDEST = [7, 0] as const;
const DATABASE = "tricord";
/** Milliseconds until a server that does not answer is given up. */
const SELECTION = 5_000;
const SILENCE = 15_000;

/** The database that a connection string names. */
function databaseOf(uri: string): string | undefined {
  const path = /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]+)/.exec(uri)?.[1];
  try {
    return path === undefined ? undefined : decodeURIComponent(path);
  } catch (cause) {
    throw wrongAddress(cause);
  }
}

/**
 * Opens a store on a replica set (or through mongos), makes what is missing and brings it to the newest format. Faults, each in one clear line: `store.uri`,
 * `store.away`, `store.sign_in`, `store.rights`, `store.standalone` (no transactions), `store.version`, `store.format`, `seal.key_missing`, `seal.key_wrong`.
 */
export async function openMongo(options: MongoOptions): Promise<Storage> {
  const { uri, readOnly = false, busyDeadline = 10_000, seal = new Seal(), migrations = MIGRATIONS } = options;
  const layouts = (options.collections ?? COLLECTIONS).map((spec: Declared) => layoutOf(spec));
  const specs = new Map<string, Declared>((options.collections ?? COLLECTIONS).map((spec) => [spec.name, spec]));
  await prepare(uri, async (connection) => {
    const { routed } = await checkServer(connection);
    await checkFormat(connection, migrations, readOnly);
    if (!readOnly) await guarded(() => makeCollections(connection, layouts, routed));
  });
  const connection = await connect(uri, SILENCE);
  try {
    const turns = await guarded(() => makeTurns(connection, readOnly));
    const storage = mongoStorage({
      connection,
      held: new Map(
        layouts.map((layout) => [
          layout.name,
          {
            layout,
            placement: specs.get(layout.name)?.placement ?? "content",
            collection: rawCollection(connection, layout),
            seal,
          },
        ]),
      ),
      ...{ turns, readOnly, busyDeadline },
      ...(options.observe === undefined ? {} : { observe: options.observe }),
    });
    await seal.attach(storage.sealKeys);
    if (!readOnly) await migrate(storage, migrations);
    return storage;
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw error;
  }
}

/** Work on a connection that waits for as long as an index takes to be built. */
async function prepare(uri: string, work: (connection: mongoose.Connection) => Promise<void>): Promise<void> {
  const connection = await connect(uri, 0);
  try {
    await work(connection);
  } finally {
    await connection.close().catch(() => undefined);
  }
}

/** Connects; a request that the server leaves unanswered for `silence` ms is given up (0: never). */
async function connect(uri: string, silence: number): Promise<mongoose.Connection> {
  const dbName = databaseOf(uri) ?? DATABASE;
  return guarded(async () => {
    const connection = mongoose.createConnection();
    try {
      return await connection.openUri(uri, {
        ...{ dbName, appName: "tricord", autoIndex: false, autoCreate: false, bufferCommands: false },
        ...{ serverSelectionTimeoutMS: SELECTION, connectTimeoutMS: SELECTION, waitQueueTimeoutMS: SELECTION },
        ...{ socketTimeoutMS: silence, maxPoolSize: 50, retryWrites: true, retryReads: true },
        ...{ readPreference: "primary", readConcernLevel: "majority", w: "majority" },
        ...{ promoteBuffers: true, ignoreUndefined: true },
      });
    } catch (error) {
      await connection.close().catch(() => undefined);
      throw isWrongAddress(error) ? wrongAddress(error) : error;
    }
  });
}

/** The driver's words may quote the address. */
const wrongAddress = (cause: unknown): Fault =>
  new Fault(
    "unavailable",
    "MONGODB_URI is no connection string of MongoDB (mongodb://host/database?replicaSet=name).",
    { code: "store.uri", cause },
  );

/** A server that can't keep what the store promises is refused before anything is made. Says whether it is mongos, before shards. */
async function checkServer(connection: mongoose.Connection): Promise<{ readonly routed: boolean }> {
  const admin = connection.getClient().db("admin");
  const hello = await guarded(() => admin.command({ hello: 1 }));
  const routed = hello.msg === "isdbgrid";
  if (hello.setName === undefined && !routed)
    throw new Fault(
      "unavailable",
      "MONGODB_URI names a server by itself, which has no transactions: start it as a replica set (--replSet, then rs.initiate()).",
      { code: "store.standalone" },
    );
  const { version } = await guarded(() => admin.command({ buildInfo: 1 }));
  const [major = 0, minor = 0] = String(version).split(".").map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw new Fault(
      "unavailable",
      `The MongoDB server has version ${version}; ${OLDEST.join(".")} or newer is needed.`,
      {
        code: "store.version",
      },
    );
  return { routed };
}

/** Before anything is changed: a store that this version doesn't know is left alone. */
async function checkFormat(
  connection: mongoose.Connection,
  migrations: readonly Migration[],
  readOnly: boolean,
): Promise<void> {
  const meta = connection.getClient().db(connection.name).collection<{ _id: string }>("meta");
  const found = await guarded(() => meta.findOne({ _id: "format" }));
  const rest: unknown = JSON.parse(String((found as { _rest?: unknown } | null)?._rest ?? "{}"));
  const value = (rest as { value?: unknown }).value;
  const held = typeof value === "number" ? value : 0;
  refuseNewerFormat(held, migrations);
  if (readOnly && held < latestFormat(migrations))
    throw new Fault(
      "unavailable",
      held === 0
        ? "There is no store in this database."
        : `The store has format ${held}; open it for writing once, so that it is brought to ${latestFormat(migrations)}.`,
      { code: "store.format" },
    );
}
