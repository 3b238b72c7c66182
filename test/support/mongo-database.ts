import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { mongo } from "mongoose";
import { mongoUri } from "./mongo-server.ts";

/**
 * The same address with this database in it. Where somebody signs in, the database that the address named before stays the one that knows them, unless the address
 * says another.
 */
export function withDatabase(uri: string, name: string): string {
  const [, head = "", hosts = "", , held = "", query = ""] =
    /^(mongodb(?:\+srv)?:\/\/)([^/?]+)(\/([^?]*))?(\?.*)?$/.exec(uri) ?? [];
  if (head === "") throw new Error("this is not the address of a MongoDB server");
  const options = query.slice(1);
  const source =
    hosts.includes("@") && !/(?:^|&)authSource=/.test(options) ? [`authSource=${held === "" ? "admin" : held}`] : [];
  const asked = [...(options === "" ? [] : [options]), ...source].join("&");
  return `${head}${hosts}/${name}${asked === "" ? "" : `?${asked}`}`;
}

export interface OwnDatabase {
  readonly uri: string;
  drop(): Promise<void>;
}

/** A new database on this worker's server, by a name that nobody else has: it is there once something is written. */
export const ownDatabase = (): Promise<OwnDatabase> => namedDatabase(`tricord-test-${randomBytes(8).toString("hex")}`);

/** A database of this name on this worker's server. */
export async function namedDatabase(name: string): Promise<OwnDatabase> {
  const uri = withDatabase(await mongoUri(), name);
  return {
    uri,
    drop: () =>
      onDatabase(uri, async (database) => {
        await database.dropDatabase();
      }),
  };
}

/** Work on the database of an address, past the store: for what the tests themselves keep or look at. */
export async function onDatabase<T>(uri: string, work: (database: mongo.Db) => Promise<T>): Promise<T> {
  const client = new mongo.MongoClient(uri);
  try {
    return await work(client.db());
  } finally {
    await client.close();
  }
}

interface Saved {
  readonly name: string;
  readonly options: mongo.BSON.Document;
  readonly indexes: mongo.BSON.Document[];
  readonly docs: mongo.BSON.Document[];
}
const DOCS_A_POST = 1000;

/** All of a small database as a file. */
export async function saveDatabase(uri: string, file: string): Promise<void> {
  const collections = await onDatabase(uri, async (database) => {
    const saved: Saved[] = [];
    for (const { name, options = {} } of await database.listCollections({}, { nameOnly: false }).toArray()) {
      const indexes = (await database.collection(name).listIndexes().toArray()).filter((one) => one.name !== "_id_");
      saved.push({ name, options, indexes, docs: await database.collection(name).find({}).toArray() });
    }
    return saved;
  });
  mongo.BSON.setInternalBufferSize(SAVED_AT_MOST);
  writeFileSync(file, mongo.BSON.serialize({ collections }));
}
const SAVED_AT_MOST = 64 * 2 ** 20;

/** What `saveDatabase` kept, as a database of this address, that must not be there yet. */
export async function loadDatabase(uri: string, file: string): Promise<void> {
  const read = mongo.BSON.deserialize(readFileSync(file), { promoteBuffers: false });
  await onDatabase(uri, async (database) => {
    for (const { name, options, indexes, docs } of read.collections as Saved[]) {
      await database.createCollection(name, options);
      if (indexes.length > 0) await database.command({ createIndexes: name, indexes: indexes.map(plainIndex) });
      for (let at = 0; at < docs.length; at += DOCS_A_POST)
        await database.collection(name).insertMany(docs.slice(at, at + DOCS_A_POST));
    }
  });
}
/** Without what the server says of an index beside what it was asked for. */
const plainIndex = ({ v: _, ns: __, ...asked }: mongo.BSON.Document): mongo.BSON.Document => asked;
