import { rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { diskFault } from "../../server/shared/disk-fault.ts";
import { Fault } from "../../server/shared/fault.ts";
import { Jobs } from "../../server/storage/collections.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const large = (n: number): string =>
  Array.from({ length: n }, (_, i) => `203.0.113.${i % 250} and http://files-${i}.example/a`).join("\n");

const refusal = ({ status, headers, json }: Reply): unknown => {
  const body = json as { error?: { code: string }; error_code?: string } | undefined;
  return [status, body?.error?.code ?? body?.error_code, Number(headers["retry-after"]) >= 1];
};

/** On the embedded store, whose spool is a folder: on MongoDB large posts wait in the database. */
describe("a disk that takes nothing", () => {
  let world: TemporaryWorld;
  let spool: string;
  beforeAll(async () => {
    world = await TemporaryWorld.open({ settings: { MAX_INLINE_BYTES: "1024" }, engine: "sqlite" });
    spool = join(world.core.config.DATA_DIR, "spool");
  });
  afterAll(() => world.close());

  test("a large post – where the spool can't be written – 503 with Retry-After, no path in it and no job; later it goes in", async () => {
    writeFileSync(spool, "no folder");
    const refused = await world.post("feed-JP-NPA", large(200), { query: "?format=text" });
    expect(refusal(refused)).toEqual([503, "spool.io", true]);
    expect(refused.body.toString()).not.toMatch(/spool\/|tricord-|ENOTDIR|EEXIST/);
    const { json } = await world.ask("feed-JP-NPA", { method: "GET", path: "/taxii2/dprk/collections/" });
    const collection = (json as { collections: { id: string; can_write: boolean }[] }).collections.find(
      (c) => c.can_write,
    );
    const objects = Array.from({ length: 20 }, (_, i) => ({
      ...{ type: "ipv4-addr", spec_version: "2.1", value: `203.0.113.${i}` },
      id: `ipv4-addr--8d4f1c1e-7a52-4c3e-9f6a-0c2b7e5d1a${String(i).padStart(2, "0")}`,
    }));
    const sent = await world.ask("feed-JP-NPA", {
      ...{ method: "POST", path: `/taxii2/dprk/collections/${collection?.id}/objects/` },
      body: { objects },
      headers: { "Content-Type": "application/taxii+json;version=2.1", Accept: "application/taxii+json;version=2.1" },
    });
    expect(refusal(sent)).toEqual([503, "spool.io", true]);
    expect(await world.storage.collection(Jobs).all({ limit: 10 })).toEqual([]);
    rmSync(spool);
    expect((await world.post("feed-JP-NPA", large(200), { query: "?format=text" })).status).toBe(202);
  });

  test("diskFault – of what a full device says – spool.full, for half a minute", async () => {
    const full = await open("/dev/full", "w");
    const error = await full.write(Buffer.alloc(10)).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    await full.close();
    expect(diskFault(error)).toMatchObject({ kind: "unavailable", code: "spool.full", retryAfter: 30 });
  });

  test("diskFault – of a fault or a bug – the same one", () => {
    for (const thrown of [new Fault("too_large", "x"), new TypeError("x"), "x", undefined])
      expect(diskFault(thrown)).toBe(thrown);
  });
});
