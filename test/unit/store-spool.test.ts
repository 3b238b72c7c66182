import { sweepSpool } from "../../server/jobs/ingest-jobs.ts";
import { Jobs, Spooled } from "../../server/storage/collections.ts";
import type { Storage } from "../../server/storage/port.ts";
import { StoreSpool } from "../../server/store-spool.ts";
import { sampleUuid } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { openTemporary } from "../support/temporary-store.ts";

const DAY = 86_400_000;
let storage: Storage;
let now = START;
beforeAll(async () => {
  storage = await openTemporary();
});
afterAll(() => storage.close());
const spool = (): StoreSpool => new StoreSpool(storage, () => now);
async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const whole = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
};
const pieces = async (): Promise<number> => (await storage.collection(Spooled).all({ limit: 1000 })).length;

test.each([
  ["nothing", 0, 1],
  ["less than a piece", 1000, 1],
  ["exactly a piece", 1_048_576, 2],
  ["some pieces and a rest", 3_200_000, 4],
])(
  "a post of %s – written through one process – another reads it as it was, and it is gone once removed",
  async (_, size, count) => {
    const bytes = Buffer.alloc(size, "abcdefg");
    const name = sampleUuid(`spooled ${size}`);
    expect(await spool().write(name, inChunks(bytes, 65_537))).toBe(size);
    expect(await pieces()).toBe(count);
    expect((await whole(spool().read(name))).equals(bytes)).toBe(true);
    await spool().remove(name);
    expect(await pieces()).toBe(0);
    await expect(whole(spool().read(name))).rejects.toMatchObject({ code: "spool.cut" });
  },
);

test("a post that is cut off while it comes in – nothing of it stays", async () => {
  async function* cut(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(2_000_000);
    throw new Error("the client went");
  }
  await expect(spool().write(sampleUuid("cut"), cut())).rejects.toThrow("the client went");
  expect(await pieces()).toBe(0);
});

test("sweeping – a day later – what no job waits for goes, what one waits for and what is younger stay", async () => {
  const [waits, ended, none] = ["waits", "ended", "none"].map(sampleUuid) as [string, string, string];
  const job = { kind: "ingest" as const, account: "u1", created: START, input: {}, progress: {} };
  await storage.collection(Jobs).insert([
    { ...job, id: waits, status: "queued" },
    { ...job, id: ended, status: "done" },
  ]);
  now = START;
  for (const name of [waits, ended, none]) await spool().write(name, inChunks(Buffer.alloc(10), 10));
  now = START + DAY / 2;
  const young = sampleUuid("young");
  await spool().write(young, inChunks(Buffer.alloc(10), 10));
  await sweepSpool({ storage, spool: spool() }, START + DAY + 1);
  const left = (await storage.collection(Spooled).all({ limit: 10 })).map(({ name }) => name);
  expect(left.sort()).toEqual([waits, young].sort());
});
