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

/** A quarantine whose first transaction was committed, and no other. */
async function cutOff(body: { agency: string; account?: string; since: string; reason: string }): Promise<void> {
  tick();
  let left = 1;
  const storage = wrappedStorage(world.storage, {
    transaction: (work) => (left-- > 0 ? world.storage.transaction(work) : Promise.reject(new Error("gone"))),
  });
  const viewer = { id: "sign-usa", role: "signer" as const, country: "USA", clearance: "U" as const };
  const begun = new SourceQuarantineFlow({ ...world.core, storage }).begin({
    viewer: { ...viewer, topics: [], pii: false, active: true },
    account: "sign-usa",
    moment: momentOf(now, `cut off ${asked}`),
    body,
  });
  await expect(begun).rejects.toThrow("gone");
}

async function finish(): Promise<void> {
  const flow = new SourceQuarantineFlow(world.core);
  tick();
  const seen = await quarantineOnce(flow, () => momentOf(now, "the job"), []);
  tick();
  await quarantineOnce(flow, () => momentOf(now, "the job"), seen);
  expect(await flow.unfinished()).toEqual([]);
}

type Told = { results: { outcome: string; warnings?: { code: string }[] }[] };
const told = ({ json }: Reply): string[] =>
  (json as Told).results.map(({ outcome, warnings = [] }) =>
    [outcome, ...warnings.map(({ code }) => code).sort()].join(" "),
  );
const dry = async (as: string, object: ReturnType<typeof tool>, label: typeof HOME): Promise<string[]> => {
  tick();
  return told(await world.post(as, [object], { label, query: "?dry_run=true" }));
};
const status = async (as: string, id: string): Promise<number> => (await get(as, `/api/v1/objects/${id}`)).status;
const HOME = { tlp: "GREEN" as const, releases: [row("TRI", ["USA"])] };
const POLICE = { tlp: "GREEN" as const, releases: [row("TRI", ["JPN"], ["JP-NPA"])] };
const LATER = { modified: "2026-04-12T00:00:00.000Z" };

describe("content that is held while the quarantine is under way", () => {
  beforeEach(async () => {
    await world.close();
    world = await TemporaryWorld.open();
  });

  test("words that are held – said and proposed by who reads them no more, while the quarantine is under way – are answered as when it is through, and as where nothing is", async () => {
    const copied = tool("copied", { description: "long words" });
    const words = tool("held words", { description: "long words" });
    now += 60_000;
    const since = formatInstant(now);
    const many = Array.from({ length: MANY }, (_, n) => tool(`filler ${n}`));
    tick();
    await world.post("feed-US-FBI", [...many, copied, words], { label: POLICE });
    tick();
    expect(told(await world.post("j1", [copied], { label: { tlp: "GREEN" } }))).toEqual(["created"]);
    const wide = { tlp: "GREEN" as const, releases: [row("TRI", ["JPN"])] };
    const propose = async (): Promise<unknown[]> => {
      const { hash = "none" } = (await get("j1", `/api/v1/objects/${copied.id}`)).json as { hash?: string };
      const body = { row: row("JP-KR", ["KOR"]), reason: "for the test", hash };
      const reply = await send("j1", { method: "POST", path: `/api/v1/objects/${copied.id}/releases`, body });
      return [reply.status, (reply.json as { error?: { code: string } }).error?.code];
    };
    const said = { ...words, ...LATER };
    const nothing = await dry("j1", tool("nowhere"), wide);
    expect(await dry("j1", said, wide)).toEqual(["created originator-control"]);
    expect(await propose()).toEqual([403, "originator-control"]);

    await cutOff({ agency: "US-FBI", since, reason: "forged posts" });
    expect([await status("j1", words.id), await status("u1", words.id)]).toEqual([404, 200]);
    const underWay = await dry("j1", said, wide);
    const proposed = await propose();
    // What is decided is judged again in its transaction.
    const { releases } = (await get("rel-JP-NPA", "/api/v1/releases")).json as { releases: { release: string }[] };
    for (const { release } of releases) await world.decide("rel-JP-NPA", release);
    expect(releases).toHaveLength(1);
    await finish();
    expect([underWay, await dry("j1", said, wide)]).toEqual([nothing, nothing]);
    expect(proposed).toEqual([202, undefined]);
  });

  test("what one account of an agency posted – said again by a colleague while the quarantine is under way – stays held, what others of it posted does not", async () => {
    now += 60_000;
    const feed = { id: "feed-2", name: "feed-2", role: "feed" as const, agency: "US-FBI", clearance: "C" as const };
    await world.addDirectory({ accounts: [{ ...feed, topics: ["*"], pii: true, scope: "write", person: "p-feed-2" }] });
    const clean = tool("of a colleague", { description: "long words" });
    const narrow = tool("for its agency", { description: "long words" });
    const words = [1, 2, 3].map((n) => tool(`held of one ${n}`, { description: "long words" }));
    const many = Array.from({ length: MANY }, (_, n) => tool(`filler of one ${n}`));
    const since = formatInstant(now);
    tick();
    await world.post("u1", [clean], { label: HOME });
    tick();
    await world.post("u1", [narrow], { label: { tlp: "GREEN" } });
    tick();
    await world.post("feed-US-FBI", [...many, ...words], { label: HOME });
    const [one = clean, other = clean, third = clean] = words;
    expect(await status("u3", one.id)).toBe(200);
    await cutOff({ agency: "US-FBI", account: "feed-US-FBI", since, reason: "forged posts" });
    const again = async (object: typeof clean, label: typeof HOME): Promise<string[]> => {
      tick();
      return told(await world.post("u1", [{ ...object, ...LATER }], { label }));
    };
    const CISA = { ...HOME, releases: [row("TRI", ["USA"], ["US-CISA"])] };
    const report = {
      ...{ ...tool("lists"), type: "report", id: "report--3f0ff0a4-6f7e-4c53-9d0c-8f1d6f3e2a11" },
      ...{ published: "2026-03-01T00:00:00Z", report_types: ["threat-report"], object_refs: [third.id] },
    };
    // As the same label, as another one, and as what was never held.
    const underWay = [
      await again(one, HOME),
      await again(other, CISA),
      await again(clean, HOME),
      await dry("feed-2", { ...narrow, ...LATER }, HOME),
      await dry("u1", report, HOME),
    ];
    await finish();
    const seen = [await status("u3", one.id), await status("u3", other.id), await status("u3", clean.id)];
    expect(seen).toEqual([404, 404, 200]);
    expect([
      await dry("u1", { ...third, ...LATER }, HOME),
      await dry("u1", { ...third, ...LATER }, CISA),
      await dry("u1", { ...clean, description: "long words", modified: "2026-04-13T00:00:00.000Z" }, HOME),
      await dry("feed-2", { ...narrow, ...LATER }, HOME),
      await dry("u1", report, HOME),
    ]).toEqual(underWay);
    expect(underWay.flat().map((text) => text.split(" ").slice(1))).toEqual([
      ["label.widens"],
      ["label.widens"],
      [],
      ["label.widens"],
      ["label.names_withheld"],
    ]);
  });
});
