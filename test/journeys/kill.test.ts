import { Audit, Disclosures, Receipts } from "../../server/storage/collections.ts";
import type { AuditDoc } from "../../server/storage/documents.ts";
import type { CollectionSpec, Storage } from "../../server/storage/port.ts";
import { verifyChain } from "../../server/usecases/audit-chain.ts";
import { drawn } from "../support/drawn.ts";
import { endAll, openStoreOf, RealServer } from "../support/real-server.ts";
import { bundle, indicator, TRI } from "../support/samples.ts";
import { isCut, seededChance } from "../support/seeded-chance.ts";
import { foundIn } from "../support/sound-store.ts";

jest.setTimeout(600_000);
afterAll(endAll);

const BATCH = drawn(500, 30, 200);
const BATCHES = drawn(40, 24);
const KILLS = drawn(10, 4, 4);
const POSTER = "feed-US-CISA";
const LABEL = { tlp: "GREEN", releases: [TRI] };

interface Sent {
  readonly ids: readonly string[];
  readonly body: string;
}
const batches: readonly Sent[] = Array.from({ length: BATCHES }, (_, b) => {
  const objects = Array.from({ length: BATCH }, (_, i) => {
    const n = b * BATCH + i;
    return indicator(`killed ${n}`, `[ipv4-addr:value = '10.${n >> 16}.${(n >> 8) & 255}.${n & 255}']`);
  });
  return { ids: objects.map(({ id }) => id), body: JSON.stringify(bundle(...objects)) };
});
const batchOf = new Map(batches.flatMap(({ ids }, b) => ids.map((id) => [id, b] as const)));

/** The posts of this ingest that are there, by the receipt's batch. */
async function held(server: RealServer): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const { id, batch } of await server.mine(POSTER))
    if (batchOf.has(id)) found.set(batch, [...(found.get(batch) ?? []), id]);
  return found;
}

/** Posts batches, two in flight, until they are through or the server is gone. Gives those acknowledged: place to receipt. */
async function ingest(
  server: RealServer,
  places: readonly number[],
  told: (acknowledged: number) => void = () => undefined,
): Promise<Map<number, string>> {
  const acknowledged = new Map<number, string>();
  const left = [...places];
  const worker = async (): Promise<void> => {
    for (let b = left.shift(); b !== undefined; b = left.shift()) {
      const reply = await server.ingest(POSTER, batches[b]?.body, LABEL);
      expect([reply.status, reply.body.counts?.rejected]).toEqual([200, 0]);
      acknowledged.set(b, String(reply.body.batch));
      told(acknowledged.size);
    }
  };
  const ended = await Promise.allSettled([worker(), worker()]);
  for (const one of ended) if (one.status === "rejected" && !isCut(one.reason)) throw one.reason;
  return acknowledged;
}
async function everything<T extends { id: string }>(store: Storage, spec: CollectionSpec<T>): Promise<T[]> {
  const found: T[] = [];
  for (;;) {
    const after = found.at(-1)?.id;
    const page = await store.collection(spec).all({ limit: 1000, ...(after === undefined ? {} : { after }) });
    found.push(...page);
    if (page.length < 1000) return found;
  }
}

async function streamsOf(store: Storage, spec: CollectionSpec<AuditDoc>): Promise<Map<string, AuditDoc[]>> {
  const streams = new Map<string, AuditDoc[]>();
  for (const row of await everything(store, spec)) streams.set(row.stream, [...(streams.get(row.stream) ?? []), row]);
  for (const rows of streams.values()) rows.sort((a, b) => a.n - b.n);
  return streams;
}

test("kill -9 in the middle of an ingest, at random moments – after each restart every acknowledged batch is there whole, no other in part, and the same ingest again completes it without a duplicate", async () => {
  const seed = 20260411;
  const draw = seededChance(seed);
  let server = await RealServer.start();
  const { folder } = server;
  const acknowledged = new Map<number, string>();
  const unanswered = new Set<number>();
  // How long a batch takes here: a kill must fall into one, and batches must be left at the end.
  const since = performance.now();
  for (const [b, receipt] of await ingest(server, [0])) acknowledged.set(b, receipt);
  const took = Math.min(150, performance.now() - since);
  for (let kill = 0; kill < KILLS; kill++) {
    const left = batches.map((_, b) => b).filter((b) => !acknowledged.has(b));
    let under: Promise<Map<number, string>> | undefined;
    // After none to four acknowledged batches, and then somewhere within the next.
    const [after, delay] = [Math.floor(draw() * 5), draw() * took];
    const reached = new Promise<void>((done) => {
      const told = (count: number): void => {
        if (count === after) done();
      };
      under = ingest(server, left, told);
      told(0);
    });
    await reached;
    await new Promise((done) => setTimeout(done, delay));
    expect((await server.stop("SIGKILL")).signal).toBe("SIGKILL");
    for (const [b, receipt] of (await under) ?? []) acknowledged.set(b, receipt);
    // As the kill left it, before a server has looked at it.
    if (kill === KILLS - 1) expect(await foundIn(folder)).toEqual([]);
    server = await RealServer.start({ folder });
    const there = await held(server);
    // Whatever is there, is there whole: under each receipt one batch with all its objects.
    const whole = new Map<number | undefined, Set<string>>();
    for (const [receipt, ids] of there) {
      const places = new Set(ids.map((id) => batchOf.get(id)));
      expect({ receipt, held: ids.length, batches: places.size }).toEqual({ receipt, held: BATCH, batches: 1 });
      whole.set([...places][0], new Set(ids));
    }
    // What was acknowledged is among it: under its own receipt, or under that of a first try that a kill left without an answer.
    for (const b of acknowledged.keys())
      expect({ batch: b, held: whole.get(b) }).toEqual({ batch: b, held: new Set(batches[b]?.ids) });
    for (const place of whole.keys()) if (place !== undefined && !acknowledged.has(place)) unanswered.add(place);
  }
  // The moments were well drawn: some batches were through before, some were cut, some are still to come.
  expect([acknowledged.size > drawn(KILLS, 1), acknowledged.size < BATCHES]).toEqual([true, true]);
  console.info(
    `kill -9 (seed ${seed}): ${acknowledged.size} batches acknowledged before the last kill, ${unanswered.size} found whole without an answer`,
  );

  const before = [...(await held(server)).values()].flat().length;
  const again = await ingest(
    server,
    batches.map((_, b) => b),
  );
  expect(again.size).toBe(BATCHES);
  const after = [...(await held(server)).values()].flat();
  expect(before).toBeLessThan(after.length);
  expect(after.length).toBe(BATCH * BATCHES);
  expect(new Set(after)).toEqual(new Set(batchOf.keys()));
  const third = await server.ingest(POSTER, batches[BATCHES - 1]?.body, LABEL);
  expect(third.body.counts).toMatchObject({ received: BATCH, created: 0, unchanged: BATCH });
  const read = await server.objects("j1", { type: "indicator", source: "US-CISA", text: "killed" });
  expect(read.length).toBe(BATCH * BATCHES);
  expect((await server.stop("SIGTERM")).code).toBe(0);

  expect(await foundIn(folder)).toEqual([]);
  // The chain of audit rows has no gap, and each receipt stands in it.
  const store = await openStoreOf(folder, { readOnly: true });
  for (const collection of [Audit, Disclosures]) {
    const streams = await streamsOf(store, collection);
    expect([...streams.values()].flatMap((rows) => verifyChain(rows) ?? [])).toEqual([]);
    if (collection === Disclosures) continue;
    for (const receipt of await everything(store, Receipts)) {
      const { stream, n, digest } = receipt.audit;
      expect(streams.get(stream)?.[n - 1]?.digest).toBe(digest);
    }
  }
  await store.close();
});
