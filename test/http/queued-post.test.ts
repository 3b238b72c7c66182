import { Jobs, Rows } from "../../server/storage/collections.ts";
import { tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { TemporaryWorld } from "../support/temporary-world.ts";

let world: TemporaryWorld;
beforeEach(async () => {
  world = await TemporaryWorld.open({ settings: { MAX_INLINE_BYTES: "1024" } });
});
afterEach(() => world.close());

const large = tool("that waits", { description: "words ".repeat(1000) });
const queued = async (): Promise<string> => {
  world.at(START + 1000, "post");
  const { status, json } = await world.post("u1", large, { label: { tlp: "GREEN" } });
  expect(status).toBe(202);
  return (json as { job: string }).job;
};
const worked = async (job: string): Promise<unknown[]> => {
  world.at(START + 3000, "work");
  await world.runJobs();
  const { json } = await world.ask("u1", { method: "GET", path: `/api/v1/jobs/${job}` });
  const { status, error } = json as { status: string; error?: { code: string } };
  const rows = await world.storage.collection(Rows).find({ index: "stix", values: [large.id] });
  return [status, error?.code, [...new Set(rows.map(({ originator }) => originator))]];
};

test("a large post – its account moved to another agency before its job's turn – fails with that, and neither agency says it", async () => {
  const job = await queued();
  await world.changeAccount("u1", { agency: "US-CISA" });
  expect(await worked(job)).toEqual(["failed", "forbidden.account_moved", []]);
});

test("a large post – its account where it was, or queued when no agency was written down – is its agency's", async () => {
  const job = await queued();
  const jobs = world.storage.collection(Jobs);
  const held = await jobs.get(job);
  if (held === undefined) throw new Error("there is no job");
  expect(held.input).toMatchObject({ account: "u1", agency: "US-FBI" });
  const { agency: _, ...input } = held.input;
  await jobs.put({ ...held, input });
  expect(await worked(job)).toEqual(["done", undefined, ["US-FBI"]]);
});
