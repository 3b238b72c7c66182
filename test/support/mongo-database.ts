import { randomBytes } from "node:crypto";
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
