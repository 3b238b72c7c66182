import { createHash } from "node:crypto";
import { keyed } from "../../../../server/shared/digest.ts";
import { Fault } from "../../../../server/shared/fault.ts";
import { Accounts, Audit, COLLECTIONS, Jobs, Meta, Rows, Spooled } from "../../../../server/storage/collections.ts";
import { refuseHalfRestored } from "../../../../server/storage/half-restored.ts";
import { latestFormat, MIGRATIONS } from "../../../../server/storage/migrations.ts";
import type { Storage } from "../../../../server/storage/port.ts";
import { checkBackup } from "../../../../server/usecases/backup/read-backup.ts";
import {
  compareLoaded,
  compareSource,
  endRestore,
  type Loaded,
  loadBackup,
} from "../../../../server/usecases/backup/restore.ts";
import type { Spool } from "../../../../server/usecases/intake.ts";
import { backupOf, streamOf } from "../../../support/backups.ts";
import { bundle, indicator, TRI, tool } from "../../../support/samples.ts";
import { momentOf, START } from "../../../support/steering.ts";
import { openTemporary } from "../../../support/temporary-store.ts";
import { TemporaryWorld } from "../../../support/temporary-world.ts";

jest.setTimeout(120_000);

let world: TemporaryWorld;
let backup: Buffer;
let parts: { storage: Storage; spool: Spool; key: Uint8Array };
const reading = () => ({ key: world.core.keys.backup, format: latestFormat(MIGRATIONS) });
const later = momentOf(START + 1000, "restore");

beforeAll(async () => {
  world = await TemporaryWorld.open({ settings: { MAX_INLINE_BYTES: "65536" } });
  const posts = [tool("lamp", { description: "서울 night ∅" }), indicator("one", "[ipv4-addr:value = '192.0.2.7']")];
  const said = [await world.post("u1", posts, { label: { tlp: "GREEN", releases: [TRI] } })];
  world.at(START + 1, "red");
  said.push(await world.post("k1", [tool("red", { description: "kim" })], { label: { tlp: "RED" } }));
  expect(said.map(({ status, json }) => [status, (json as { counts?: { created: number } }).counts?.created])).toEqual([
    [200, 2],
    [200, 1],
  ]);
  world.at(START + 2, "job");
  const large = JSON.stringify(bundle(tool("waiting", { x_padding: "x".repeat(300_000) })));
  const headers = { "Tricord-Label": JSON.stringify({ tlp: "GREEN" }) };
  const reply = await world.ask("u1", { method: "POST", path: "/api/v1/ingest", body: large, headers });
  expect(reply.status).toBe(202);
  parts = { storage: world.storage, spool: world.core.spool, key: world.core.keys.backup };
  backup = (await backupOf(parts)).bytes;
});
afterAll(() => world.close());

const stores: Storage[] = [];
afterEach(async () => {
  for (const storage of stores.splice(0)) await storage.close();
});
/** An empty store and a spool in memory, to restore into. */
async function target(): Promise<{ storage: Storage; spool: Spool; bodies: Map<string, Buffer> }> {
  const storage = await openTemporary();
  stores.push(storage);
  const bodies = new Map<string, Buffer>();
  const spool: Spool = {
    async write(name, chunks) {
      const pieces: Uint8Array[] = [];
      for await (const chunk of chunks) pieces.push(chunk);
      bodies.set(name, Buffer.concat(pieces));
      return bodies.get(name)?.length ?? 0;
    },
    read: (name) => streamOf(bodies.get(name) ?? Buffer.alloc(0)),
    remove: async (name) => void bodies.delete(name),
    begunBefore: async () => [],
  };
  return { storage, spool, bodies };
}
const load = (to: { storage: Storage; spool: Spool }, bytes: Uint8Array, size?: number): Promise<Loaded> =>
  loadBackup({ ...to, index: world.core.secrets.index }, streamOf(bytes, size), reading(), later);
const restore = async (to: { storage: Storage; spool: Spool }, bytes = backup): Promise<void> => {
  const loaded = await load(to, bytes);
  await compareLoaded(to.storage, loaded.collections);
  await endRestore(to.storage, loaded);
};

test("a backup – restored, and backed up again – says the same with the same hashes, whatever pieces it comes in", async () => {
  const to = await target();
  const loaded = await load(to, backup, 7);
  await compareLoaded(to.storage, loaded.collections);
  await endRestore(to.storage, loaded);
  const again = await backupOf({ storage: to.storage, spool: to.spool, key: parts.key });
  expect(again.totals).toMatchObject({ collections: loaded.collections, bodies: 1 });
  expect(withoutBody(again.bytes).equals(withoutBody(backup))).toBe(true);
  expect(loaded.collections.find(({ name }) => name === Rows.name)?.count).toBe(3);
  expect([...to.bodies.values()].map(({ length }) => length > 300_000)).toEqual([true]);
});

/** From the first collection of content on to the trailer: pieces of bodies are as they came. */
const withoutBody = (bytes: Buffer): Buffer =>
  bytes.subarray(bytes.indexOf('{"name":"meta"'), bytes.lastIndexOf("T\0\0\0"));

test("a restored store – searched by words and by what only RED says – finds what the first one finds", async () => {
  const to = await target();
  await restore(to);
  const { askedWords } = await import("../../../../server/pipeline/index-terms.ts");
  const rows = await world.storage.collection(Rows).all({ limit: 10 });
  const scopes = [...new Set(rows.map(({ lane }) => lane))];
  for (const words of ["서울", "night", "lamp", "kim", "192", "nobody"]) {
    for (const terms of askedWords(words, world.core.secrets.index)) {
      const [a, b] = await Promise.all(
        [world.storage, to.storage].map(async (storage) =>
          (await storage.collection(Rows).search({ scopes, terms, limit: 10 })).map(({ id }) => id).sort(),
        ),
      );
      expect(b).toEqual(a);
    }
  }
  const kim = askedWords("kim", world.core.secrets.index)[1] ?? [];
  expect((await to.storage.collection(Rows).search({ scopes, terms: kim, limit: 10 })).length).toBe(1);
});

test("a job that waits – whose body went while it was backed up – is given up with a word when it is restored", async () => {
  const gone = { ...parts.spool, read: () => failing("ENOENT") } as Spool;
  const { bytes, totals } = await backupOf({ ...parts, spool: gone });
  expect(totals.bodies).toBe(0);
  const to = await target();
  await restore(to, bytes);
  const [job] = await to.storage.collection(Jobs).all({ limit: 9 });
  expect([job?.status, job?.progress.error]).toMatchObject(["failed", { code: "job.body_lost" }]);
  // In the middle of it.
  const half = { ...parts.spool, read: (name: string) => failing("spool.cut", parts.spool.read(name)) } as Spool;
  const cut = await target();
  await restore(cut, (await backupOf({ ...parts, spool: half })).bytes);
  expect((await cut.storage.collection(Jobs).all({ limit: 9 })).map(({ status }) => status)).toEqual(["failed"]);
  expect(cut.bodies.size).toBe(0);
});
test("a store that does not keep one state for so long, or whose connection goes meanwhile – backed up – says so in one line", async () => {
  const gone = {
    ...parts.storage,
    snapshot: after(parts.storage, new Fault("unavailable", "busy", { code: "store.busy" })),
  };
  await expect(backupOf({ ...parts, storage: gone })).rejects.toMatchObject({ code: "backup.state_gone" });
  const twice: Storage["snapshot"] = async (work) => {
    await parts.storage.snapshot(work);
    return parts.storage.snapshot(work);
  };
  const lost = backupOf({ ...parts, storage: { ...parts.storage, snapshot: twice } });
  await expect(lost).rejects.toMatchObject({ kind: "unavailable", code: "backup.interrupted" });
  const refused = after(parts.storage, new Fault("unavailable", "full", { code: "store.full" }));
  await expect(backupOf({ ...parts, storage: { ...parts.storage, snapshot: refused } })).rejects.toMatchObject({
    code: "store.full",
  });
});
/** A snapshot that ends with a fault when all was read. */
const after =
  (storage: Storage, fault: Fault): Storage["snapshot"] =>
  async (work) => {
    await storage.snapshot(work);
    throw fault;
  };

async function* failing(code: string, before?: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (before !== undefined)
    for await (const piece of before) {
      yield piece;
      break;
    }
  throw Object.assign(new Error("gone"), { code });
}

test("a store that holds something – restored into – is refused as restore.not_empty and stays as it was", async () => {
  const to = await target();
  const [account] = await world.storage.collection(Accounts).all({ limit: 1 });
  if (account !== undefined) await to.storage.collection(Accounts).insert([account]);
  await expect(load(to, backup)).rejects.toMatchObject({ kind: "conflict", code: "restore.not_empty" });
  await refuseHalfRestored(to.storage);
  expect(await to.storage.collection(Rows).all({ limit: 1 })).toEqual([]);
});

test("a restore – broken off in the middle – leaves a store that is refused in one line, and the next restore begins anew", async () => {
  const to = await target();
  await expect(load(to, backup.subarray(0, -2000))).rejects.toMatchObject({
    code: "backup.truncated",
  });
  expect((await to.storage.collection(Accounts).all({ limit: 9 })).length).toBe(9);
  const refused = refuseHalfRestored(to.storage);
  await expect(refused).rejects.toMatchObject({ kind: "unavailable", code: "store.half_restored" });
  await expect(refused).rejects.toThrow(/^The store is half restored: [^\n]*$/);
  await restore(to);
  await refuseHalfRestored(to.storage);
  const again = await backupOf({ storage: to.storage, spool: to.spool, key: parts.key });
  expect(withoutBody(again.bytes).equals(withoutBody(backup))).toBe(true);
});

test("a document that the store lost while it was restored – compared – is found, and the store stays unusable", async () => {
  const to = await target();
  const loaded = await load(to, backup);
  const [row] = await to.storage.collection(Rows).all({ limit: 1 });
  await to.storage.collection(Rows).remove([row?.id ?? ""]);
  await expect(compareLoaded(to.storage, loaded.collections)).rejects.toMatchObject({ code: "restore.differs" });
  await expect(refuseHalfRestored(to.storage)).rejects.toMatchObject({ code: "store.half_restored" });
});

test("a store that was written to since – compared with what was moved – is told apart as move.written", async () => {
  const { totals } = await backupOf(parts);
  await compareSource(parts.storage, totals.collections);
  const to = await target();
  await restore(to);
  await to.storage.collection(Meta).insert([{ id: "another", value: 1 }]);
  await expect(compareSource(to.storage, totals.collections)).rejects.toMatchObject({ code: "move.written" });
});

describe("a damaged file is refused in one line, before anything is stored", () => {
  const trailerAt = () => backup.lastIndexOf("T\0\0\0");
  const edited = (find: string, put: string): Buffer => {
    const at = backup.indexOf(find);
    expect(at).toBeGreaterThan(0);
    const copy = Buffer.from(backup);
    copy.write(put, at);
    return copy;
  };
  /** What somebody would make of it who can't make the seal. */
  const rehashed = (bytes: Buffer): Buffer => {
    const sha256 = createHash("sha256").update(bytes.subarray(0, trailerAt())).digest("hex");
    const mac = keyed(Buffer.alloc(32, 1), `tricord-backup/1 whole ${sha256}`);
    const told = Buffer.from(JSON.stringify({ sha256, mac }));
    const head = Buffer.from("T\0\0\0\0");
    head.writeUInt32BE(told.length, 1);
    return Buffer.concat([bytes.subarray(0, trailerAt()), head, told]);
  };
  const withHeader = (change: object): Buffer => {
    const start = "tricord-backup/1\n".length;
    const length = backup.readUInt32BE(start + 1);
    const header = JSON.parse(backup.toString("utf8", start + 5, start + 5 + length));
    const told = Buffer.from(JSON.stringify({ ...header, ...change }));
    const head = Buffer.from("H\0\0\0\0");
    head.writeUInt32BE(told.length, 1);
    return Buffer.concat([backup.subarray(0, start), head, told, backup.subarray(start + 5 + length)]);
  };
  const flipped = (): Buffer => {
    const copy = Buffer.from(backup);
    const at = copy.indexOf("night");
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  };
  const cases: readonly (readonly [string, string, () => Buffer])[] = [
    ["empty", "backup.truncated", () => Buffer.alloc(0)],
    ["cut off in its first line", "backup.truncated", () => backup.subarray(0, 9)],
    ["cut off in a frame", "backup.truncated", () => backup.subarray(0, backup.length >> 1)],
    ["cut off before its trailer", "backup.truncated", () => backup.subarray(0, trailerAt())],
    ["cut off by one byte", "backup.truncated", () => backup.subarray(0, -1)],
    ["no backup at all", "backup.format", () => Buffer.from("PK\u0003\u0004 something else altogether")],
    ["of another version", "backup.format", () => Buffer.from(`tricord-backup/2\n${"x".repeat(99)}`)],
    ["with a bit changed", "backup.damaged", flipped],
    ["edited", "backup.damaged", () => edited("US-FBI", "US-CIA")],
    ["edited, and its hash made anew", "backup.damaged", () => rehashed(edited("US-FBI", "US-CIA"))],
    ["with something behind its end", "backup.damaged", () => Buffer.concat([backup, Buffer.from("x")])],
    ["of a newer store", "backup.newer", () => withHeader({ format: 99 })],
    ["of another installation", "backup.secret", () => withHeader({ secret: "another" })],
    ["with a collection that there is not", "backup.damaged", () => withHeader({ collections: ["nothing"] })],
  ];
  test.each(cases)("%s – %s", async (_, code, make) => {
    const checked = checkBackup(streamOf(make()), reading());
    await expect(checked).rejects.toMatchObject({ name: "Fault", code });
    await expect(checked).rejects.toThrow(/^[^\n]+$/);
  });

  test("a whole one – is taken, and one of another secret too where that was asked for", async () => {
    expect((await checkBackup(streamOf(backup), reading())).format).toBe(latestFormat(MIGRATIONS));
    const other = { ...reading(), key: Buffer.alloc(32, 7) };
    await expect(checkBackup(streamOf(backup), other)).rejects.toMatchObject({ code: "backup.secret" });
    expect((await checkBackup(streamOf(backup), { ...other, otherSecret: true })).collections.length).toBe(
      COLLECTIONS.length - 2,
    );
  });

  test("one that is loaded as a stream – cut off – is refused at its end, and what was stored of it is of no use", async () => {
    const to = await target();
    await expect(load(to, rehashed(edited("US-FBI", "US-CIA")))).rejects.toMatchObject({ code: "backup.damaged" });
    await expect(refuseHalfRestored(to.storage)).rejects.toMatchObject({ code: "store.half_restored" });
  });
});

test("what a backup holds – as text – tells no secret, and no data keys or pieces of the spool beside the bodies", () => {
  const text = backup.toString("latin1");
  // `which` is in the store to tell another secret by, and is good for nothing else.
  const { which: _, ...keys } = world.core.keys;
  for (const key of Object.values(keys) as Uint8Array[])
    for (const form of ["hex", "base64", "base64url", "latin1"] as const)
      expect(text.includes(Buffer.from(key).toString(form))).toBe(false);
  expect([text.includes('"name":"seal_keys"'), text.includes(`"name":"${Spooled.name}"`)]).toEqual([false, false]);
  expect(text.includes(`"name":"${Audit.name}"`)).toBe(true);
});
