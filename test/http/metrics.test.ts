import { setTimeout as pause } from "node:timers/promises";
import { type Listening, listen } from "../../server/http/listen.ts";
import { makeMetrics } from "../../server/metrics/metrics.ts";
import { metricsApp } from "../../server/metrics/metrics-app.ts";
import { standingOf } from "../../server/metrics/standing.ts";
import { Readiness } from "../../server/readiness.ts";
import { makeLog } from "../../server/shared/log.ts";
import { Jobs } from "../../server/storage/collections.ts";
import type { Sample } from "../support/exposition.ts";
import { type Exposition, readExposition } from "../support/exposition.ts";
import { send } from "../support/send.ts";
import { TemporaryWorld } from "../support/temporary-world.ts";
import { wrappedStorage } from "../support/wrapped-storage.ts";

/** Words that stand in what is posted and asked, and must stand in no metric. */
const WORDS = ["lazarus-of-the-test", "198.51.100.77", "hidden-hopper", "8d4f1c1e-7a52-4c3e-9f6a-0c2b7e5d1a90"];
const [NAME = "", ADDRESS = "", CAMPAIGN = "", UUID = ""] = WORDS;
const at = "2026-04-01T00:00:00.000Z";
const ACCOUNTS = { poster: "feed-JP-NPA", reader: "rel-US-FBI" };

describe("metrics", () => {
  const metrics = makeMetrics({ engine: "sqlite", sealed: false });
  let world: TemporaryWorld;
  let server: Listening;
  const scrape = async (): Promise<Exposition> => {
    // The reply's end is counted once the connection knows of it.
    await pause(20);
    const { status, text, headers } = await send(`http://127.0.0.1:${server.port}/metrics`, "GET", {});
    expect([status, headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    return readExposition(text);
  };

  beforeAll(async () => {
    world = await TemporaryWorld.open({ meter: metrics.meter, settings: { RATE_LIMIT_PER_MINUTE: "40" } });
    const readiness = new Readiness({
      storage: world.storage,
      spool: `${world.core.config.DATA_DIR}/spool`,
      clock: Date.now,
    });
    const app = metricsApp(metrics, standingOf(world.storage, readiness, world.core.clock), makeLog("silent"));
    server = await listen({ app, host: "127.0.0.1", port: 0 });
  });
  afterAll(async () => {
    await server.stop();
    await world.close();
  });

  test("the listener of the metrics – asked for anything else – refuses it; the API's knows no metrics", async () => {
    const base = `http://127.0.0.1:${server.port}`;
    const asked = [
      ["GET", "/"],
      ["GET", "/healthz"],
      ["GET", "/metrics/"],
      ["GET", "/api/v1/objects"],
      ["POST", "/metrics"],
      ["HEAD", "/metrics"],
      ["DELETE", "/metrics"],
    ] as const;
    const replies = [];
    for (const [method, path] of asked) replies.push((await send(`${base}${path}`, method, {})).status);
    expect(replies).toEqual([404, 404, 404, 404, 405, 405, 405]);
    expect((await send(`${base}/metrics?x=1`, "GET", {})).status).toBe(200);
    for (const credential of ["none", "token"] as const)
      expect((await world.ask(ACCOUNTS.reader, { method: "GET", path: "/metrics" }, credential)).status).toBe(404);
  });

  test("metrics – read before and after posts, pages and refusals – count them, and name nothing of them", async () => {
    const before = await scrape();
    const posted = await world.post(
      ACCOUNTS.poster,
      [
        { type: "ipv4-addr", spec_version: "2.1", id: `ipv4-addr--${UUID}`, value: ADDRESS },
        {
          ...{ type: "campaign", spec_version: "2.1", id: `campaign--${UUID}`, created: at, modified: at },
          name: CAMPAIGN,
        },
        { type: "campaign", spec_version: "2.1", id: "campaign--no", created: at, modified: at, name: NAME },
      ],
      { label: { tlp: "GREEN", releases: [{ agreement: "TRI", countries: ["USA"], agencies: "*" }] } },
    );
    expect([posted.status, (posted.json as { counts?: object }).counts]).toMatchObject([
      200,
      { created: 2, rejected: 1 },
    ]);
    const paths = [
      `/api/v1/objects/campaign--${UUID}`,
      "/api/v1/objects?limit=5",
      `/api/v1/objects?value=${ADDRESS}`,
      `/${NAME}/${UUID}`,
      `/api/v1/objects?${NAME}=1`,
    ];
    const statuses = [];
    for (const path of paths) statuses.push((await world.ask(ACCOUNTS.poster, { method: "GET", path })).status);
    expect(statuses).toEqual([200, 200, 200, 404, 400]);
    await world.ask(ACCOUNTS.poster, { method: NAME as "GET", path: "/x" }).catch(() => undefined);
    let limited = 0;
    for (let n = 0; n < 60 && limited === 0; n++) {
      const { status } = await world.ask(ACCOUNTS.reader, { method: "GET", path: "/api/v1/objects?limit=1" });
      if (status === 429) limited += 1;
    }
    expect(limited).toBe(1);
    const after = await scrape();
    const grown = (name: string, labels: Sample["labels"] = {}): number =>
      (after.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0);
    expect(grown("tricord_http_requests_total", { method: "GET", route: "/api/v1/objects/{id}", status: "200" })).toBe(
      1,
    );
    expect(grown("tricord_http_requests_total", { method: "GET", route: "/api/v1/objects", status: "400" })).toBe(1);
    expect(grown("tricord_http_requests_total", { method: "GET", route: "none", status: "404" })).toBe(1);
    expect(grown("tricord_http_requests_total", { method: "POST", route: "/api/v1/ingest", status: "200" })).toBe(1);
    expect(grown("tricord_http_request_duration_seconds_count", { method: "POST", route: "/api/v1/ingest" })).toBe(1);
    expect(grown("tricord_refusals_total", { status: "429", code: "limit.requests" })).toBe(1);
    expect(grown("tricord_ingest_batches_total")).toBe(1);
    expect(grown("tricord_ingest_objects_total", { outcome: "created" })).toBe(2);
    expect(grown("tricord_ingest_objects_total", { outcome: "rejected" })).toBe(1);
    expect(grown("tricord_ingest_objects_total", { outcome: "unchanged" })).toBe(0);
    expect(grown("tricord_store_transactions_total", { placement: "content", outcome: "committed" })).toBeGreaterThan(
      0,
    );
    expect(grown("tricord_store_turn_wait_seconds_count", { placement: "content" })).toBeGreaterThan(0);
    expect(grown("tricord_disclosures_total")).toBeGreaterThan(2);
    expect(grown("tricord_disclosure_commit_duration_seconds_count")).toBeGreaterThan(2);

    const text = JSON.stringify(after.samples.map(({ name, labels }) => [name, labels]));
    const hidden = [...WORDS, ...Object.values(ACCOUNTS), "JP-NPA", "US-FBI", '"TRI"', "campaign", "ipv4", "GREEN"];
    expect(hidden.filter((word) => text.toLowerCase().includes(word.toLowerCase()))).toEqual([]);
    expect(/[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{16}/.exec(text)).toBeNull();
    const labels = new Set(after.samples.flatMap((sample) => Object.keys(sample.labels)));
    const ours = ["method", "route", "status", "code", "outcome", "placement", "why", "engine", "le"];
    const nodes = ["space", "type", "kind", "version", "major", "minor", "patch", "quantile"];
    expect([...labels].filter((label) => ![...ours, ...nodes].includes(label))).toEqual([]);
    const routes = new Set(world.routes.map(({ path }) => path)).add("none");
    expect(after.samples.flatMap((s) => s.labels.route ?? []).filter((route) => !routes.has(route))).toEqual([]);
  });

  test("metrics – of an installation – say how it stands", async () => {
    await world.storage.collection(Jobs).insert(
      (["queued", "queued", "running", "failed", "done"] as const).map((status, n) => ({
        ...{ id: `${n}${UUID.slice(1)}`, kind: "ingest", account: ACCOUNTS.poster, status, input: {}, progress: {} },
        created: world.steer.now - (10 - n) * 1000,
      })),
    );
    const told = await scrape();
    const jobs = ["queued", "running", "failed", "done"].map((status) => told.value("tricord_jobs", { status }));
    expect(jobs).toEqual([2, 1, 1, undefined]);
    expect(told.value("tricord_jobs_oldest_waiting_seconds")).toBe(10);
    expect(["ready", "sealed", "store_info"].map((name) => told.value(`tricord_${name}`))).toEqual([1, 0, 1]);
    expect(Math.abs(told.value("tricord_clock_offset_seconds") ?? 9)).toBeLessThan(1);
    expect(told.value("tricord_store_format")).toBeGreaterThanOrEqual(3);
    expect(told.value("nodejs_eventloop_lag_seconds")).toBeGreaterThanOrEqual(0);
    expect(told.value("process_resident_memory_bytes")).toBeGreaterThan(1e7);
  });

  test("metrics – of a store that does not answer – say so, and leave out what it would tell", async () => {
    const gone = wrappedStorage(world.storage, { now: () => Promise.reject(new Error("gone")) });
    const readiness = new Readiness({ storage: gone, spool: `${world.core.config.DATA_DIR}/spool`, clock: Date.now });
    const told = readExposition(await metrics.text(await standingOf(gone, readiness, Date.now)()));
    const names = ["ready", "clock_offset_seconds", "store_format", "jobs_oldest_waiting_seconds"];
    expect(names.map((name) => told.value(`tricord_${name}`))).toEqual([0, undefined, undefined, undefined]);
  });
});
