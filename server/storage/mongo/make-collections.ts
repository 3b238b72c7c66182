import type { Connection } from "mongoose";
import mongoose from "mongoose";
import { indexDefinitions, type Layout, TERMS } from "./layout.ts";
import { TURN, type TurnCollections } from "./turn.ts";

/** The schema of a declared collection. Shapes are checked where documents are made (port), so fields are held as they come. */
export function schemaOf(layout: Layout): mongoose.Schema {
  const mixed = mongoose.Schema.Types.Mixed;
  const fields = [...layout.values, ...layout.lists, ...layout.json, ...layout.bytes, TERMS, "_rest", "_rev"];
  const schema = new mongoose.Schema(
    { _id: { type: String, required: true }, ...Object.fromEntries(fields.map((field) => [field, mixed])) },
    { collection: layout.name, autoIndex: false, autoCreate: false, versionKey: false, id: false, minimize: false },
  );
  for (const { key, ...options } of indexDefinitions(layout)) schema.index(key, options);
  return schema;
}

const EXISTS = 48;
const NO_SUCH_COLLECTION = 26;
const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;

/** What two descriptions of an index have to agree in. */
const essence = (index: {
  readonly key?: unknown;
  readonly unique?: unknown;
  readonly partialFilterExpression?: unknown;
}): string => JSON.stringify([index.key, index.unique === true, index.partialFilterExpression ?? null]);

/**
 * Makes the collections of these layouts, with the indexes that are declared and no other. Several processes may do so at once. An index that is declared anew
 * is made anew: its reads wait for that. `routed`: through mongos, where an index that is not declared may be that of a shard key, and stays.
 */
export async function makeCollections(
  connection: Connection,
  layouts: readonly Layout[],
  routed: boolean,
): Promise<void> {
  const database = connection.getClient().db(connection.name);
  const there = new Set((await database.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name));
  for (const layout of layouts) {
    const model = connection.models[layout.name] ?? connection.model(layout.name, schemaOf(layout), layout.name);
    if (!there.has(layout.name))
      await model.createCollection().catch((error: unknown) => {
        if (codeOf(error) !== EXISTS) throw error;
      });
    const wanted = new Map(indexDefinitions(layout).map((index) => [index.name, index]));
    const held = await model.collection.indexes().catch((error: unknown) => {
      if (codeOf(error) === NO_SUCH_COLLECTION) return [];
      throw error;
    });
    for (const index of held) {
      const name = String(index.name);
      if (name === "_id_") continue;
      const declared = wanted.get(name);
      if (declared !== undefined && essence(declared) === essence(index)) wanted.delete(name);
      else if (declared !== undefined || !routed) await model.collection.dropIndex(name);
    }
    for (const { key, ...options } of wanted.values()) await model.collection.createIndex(key, options);
  }
}

/** The documents that say whose turn it is to write; made if they are not there. */
export async function makeTurns(connection: Connection, readOnly: boolean): Promise<TurnCollections> {
  const database = connection.getClient().db(connection.name);
  const turns: TurnCollections["turns"] = database.collection("_turns");
  const fences: TurnCollections["fences"] = database.collection("_fences");
  if (!readOnly) {
    const majority = { upsert: true, writeConcern: { w: "majority" } } as const;
    const unlessThere = async (make: () => Promise<unknown>): Promise<void> => {
      await make().catch((error: unknown) => {
        if (codeOf(error) !== 11000) throw error;
      });
    };
    const free = { holder: null, session: null, until: new Date(0), n: 0 };
    await unlessThere(() => turns.updateOne({ _id: TURN }, { $setOnInsert: free }, majority));
    await unlessThere(() => fences.updateOne({ _id: TURN }, { $setOnInsert: { n: 0, commits: 0 } }, majority));
  }
  return { turns, fences };
}
