import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PageFollower } from "../support/page-follower.ts";
import { openRawSqlite } from "../support/raw-sqlite.ts";
import { endAll, RealServer } from "../support/real-server.ts";
import { bundle, indicator, TRI } from "../support/samples.ts";
import type { Reply } from "../support/send.ts";
import { foundIn } from "../support/sound-store.ts";
import { STORE } from "../support/which-store.ts";

jest.setTimeout(600_000);

const GREEN = { tlp: "GREEN", releases: [TRI] };
const POSTER = "feed-US-CISA";
const many = (name: string, count: number, more = {}) =>
  Array.from({ length: count }, (_, n) =>
    indicator(`${name} ${n}`, `[ipv4-addr:value = '10.8.${n >> 8}.${n & 255}']`, more),
  );
const pause = (ms: number): Promise<void> => new Promise((turn) => setTimeout(turn, ms));
const onSqlite = STORE === "sqlite" ? test : test.skip;
let unmount = (): void => undefined;
afterAll(async () => {
  await endAll();
  unmount();
});

/** What a client is told while the store is away: to come again, in words that name no file. */
function expectAway({ status, headers, body, text }: Reply, code: RegExp): void {
  expect([status, body.error?.code]).toEqual([503, expect.stringMatching(code)]);
  expect(Number(headers["retry-after"])).toBeGreaterThanOrEqual(1);
  expect(text).not.toMatch(/sqlite|\/|Error:/i);
}

/** A client that sends a batch until it is acknowledged. Gives how often it was told to come again; `toldAgain` hears of each time. */
async function sendUntilTaken(
  server: RealServer,
  objects: ReturnType<typeof many>,
  code: RegExp,
  toldAgain: () => void = () => undefined,
): Promise<number> {
  for (let away = 0; ; away++) {
    const reply = await server.ingest(POSTER, bundle(...objects), GREEN);
    if (reply.status === 200) {
      const { created = 0, unchanged = 0 } = reply.body.counts ?? {};
      expect([created, unchanged]).toEqual([objects.length, 0]);
      return away;
    }
    expectAway(reply, code);
    toldAgain();
    await pause(200);
  }
}

async function expectEachOnce(server: RealServer, follower: PageFollower, ids: readonly string[]): Promise<void> {
  const wanted = new Set(ids);
  const posts = (await server.mine(POSTER)).flatMap(({ id }) => (wanted.has(id) ? [id] : []));
  expect([posts.length, new Set(posts).size]).toEqual([wanted.size, wanted.size]);
  await follower.catchUp(server);
  const got = follower.of(wanted);
  expect([got.length, new Set(got).size]).toEqual([wanted.size, wanted.size]);
}

onSqlite(
  "the lock of the store – held by another program for ten seconds, in the middle of an ingest, a job and polls – reading goes on while content is held; else 503 with Retry-After; then it goes on by itself, nothing lost, nothing twice",
  async () => {
    const server = await RealServer.start({ env: { MAX_INLINE_BYTES: "100000" } });
    const locks = ["content", "log"].map((name) =>
      openRawSqlite(join(server.folder, `${name}.sqlite`), { timeout: 60_000 }),
    );
    const [content, log] = locks;
    const follower = new PageFollower("j1");
    await follower.catchUp(server);
    // A password's first use is written down; after that it is known.
    expect((await server.get("/api/v1/objects", "k1", { limit: "1" })).status).toBe(200);
    const large = many("in a job", 2200);
    const { body } = await server.ingest(POSTER, bundle(...large), GREEN);
    for (let begun = false; !begun; ) {
      const { body: job } = await server.get(`/api/v1/jobs/${body.job}`, POSTER);
      begun = (job.counts?.received ?? 0) > 0;
    }
    content?.exec("BEGIN EXCLUSIVE");
    const since = performance.now();
    const batches = Array.from({ length: 4 }, (_, n) => many(`small ${n}`, 20));
    let refused = 0;
    const counts = (): void => {
      refused++;
    };
    const posting = Promise.all(batches.map((objects) => sendUntilTaken(server, objects, /^store\.busy$/, counts)));
    // Only content is held: readers, and the record of what they read, wait for nobody.
    for (let n = 0; n < 5; n++) expect((await server.get("/api/v1/objects", "k1", { limit: "50" })).status).toBe(200);
    // One who follows may have to wait: what it may read of a new label is written down first.
    let later = 0;
    let following = true;
    const polling = (async () => {
      while (following) {
        if ((await follower.step(server, 100)) === "later") later++;
        await pause(50);
      }
    })();
    log?.exec("BEGIN EXCLUSIVE");
    const reader = await server.get("/api/v1/objects", "k1", { limit: "50" });
    expectAway(reader, /^store\.busy$/);
    while (performance.now() - since < 10_000 || refused === 0 || later === 0) await pause(50);
    for (const lock of locks) lock.exec("COMMIT");
    await posting;
    for (let status = ""; status !== "done"; await pause(100)) {
      const { body: job } = await server.get(`/api/v1/jobs/${body.job}`, POSTER);
      status = job.status ?? "";
      expect([status, job.error]).toEqual([expect.stringMatching(/^(?:queued|running|done)$/), undefined]);
    }
    following = false;
    await polling;
    for (const lock of locks) lock.close();
    const ids = [...large, ...batches.flat()].map(({ id }) => id);
    await expectEachOnce(server, follower, ids);
    expect((await server.stop()).code).toBe(0);
    expect(await foundIn(server.folder)).toEqual([]);
  },
);

/** A small disk of its own; undefined where the machine does not let us have one. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "tricord-disk-"));
  try {
    execFileSync("sh", ["-c", 'mount -t tmpfs -o size=96m tmpfs "$0"', folder], { stdio: "ignore" });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  unmount = () => {
    execFileSync("sh", ["-c", 'umount "$0"', folder]);
    rmSync(folder, { recursive: true });
  };
  return folder;
}

onSqlite(
  "the disk – full in the middle of an ingest – posts and large posts get 503 `store.full`, readers read on, accounts can be ended; once there is room it goes on by itself",
  async () => {
    const disk = smallDisk();
    if (disk === undefined) {
      console.warn("no small disk can be mounted here: the full disk was not tried");
      return;
    }
    const folder = join(disk, "data");
    const server = await RealServer.start({ folder, env: { MAX_INLINE_BYTES: "300000" } });
    const follower = new PageFollower("j1");
    await follower.catchUp(server);
    const words = { description: "x".repeat(2000) };
    const acknowledged: string[] = [];
    const batch = (n: number) => many(`filling ${n}`, 100, words);
    let next = 0;
    // What is there for others takes half of the disk.
    writeFileSync(join(disk, "ballast"), Buffer.alloc(33_554_432));
    for (;;) {
      const objects = batch(next);
      const reply = await server.ingest(POSTER, bundle(...objects), GREEN);
      if (reply.status !== 200) {
        expectAway(reply, /^store\.full$/);
        break;
      }
      acknowledged.push(...objects.map(({ id }) => id));
      next++;
    }
    expect(next).toBeGreaterThan(0);
    const large = await server.ingest(POSTER, bundle(...many("large", 400, words)), GREEN);
    expectAway(large, /^(?:store|spool)\.full$/);
    // Readers go on, and what must not wait.
    expect((await server.objects("k1", { view: "originals", type: "indicator", text: "filling" })).length).toBe(
      acknowledged.length,
    );
    await follower.catchUp(server);
    const got = follower.of(new Set(acknowledged));
    expect([got.length, new Set(got).size]).toEqual([acknowledged.length, acknowledged.length]);
    const { username, password } = { username: "u1", password: server.account("u1").password };
    expect((await server.send("POST", "/api/v1/auth/login", { body: { username, password } })).status).toBe(200);
    // Even with nothing left at all, what is refused is refused whole.
    execFileSync("sh", ["-c", `head -c 200000000 /dev/zero > ${join(disk, "rest")} || true`], { stdio: "ignore" });
    expectAway(await server.ingest(POSTER, bundle(...batch(next)), GREEN), /^store\.full$/);
    const nothing = await server.get("/api/v1/objects", "k1", { limit: "50" });
    if (nothing.status !== 200) expectAway(nothing, /^store\.(?:full|io)$/);
    for (const name of ["ballast", "rest"]) rmSync(join(disk, name));
    const after = batch(next);
    expect(await sendUntilTaken(server, after, /^store\.full$/)).toBe(0);
    await expectEachOnce(server, follower, [...acknowledged, ...after.map(({ id }) => id)]);
    expect((await server.stop()).code).toBe(0);
    expect(await foundIn(folder)).toEqual([]);
  },
);
