import { readFileSync } from "node:fs";
import { join } from "node:path";
import { localKey } from "../../../../server/key-wrap/local-key.ts";
import { SealKeys } from "../../../../server/storage/collections.ts";
import type { CollectionSpec, Storage } from "../../../../server/storage/port.ts";
import type { KeyWrap } from "../../../../server/storage/seal/key-wrap.ts";
import { Seal, type SealOptions } from "../../../../server/storage/seal/seal.ts";
import { openSqlite, type SqliteOptions } from "../../../../server/storage/sqlite/open-sqlite.ts";
import { aThing, SEALED_COLLECTIONS, type Thing, Things } from "../../../contract/things.ts";
import { openRawSqlite, type RawSqlite } from "../../../support/raw-sqlite.ts";
import { temporaryFolder } from "../../../support/temporary-store.ts";

const wrapOf = (byte: number, setting = "SEAL_KEY"): KeyWrap => localKey(setting, Buffer.alloc(32, byte));
const A = wrapOf(1);
const B = wrapOf(2);
const NOVEMBER = Date.UTC(2026, 10, 30, 23, 59);
const DECEMBER = Date.UTC(2026, 11, 1);

let store = temporaryFolder();
const opened: Storage[] = [];
beforeEach(() => {
  store = temporaryFolder();
});
afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close();
  store.remove();
});

async function open(keys: SealOptions, more: Partial<SqliteOptions> = {}): Promise<{ storage: Storage; seal: Seal }> {
  const seal = new Seal(keys);
  const storage = await openSqlite({ folder: store.folder, collections: SEALED_COLLECTIONS, seal, ...more });
  opened.push(storage);
  return { storage, seal };
}
const things = (storage: Storage) => storage.collection(Things);
const keysOf = async (storage: Storage) =>
  (await storage.collection(SealKeys).all({ limit: 99 }))
    .sort((a, b) => a.n - b.n)
    .map(({ n, agency, month, turn }) => [n, agency, month, turn]);
const secret = (id: string, fields: Partial<Thing> = {}): Thing =>
  aThing(id, { rank: NOVEMBER, data: Buffer.from(`secret of ${id}`), key: id, ...fields });
/** Past the store, as somebody with the files would. */
const onFile = <R>(work: (db: RawSqlite) => R, file = "content.sqlite"): R => {
  const db = openRawSqlite(join(store.folder, file));
  try {
    return work(db);
  } finally {
    db.close();
  }
};
const bytesOf = (id: string): Buffer =>
  onFile((db) => (db.prepare("SELECT data FROM things WHERE id = ?").get(id) as { data: Buffer }).data);

test("documents of two agencies in two months – written – are sealed with a key of each, whose number their bytes carry", async () => {
  const { storage } = await open({ wrap: A });
  await things(storage).insert([secret("a1"), secret("b1", { owner: "b" }), secret("a2", { rank: DECEMBER })]);
  await things(storage).insert([secret("a3")]);
  expect(await keysOf(storage)).toEqual([
    [1, "a", "2026-11", 0],
    [2, "b", "2026-11", 0],
    [3, "a", "2026-12", 0],
  ]);
  const heads = ["a1", "b1", "a2", "a3"].map((id) => bytesOf(id).subarray(0, 5).toString("hex"));
  expect(heads).toEqual(["0200000001", "0200000002", "0200000003", "0200000001"]);
  expect(bytesOf("a1").subarray(5).equals(bytesOf("a3").subarray(5))).toBe(false);
});

test("sealed bytes – moved to another document or field, changed by one bit, or with another key's number – do not open: seal.broken", async () => {
  const { storage } = await open({ wrap: A });
  await things(storage).insert([secret("a1"), secret("a2"), secret("a3", { owner: "b" })]);
  const [one, two, other] = [bytesOf("a1"), bytesOf("a2"), bytesOf("a3")];
  const put = (id: string, column: string, bytes: Buffer) =>
    onFile((db) => db.prepare(`UPDATE things SET ${column} = ? WHERE id = ?`).run(bytes, id));
  const refused = async (id: string) =>
    await expect(things(storage).get(id)).rejects.toMatchObject({ kind: "unavailable", code: "seal.broken" });
  put("a2", "data", one);
  await refused("a2");
  put("a2", "data", two);
  expect(Buffer.from((await things(storage).get("a2"))?.data ?? []).toString()).toBe("secret of a2");
  put("a2", "_rest", two);
  await refused("a2");
  for (const at of [5, 20, two.length - 1]) {
    const changed = Buffer.from(one);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    put("a1", "data", changed);
    await refused("a1");
  }
  const numbered = Buffer.from(other);
  numbered.writeUInt32BE(1, 1);
  put("a3", "data", numbered);
  await refused("a3");
});

test("a sealed store – opened without a key, with another, or with a data key in another's place – is refused at once in one line", async () => {
  const { storage } = await open({ wrap: A });
  await things(storage).insert([secret("a1"), secret("b1", { owner: "b" })]);
  await storage.close();
  const refusal = async (keys: SealOptions): Promise<[string, string]> => {
    try {
      await open(keys);
    } catch (error) {
      return [(error as { code: string }).code, (error as Error).message];
    }
    return ["opened", ""];
  };
  const [missing, without] = await refusal({});
  const [wrong, another] = await refusal({ wrap: B });
  expect([missing, wrong]).toEqual(["seal.key_missing", "seal.key_wrong"]);
  expect(without).toBe(
    `The store is sealed: set SEAL_KEY_FILE, SEAL_KEY or SEAL_KEY_COMMAND to the key that its data keys are wrapped by (${A.id}).`,
  );
  expect(another).toMatch(
    /^SEAL_KEY: the key given is local:[0-9a-f]{12}, and data key [12] is wrapped by local:[^\n]*$/,
  );
  // A key that only says that it is the right one.
  expect((await refusal({ wrap: { ...B, id: A.id } }))[0]).toBe("seal.key_wrong");
  onFile(
    (db) => db.exec("UPDATE seal_keys SET _rest = (SELECT _rest FROM seal_keys WHERE n = 1) WHERE n = 2"),
    "log.sqlite",
  );
  expect(await refusal({ wrap: A })).toEqual([
    "seal.key_wrong",
    "Data key 2 of the store was made for another agency or month: the store was tampered with.",
  ]);
});

test("two handles – that make keys of the same agencies at once – have one key each, and read what the other wrote", async () => {
  const both = [await open({ wrap: A }), await open({ wrap: A })];
  const rounds = Array.from({ length: 6 }, (_, at) => at);
  await Promise.all(
    both.flatMap(({ storage }, who) =>
      rounds.map((round) => things(storage).insert([secret(`${who}-${round}`, { owner: `o${round % 3}` })])),
    ),
  );
  const [one] = both;
  if (one === undefined) return;
  const keys = await keysOf(one.storage);
  expect(keys.map(([, agency]) => agency).sort()).toEqual(["o0", "o1", "o2"]);
  for (const { storage } of both) expect((await things(storage).all({ limit: 99 })).length).toBe(12);
  // What the other made since is found in the middle of a transaction and of a snapshot, too.
  const [first, second] = both;
  await second?.storage.collection(Things).insert([secret("late", { owner: "new" })]);
  await first?.storage.transaction(async (unit) => {
    const held = await unit.collection(Things).get("late");
    if (held !== undefined) await unit.collection(Things).put({ ...held, owner: "newer" });
  });
  const seen = await second?.storage.snapshot((unit) =>
    unit.collection(Things).pick({ index: "owner", prefixes: [["newer"]], limit: 9 }, ["data"]),
  );
  expect(seen).toEqual([{ data: "secret of late" }]);
});

test("a key that is gone from the list – asked for – is seal.key_lost, and not asked for again without end", async () => {
  const { storage } = await open({ wrap: A });
  await things(storage).insert([secret("a1")]);
  await storage.close();
  onFile((db) => db.exec("DELETE FROM seal_keys"), "log.sqlite");
  const again = await open({ wrap: A });
  await expect(things(again.storage).get("a1")).rejects.toMatchObject({ kind: "unavailable", code: "seal.key_lost" });
});

test("a renewal – beside another process – seals what comes next with a new key, and what is there opens", async () => {
  const { storage, seal } = await open({ wrap: A });
  await things(storage).insert([secret("a1")]);
  expect(await seal.renew("a", NOVEMBER)).toBe(2);
  expect(await seal.renew("a", NOVEMBER)).toBe(3);
  await things(storage).insert([secret("a2"), secret("b", { owner: "b" })]);
  expect(["a1", "a2", "b"].map((id) => bytesOf(id).readUInt32BE(1))).toEqual([1, 3, 4]);
  const other = await open({ wrap: A });
  expect((await things(other.storage).getMany(["a1", "a2", "b"])).length).toBe(3);
});

test("a plain store – opened with a key – is read as it is, says which of it is plain, and what is written anew is sealed", async () => {
  const plain = await open({});
  await things(plain.storage).insert([secret("a1"), secret("a2"), secret("a3")]);
  await plain.storage.close();
  const { storage } = await open({ wrap: A });
  expect(Buffer.from((await things(storage).get("a1"))?.data ?? []).toString()).toBe("secret of a1");
  const left = (after?: string) => storage.unsealed(Things, { limit: 2, ...(after === undefined ? {} : { after }) });
  expect([await left(), await left("a2")]).toEqual([["a1", "a2"], ["a3"]]);
  const [held] = await things(storage).getMany(["a2"]);
  if (held !== undefined) await things(storage).put(held);
  expect(await left()).toEqual(["a1", "a3"]);
  expect(bytesOf("a2").readUInt8(0)).toBe(2);
  expect(await things(storage).pick({ index: "owner", prefixes: [["a"]], limit: 9 }, ["data"])).toEqual([
    { data: "secret of a1" },
    { data: "secret of a2" },
    { data: "secret of a3" },
  ]);
});

test("a plain store – all written anew and scrubbed – has nothing left in its files of what it was", async () => {
  const plain = await open({});
  const many = Array.from({ length: 300 }, (_, at) => secret(`t${at}`, { lane: "l", terms: ["pelican"] }));
  await things(plain.storage).insert(many);
  const { storage } = await open({ wrap: A });
  for (const held of await things(storage).all({ limit: 999 }))
    await things(storage).put({ ...held, terms: ["#0123"] });
  const files = ["content.sqlite", "content.sqlite-wal"];
  const found = (text: string): boolean[] => files.map((file) => readFileSync(join(store.folder, file)).includes(text));
  expect([found("secret of t7").includes(true), found("pelican").includes(true)]).toEqual([true, true]);
  await storage.scrub();
  expect([found("secret of t7"), found("pelican")]).toEqual([
    [false, false],
    [false, false],
  ]);
  expect((await things(storage).search({ scopes: ["l"], terms: ["#0123"], limit: 999 })).length).toBe(300);
  expect((await things(storage).get("t7"))?.data?.length).toBe(12);
});

test("a sealed store – whose indexes are declared otherwise, both ways – has its fields moved, sealed all the way", async () => {
  const { storage } = await open({ wrap: A });
  const note = { deep: ["pelican"] };
  await things(storage).insert([
    secret("a1", { tags: ["x", "y"], shade: "blue", note }),
    secret("a2", { tags: ["z"], names: ["n"], shade: 7 }),
  ]);
  await storage.close();
  const sealedBy = { agency: "owner", at: "rank" } as const;
  // Tags, names, shade and note lose their places: all go to the rest.
  const { multi: _, hot: __, ...fewer } = Things;
  const others = SEALED_COLLECTIONS.filter(({ name }) => name !== "things");
  const Bare: CollectionSpec<Thing> = { ...fewer, sealedBy };
  const bare = await open({ wrap: A }, { collections: [...others, Bare] });
  const expected = [
    { id: "a1", tags: ["x", "y"], shade: "blue", note },
    { id: "a2", tags: ["z"], names: ["n"], shade: 7 },
  ];
  expect(await bare.storage.collection(Bare).all({ limit: 9 })).toMatchObject(expected);
  expect(onFile((db) => db.prepare("SELECT typeof(_rest) t FROM things").all())).toEqual([
    { t: "blob" },
    { t: "blob" },
  ]);
  await bare.storage.close();
  const back = await open({ wrap: A });
  expect(await things(back.storage).all({ limit: 9 })).toMatchObject(expected);
  const byTag = (value: string) => things(back.storage).find({ index: "tag", values: [value] });
  expect([(await byTag("x")).length, (await byTag("y")).length]).toEqual([1, 1]);
  const scan = { index: "owner", prefixes: [["a"]], limit: 9 };
  expect(await things(back.storage).pick(scan, ["shade", "note", "names"])).toEqual([
    { shade: "blue", note },
    { shade: 7, names: ["n"] },
  ]);
  await back.storage.close();
  const raw = readFileSync(join(store.folder, "content.sqlite"));
  expect(raw.includes("secret of")).toBe(false);
});

test("wrapped keys – as they lie in the store – hold no data key in the clear", async () => {
  const told: Uint8Array[] = [];
  const { storage } = await open({
    wrap: {
      ...A,
      wrap: (plain) => {
        told.push(Buffer.from(plain));
        return A.wrap(plain);
      },
    },
  });
  await things(storage).insert([secret("a1")]);
  await storage.close();
  const files = ["content.sqlite", "log.sqlite"].map((file) => readFileSync(join(store.folder, file)));
  const key = Buffer.from(told[0] ?? []).subarray(0, 32);
  expect(key.length).toBe(32);
  for (const form of [key, key.toString("base64").slice(0, 40), key.toString("hex")])
    expect(files.some((file) => file.includes(form))).toBe(false);
});
