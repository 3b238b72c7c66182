import { AgreementsIn } from "../../server/storage/collections.ts";
import { putPolicy } from "../../server/usecases/policy-history.ts";
import { drawn } from "../support/drawn.ts";
import { PageFollower } from "../support/page-follower.ts";
import { endAll, openStoreOf, RealServer } from "../support/real-server.ts";
import { bundle, row, tool } from "../support/samples.ts";
import { isCut, seededChance } from "../support/seeded-chance.ts";
import type { Reply } from "../support/send.ts";
import { foundIn } from "../support/sound-store.ts";

jest.setTimeout(600_000);
afterAll(endAll);

const KILLS = drawn(10, 3, 3);
const HOME = { tlp: "GREEN", releases: [row("TRI", ["USA"])] };
const TO_JAPAN = row("TRI", ["JPN"]);

async function done<T>(asked: Promise<Reply>, wanted = 200): Promise<T> {
  const { status, body, text } = await asked;
  expect([status, status === wanted ? "" : text]).toEqual([wanted, ""]);
  return body as T;
}

/** Does work that the kill cuts off: whatever was under way fails, what was acknowledged counts. */
async function untilCut(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isCut(error)) throw error;
  }
}

/** Runs several at once on a server, kills it in the middle, and starts it again. */
async function killIn(server: RealServer, delay: number, works: readonly (() => Promise<void>)[]): Promise<RealServer> {
  const running = Promise.all(works.map(untilCut));
  await new Promise((turn) => setTimeout(turn, delay));
  expect((await server.stop("SIGKILL")).signal).toBe("SIGKILL");
  await running;
  return RealServer.start({ folder: server.folder });
}

test("kill -9 in the middle of releases, at random moments – after each restart a release is decided and its object seen abroad, or neither; what was acknowledged is decided; the feed has each once", async () => {
  const seed = 20260412;
  const draw = seededChance(seed);
  let server = await RealServer.start();
  const objects = Array.from({ length: 90 }, (_, n) => tool(`to be released ${n}`));
  expect(await done(server.ingest("u1", bundle(...objects), HOME))).toMatchObject({ counts: { created: 90 } });
  const releases = new Map<string, string>();
  const propose = async (id: string): Promise<void> => {
    const { hash } = await done<{ hash: string }>(server.get(`/api/v1/objects/${id}`, "u1"));
    const body = { row: TO_JAPAN, reason: "Japan asked for it", hash };
    const { release } = await done<{ release: string }>(server.post(`/api/v1/objects/${id}/releases`, "u1", body), 202);
    releases.set(id, release);
  };
  for (let i = 0; i < objects.length; i += 6) await Promise.all(objects.slice(i, i + 6).map(({ id }) => propose(id)));
  const follower = new PageFollower("j1");
  await follower.catchUp(server);
  const before = follower.got.length;
  const acknowledged = new Set<string>();
  const waiting = objects.map(({ id }) => id);
  let whole = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    // No more than a third of a second, or of what the stand-in takes for as much: then some are left for the last kill.
    const delay = 20 + draw() * drawn(300, 3000);
    const here = server;
    const approve = async (): Promise<void> => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        const path = `/api/v1/releases/${releases.get(id)}`;
        const { hash } = await done<{ hash: string }>(here.get(path, "u4"));
        await done(here.post(`${path}/approve`, "u4", { reason: "looked at it", hash }));
        acknowledged.add(id);
        if (acknowledged.size + waiting.length > objects.length) throw new Error("counted wrongly");
        // Enough for this time.
        if (acknowledged.size > (kill + 1) * 8) return;
      }
    };
    server = await killIn(server, delay, [approve, approve, approve, async () => void (await follower.step(here, 3))]);
    const seen = new Set(
      (await server.objects("j1", { type: "tool", text: "released" }))
        .map(({ id }) => id)
        .filter((id) => releases.has(id)),
    );
    const statuses = await Promise.all(
      objects.map(async ({ id }) => {
        const { status } = await done<{ status: string }>(server.get(`/api/v1/releases/${releases.get(id)}`, "u4"));
        return [id, status, seen.has(id)] as const;
      }),
    );
    expect(statuses.filter(([, status, visible]) => (status === "released") !== visible)).toEqual([]);
    expect([...acknowledged].filter((id) => !seen.has(id))).toEqual([]);
    whole = seen.size;
    waiting.splice(0, waiting.length, ...objects.map(({ id }) => id).filter((id) => !seen.has(id)));
  }
  // Moments were well drawn: some were through, some are still to come.
  console.info(`kill -9 in releases (seed ${seed}): ${acknowledged.size} acknowledged, ${whole} decided`);
  expect([acknowledged.size > 0, whole < objects.length]).toEqual([true, true]);
  await follower.catchUp(server);
  const got = follower.got.slice(before).filter((one) => releases.has(one.split(" ")[0] ?? ""));
  expect([got.length, new Set(got).size]).toEqual([whole, whole]);
  expect(new Set(follower.got).size).toBe(follower.got.length);
  expect(await server.stop()).toMatchObject({ code: 0, stderr: "" });
  expect(await foundIn(server.folder)).toEqual([]);
});

test("kill -9 while readers are observed after a policy change, at random moments – they miss nothing, and are given nothing twice without a change that says so", async () => {
  const seed = 20260413;
  const draw = seededChance(seed);
  let server = await RealServer.start();
  const store = await openStoreOf(server.folder);
  const set = (id: string, status: "suspended" | "in-force"): Promise<void> =>
    store.transaction(async (unit) => {
      const held = await unit.collection(AgreementsIn).get(id);
      if (held === undefined) throw new Error(`there is no agreement ${id}`);
      await putPolicy(unit, { kind: "agreement", doc: { ...held, status }, at: Date.now() });
    });
  const followers = ["j1", "j2", "k1", "k2", "u1", "u2"].map((as) => ({ as, follower: new PageFollower(as) }));
  for (const { follower } of followers) await follower.catchUp(server);
  let suspended = false;
  let ends = followers.map(({ follower }) => follower.got.length);
  for (let kill = 0; kill < KILLS; kill++) {
    suspended = !suspended;
    await set("TRI", suspended ? "suspended" : "in-force");
    const here = server;
    const poll =
      ({ follower }: { follower: PageFollower }) =>
      async (): Promise<void> => {
        while ((await follower.step(here, 50)) === "more");
      };
    server = await killIn(server, draw() * 120, followers.map(poll));
    for (const [i, { as, follower }] of followers.entries()) {
      await follower.catchUp(server);
      const since = follower.got.slice(ends[i]);
      // Under one policy nothing comes twice.
      expect({ as, kill, twice: since.length - new Set(since).size }).toEqual({ as, kill, twice: 0 });
      const fresh = new PageFollower(as);
      await fresh.catchUp(server);
      const had = new Set(follower.got);
      expect({ as, kill, missed: fresh.got.filter((one) => !had.has(one)) }).toEqual({ as, kill, missed: [] });
      if (as.startsWith("k")) expect(since.length > 0 || suspended).toBe(true);
    }
    ends = followers.map(({ follower }) => follower.got.length);
  }
  console.info(`kill -9 in observations (seed ${seed})`);
  await store.close();
  expect(await server.stop()).toMatchObject({ code: 0, stderr: "" });
  expect(await foundIn(server.folder)).toEqual([]);
});
