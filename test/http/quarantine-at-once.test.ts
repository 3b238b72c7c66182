import { quarantineOnce } from "../../server/jobs/quarantine-job.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { SourceQuarantineFlow } from "../../server/usecases/source-quarantine.ts";
import { row, tool } from "../support/samples.ts";
import { momentOf, START } from "../support/steering.ts";
import { type Ask, type Reply, TemporaryWorld } from "../support/temporary-world.ts";
import { wrappedStorage } from "../support/wrapped-storage.ts";

/** A quarantine of more than one transaction holds, cut off behind its first commit, as by a kill: what it will hold is held from that commit on. */
const OPEN = { tlp: "GREEN" as const, releases: [row("TRI", ["JPN", "KOR", "USA"])] };
const TAXII = { Accept: "application/taxii+json;version=2.1" };
const ORIGINALS = "/taxii2/dprk/collections/originals/objects/";
const MANY = 250;

let world: TemporaryWorld;
let now = START;
let asked = 0;
const tick = (): void => {
  now += 1000;
  world.at(now, `request ${++asked}`);
};
const send = (as: string, what: Ask): Promise<Reply> => {
  tick();
  return world.ask(as, what);
};
const get = (as: string, path: string, headers = {}): Promise<Reply> => send(as, { method: "GET", path, headers });
const toolsIn = ({ json }: Reply): number =>
  ((json as { objects?: { type: string }[] }).objects ?? []).filter(({ type }) => type === "tool").length;
const count = async (as: string): Promise<number> =>
  toolsIn(await get(as, "/api/v1/objects?view=originals&limit=1000&type=tool"));
const recalls = async (as: string): Promise<number> =>
  ((await get(as, "/api/v1/recalls?limit=500")).json as { recalls: unknown[] }).recalls.length;

beforeAll(async () => {
  world = await TemporaryWorld.open();
});
afterAll(() => world.close());

test("a large quarantine – cut off behind its first commit – answers nobody as before, and is finished by the job", async () => {
  const old = Array.from({ length: 3 }, (_, n) => tool(`old ${n}`));
  const many = Array.from({ length: MANY }, (_, n) => tool(`many ${n}`));
  tick();
  await world.post("feed-KR-KISA", old, { label: OPEN });
  now += 60_000;
  const since = formatInstant(now);
  tick();
  await world.post("feed-KR-KISA", many, { label: OPEN });
  tick();
  await world.post("feed-US-CISA", [tool("of another agency")], { label: OPEN });
  expect([await count("u3"), await count("k3"), await count("j1")]).toEqual([MANY + 4, MANY + 4, MANY + 4]);
  const first = await get("feed-JP-NPA", `${ORIGINALS}?limit=1000`, TAXII);
  expect([first.status, toolsIn(first)]).toEqual([200, MANY + 4]);

  tick();
  let left = 1;
  const storage = wrappedStorage(world.storage, {
    transaction: (work) =>
      left-- > 0 ? world.storage.transaction(work) : Promise.reject(new Error("the process is gone")),
  });
  const viewer = { id: "sign-kor", role: "signer" as const, country: "KOR", clearance: "U" as const };
  const begun = new SourceQuarantineFlow({ ...world.core, storage }).begin({
    viewer: { ...viewer, topics: [], pii: false, active: true },
    account: "sign-kor",
    moment: momentOf(now, "the quarantine"),
    body: { agency: "KR-KISA", since, reason: "forged posts" },
  });
  await expect(begun).rejects.toThrow("the process is gone");

  // All of the agency's until the rest is reached: labels don't say when something was posted.
  expect([await count("u3"), await count("j1"), await count("k3")]).toEqual([1, 1, MANY + 4]);
  expect((await get("u3", `/api/v1/objects/${many.at(-1)?.id}`)).status).toBe(404);
  expect((await get("feed-JP-NPA", `${ORIGINALS}?limit=1000`, TAXII)).status).toBe(503);
  // Who reads nothing of it knows nothing of it; and what is not reached in the end is no loss.
  expect(await recalls("u3")).toBe(0);

  const flow = new SourceQuarantineFlow(world.core);
  const moments = () => momentOf(now, "the job");
  tick();
  const seen = await quarantineOnce(flow, moments, []);
  expect(seen).toHaveLength(1);
  tick();
  expect(await quarantineOnce(flow, moments, seen)).toEqual([]);
  expect([await count("u3"), await count("j1"), await count("k3")]).toEqual([4, 4, MANY + 4]);
  expect(await recalls("u3")).toBe(MANY);
  // Over TAXII nothing that stays is told twice, and nothing of it recalled.
  const date = first.headers["x-taxii-date-added-last"] ?? "";
  expect(toolsIn(await get("feed-JP-NPA", `${ORIGINALS}?added_after=${date}`, TAXII))).toBe(0);
  const told = await get("feed-JP-NPA", "/taxii2/dprk/collections/recalls/objects/?limit=1000", TAXII);
  expect(((told.json as { objects?: unknown[] }).objects ?? []).length).toBe(MANY);
});

test("a quarantine that one transaction holds – at its commit – is whole, and nothing else of its agency is held", async () => {
  tick();
  await world.post("feed-US-FBI", [tool("before")], { label: OPEN });
  now += 60_000;
  const since = formatInstant(now);
  tick();
  await world.post("feed-US-FBI", [tool("after")], { label: OPEN });
  tick();
  let left = 1;
  const storage = wrappedStorage(world.storage, {
    transaction: (work) => (left-- > 0 ? world.storage.transaction(work) : Promise.reject(new Error("gone"))),
  });
  await new SourceQuarantineFlow({ ...world.core, storage })
    .begin({
      viewer: {
        ...{ id: "sign-usa", role: "signer", country: "USA", clearance: "U" },
        ...{ topics: [], pii: false, active: true },
      },
      account: "sign-usa",
      moment: momentOf(now, "small"),
      body: { agency: "US-FBI", since, reason: "forged" },
    })
    .catch(() => undefined);
  const sees = async (name: string): Promise<number> => (await get("j1", `/api/v1/objects/${tool(name).id}`)).status;
  expect([await sees("before"), await sees("after")]).toEqual([200, 404]);
  expect(await new SourceQuarantineFlow(world.core).unfinished()).toEqual([]);
});
