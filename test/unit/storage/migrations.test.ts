import { Label } from "../../../schemas/policy/label.ts";
import { askedWords, keyedValue } from "../../../server/pipeline/index-terms.ts";
import { Labels, LateEnds, Meta, Rows } from "../../../server/storage/collections.ts";
import type { RowDoc } from "../../../server/storage/documents.ts";
import { latestFormat, MIGRATIONS, type Migration, migrationsWith } from "../../../server/storage/migrations.ts";
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

test("the list – as it stands – goes up by one from 1, and leads to format 6", () => {
  expect(MIGRATIONS.map(({ to }) => to)).toEqual(MIGRATIONS.map((_, at) => at + 1));
  expect(latestFormat(MIGRATIONS)).toBe(6);
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

describe("a store of format 3", () => {
  const key = Buffer.alloc(32, 5);
  const label = {
    originator: "US-CISA",
    originatorCountry: "USA",
    classification: "U",
    state: "released",
    fieldRules: [],
  } as const;
  const others = { caveats: [], topics: [], recipients: [], clientGrants: [], releases: [] };
  const row = (n: number, at: string, text: object, values?: string[]): RowDoc => ({
    ...{ id: `r${n}`, contribution: `r${n}`, lane: `${at}a`, stamp: n, mix: n, label: at, posted: at, cut: [] },
    ...{
      thing: `t${n}`,
      kind: "note",
      fold: "alone",
      stixId: `note--${n}`,
      originator: "US-CISA",
      hash: "h",
      batch: "b",
    },
    ...{ channel: "rest", receivedFrom: "feed", received: 1, normaliser: 1, terms: ["kim", "chol"] },
    ...(values === undefined ? {} : { values }),
    bytes: Buffer.from(JSON.stringify({ type: "note", content: "Kim Chol", ...text })),
  });
  const persona = {
    extensions: { "extension-definition--7d5efa6b-7d4b-4555-85ce-9e74f860194f": { date_of_birth: "1990" } },
  };
  const fill = async (many: number): Promise<void> => {
    const old = await openSqlite({ folder: store.folder, migrations: MIGRATIONS.slice(0, 3) });
    await old.collection(Labels).insert([
      { id: "red", n: 0, label: Label.parse({ ...label, ...others, tlp: "RED" }) },
      { id: "green", n: 1, label: Label.parse({ ...label, ...others, tlp: "GREEN" }) },
    ]);
    const rows = [row(0, "red", {}), row(1, "green", {}, ["ipv4-addr:192.0.2.7"]), row(2, "green", persona)];
    for (let n = 3; n < many; n++) rows.push(row(n, n % 2 === 0 ? "red" : "green", {}));
    await old.collection(Rows).insert(rows);
    await old.close();
  };
  const found = async (storage: Awaited<ReturnType<typeof openSqlite>>, terms: readonly string[]) =>
    ids(await storage.collection(Rows).search({ scopes: ["reda", "greena"], terms, limit: 2000 }));

  test("with values, words that are RED and words of persons – opened – has them as keyed hashes, and other words as they are", async () => {
    await fill(3);
    const storage = await openSqlite({ folder: store.folder, migrations: migrationsWith(key) });
    const [open = [], keyed = []] = askedWords("Kim Chol", { key, all: false });
    expect([await found(storage, open), await found(storage, keyed)]).toEqual([["r1"], ["r0", "r2"]]);
    const term = keyedValue({ key }, "ipv4-addr:192.0.2.7");
    expect(term).toMatch(/^ipv4-addr:#[0-9a-f]{32}$/);
    const byValue = (value: string) => storage.collection(Rows).find({ index: "values", values: [value] });
    expect([await byValue("ipv4-addr:192.0.2.7"), ids(await byValue(term))]).toEqual([[], ["r1"]]);
    expect(await storage.collection(Meta).get("format-4")).toBeUndefined();
    await storage.close();
  });

  test("opened without the secret – is refused in one line where there is something to key, and stays as it was", async () => {
    await fill(3);
    await expect(openSqlite({ folder: store.folder })).rejects.toMatchObject({ code: "store.format" });
    const old = await openSqlite({ folder: store.folder, migrations: MIGRATIONS.slice(0, 3) });
    expect(await found(old, ["kim"])).toEqual(["r0", "r1", "r2"]);
    await old.close();
  });

  test("of more rows than one step takes – opened by two at once, and broken off before – is keyed once through", async () => {
    await fill(1400);
    let steps = 0;
    const [to4] = migrationsWith(key).slice(3);
    const brittle: Migration = {
      to: 4,
      up: async () => {},
      before: (storage) =>
        to4?.before?.({
          ...storage,
          transaction: (work) => (++steps > 2 ? Promise.reject(new Error("power cut")) : storage.transaction(work)),
        }) ?? Promise.resolve(),
    };
    await expect(
      openSqlite({ folder: store.folder, migrations: [...MIGRATIONS.slice(0, 3), brittle] }),
    ).rejects.toThrow("power cut");
    const opening = { folder: store.folder, migrations: migrationsWith(key) };
    const both = await Promise.all([openSqlite(opening), openSqlite(opening)]);
    const [open = [], keyed = []] = askedWords("kim", { key, all: false });
    for (const storage of both) {
      expect([(await found(storage, open)).length, (await found(storage, keyed)).length]).toEqual([700, 700]);
      expect(await storage.collection(Meta).get("format-4")).toBeUndefined();
    }
    for (const storage of both) await storage.close();
  });
});
