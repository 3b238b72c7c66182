import { randomUUID } from "node:crypto";
import { composeContent } from "../../server/compose.ts";
import { runIngestJobs, StillLeases } from "../../server/jobs/ingest-jobs.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { Jobs } from "../../server/storage/collections.ts";
import { findingsOf } from "../../server/usecases/verify-store/verify-store.ts";
import { TRI, tool } from "../support/samples.ts";
import { seededChance } from "../support/seeded-chance.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";
import { callerOf } from "./processes/open.ts";

jest.setTimeout(600_000);

const [MINUTE, HOUR] = [60_000, 3_600_000];
const GREEN = { tlp: "GREEN" as const, releases: [TRI] };

const open: TemporaryWorld[] = [];
afterEach(async () => {
  for (const world of open.splice(0).reverse()) await world.close();
});

/** Processes on one store, each with a clock of its own; the first one's world owns the store. */
async function processes(n: number): Promise<TemporaryWorld[]> {
  const first = await TemporaryWorld.open();
  open.push(first);
  const worlds = [first];
  while (worlds.length < n) worlds.push(await beside(first));
  return worlds;
}

/** One more process on the store of a world. */
async function beside({ core: { config } }: TemporaryWorld): Promise<TemporaryWorld> {
  const settings = {
    DATA_DIR: config.DATA_DIR,
    ...(config.MONGODB_URI === undefined ? {} : { MONGODB_URI: config.MONGODB_URI }),
  };
  const over = { folder: config.DATA_DIR, settings, remove: async () => undefined };
  const world = await TemporaryWorld.open({ over });
  open.push(world);
  return world;
}
async function expectSound({ core }: TemporaryWorld): Promise<void> {
  expect(await findingsOf(core)).toEqual([]);
}

let asked = 0;
const at = (world: TemporaryWorld, now: number): TemporaryWorld => {
  asked += 1;
  world.at(now, `request ${asked}`);
  return world;
};
const seen = async (world: TemporaryWorld, as: string, id: string): Promise<number> =>
  (await world.ask(as, { method: "GET", path: `/api/v1/objects/${id}` }, "key")).status;

describe("gates", () => {
  test.each([
    [
      "an embargo that is over",
      { tlp: "GREEN", embargoUntil: formatInstant(START + 30 * MINUTE), releases: [TRI] },
      200,
    ],
    ["a row that has ended", { tlp: "GREEN", releases: [{ ...TRI, until: formatInstant(START + 30 * MINUTE) }] }, 404],
  ] as const)(
    "%s – for a process whose clock has jumped ahead – for all of them, and for one that starts later",
    async (_, label, after) => {
      const worlds = await processes(2);
      const [ahead, behind] = worlds as [TemporaryWorld, TemporaryWorld];
      const object = tool("dated");
      expect((await at(ahead, START).post("feed-US-FBI", object, { label: label as never })).status).toBe(200);
      const before = after === 200 ? 404 : 200;
      for (const world of worlds) expect(await seen(at(world, START + MINUTE), "j1", object.id)).toBe(before);
      expect(await seen(at(ahead, START + HOUR), "j1", object.id)).toBe(after);
      expect(await seen(at(behind, START + 2 * MINUTE), "j1", object.id)).toBe(after);
      expect(await seen(at(ahead, START + 2 * MINUTE), "j1", object.id)).toBe(after);
      const late = await beside(ahead);
      worlds.push(late);
      expect(await seen(at(late, START + 3 * MINUTE), "j1", object.id)).toBe(after);
      await expectSound(ahead);
    },
  );

  test("an account that has ended for a process whose clock has jumped ahead – asked for at another – is over there, too", async () => {
    const worlds = await processes(2);
    const [ahead, behind] = worlds as [TemporaryWorld, TemporaryWorld];
    await ahead.changeAccount("j2", { until: formatInstant(START + 30 * MINUTE) });
    const me = (world: TemporaryWorld, as: string): Promise<Reply> =>
      world.ask(as, { method: "GET", path: "/api/v1/me" }, "key");
    expect((await me(at(behind, START + MINUTE), "j2")).status).toBe(200);
    // Anybody's page is judged at that hour: from then on it is that late for everybody.
    expect(await seen(at(ahead, START + HOUR), "j1", tool("none").id)).toBe(404);
    expect((await me(at(behind, START + 2 * MINUTE), "j2")).status).toBe(401);
    expect((await me(at(behind, START + 2 * MINUTE), "j1")).status).toBe(200);
  });
});

test("a token – made by a process whose clock is an hour ahead – is good there, and never longer anywhere than its life", async () => {
  const worlds = await processes(2);
  const [ahead, behind] = worlds as [TemporaryWorld, TemporaryWorld];
  at(ahead, START + HOUR);
  at(behind, START);
  const me = (world: TemporaryWorld, headers: Readonly<Record<string, string>>): Promise<Reply> =>
    world.ask("j1", { method: "GET", path: "/api/v1/me", headers }, "none");
  const [late, early] = [ahead.credentials("j1", "token"), behind.credentials("j1", "token")];
  expect([(await me(ahead, late)).status, (await me(behind, early)).status]).toEqual([200, 200]);
  // One of the future is not taken, one of the past is over.
  expect([(await me(behind, late)).status, (await me(ahead, early)).status]).toEqual([401, 401]);
  expect((await me(at(behind, START + 14 * MINUTE), early)).status).toBe(200);
  expect((await me(at(behind, START + 15 * MINUTE), early)).status).toBe(401);
});

test("a job – leased by a process whose clock is an hour ahead and which died – is taken up by another that saw it stand still, not by the date on it", async () => {
  const worlds = await processes(2);
  const [ahead, behind] = worlds as [TemporaryWorld, TemporaryWorld];
  const job = randomUUID();
  await ahead.core.spool.write(job, [Buffer.from(JSON.stringify(tool("in a job")))] as never);
  await ahead.storage.collection(Jobs).insert([
    {
      ...{ id: job, kind: "ingest", account: "u1", status: "running", created: START, progress: {} },
      input: { account: "u1", dryRun: false, label: JSON.stringify(GREEN) },
      ...{ leaseHolder: "dead", leaseUntil: START + HOUR + 10_000, attempts: 1 },
    },
  ]);
  const still = new StillLeases();
  const { core } = behind;
  const parts = { ...core, inflatedLimit: 1_000_000 };
  const work = (): Promise<void> => runIngestJobs(parts, at(behind, START).steer.moments, "alive", still);
  const status = async (): Promise<unknown> => (await behind.storage.collection(Jobs).get(job))?.status;
  let elapsed = 1000;
  const clock = jest.spyOn(performance, "now").mockImplementation(() => elapsed);
  await work();
  elapsed += 5000;
  await work();
  expect(await status()).toBe("running");
  elapsed += 5000;
  await work();
  clock.mockRestore();
  expect(await status()).toBe("done");
  expect(await seen(behind, "u1", tool("in a job").id)).toBe(200);
});

test("a page – at a process whose clock is an hour behind what readers were shown – waits for the width of a step, and not for its clock", async () => {
  const worlds = await processes(2);
  const [ahead, behind] = worlds as [TemporaryWorld, TemporaryWorld];
  const page = (world: TemporaryWorld): Promise<Reply> =>
    world.ask("j1", { method: "GET", path: "/taxii2/dprk/collections/originals/objects/", headers: TAXII }, "key");
  expect((await at(ahead, START).post("feed-US-FBI", tool("gained"), { label: GREEN })).status).toBe(200);
  expect((await page(at(ahead, START + MINUTE))).status).toBe(200);
  await ahead.changeAgreement("TRI", { status: "suspended" });
  expect((await page(at(ahead, START + HOUR))).status).toBe(200);
  await ahead.changeAgreement("TRI", { status: "in-force" });
  const waited: number[] = [];
  at(behind, START + 2 * MINUTE);
  const core = {
    ...behind.core,
    pause: async (ms: number) => {
      waited.push(ms);
    },
  };
  const { collections } = composeContent(core, behind.steer.moments);
  const { entries } = await collections.page(callerOf("j1"), behind.steer.moments(), {
    ...{ collection: "originals", limit: 100, bodies: false },
  });
  expect(entries.map(({ id }) => id)).toContain(tool("gained").id);
  expect(waited.length).toBeGreaterThan(0);
  for (const ms of waited) expect(ms).toBeLessThanOrEqual(21);
});

const TAXII = { Accept: "application/taxii+json;version=2.1" };

/** A marking and what carries it first stand at one place: who goes by dates alone asks for pages that hold both (decision record 0011). */
const LONGEST_TIE = 4;

/** A client that asks now one process and now the other, goes by dates or by cursors, and holds what it has. */
class Client {
  readonly given = new Map<string, number>();
  readonly recalled = new Set<string>();
  #after: string | undefined;
  #recallsAfter: string | undefined;
  #last = "";
  readonly as: string;
  constructor(as: string) {
    this.as = as;
  }

  async #page(world: TemporaryWorld, collection: string, after: string | undefined, limit: number) {
    const query = new URLSearchParams({ limit: String(limit), ...(after === undefined ? {} : { added_after: after }) });
    const path = `/taxii2/dprk/collections/${collection}/objects/?${query}`;
    const reply = await world.ask(this.as, { method: "GET", path, headers: TAXII }, "key");
    expect([reply.status, reply.status === 200 ? "" : reply.body.toString()]).toEqual([200, ""]);
    const { objects = [] } = reply.json as { objects?: { id: string; type: string; object_refs?: string[] }[] };
    const [first, last] = [reply.headers["x-taxii-date-added-first"], reply.headers["x-taxii-date-added-last"]];
    return { objects, first, last };
  }

  /** All that came since it was here last. Dates go on and never back. */
  async poll(pick: () => TemporaryWorld, limit: number): Promise<void> {
    for (;;) {
      const { objects, first, last } = await this.#page(pick(), "originals", this.#after, limit);
      if (objects.length === 0) break;
      expect([first ?? "", first ?? ""]).toEqual([expect.any(String), expect.stringMatching(/Z$/)]);
      expect((first ?? "") > this.#last).toBe(true);
      expect((last ?? "") >= (first ?? "")).toBe(true);
      this.#last = last ?? "";
      this.#after = last;
      for (const { id, type } of objects)
        if (type !== "marking-definition") this.given.set(id, (this.given.get(id) ?? 0) + 1);
    }
    for (;;) {
      const { objects, last } = await this.#page(pick(), "recalls", this.#recallsAfter, limit);
      if (objects.length === 0) break;
      this.#recallsAfter = last;
      for (const { object_refs: refs = [] } of objects) for (const id of refs) this.recalled.add(id);
    }
  }
}

test.each([1, 2, 3, 4])(
  "history %i of two processes whose clocks jump by an hour either way – readers who ask both – dates never go back; what may be read is given once, what was given and is gone is recalled",
  async (seed) => {
    const draw = seededChance(seed);
    const worlds = await processes(2);
    const first = worlds[0] as TemporaryWorld;
    const clocks = [START, START];
    let real = START;
    const pick = (): TemporaryWorld => {
      const i = draw() < 0.5 ? 0 : 1;
      real += 1 + Math.floor(draw() * 20_000);
      // One in six times the clock of this machine jumps.
      if (draw() < 1 / 6) clocks[i] = real + (Math.floor(draw() * 3) - 1) * HOUR;
      else clocks[i] = (clocks[i] ?? real) + Math.floor(draw() * 20_000);
      return at(worlds[i] as TemporaryWorld, clocks[i] ?? real);
    };
    const clients = ["j1", "k1", "u2"].map((as) => new Client(as));
    const posted: string[] = [];
    const gone = new Set<string>();
    for (let n = 0; n < 45; n++) {
      const roll = draw();
      if (roll < 0.5 || posted.length === 0) {
        const objects = Array.from({ length: 1 + Math.floor(draw() * 3) }, (_, i) => tool(`clock ${seed} ${n} ${i}`));
        for (const object of objects) {
          expect((await pick().post("feed-US-FBI", object, { label: GREEN })).status).toBe(200);
          posted.push(object.id);
        }
      } else if (roll < 0.6) {
        const id = posted[Math.floor(draw() * posted.length)] ?? "";
        if (gone.has(id)) continue;
        const path = `/api/v1/objects/${id}/withdraw`;
        const reply = await pick().ask("u1", { method: "POST", path, body: { reason: "a mistake" } });
        expect([reply.status, reply.status === 200 ? "" : reply.body.toString()]).toEqual([200, ""]);
        gone.add(id);
      } else await clients[Math.floor(draw() * 3)]?.poll(pick, LONGEST_TIE + Math.floor(draw() * 5));
    }
    for (const client of clients) {
      await client.poll(pick, LONGEST_TIE);
      await client.poll(pick, LONGEST_TIE);
      const mine = posted.map((id) => [id, client.given.get(id) ?? 0] as const);
      // Once each; what was withdrawn may have gone before it was polled.
      expect(mine.filter(([id, times]) => times !== 1 && !(gone.has(id) && times === 0))).toEqual([]);
      const had = [...gone].filter((id) => client.given.has(id));
      expect(had.filter((id) => !client.recalled.has(id))).toEqual([]);
    }
    await expectSound(first);
  },
);
