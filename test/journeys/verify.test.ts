import { Labels, Lanes } from "../../server/storage/collections.ts";
import { command, dataFolder, endAll, openStoreOf, RealServer } from "../support/real-server.ts";
import { bundle, indicator, TRI } from "../support/samples.ts";

jest.setTimeout(600_000);
afterAll(endAll);

const folder = dataFolder();
const verify = (...args: string[]) => command(["store", "verify", ...args], { folder });
const objects = (batch: number) =>
  Array.from({ length: 200 }, (_, n) => indicator(`v ${batch} ${n}`, `[domain-name:value = 'v${batch}-${n}.example']`));

test("tricord store verify – the seeded demonstration, beside its server while it takes posts and is polled – finds nothing, code 0", async () => {
  const server = await RealServer.start({ folder });
  let going = true;
  let posted = 0;
  const posts = (async () => {
    for (let batch = 0; going; batch++) {
      const reply = await server.ingest("feed-US-CISA", JSON.stringify(bundle(...objects(batch))), {
        tlp: "GREEN",
        releases: [TRI],
      });
      expect(reply.status).toBe(200);
      await server.objects("j1", { type: "indicator", limit: "100" });
      posted += 1;
    }
  })();
  const [plain, json] = [await verify(), await verify("--json")];
  going = false;
  await posts;
  expect([plain.code, plain.stdout]).toEqual([0, ""]);
  expect(plain.stderr).toMatch(/^\d+ documents in \d+ collections: 0 findings\n$/);
  expect([json.code, JSON.parse(json.stdout)]).toEqual([
    0,
    { documents: expect.objectContaining({ rows: expect.any(Number), audit: expect.any(Number) }), findings: {} },
  ]);
  expect(posted).toBeGreaterThan(0);
  expect((await server.stop("SIGTERM")).code).toBe(0);
});

test("tricord store verify – a store that was spoilt – a line a finding and one a code, none of its content, code 3", async () => {
  const store = await openStoreOf(folder);
  const lanes = store.collection(Lanes);
  const lane = (await lanes.all({ limit: 100 })).find(({ first, newest }) => first < newest);
  const [label] = await store.collection(Labels).all({ limit: 1 });
  if (lane === undefined || label === undefined) throw new Error("there is nothing to spoil");
  await lanes.put({ ...lane, newest: lane.first });
  await store.close();
  const found = await verify();
  expect([found.code, found.stdout.split("\n")]).toEqual([
    3,
    [
      `verify.lane_newest  lanes ${lane.id}: a row came or left after`,
      "        1  verify.lane_newest: rows came or left in a lane after the newest that is known of it",
      "",
    ],
  ]);
  const lines = (await verify("--json", "--most", "0")).stdout.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { documents: expect.anything(), findings: { "verify.lane_newest": 1 } },
  ]);
});
