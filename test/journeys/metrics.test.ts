import { Agent } from "node:http";
import { readExposition } from "../support/exposition.ts";
import { freePort } from "../support/free-port.ts";
import { dataFolder, endAll, failedStart, RealServer } from "../support/real-server.ts";
import { send } from "../support/send.ts";

jest.setTimeout(300_000);
afterAll(endAll);

describe("the operator's side of a server", () => {
  const domain = (n: number) => ({
    ...{ type: "domain-name", spec_version: "2.1", value: `m${n}.example` },
    id: `domain-name--0c2b7e5d-1a90-4c3e-9f6a-${String(n).padStart(12, "0")}`,
  });

  test("metrics – of a server with an ingest thread – count what the thread did, on their own port alone; then it drains", async () => {
    const metricsPort = await freePort();
    const server = await RealServer.start({ env: { METRICS_PORT: String(metricsPort), DRAIN_SECONDS: "2" } });
    expect(server.stdout).toContain(`  metrics   http://127.0.0.1:${metricsPort}/metrics\n`);
    const scrape = async () => readExposition((await send(`http://127.0.0.1:${metricsPort}/metrics`, "GET", {})).text);
    const before = await scrape();
    const { status } = await server.ingest(
      "feed-JP-NPA",
      { type: "bundle", id: "bundle--0c2b7e5d-1a90-4c3e-9f6a-000000000001", objects: [1, 2, 3].map(domain) },
      { tlp: "GREEN" },
    );
    expect(status).toBe(200);
    const after = await scrape();
    const grown = (name: string, labels = {}): number =>
      (after.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0);
    expect(grown("tricord_ingest_objects_total", { outcome: "created" })).toBe(3);
    expect(grown("tricord_ingest_batches_total")).toBe(1);
    expect(grown("tricord_store_transactions_total", { placement: "content", outcome: "committed" })).toBeGreaterThan(
      0,
    );
    expect(grown("tricord_store_turn_wait_seconds_count", { placement: "content" })).toBeGreaterThan(0);
    expect((await server.send("GET", "/metrics")).status).toBe(404);
    expect((await send(`http://127.0.0.1:${metricsPort}/api/v1/objects`, "GET", {})).status).toBe(404);

    expect((await server.send("GET", "/readyz")).body).toEqual({ status: "ready" });
    const ending = server.stop("SIGTERM");
    const agent = new Agent({ keepAlive: true });
    let ready = await send(`${server.url}/readyz`, "GET", { agent });
    for (let n = 0; n < 50 && ready.status === 200; n++) ready = await send(`${server.url}/readyz`, "GET", { agent });
    expect([ready.status, ready.body, ready.headers["retry-after"], ready.headers.connection]).toEqual([
      503,
      { status: "not-ready", reason: "it is stopping" },
      "1",
      "close",
    ]);
    // Who comes all the same is served.
    expect((await server.get("/api/v1/objects?limit=1", "feed-JP-NPA")).status).toBe(200);
    expect((await scrape()).value("tricord_ready")).toBe(0);
    agent.destroy();
    expect((await ending).code).toBe(0);
  });

  test("METRICS_PORT – that is the API's, or an address of another machine – one clear line, and it ends", async () => {
    const port = String(await freePort());
    const folder = dataFolder();
    const base = { DATA_DIR: folder, DEMO: "false", LOG_LEVEL: "error", PORT: port };
    const far = await failedStart({ ...base, METRICS_PORT: "0", METRICS_HOST: "192.0.2.1" });
    expect([far.code, far.stderr]).toEqual([1, "tricord: METRICS_HOST: 192.0.2.1 is not an address of this machine\n"]);
    const same = await failedStart({ ...base, METRICS_PORT: port });
    expect([same.code, same.stderr]).toEqual([1, `tricord: PORT: ${port} on 127.0.0.1 is in use by another program\n`]);
  });
});
