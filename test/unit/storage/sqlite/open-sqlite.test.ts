import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CollectionSpec, Storage } from "../../../../server/storage/port.ts";
import { openSqlite, type SqliteOptions } from "../../../../server/storage/sqlite/open-sqlite.ts";
import { aThing, CONTRACT_COLLECTIONS, ids, manyThings, type Thing, Things } from "../../../contract/things.ts";
import { openRawSqlite } from "../../../support/raw-sqlite.ts";
import { temporaryFolder } from "../../../support/temporary-store.ts";

let store = temporaryFolder();
const opened: Storage[] = [];
beforeEach(() => {
  store = temporaryFolder();
});
afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close();
  store.remove();
});

const open = async (more: Partial<SqliteOptions> = {}): Promise<Storage> => {
  const storage = await openSqlite({ folder: store.folder, collections: CONTRACT_COLLECTIONS, ...more });
  opened.push(storage);
  return storage;
};

test("openSqlite – a folder that isn't there – makes it, with files for the owner alone", async () => {
  const folder = join(store.folder, "deep", "data");
  const storage = await open({ folder });
  await storage.collection(Things).insert([aThing("a")]);
  const files = readdirSync(folder).sort();
  expect(files).toEqual(expect.arrayContaining(["content.sqlite", "content.sqlite-wal", "log.sqlite"]));
  expect(files.map((file) => statSync(join(folder, file)).mode & 0o777)).toEqual(files.map(() => 0o600));
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test("openSqlite – a folder that is a file – refused in one line as store.folder", async () => {
  const folder = join(store.folder, "file");
  writeFileSync(folder, "");
  const refused = open({ folder });
  await expect(refused).rejects.toMatchObject({ name: "Fault", kind: "unavailable", code: "store.folder" });
  await expect(refused).rejects.toThrow(/^The data folder .*file can't be written\.$/);
});

test("openSqlite – a folder without the right to write – refused as store.folder", async () => {
  // The superuser may write anywhere: there is nothing to see then but a store that opens.
  const folder = join(store.folder, "shut");
  mkdirSync(folder);
  chmodSync(folder, 0o500);
  const outcome = await open({ folder }).catch((error: unknown) => error);
  if (process.getuid?.() === 0) expect(outcome).toMatchObject({ can: { transactionDocuments: 1000 } });
  else expect(outcome).toMatchObject({ code: "store.folder" });
});

test("openSqlite – reading only – reads what is there, refuses to write, and makes no store", async () => {
  await expect(open({ readOnly: true })).rejects.toMatchObject({ code: "store.folder" });
  expect(existsSync(join(store.folder, "content.sqlite"))).toBe(false);
  const writer = await open();
  await writer.collection(Things).insert([aThing("a")]);
  const reader = await open({ readOnly: true });
  expect((await reader.collection(Things).get("a"))?.rev).toBe(1);
  await expect(reader.collection(Things).insert([aThing("b")])).rejects.toMatchObject({ code: "store.read_only" });
  await expect(reader.transaction(async () => 1)).rejects.toMatchObject({ code: "store.read_only" });
});

test("openSqlite – a file that is no database, or cut in the middle – refused as store.corrupt", async () => {
  writeFileSync(join(store.folder, "content.sqlite"), "x".repeat(8192));
  await expect(open()).rejects.toMatchObject({ name: "Fault", kind: "unavailable", code: "store.corrupt" });
  const folder = join(store.folder, "cut");
  const whole = await open({ folder });
  await whole.collection(Things).insert(manyThings(2000, (at) => ({ note: "x".repeat(at) })));
  await whole.close();
  truncateSync(join(folder, "content.sqlite"), 65_536);
  const cut = open({ folder }).then((storage) => storage.collection(Things).all({ limit: 5000 }));
  await expect(cut).rejects.toMatchObject({ name: "Fault", kind: "unavailable", code: "store.corrupt" });
});

test("a store that is full – insert – store.full, nothing of it is there, and what fits goes in", async () => {
  const storage = await open({ maxBytes: 600_000 });
  const things = storage.collection(Things);
  await things.insert([aThing("before")]);
  const large = manyThings(1000, () => ({ data: new Uint8Array(2000), tags: ["x"] }));
  await expect(things.insert(large)).rejects.toMatchObject({ name: "Fault", kind: "unavailable", code: "store.full" });
  await things.insert([aThing("after")]);
  expect(ids(await things.all({ limit: 9 }))).toEqual(["after", "before"]);
  expect(await things.find({ index: "tag", values: ["x"] })).toEqual([]);
});

/** The same documents as `Things`, with other indexes: what a later version may declare. */
const Later = {
  ...Things,
  indexes: {
    owner: { fields: ["owner"] },
    rank: { fields: ["rank", "owner"] },
    key: { fields: ["key"], unique: true },
  },
  multi: { tag: "tags", word: "words" },
} as unknown as CollectionSpec<Thing>;

test("openSqlite – indexes declared otherwise than the store has – moves fields both ways and loses nothing", async () => {
  const things = manyThings(50, (at) => ({
    rank: at % 7,
    lane: `l${at % 3}`,
    key: `k${at}`,
    tags: ["t"],
    terms: ["w"],
    data: Uint8Array.of(at),
  }));
  const docs = things.map((doc, at) => ({ ...doc, words: ["w", `w${at % 2}`] }));
  const first = await open();
  await first.collection(Things).insert(docs);
  const before = await first.collection(Things).all({ limit: 99 });
  await first.close();

  const later = await open({
    collections: [...CONTRACT_COLLECTIONS.filter(({ name }) => name !== "things"), { ...Later, bytes: ["data"] }],
  });
  const changed = later.collection(Later);
  expect(await changed.all({ limit: 99 })).toEqual(before);
  expect(ids(await changed.scan({ index: "word", prefixes: [["w1"]], limit: 2 }))).toEqual(["t0001", "t0003"]);
  expect(ids(await changed.scan({ index: "rank", prefixes: [[6]], limit: 2 }))).toEqual(["t0006", "t0013"]);
  expect(ids(await changed.search({ scopes: ["l1"], terms: ["w"], limit: 1 }))).toHaveLength(1);
  await changed.put({ ...aThing("t0001", { tags: ["u"] }), rev: 1, lane: "l1" });
  await later.close();

  const back = (await open()).collection(Things);
  expect(await back.get("t0001")).toEqual({ id: "t0001", owner: "a", lane: "l1", tags: ["u"], rev: 2 });
  expect((await back.all({ limit: 99 })).slice(2)).toEqual(before.slice(2));
  expect(ids(await back.scan({ index: "lane", prefixes: [["l0"], ["l2"]], limit: 3 }))).toEqual([
    "t0000",
    "t0014",
    "t0021",
  ]);
});

/** The same, as a version before declared it: nothing is kept apart but what is indexed. */
const { hot: _, ...Earlier } = Things;

test("openSqlite – fields declared hot that were in the rest, and the other way about – moved with their values, whatever they are", async () => {
  const others = CONTRACT_COLLECTIONS.filter(({ name }) => name !== "things");
  const docs = manyThings(40, (at) => ({
    ...(at % 2 === 0 ? { shade: at % 4 === 0 ? `s${at}` : at / 8 } : {}),
    ...(at % 3 === 0 ? { names: [`n${at}`, "n"] } : {}),
    ...(at % 5 === 0 ? { note: [{ "a b": null }, true, '"', 1e300] } : { note: at % 2 === 0 }),
    tags: ["t"],
    data: new TextEncoder().encode(`d${at}`),
  }));
  const earlier = await open({ collections: [...others, { ...Earlier, multi: { tag: "tags" } }] });
  await earlier.collection(Things).insert(docs);
  const before = await earlier.collection(Things).all({ limit: 99 });
  await earlier.close();
  expect(before).toEqual(docs.map((doc) => ({ ...doc, rev: 1 })));

  const now = await open();
  const things = now.collection(Things);
  expect(await things.all({ limit: 99 })).toEqual(before);
  const picked = await things.pick({ index: "owner", prefixes: [["a"]], limit: 99 }, ["shade", "names", "note"]);
  expect(picked).toEqual([]);
  const named = await things.pick({ index: "name", prefixes: [["n"]], limit: 99 }, ["id", "shade", "names", "note"]);
  expect(named).toEqual(
    docs.filter(({ names }) => names !== undefined).map(({ id, shade, names, note }) => ({ id, shade, names, note })),
  );
  await things.put({ ...aThing("t0000", { names: ["m"], shade: 7 }), rev: 1 });
  await now.close();

  const again = await open({ collections: [...others, Earlier] });
  expect(await again.collection(Things).get("t0000")).toEqual({
    ...aThing("t0000", { names: ["m"], shade: 7 }),
    rev: 2,
  });
  expect((await again.collection(Things).all({ limit: 99 })).slice(1)).toEqual(before.slice(1));
  await again.close();
});

test("openSqlite – a search index that is told to merge more often – told otherwise when the store is opened", async () => {
  const storage = await open();
  await storage.collection(Things).insert([aThing("a")]);
  await storage.close();
  const file = openRawSqlite(join(store.folder, "content.sqlite"));
  const index = String(
    file.prepare("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%'").pluck().get(),
  );
  const told = (): unknown => file.prepare(`SELECT v FROM "${index}_config" WHERE k = 'automerge'`).pluck().get();
  expect(told()).toBe(12);
  file.exec(`INSERT INTO "${index}" ("${index}", rank) VALUES ('automerge', 4)`);
  expect(told()).toBe(4);
  await (await open()).close();
  expect(told()).toBe(12);
  file.close();
});

test("openSqlite – a store from before scopes had their words beside them – searched over hundreds of scopes, reading only and after it was opened for writing", async () => {
  const first = await open();
  await first.collection(Things).insert(manyThings(300, (at) => ({ lane: `l${at}`, terms: [`n${at}`, "shared"] })));
  await first.close();
  const file = openRawSqlite(join(store.folder, "content.sqlite"));
  file.exec('DROP TABLE "things__scopes"');
  const words = (): unknown => file.prepare("SELECT count(*) FROM things__scopes").pluck().get();
  const scopes = Array.from({ length: 300 }, (_, at) => `l${at}`);
  const found = async (storage: Storage, terms: readonly string[]): Promise<string[]> =>
    ids(await storage.collection(Things).search({ scopes, terms, limit: 999 }));
  const reading = await open({ readOnly: true });
  expect(await found(reading, ["n299"])).toEqual(["t0299"]);
  await reading.close();
  const later = await open();
  expect(words()).toBe(300);
  expect(await found(later, ["n299"])).toEqual(["t0299"]);
  expect(await found(later, ["shared"])).toHaveLength(300);
  await later.collection(Things).put({ ...aThing("t0299", { lane: "l299", terms: ["other"] }), rev: 1 });
  expect(await found(later, ["other"])).toEqual(["t0299"]);
  const length = (): unknown =>
    file.prepare("SELECT length(hashes) FROM things__scopes ORDER BY n DESC LIMIT 1").pluck().get();
  expect(length()).toBe(12);
  await later.scrub();
  // What was taken out is in it no more: of 299 two words of 16 bits each and their beginnings, but of ten that have two letters, and one word.
  const all = file.prepare("SELECT sum(length(hashes)) FROM things__scopes").pluck().get();
  expect(all).toBe(289 * 8 + 10 * 6 + 4);
  expect(await found(later, ["other"])).toEqual(["t0299"]);
  expect(await found(later, ["n298"])).toEqual(["t0298"]);
  file.close();
});
