import type { LabelRequest } from "../../schemas/policy/label.ts";
import { Compound, failed, idsIn } from "../support/compound.ts";
import { row, TRI, tool } from "../support/samples.ts";

/** Compound cases of policy 6 on labels, agreements and people that change: Q37 to Q39, Q43 and Q44. */
const GREEN: LabelRequest = { tlp: "GREEN", releases: [TRI] };
const JAPAN = row("TRI", ["JPN"]);
const TO_NPA = row("TRI", ["JPN"], ["JP-NPA"]);
const DAY = 86_400_000;

let world: Compound;
beforeAll(async () => {
  world = await Compound.open();
});
afterAll(() => world.close());

type Body = Readonly<Record<string, unknown>>;
const iso = (ms: number): string => new Date(ms).toISOString();

/** An agreement or an account changes as their signers have it (triage 3). */
const changed = async (as: string, change: object, signers: readonly string[] = []): Promise<unknown> => {
  const asked = (await world.send(as, "/api/v1/policy-changes", { change, reason: "for the test" })).json as Body;
  let status: unknown = asked.status;
  for (const signer of signers) {
    const { hash } = await world.body(signer, `/api/v1/policy-changes/${asked.change}`);
    const signed = await world.send(signer, `/api/v1/policy-changes/${asked.change}/sign`, { reason: "agreed", hash });
    status = (signed.json as Body).status;
  }
  return status;
};
/** How often somebody is told over TAXII, and on the page, to stop using an object. */
const recalls = async (as: string, id: string): Promise<[taxii: number, page: number]> => [
  (await world.polled(as, "recalls")).filter(({ object_refs }) => idsIn(object_refs).includes(id)).length,
  ((await world.body(as, "/api/v1/recalls?limit=1000")) as { recalls: Body[] }).recalls.filter(
    ({ object }) => object === id,
  ).length,
];

describe("labels that change", () => {
  interface Told {
    readonly added: readonly { readonly agency: string; readonly people: readonly { readonly id: string }[] }[];
  }
  const relabel = async (id: string, label: LabelRequest): Promise<{ release: string; widens: string[] }> => {
    const { post, hash } = await world.mine("u1", id);
    const refused = await world.send("u1", `/api/v1/mine/${post}/edit`, { hash, reason: "wider", label });
    expect(failed(refused)).toEqual([409, "label.widens"]);
    const asked = await world.send("u1", `/api/v1/mine/${post}/relabel`, { hash, reason: "wider", label });
    expect(asked.status).toBe(202);
    return asked.json as { release: string; widens: string[] };
  };
  const added = async (release: string): Promise<Record<string, string[]>> => {
    const { relabels } = (await world.body("rel-US-FBI", `/api/v1/releases/${release}`)) as { relabels: Told[] };
    return Object.fromEntries(
      relabels.flatMap((one) => one.added.map(({ agency, people }) => [agency, people.map(({ id }) => id)])),
    );
  };

  test("Q37 – AMBER becomes GREEN, by its originator – pending: nobody gains until a second person of the country has seen who would, and approved; who is new gets it with a date of now", async () => {
    const one = tool("widened by its label");
    await world.put("u1", one, { tlp: "AMBER", topics: ["crypto"], releases: [JAPAN] });
    await world.release("u1", "rel-US-FBI", one.id, JAPAN);
    // j4 has another topic, and polls before and after.
    await world.put("feed-US-FBI", tool("for j4 as well"), GREEN);
    expect(await world.status(one.id, ["j1", "j4", "k1"])).toEqual({ j1: 200, j4: 404, k1: 404 });
    const cursor = String((await world.page("j4", "originals")).headers["x-taxii-date-added-last"]);
    const { release } = await relabel(one.id, { tlp: "GREEN", releases: [JAPAN] });
    expect(await world.status(one.id, ["j4", "k1"])).toEqual({ j4: 404, k1: 404 });
    const people = await added(release);
    expect([people["JP-NPA"], Object.keys(people).filter((agency) => !agency.startsWith("JP-"))]).toEqual([["j4"], []]);
    // Neither who proposed it nor anybody of the countries that would gain approves it.
    const ask = { reason: "mine", hash: "x" };
    expect(failed(await world.send("u1", `/api/v1/releases/${release}/approve`, ask))).toEqual([403, "forbidden.verb"]);
    expect(failed(await world.send("rel-JP-NPA", `/api/v1/releases/${release}/approve`, ask))).toEqual([
      ...[404, "not_found"],
    ]);
    world.tick(DAY);
    const now = iso(world.now);
    expect(await world.decided("rel-US-FBI", release, "approve")).toMatchObject({
      status: "released",
      kind: "relabel",
    });
    expect(await world.status(one.id, ["j4", "k1"])).toEqual({ j4: 200, k1: 404 });
    const page = await world.page("j4", "originals", `?limit=1000&added_after=${cursor}`);
    const fresh = (page.json as { objects: { id: string }[] }).objects.map(({ id }) => id);
    expect([fresh.includes(one.id), String(page.headers["x-taxii-date-added-last"]) >= now]).toEqual([true, true]);
  });

  test("Q39 – AMBER+STRICT becomes RED for a person of an agency that is not listed – a widening all the same: nothing changes until a second person approves it", async () => {
    const one = tool("tighter and wider");
    await world.put("u1", one, { tlp: "AMBER+STRICT", releases: [TO_NPA] });
    await world.release("u1", "rel-US-FBI", one.id, TO_NPA);
    const readers = ["j1", "j3", "k1"];
    const { release, widens } = await relabel(one.id, { tlp: "RED", recipients: ["j3"], releases: [JAPAN] });
    expect([widens, await added(release)]).toEqual([["JP-NCO"], { "JP-NCO": ["j3"] }]);
    expect(await world.status(one.id, readers)).toEqual({ j1: 200, j3: 404, k1: 404 });
    expect(await world.decided("rel-US-FBI", release, "approve")).toMatchObject({ status: "released" });
    expect(await world.status(one.id, readers)).toEqual({ j1: 404, j3: 200, k1: 404 });
  });

  test("Q38 – GREEN for all becomes AMBER+STRICT for JP-NPA, by its originator – at once: the others lose it, and who had it is told to stop using it", async () => {
    const one = tool("narrowed by its label");
    await world.put("feed-US-FBI", one, GREEN);
    expect(await world.status(one.id, ["k3"])).toEqual({ k3: 200 });
    for (const feed of ["f3", "feed-JP-NPA"])
      expect((await world.polled(feed, "originals")).map(({ id }) => id)).toContain(one.id);
    const { post, hash } = await world.mine("u1", one.id);
    const label = { tlp: "AMBER+STRICT", releases: [TO_NPA] };
    const reply = await world.send("u1", `/api/v1/mine/${post}/edit`, { hash, reason: "narrower", label });
    expect([reply.status, (reply.json as Body).outcome]).toEqual([200, "narrowed"]);
    expect(await world.status(one.id, ["u1", "u2", "j1", "j3", "k1", "k3"])).toEqual({
      ...{ u1: 200, u2: 404, j1: 200, j3: 404, k1: 404, k3: 404 },
    });
    expect([
      await recalls("f3", one.id),
      await recalls("k3", one.id),
      await recalls("feed-JP-NPA", one.id),
      await recalls("feed-KR-NIS", one.id),
    ]).toEqual([
      ...[
        [1, 1],
        [0, 1],
        [0, 0],
        [0, 0],
      ],
    ]);
    expect((await world.exported("k1", "?view=originals")).map(({ id }) => id)).not.toContain(one.id);
  });
});

// The last two change the directory, so they stand last.
test("Q43 – JP-KR is suspended at noon – from noon what it carried is not there for k1, on any way, and is recalled; the file of before stays the holder's; resumed, it is there again", async () => {
  const one = tool("under JP-KR");
  const BOTH = row("JP-KR", ["JPN", "KOR"]);
  await world.put("j1", one, { tlp: "AMBER", releases: [BOTH] });
  await world.release("j1", "rel-JP-NPA", one.id, row("JP-KR", ["KOR"]));
  const there = { page: "one", list: "one", originals: "one", export: "one" };
  expect(await world.ways("k1", { one })).toEqual(there);
  const noon = Math.ceil(world.now / DAY) * DAY + DAY / 2;
  world.tick(noon - world.now);
  expect(await changed("sign-jpn", { agreement: "JP-KR", to: { status: "suspended" } })).toBe("applied");
  expect(await world.ways("k1", { one })).toEqual({ page: "", list: "", originals: "", export: "" });
  expect([await recalls("k1", one.id), await recalls("feed-KR-NIS", one.id), await recalls("j1", one.id)]).toEqual([
    ...[
      [1, 1],
      [0, 0],
      [0, 0],
    ],
  ]);
  const [notice] = ((await world.body("k1", "/api/v1/recalls?limit=1000")) as { recalls: Body[] }).recalls.filter(
    ({ object }) => object === one.id,
  );
  expect(notice?.exports).toHaveLength(1);
  expect(await world.status(one.id, ["j1", "j3"])).toEqual({ j1: 200, j3: 200 });
  const resumed = { agreement: "JP-KR", to: { status: "in-force" } };
  expect(await changed("sign-kor", resumed, ["sign-kor"])).toBe("proposed");
  expect(await world.status(one.id, ["k1"])).toEqual({ k1: 404 });
  const { changes } = (await world.body("sign-jpn", "/api/v1/policy-changes?status=proposed")) as { changes: Body[] };
  const change = changes.find(({ of }) => of === "JP-KR")?.change;
  const { hash } = await world.body("sign-jpn", `/api/v1/policy-changes/${change}`);
  await world.send("sign-jpn", `/api/v1/policy-changes/${change}/sign`, { reason: "agreed", hash });
  expect(await world.ways("k1", { one })).toEqual(there);
});

test("Q44 – j1 moves from JP-NPA to JP-NCO – from then on what j1 reads is the new agency's, and naming j1 counts no more until it is renewed", async () => {
  const [police, cyber, red] = [tool("for the police"), tool("for the cyber office"), tool("for j1 by name")];
  await world.put("u1", [police, cyber, red], { tlp: "AMBER+STRICT" });
  await world.release("u1", "rel-US-FBI", police.id, TO_NPA);
  await world.release("u1", "rel-US-FBI", cyber.id, row("TRI", ["JPN"], ["JP-NCO"]));
  const named = tool("RED for j1");
  await world.put("u1", named, { tlp: "RED", recipients: ["j1"], releases: [JAPAN] });
  await world.release("u1", "rel-US-FBI", named.id, JAPAN);
  const own = tool("of the police itself");
  await world.put("rel-JP-NPA", own, { tlp: "AMBER" });
  // Signed in with a key, which outlives the sessions that a move ends.
  const seen = async (): Promise<number[]> => {
    const found: number[] = [];
    for (const { id } of [police, cyber, named, own])
      found.push((await world.ask("j1", `/api/v1/objects/${id}`, "key")).status);
    return found;
  };
  const polled = async (): Promise<boolean[]> => {
    const page = await world.ask("j1", "/taxii2/dprk/collections/originals/objects/?limit=1000", "key");
    return [police, cyber].map(({ id }) => page.body.includes(id));
  };
  expect([await seen(), await polled()]).toEqual([
    ...[
      [200, 404, 200, 200],
      [true, false],
    ],
  ]);
  expect(await changed("ad", { account: "j1", to: { agency: "JP-NCO" } }, ["sign-jpn"])).toBe("applied");
  expect((await world.ask("j1", "/api/v1/me")).status).toBe(401);
  expect([await seen(), await polled()]).toEqual([
    ...[
      [404, 200, 404, 404],
      [false, true],
    ],
  ]);
});
