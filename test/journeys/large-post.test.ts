import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { drawn } from "../support/drawn.ts";
import { endAll, RealServer } from "../support/real-server.ts";
import { bundle, indicator, row, TRI, tool } from "../support/samples.ts";
import type { Reply } from "../support/send.ts";

jest.setTimeout(600_000);

const GREEN = { tlp: "GREEN", releases: [TRI] };
const SETTINGS = { MAX_INLINE_BYTES: "65536", MAX_UPLOAD_BYTES: "3000000", MAX_INFLATED_BYTES: "8000000" };

let server: RealServer;
beforeAll(async () => {
  server = await RealServer.start({ env: SETTINGS });
});
afterAll(endAll);

const spooled = (): string[] => {
  const folder = join(server.folder, "spool");
  return existsSync(folder) ? readdirSync(folder) : [];
};

/** Asks until the job has ended. */
async function ended(as: string, job: string): Promise<Reply> {
  for (;;) {
    const reply = await server.get(`/api/v1/jobs/${job}`, as);
    if (reply.status !== 200 || reply.body.status === "done" || reply.body.status === "failed") return reply;
    await new Promise((done) => setTimeout(done, 100));
  }
}
/** Posts what is too large to be answered at once; gives the job. */
async function queued(as: string, body: unknown): Promise<string> {
  const reply = await server.ingest(as, body, GREEN);
  const job = reply.body.job ?? "";
  expect([reply.status, reply.body]).toEqual([202, { job, status: "queued" }]);
  expect(reply.headers.location).toBe(`/api/v1/jobs/${job}`);
  expect(job).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  return job;
}
/** More than a batch holds. */
const LARGE = drawn(2300, 1100);
const TAKEN_UP = drawn(4500, 1300);
const many = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) =>
    indicator(`${name} ${n}`, `[ipv4-addr:value = '10.${count % 200}.${n >> 8}.${n & 255}']`),
  );

test("a post over the limit – plain – 202 with a job, which its account follows until all of it is there", async () => {
  const objects = many("large", LARGE);
  const job = await queued("feed-US-CISA", bundle(...objects, { ...tool("bad"), id: "tool--1" }));
  const { status, body } = await ended("feed-US-CISA", job);
  expect([status, body.status]).toEqual([200, "done"]);
  expect(body.counts).toEqual({ received: LARGE + 1, created: LARGE, unchanged: 0, updated: 0, rejected: 1 });
  expect(body.batches?.length).toBe(Math.ceil((LARGE + 1) / 1000));
  expect(body.rejected).toEqual([expect.objectContaining({ index: LARGE, outcome: "rejected", path: "id" })]);
  const read = await server.objects("k3", { type: "indicator", text: "large" });
  expect(read.length).toBe(LARGE);
  const batches = new Set(
    (await server.mine("feed-US-CISA")).flatMap(({ name, batch }) => (name?.startsWith("large ") ? [batch] : [])),
  );
  expect([...batches].sort()).toEqual([...(body.batches ?? [])].sort());
  expect(spooled()).toEqual([]);
});

test("the same large post again – every object is unchanged", async () => {
  const { body } = await ended("feed-US-CISA", await queued("feed-US-CISA", bundle(...many("large", LARGE))));
  expect(body.counts).toEqual({ received: LARGE, created: 0, unchanged: LARGE, updated: 0, rejected: 0 });
});

test("a job – asked for by a colleague, by another agency, by nobody – 404 as one that never was; 401", async () => {
  const job = await queued("feed-US-CISA", bundle(...many("followed", 500)));
  const [colleague, abroad] = [
    await server.get(`/api/v1/jobs/${job}`, "u3"),
    await server.get(`/api/v1/jobs/${job}`, "feed-KR-NIS"),
  ];
  const never = await server.get("/api/v1/jobs/00000000-0000-4000-8000-000000000000", "u3");
  expect([colleague.status, abroad.status, never.status]).toEqual([404, 404, 404]);
  expect([colleague.text, abroad.text]).toEqual([never.text, never.text]);
  expect((await server.send("GET", `/api/v1/jobs/${job}`)).status).toBe(401);
  expect((await ended("feed-US-CISA", job)).body.status).toBe("done");
});

test("a small post that unpacks to much – under the limit as sent – answered at once, up to eight times the limit", async () => {
  const packed = gzipSync(JSON.stringify(bundle(...many("packed", 900))));
  expect(packed.length).toBeLessThan(65_536);
  const reply = await server.ingest("feed-US-CISA", packed, GREEN);
  expect([reply.status, reply.body.counts?.created]).toEqual([200, 900]);
  const bomb = gzipSync(Buffer.alloc(600_000, 0x20));
  const refused = await server.ingest("feed-US-CISA", bomb, GREEN);
  expect([refused.status, refused.body.error?.code]).toEqual([413, "input.inflated"]);
});

test("a large post that is cut off – as a job – failed with code, place and words; what came whole before is kept", async () => {
  const text = JSON.stringify(bundle(...many("cut off", 1500)));
  const { body } = await ended("feed-US-CISA", await queued("feed-US-CISA", text.slice(0, -3000)));
  expect([body.status, body.error?.code]).toEqual(["failed", "input.json"]);
  expect(body.error?.message).toMatch(/cut off/);
  const there = (await server.objects("j1", { type: "indicator", text: "cut" })).length;
  expect([body.counts?.created, there]).toEqual([there, there]);
  expect(spooled()).toEqual([]);
});

test("a large post that unpacks without end – as a job – failed, and the memory of the server stays its own", async () => {
  const noise = Buffer.from(Array.from({ length: 90_000 }, (_, n) => (n * 2_654_435_761) >>> 24));
  const bomb = gzipSync(
    Buffer.concat([Buffer.from('{"x":"'), Buffer.from(noise.toString("base64")), Buffer.alloc(60_000_000, 0x20)]),
    { level: 1 },
  );
  expect(bomb.length).toBeGreaterThan(65_536);
  const { body } = await ended("feed-US-CISA", await queued("feed-US-CISA", bomb));
  expect([body.status, body.error?.code]).toEqual(["failed", "input.inflated"]);
});

test("a post over what is taken at all – with its length said or not – 413, nothing is kept of it", async () => {
  const body = Buffer.alloc(3_000_001, 0x20);
  const said = await server.ingest("feed-US-CISA", body, GREEN);
  expect([said.status, said.body.error?.code]).toEqual([413, "body.too_large"]);
  const unsaid = await server.send("POST", "/api/v1/ingest", {
    as: "feed-US-CISA",
    body,
    headers: { "Transfer-Encoding": "chunked" },
  });
  expect([unsaid.status, unsaid.body.error?.code]).toEqual([413, "body.too_large"]);
  expect(spooled()).toEqual([]);
});

test("a dry run – over the limit – refused in words, nothing is kept of it", async () => {
  const reply = await server.ingest("feed-US-CISA", bundle(...many("dry", 500)), GREEN, { dry_run: "true" });
  expect([reply.status, reply.body.error?.code]).toEqual([413, "ingest.dry_run_size"]);
  expect(spooled()).toEqual([]);
});

test("a label that can't be – over the limit – its words are refused at once, its names by the job", async () => {
  const body = bundle(...many("label", 500));
  const send = (label: string) =>
    server.send("POST", "/api/v1/ingest", { as: "feed-US-CISA", body, headers: { "Tricord-Label": label } });
  const [broken, ours] = [await send("{"), await send('{"originator":"US-FBI"}')];
  expect([broken.status, broken.body.error?.code]).toEqual([400, "label.json"]);
  expect([ours.status, ours.body.error?.code]).toEqual([400, "label.shape"]);
  expect(spooled()).toEqual([]);
  const unknown = await send(JSON.stringify({ tlp: "GREEN", releases: [row("NATO", ["JPN"])] }));
  expect(unknown.status).toBe(202);
  const { body: job } = await ended("feed-US-CISA", unknown.body.job ?? "");
  expect([job.status, job.error?.code, job.counts]).toEqual(["failed", "label.unknown_agreement", undefined]);
  expect(spooled()).toEqual([]);
});

test("kill -9 – while a job is under way – after the restart it is taken up and ends, each object once", async () => {
  const objects = many("taken up", TAKEN_UP);
  const job = await queued("feed-US-CISA", bundle(...objects));
  for (let begun = false; !begun; ) {
    const { body } = await server.get(`/api/v1/jobs/${job}`, "feed-US-CISA");
    begun = (body.counts?.created ?? 0) > 0 || body.status === "done";
  }
  await server.stop("SIGKILL");
  const { folder } = server;
  server = await RealServer.start({ folder, env: SETTINGS });
  const { body } = await ended("feed-US-CISA", job);
  expect([body.status, body.counts?.received, body.counts?.rejected]).toEqual(["done", TAKEN_UP, 0]);
  const ids = (await server.mine("feed-US-CISA")).flatMap(({ id, name }) =>
    name?.startsWith("taken up ") ? [id] : [],
  );
  expect([ids.length, new Set(ids).size]).toEqual([TAKEN_UP, TAKEN_UP]);
  expect(spooled()).toEqual([]);
});
