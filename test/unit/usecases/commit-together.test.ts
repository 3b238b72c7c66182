import type { LabelRequest } from "../../../schemas/policy/label.ts";
import { composeIngest } from "../../../server/compose.ts";
import type { StixJson } from "../../../server/pipeline/steps.ts";
import { Fault } from "../../../server/shared/fault.ts";
import { formatMicros } from "../../../server/shared/instant.ts";
import { Meta, Receipts, Rows } from "../../../server/storage/collections.ts";
import type { Storage, Unit } from "../../../server/storage/port.ts";
import { CommitTogether } from "../../../server/usecases/commit-together.ts";
import { type IngestParts, ingestBatch } from "../../../server/usecases/ingest-batch.ts";
import { row, sampleUuid, tool } from "../../support/samples.ts";
import { momentOf, START } from "../../support/steering.ts";
import { TemporaryWorld } from "../../support/temporary-world.ts";
import { STORE } from "../../support/which-store.ts";

let world: TemporaryWorld;
let transactions = 0;
let ticks = 0;
let commits: CommitTogether;
let parts: IngestParts;
beforeAll(async () => {
  world = await TemporaryWorld.open();
  const counted: Storage = {
    ...world.storage,
    transaction: (work) => {
      transactions += 1;
      return world.storage.transaction(work);
    },
  };
  commits = new CommitTogether(counted);
  // Time goes on between a transaction and the same again.
  const clock = (): number => START + 10 * ++ticks;
  parts = { ...composeIngest({ ...world.core, storage: counted }), commits, clock };
});
afterAll(() => world.close());
beforeEach(() => {
  transactions = 0;
});

const keep =
  (id: string) =>
  async (unit: Unit): Promise<string> => {
    await unit.collection(Meta).insert([{ id, value: id }]);
    return id;
  };
const held = async (...ids: string[]): Promise<string[]> =>
  (await world.storage.collection(Meta).getMany(ids)).map(({ id }) => id).sort();

test("work of several – asked for at once – is one transaction, and each gets what is its own", async () => {
  expect(await Promise.all(["a1", "a2", "a3"].map((id) => commits.run(1, keep(id))))).toEqual(["a1", "a2", "a3"]);
  expect([transactions, await held("a1", "a2", "a3")]).toEqual([1, ["a1", "a2", "a3"]]);
});

test("work of several – of which one fails – is done again one by one, and only that one fails", async () => {
  const bad = async (unit: Unit): Promise<string> => {
    await keep("b2")(unit);
    throw new Error("it is wrong");
  };
  const asked = [commits.run(1, keep("b1")), commits.run(1, bad), commits.run(1, keep("b3"))];
  expect((await Promise.allSettled(asked)).map((one) => (one.status === "fulfilled" ? one.value : "failed"))).toEqual([
    "b1",
    "failed",
    "b3",
  ]);
  expect([transactions, await held("b1", "b2", "b3")]).toEqual([4, ["b1", "b3"]]);
});

test("work of several – whose store went away, whatever it did – is told to all of them, and none waits for the store by itself", async () => {
  let tries = 0;
  const away = new CommitTogether({
    ...world.storage,
    transaction: async () => {
      tries += 1;
      throw new Fault("unavailable", "The store can't be reached. Try again.", { code: "store.away", retryAfter: 5 });
    },
  });
  const asked = ["d1", "d2", "d3"].map((id) => away.run(1, keep(id)));
  expect((await Promise.allSettled(asked)).map((one) => one.status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(tries).toBe(1);
});

test("work of several – heavier than a transaction may be – is as many as it needs, in the order in which it came", async () => {
  const most = world.storage.can.transactionDocuments;
  const order: string[] = [];
  const noted = (id: string) => async (): Promise<void> => {
    order.push(`${id} in ${transactions}`);
  };
  await Promise.all([
    commits.run(most + 1, noted("whole")),
    commits.run(most - 1, noted("most")),
    commits.run(1, noted("one")),
    commits.run(1, noted("next")),
  ]);
  expect(order).toEqual(["whole in 1", "most in 2", "one in 2", "next in 3"]);
});

test("work of several – where the lock was waited for in vain – fails at once for all, and nobody waits again", async () => {
  let tries = 0;
  const busy = new CommitTogether({
    ...world.storage,
    transaction: async () => {
      tries += 1;
      throw new Fault("unavailable", "busy", { code: "store.busy" });
    },
  });
  const ends = await Promise.allSettled([busy.run(1, keep("c1")), busy.run(1, keep("c2"))]);
  expect(ends.map((end) => (end.status === "rejected" ? end.reason.code : end.value))).toEqual([
    "store.busy",
    "store.busy",
  ]);
  expect(tries).toBe(1);
});

/** Transactions of posts that are made at once: where reads take their time, one may come after the other. */
const together = (posts: number): number => (STORE === "mongo" ? posts : 1);

const JAPAN: LabelRequest = { tlp: "GREEN", releases: [row("TRI", ["JPN"])] };
const post = (objects: readonly StixJson[], chance: string, account = "u1") =>
  ingestBatch(
    parts,
    objects.map((object, index) => ({ index, object })),
    { account, label: { request: JAPAN }, channel: "taxii", dryRun: false, versions: true },
    momentOf(START, chance),
  );

test("posts at once – of a label that is new, then of one that is known – are committed each by itself, then together", async () => {
  const first = await Promise.all([post([tool("p1")], "p1"), post([tool("p2")], "p2")]);
  expect(transactions).toBe(2);
  transactions = 0;
  const then = await Promise.all([post([tool("p3")], "p3"), post([tool("p4")], "p4")]);
  expect(transactions).toBeLessThanOrEqual(together(2));
  expect([...first, ...then].map(({ counts }) => counts.created)).toEqual([1, 1, 1, 1]);
  const receipts = await world.storage.collection(Receipts).getMany([...first, ...then].map(({ batch }) => batch));
  expect(receipts.length).toBe(4);
});

test("posts at once – of the same object, and of one that says something else under its id – are as if one came after the other", async () => {
  const other = tool("s1", { name: "something else" });
  await post([tool("s0")], "s0");
  transactions = 0;
  const replies = await Promise.all([post([tool("s1")], "s1"), post([tool("s1")], "s2"), post([other], "s3")]);
  expect(transactions).toBeLessThanOrEqual(together(3));
  expect(replies.map(({ results }) => [results[0]?.outcome, results[0]?.code])).toEqual([
    ["created", undefined],
    ["unchanged", undefined],
    ["rejected", "version.conflict"],
  ]);
});

test("a post at once with one that fails – of an object without a date – is named by the place that it got in the end", async () => {
  const id = `ipv4-addr--${sampleUuid("timeless")}`;
  const object = { type: "ipv4-addr", spec_version: "2.1", id, value: "198.51.100.77" };
  await post([tool("t0")], "t0");
  const asked = post([object], "t1");
  // Behind the post, so that its part is done, and undone with this.
  const failing = new Promise<void>((next) => setImmediate(next)).then(() =>
    commits.run(1, async () => {
      throw new Error("it is wrong");
    }),
  );
  const [reply, end] = await Promise.allSettled([asked, failing]);
  const [stored] = await world.storage.collection(Rows).find({ index: "stix", values: [id] });
  const version = reply.status === "fulfilled" ? reply.value.results[0]?.version : undefined;
  expect(end.status).toBe("rejected");
  expect(version).toBe(formatMicros(stored?.stamp ?? 0));
});
