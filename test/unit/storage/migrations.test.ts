import { LateEnds, Meta, Rows } from "../../../server/storage/collections.ts";
import type { RowDoc } from "../../../server/storage/documents.ts";
import { latestFormat, MIGRATIONS, type Migration } from "../../../server/storage/migrations.ts";
import { openSqlite } from "../../../server/storage/sqlite/open-sqlite.ts";
import { aThing, CONTRACT_COLLECTIONS, ids, Things } from "../../contract/things.ts";
import { temporaryFolder } from "../../support/temporary-store.ts";

let store = temporaryFolder();
beforeEach(() => {
  store = temporaryFolder();
});
afterEach(() => store.remove());

const open = (migrations: readonly Migration[], more: object = {}) =>
  openSqlite({ folder: store.folder, collections: CONTRACT_COLLECTIONS, migrations, ...more });

const ran: number[] = [];
/** Made-up formats: 2 gives every thing a rank, 3 doubles it. */
const FIRST = MIGRATIONS.slice(0, 1);
const made: readonly Migration[] = [
  ...FIRST,
  ...[2, 3].map(
    (to) =>
      ({
        to,
        up: async (unit) => {
          ran.push(to);
          const things = unit.collection(Things);
          for (const thing of await things.all({ limit: 100 })) {
            await things.put({ ...thing, rank: to === 2 ? 5 : (thing.rank ?? 0) * 2 });
          }
        },
      }) satisfies Migration,
  ),
];

test("the list – as it stands – goes up by one from 1, and leads to format 3", () => {
  expect(MIGRATIONS.map(({ to }) => to)).toEqual(MIGRATIONS.map((_, at) => at + 1));
  expect(latestFormat(MIGRATIONS)).toBe(3);
});

test("a new store – opened – records the latest format", async () => {
  const storage = await open(FIRST);
  expect(await storage.collection(Meta).get("format")).toEqual({ id: "format", value: 1, rev: 1 });
  await storage.close();
});

test("a store of an older format – opened by several newer ones at once, and again – each step ran once, in order", async () => {
  const old = await open(FIRST);
  await old.collection(Things).insert([aThing("a")]);
  await old.close();
  ran.length = 0;
  const both = await Promise.all([open(made), open(made)]);
  for (const storage of both) {
    expect((await storage.collection(Things).get("a"))?.rank).toBe(10);
    expect((await storage.collection(Meta).get("format"))?.value).toBe(3);
  }
  for (const storage of both) await storage.close();
  await (await open(made)).close();
  expect(ran).toEqual([2, 3]);
});

test("a migration that fails halfway – leaves the format and the documents before it", async () => {
  const old = await open(FIRST);
  await old.collection(Things).insert([aThing("a")]);
  await old.close();
  const broken: Migration = {
    to: 2,
    up: async (unit) => {
      await unit.collection(Things).remove(["a"]);
      throw new Error("power cut");
    },
  };
  await expect(open([...FIRST, broken])).rejects.toThrow("power cut");
  const storage = await open(FIRST);
  expect(ids(await storage.collection(Things).all({ limit: 9 }))).toEqual(["a"]);
  expect((await storage.collection(Meta).get("format"))?.value).toBe(1);
  await storage.close();
});

test("a store of a newer format – opened – refused in one line as store.format, and untouched", async () => {
  await (await open(made)).close();
  const refused = open(FIRST);
  await expect(refused).rejects.toMatchObject({ name: "Fault", kind: "unavailable", code: "store.format" });
  await expect(refused).rejects.toThrow(/^The store has format 3; this version knows formats up to 1\.[^\n]*$/);
  const storage = await open(made);
  expect((await storage.collection(Meta).get("format"))?.value).toBe(3);
  await storage.close();
});

test("a store of an older format – opened for reading only – refused as store.format", async () => {
  await (await open(FIRST)).close();
  await expect(open(made, { readOnly: true })).rejects.toMatchObject({ code: "store.format" });
});

test("a store of format 2 – with late ends beside the rows – has them in the rows, and edges are found by them", async () => {
  const row: RowDoc = {
    ...{
      id: "r1",
      contribution: "r1",
      lane: "lane",
      stamp: 5,
      mix: 7,
      label: "l",
      posted: "l",
      cut: [],
      terms: ["word"],
    },
    ...{ thing: "t", kind: "relationship", fold: "alone", stixId: "relationship--1", originator: "US-CISA" },
    ...{ ends: ["malware--1", "tool--2"], hash: "h", batch: "b", channel: "rest", receivedFrom: "feed", received: 1 },
    ...{ normaliser: 1, bytes: new TextEncoder().encode("{}") },
  };
  const old = await openSqlite({ folder: store.folder, migrations: MIGRATIONS.slice(0, 2) });
  await old.collection(Rows).insert([row]);
  const gone = { id: "r0|tool--2", end: "tool--2", row: "r0" };
  await old.collection(LateEnds).insert([{ id: "r1|tool--2", end: "tool--2", row: "r1" }, gone]);
  await old.close();
  const storage = await openSqlite({ folder: store.folder });
  const rows = storage.collection(Rows);
  const at = async (value: string) => (await rows.find({ index: "ends", values: [value] })).map(({ ends }) => ends);
  const marked = ["malware--1", "~tool--2"];
  expect([await at("malware--1"), await at("tool--2"), await at("~tool--2")]).toEqual([[marked], [], [marked]]);
  expect((await rows.search({ scopes: ["lane"], terms: ["word"], limit: 9 })).map(({ id }) => id)).toEqual(["r1"]);
  expect(await storage.collection(LateEnds).all({ limit: 9 })).toEqual([]);
  await storage.close();
});
