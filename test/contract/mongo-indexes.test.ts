import mongoose, { mongo } from "mongoose";
import { COLLECTIONS } from "../../server/storage/collections.ts";
import type { Declared } from "../../server/storage/declared.ts";
import { type CollectionReads, collectionReads } from "../../server/storage/mongo/collection-reads.ts";
import { layoutOf, SEARCH_INDEX } from "../../server/storage/mongo/layout.ts";
import { makeCollections } from "../../server/storage/mongo/make-collections.ts";
import { openMongo } from "../../server/storage/mongo/open-mongo.ts";
import type { Doc, Scan } from "../../server/storage/port.ts";
import { Seal } from "../../server/storage/seal/seal.ts";
import { type OwnDatabase, ownDatabase } from "../support/mongo-database.ts";
import { mongoSource } from "../support/mongo-server.ts";
import { withMongo } from "../support/with-mongo.ts";
import { Notes } from "./things.ts";

type Command = mongo.BSON.Document;
type Reads = CollectionReads<Doc>;

/** A read that a collection declares, and the index that it has to take. */
interface Ask {
  readonly name: string;
  readonly spec: Declared;
  readonly index: string;
  /** Whether the index alone has to give the order. */
  readonly ordered: boolean;
  readonly run: (reads: Reads) => Promise<unknown>;
}

const specs: readonly Declared[] = COLLECTIONS;
/** One prefix; several that differ in their last value; several that differ in all; more than the server merges. */
const SHAPES: Readonly<Record<string, (at: number, n: number, length: number) => string>> = {
  "one prefix": () => "x",
  "several lanes": (at, n, length) => (at === length - 1 ? `x${n}` : "x"),
  "several pairs": (_, n) => `x${n}`,
};
const HOW_MANY: Readonly<Record<string, number>> = { "one prefix": 1, "several lanes": 64, "several pairs": 3 };

function* asksOf(spec: Declared): Generator<Ask> {
  const multi = Object.keys(spec.multi ?? {});
  const lengths = [
    ...Object.entries(spec.indexes).flatMap(([index, { fields }]) =>
      fields.map((_, at) => ({ index, length: at + 1, left: fields.length - at - 1 })),
    ),
    ...multi.map((index) => ({ index, length: 1, left: 0 })),
  ];
  for (const { index, length, left } of lengths)
    for (const [shape, value] of Object.entries(SHAPES)) {
      const prefixes = Array.from({ length: HOW_MANY[shape] ?? 1 }, (_, n) =>
        Array.from({ length }, (__, at) => value(at, n, length)),
      );
      const named = `${spec.name}.${index}, ${shape} of ${length}`;
      const ways: Readonly<Record<string, Partial<Scan>>> = {
        forwards: {},
        back: { reverse: true },
        ...(left === 0 ? {} : { "from a bound": { from: 3 } }),
        ...(left > 1 ? {} : { "after a row": { after: { value: 5, id: "b" } } }),
      };
      // Of a multi index under several values a document comes more than once: their order is put right by the reader.
      const ordered = !(multi.includes(index) && prefixes.length > 1);
      for (const [way, how] of Object.entries(ways))
        yield {
          ...{ name: `scan of ${named}, ${way}`, spec, index, ordered },
          run: (reads) => reads.scan({ index, prefixes, limit: 10, ...how }),
        };
      yield {
        ...{ name: `pick of ${named}`, spec, index, ordered },
        run: (reads) => reads.pick({ index, prefixes, limit: 10 }, ["id"]),
      };
      yield {
        name: `count of ${named}`,
        spec,
        index,
        ordered: false,
        run: (reads) => reads.count({ index, prefixes }),
      };
      yield {
        ...{ name: `tally of ${named}`, spec, index, ordered: false },
        run: (reads) => reads.tally({ index, prefixes, most: 5 }),
      };
    }
  for (const index of [...Object.keys(spec.indexes), ...multi])
    for (const values of [["x"], ["x", "y", "z"]])
      yield {
        ...{ name: `find of ${spec.name}.${index}, ${values.length} values`, spec, index, ordered: false },
        run: (reads) => reads.find({ index, values }),
      };
  if (spec.search !== undefined)
    for (const terms of [["word"], ["word", "other"], ["word", "beg*"]])
      yield {
        ...{ name: `search of ${spec.name}, ${terms.join(" ")}`, spec, index: SEARCH_INDEX, ordered: false },
        run: (reads) => reads.search({ scopes: ["x", "y"], terms, limit: 10 }),
      };
  for (const [name, run] of Object.entries<Ask["run"]>({
    "of one id": (reads) => reads.get("x"),
    "of several ids": (reads) => reads.getMany(["x", "y"]),
    "by id": (reads) => reads.all({ limit: 10, after: "x" }),
  }))
    yield { name: `read of ${spec.name} ${name}`, spec, index: "_id_", ordered: true, run };
}

/** Every stage of a plan, however the server nests them. */
function stagesOf(plan: unknown): { readonly stage: string; readonly indexName?: string }[] {
  if (Array.isArray(plan)) return plan.flatMap(stagesOf);
  if (typeof plan !== "object" || plan === null) return [];
  const own = "stage" in plan && typeof plan.stage === "string" ? [plan as { stage: string; indexName?: string }] : [];
  return [...own, ...Object.values(plan).flatMap(stagesOf)];
}
const winning = (explained: unknown): unknown[] => {
  if (Array.isArray(explained)) return explained.flatMap(winning);
  if (typeof explained !== "object" || explained === null) return [];
  return Object.entries(explained).flatMap(([key, value]) => (key === "winningPlan" ? [value] : winning(value)));
};
/** How the server looks up one document by its id. */
const BY_ID = new Set(["IDHACK", "EXPRESS_IXSCAN", "CLUSTERED_IXSCAN"]);

/** What is wrong with how a read was run; undefined where it is as it should be. */
function wrong({ name, index, ordered }: Ask, command: Command, explained: unknown): string | undefined {
  const stages = winning(explained).flatMap(stagesOf);
  const names = stages.map(({ stage }) => stage);
  const used = stages.flatMap(({ stage, indexName }) => (BY_ID.has(stage) ? ["_id_"] : (indexName ?? [])));
  const said = `${name}: ${JSON.stringify(command.filter ?? command.pipeline)} ran as ${names.join(", ")} over ${used.join(", ")}`;
  if (names.includes("COLLSCAN") || used.length === 0 || used.some((one) => one !== index && one !== "_id_"))
    return said;
  if (index !== "_id_" && !used.includes(index)) return said;
  // The stand-in sorts every page in memory.
  if (ordered && mongoSource() !== "stand-in" && names.includes("SORT")) return said;
  return undefined;
}

withMongo("the indexes of the store on MongoDB", () => {
  let database: OwnDatabase;
  let client: mongo.MongoClient;
  let seen: Command[] = [];
  beforeAll(async () => {
    database = await ownDatabase();
    await (await openMongo({ uri: database.uri })).close();
    client = new mongo.MongoClient(database.uri, { monitorCommands: true });
    client.on("commandStarted", ({ commandName, command }) => {
      if (commandName === "find" || commandName === "aggregate" || commandName === "count") seen.push(command);
    });
  });
  afterAll(async () => {
    await client.close();
    await database.drop();
  });

  test.each([
    ["a replica set", false, []],
    ["shards, one of whose keys it may be", true, ["by_operator"]],
  ])("an index that nobody declared – on %s – is dropped, or stays", async (_, routed, left) => {
    const own = await ownDatabase();
    const connection = await mongoose.createConnection(own.uri).asPromise();
    try {
      await makeCollections(connection, [layoutOf(Notes)], routed);
      const notes = connection.getClient().db(connection.name).collection("notes");
      await notes.createIndex({ text: -1 }, { name: "by_operator" });
      await makeCollections(connection, [layoutOf(Notes)], routed);
      const names = (await notes.indexes()).map(({ name }) => String(name)).sort();
      expect(names).toEqual(["_id_", ...left, "text"]);
    } finally {
      await connection.close();
      await own.drop();
    }
  });

  test("every declared read of every collection – explained by the server – takes its index and never walks the collection", async () => {
    const asks = specs.flatMap((spec) => [...asksOf(spec)]);
    expect(asks.length).toBeGreaterThan(500);
    const faults: string[] = [];
    const explained = new Set<string>();
    for (const ask of asks) {
      const collection = client.db().collection(ask.spec.name);
      const reads = collectionReads<Doc>(layoutOf(ask.spec), {
        collection: collection as never,
        session: undefined,
        seal: new Seal(),
      });
      seen = [];
      await ask.run(reads);
      if (seen.length === 0) faults.push(`${ask.name}: no command was sent`);
      for (const { lsid: _, $db: __, $clusterTime: ___, readConcern: ____, ...command } of seen) {
        const text = JSON.stringify(command);
        if (explained.has(text)) continue;
        explained.add(text);
        const { aggregate, ...rest } = command;
        const asked = aggregate === undefined ? command : { aggregate, ...rest, cursor: {} };
        const answer = await client.db().command({ explain: asked, verbosity: "queryPlanner" });
        const fault = wrong(ask, command, answer);
        if (fault !== undefined) faults.push(fault);
      }
    }
    expect(faults).toEqual([]);
    expect(explained.size).toBeGreaterThan(500);
  });
});
