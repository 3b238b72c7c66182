import type { LabelRequest } from "../../schemas/policy/label.ts";
import { composeContent } from "../../server/compose.ts";
import { actor, answer, Compound, failed, identity, idsIn, ipv4 } from "../support/compound.ts";
import { row, sampleUuid, TRI, tool } from "../support/samples.ts";
import { momentOf, START } from "../support/steering.ts";

/** Compound cases of policy 6 on labels that change, onward release, people, mail and history: Q37 to Q50. */
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
const body = async (as: string, path: string): Promise<Body> => ((await world.ask(as, path)).json ?? {}) as Body;
const iso = (ms: number): string => new Date(ms).toISOString();

/** The newest post of one's own agency under an id. */
const mine = async (as: string, id: string): Promise<{ post: string; hash: string }> => {
  const { posts } = (await body(as, `/api/v1/mine?id=${id}`)) as { posts: { post: string; hash: string }[] };
  const newest = posts.at(-1);
  if (newest === undefined) throw new Error(`${as} has no post of ${id}`);
  return newest;
};
const decided = async (as: string, release: string, verb: string, more: object = {}): Promise<Body> => {
  const { hash } = await body(as, `/api/v1/releases/${release}`);
  return (await world.send(as, `/api/v1/releases/${release}/${verb}`, { reason: "looked at", hash, ...more }))
    .json as Body;
};

/** An agreement or an account changes as their signers have it (triage 3). */
const changed = async (as: string, change: object, signers: readonly string[] = []): Promise<unknown> => {
  const asked = (await world.send(as, "/api/v1/policy-changes", { change, reason: "for the test" })).json as Body;
  let status: unknown = asked.status;
  for (const signer of signers) {
    const { hash } = await body(signer, `/api/v1/policy-changes/${asked.change}`);
    const signed = await world.send(signer, `/api/v1/policy-changes/${asked.change}/sign`, { reason: "agreed", hash });
    status = (signed.json as Body).status;
  }
  return status;
};
/** How often somebody is told over TAXII, and on the page, to stop using an object. */
const recalls = async (as: string, id: string): Promise<[taxii: number, page: number]> => [
  (await world.polled(as, "recalls")).filter(({ object_refs }) => idsIn(object_refs).includes(id)).length,
  ((await body(as, "/api/v1/recalls?limit=1000")) as { recalls: Body[] }).recalls.filter(({ object }) => object === id)
    .length,
];

describe("labels that change", () => {
  interface Told {
    readonly added: readonly { readonly agency: string; readonly people: readonly { readonly id: string }[] }[];
  }
  const relabel = async (id: string, label: LabelRequest): Promise<{ release: string; widens: string[] }> => {
    const { post, hash } = await mine("u1", id);
    const refused = await world.send("u1", `/api/v1/mine/${post}/edit`, { hash, reason: "wider", label });
    expect(failed(refused)).toEqual([409, "label.widens"]);
    const asked = await world.send("u1", `/api/v1/mine/${post}/relabel`, { hash, reason: "wider", label });
    expect(asked.status).toBe(202);
    return asked.json as { release: string; widens: string[] };
  };
  const added = async (release: string): Promise<Record<string, string[]>> => {
    const { relabels } = (await body("rel-US-FBI", `/api/v1/releases/${release}`)) as { relabels: Told[] };
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
    expect(await decided("rel-US-FBI", release, "approve")).toMatchObject({ status: "released", kind: "relabel" });
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
    expect(await decided("rel-US-FBI", release, "approve")).toMatchObject({ status: "released" });
    expect(await world.status(one.id, readers)).toEqual({ j1: 404, j3: 200, k1: 404 });
  });

  test("Q38 – GREEN for all becomes AMBER+STRICT for JP-NPA, by its originator – at once: the others lose it, and who had it is told to stop using it", async () => {
    const one = tool("narrowed by its label");
    await world.put("feed-US-FBI", one, GREEN);
    expect(await world.status(one.id, ["k3"])).toEqual({ k3: 200 });
    for (const feed of ["f3", "feed-JP-NPA"])
      expect((await world.polled(feed, "originals")).map(({ id }) => id)).toContain(one.id);
    const { post, hash } = await mine("u1", one.id);
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

describe("onward release", () => {
  let given: string;
  let request: string;
  const until = iso(START + 20 * DAY);
  const TO_NIS = { ...row("HUB", ["KOR"], ["KR-NIS"]), until };
  const author = identity("the source itself");
  const outcome = async (as: string, id: string): Promise<Body | undefined> =>
    ((await body(as, "/api/v1/releases/onward")) as { requests: Body[] }).requests.find((one) => one.request === id);

  beforeAll(async () => {
    const one = actor("given to Japan", { created_by_ref: author.id });
    given = one.id;
    await world.put("u1", one, { tlp: "AMBER", caveats: ["NOATTRIB"] });
    await world.release("u1", "rel-US-FBI", given, JAPAN);
  });

  test("Q40 – j1 would release to Korea what the USA gave – 403 originator-control; the way that it names asks US-FBI", async () => {
    expect(await world.status(given, ["j1", "k1"])).toEqual({ j1: 200, k1: 404 });
    const refused = await world.send("j1", `/api/v1/objects/${given}/releases`, {
      ...{ row: row("JP-KR", ["KOR"]), reason: "they work on it", hash: "x" },
    });
    expect(failed(refused)).toEqual([403, "originator-control"]);
    expect((refused.json as { error: { message: string } }).error.message).toContain("/api/v1/releases/onward");
    const asked = await world.send("j1", "/api/v1/releases/onward", {
      ...{ object: given, row: TO_NIS, reason: "they work on it" },
    });
    const { requests } = asked.json as { requests: string[] };
    request = requests[0] ?? "";
    expect([asked.status, requests.length]).toEqual([202, 1]);
    expect(await body("rel-US-FBI", `/api/v1/releases/${request}`)).toMatchObject({
      ...{ kind: "onward", proposedBy: "JP-NPA", gains: ["KR-NIS"], status: "proposed" },
    });
    expect(await outcome("j1", request)).toMatchObject({ outcome: "waiting", object: given });
    expect(await world.status(given, ["k1"])).toEqual({ k1: 404 });
  });

  test("Q41 – granted for that object until a date – k1 reads it by the HUB row, over every way, without its source; from that date on it is not there", async () => {
    expect(await decided("rel-US-FBI", request, "approve")).toMatchObject({ status: "released" });
    expect((await outcome("j1", request))?.outcome).toBe("granted");
    expect(await world.status(given, ["k1", "k2", "k3"])).toEqual({ k1: 200, k2: 404, k3: 404 });
    const ways = [
      await world.read("k1", given),
      ...(await world.polled("k1", "originals")).filter(({ id }) => id === given),
      ...(await world.exported("k1", "?view=originals")).filter(({ id }) => id === given),
    ];
    expect(ways.map((one) => [one?.name, one?.created_by_ref])).toEqual(
      ["page", "TAXII", "file"].map(() => ["given to Japan", undefined]),
    );
    expect(await world.sources("k1", given)).toEqual(["member of the group AMBER"]);
    expect((await world.read("u1", given))?.created_by_ref).toBe(author.id);
    world.tick(START + 20 * DAY - world.now - 2000);
    expect(await world.status(given, ["k1"])).toEqual({ k1: 200 });
    world.tick(2000);
    expect(await world.status(given, ["k1", "j1"])).toEqual({ k1: 404, j1: 200 });
    const recalled = (await world.polled("k1", "recalls")).flatMap(({ object_refs }) => idsIn(object_refs));
    expect(recalled).toEqual([given]);
  });

  test("Q42 – refused – the asker reads `not granted` and no reason; the originator's own word, where it adds one; nobody gains", async () => {
    const ask = async (): Promise<string> => {
      const asked = await world.send("j1", "/api/v1/releases/onward", {
        ...{ object: given, row: { ...TO_NIS, until: iso(world.now + 30 * DAY) }, reason: "again" },
      });
      return (asked.json as { requests: string[] }).requests[0] ?? "";
    };
    const silent = await ask();
    await decided("rel-US-FBI", silent, "refuse", { reason: "our source would be burnt", code: "source-at-risk" });
    const told = await outcome("j1", silent);
    expect([told?.outcome, told?.say, JSON.stringify(told).includes("burnt")]).toEqual([
      "not granted",
      undefined,
      false,
    ]);
    const again = await ask();
    await decided("rel-US-FBI", again, "refuse", { code: "source-at-risk", say: "ask again in May" });
    expect(await outcome("j1", again)).toMatchObject({ outcome: "not granted", say: "ask again in May" });
    expect(await world.status(given, ["k1"])).toEqual({ k1: 404 });
  });
});

test("Q45 – a reviewer of another country opens what waits for review and is not released – not there, as a page and as an item of the queue", async () => {
  const report = tool("waits for review");
  await world.put("u1", report, { tlp: "CLEAR", releases: [row("PUBLIC", []), JAPAN] });
  const queue = async (as: string): Promise<{ review: string; title: string }[]> =>
    (await body(as, "/api/v1/triage/queue")).items as { review: string; title: string }[];
  const item = (await queue("u4")).find(({ title }) => title.includes("waits for review"));
  expect(item).toBeDefined();
  expect((await queue("j3")).map(({ review }) => review)).not.toContain(item?.review);
  const unknown = await world.ask("j3", `/api/v1/triage/reviews/${sampleUuid("no review").replaceAll("-", "")}`);
  expect(answer(await world.ask("j3", `/api/v1/triage/reviews/${item?.review}`))).toEqual(answer(unknown));
  expect([unknown.status, await world.ways("j3", { report })]).toEqual([
    404,
    { page: "", list: "", originals: "", export: "" },
  ]);
});

test("Q46 – what a mail to j1 may be made of, judged when it is sent – neither RED nor NOEXPORT, and nothing that was taken back meanwhile (no mail is sent yet, so the header that is all of AMBER and above is not shown)", async () => {
  const [green, kept, red, gone] = ["green", "kept", "red", "gone"].map((name) => tool(`mail ${name}`));
  if (green === undefined || kept === undefined || red === undefined || gone === undefined)
    throw new Error("four tools");
  await world.put("feed-US-FBI", [green, gone], GREEN);
  await world.put("u1", kept, { ...GREEN, caveats: ["NOEXPORT"] });
  await world.put("u1", red, { tlp: "RED", recipients: ["j1"], releases: [JAPAN] });
  await world.release("u1", "rel-US-FBI", kept.id, JAPAN);
  await world.release("u1", "rel-US-FBI", red.id, JAPAN);
  const { core, steer } = world.world;
  const { content, snapshot } = { ...composeContent(core, steer.moments), snapshot: core.snapshots };
  const mailed = async (): Promise<string[]> => {
    world.tick();
    const moment = momentOf(world.now, "mail");
    const j1 = (await snapshot.read(core.storage, world.now)).viewer("j1");
    if (j1 === undefined) throw new Error("there is no j1");
    const sight = await content.sight(j1, moment, "mail");
    const seen = await sight.seen(await sight.rowsOfIds([green, kept, red, gone].map(({ id }) => id)));
    return seen.map(({ id }) => id);
  };
  expect(await world.status(red.id, ["j1"])).toEqual({ j1: 200 });
  expect((await mailed()).sort()).toEqual([green.id, gone.id].sort());
  await world.send("u1", `/api/v1/objects/${gone.id}/withdraw`, { reason: "wrong" });
  expect(await mailed()).toEqual([green.id]);
});

test("Q47 – a file that u1 made – is u1's alone: its receipt is not there for u2; what u1 lost since is in none that is made again", async () => {
  const one = tool("in a file");
  await world.put("feed-JP-NPA", one, { tlp: "GREEN", releases: [row("US-JP", ["USA"])] });
  const file = `/api/v1/export?id=${one.id}`;
  const made = await world.ask("u1", file);
  const receipt = String(made.headers["tricord-receipt"]);
  expect([made.status, (await world.ask("u1", receipt)).status]).toEqual([200, 200]);
  const unknown = await world.ask("u2", "/api/v1/exports/AAAAAAAAAAAAAAAA");
  expect(answer(await world.ask("u2", receipt))).toEqual(answer(unknown));
  await world.world.changeAgreement("US-JP", { status: "suspended" });
  expect(failed(await world.ask("u1", file))).toEqual([404, "not_found"]);
  await world.world.changeAgreement("US-JP", { status: "in-force" });
  expect((await world.ask("u1", file)).status).toBe(200);
});

test("Q48 – what k1 can tell of an object's past, which a history tab will be made of – a release to Japan and an edit of a hidden field change not a byte of it", async () => {
  const one = tool("with a past", { description: "secret" });
  const rules = [{ selectors: ["description"], countries: ["USA"] }];
  await world.put("feed-US-FBI", one, { tlp: "GREEN", releases: [row("TRI", ["KOR"])], fieldRules: rules });
  const past = async (as: string): Promise<unknown> => {
    const told: unknown[] = [];
    for (const path of [
      ...["", "/sources", "/relationships"].map((tail) => `/api/v1/objects/${one.id}${tail}`),
      ...["", "versions/"].map((tail) => `/taxii2/dprk/collections/originals/objects/${one.id}/${tail}`),
      ...["/api/v1/releases?status=released", "/api/v1/releases?status=proposed"],
    ])
      told.push([path, answer(await world.ask(as, path))]);
    return told;
  };
  const before = await past("k1");
  expect(JSON.stringify(before)).not.toContain("secret");
  await world.release("u1", "rel-US-FBI", one.id, JAPAN);
  expect(await past("k1")).toEqual(before);
  const { post, hash } = await mine("u1", one.id);
  const edited = await world.send("u1", `/api/v1/mine/${post}/edit`, {
    ...{ hash, reason: "better", patch: { description: "more secret" } },
  });
  expect(edited.status).toBe(200);
  expect(await past("k1")).toEqual(before);
  expect(await world.status(one.id, ["j1", "k1"])).toEqual({ j1: 200, k1: 200 });
});

describe("people", () => {
  interface Group {
    readonly agency: string;
    readonly people: readonly { readonly id: string }[];
  }
  const named = async (as: string): Promise<Record<string, string[]>> => {
    const reply = await world.send(as, "/api/v1/policy/audience", { label: GREEN });
    const groups = (reply.json as { released: { readers: Group[] } }).released.readers;
    const found: Record<string, string[]> = {};
    for (const { agency, people } of groups)
      found[agency] = [...(found[agency] ?? []), ...people.map(({ id }) => id)].sort();
    return found;
  };

  test("Q49 – whom u1 is told of, which a picker will be made of – people of the own agency, and abroad those of agencies under an agreement in force: no feed, administrator, auditor, liaison or signer", async () => {
    const everybody = await named("u1");
    expect(everybody["US-FBI"]).toEqual(["cu", "feed-US-FBI", "rel-US-FBI", "u1", "u4"]);
    expect(everybody["KR-KISA"]).toEqual(["k3", "rel-KR-KISA"]);
    const all = Object.values(everybody).flat();
    for (const nobody of ["ad", "au", "lx", "sign-usa", "f3", "feed-JP-NPA", "cj", "p0"])
      expect(all).not.toContain(nobody);
    // Who can't be told of can't be named either: as one that there is not.
    const name = (who: string): Promise<string[]> =>
      world.post("u1", tool("for somebody"), { tlp: "RED", recipients: [who], releases: [JAPAN] });
    expect([await name("ad"), await name("nobody")]).toEqual([
      ["422 label.unknown_account"],
      ["422 label.unknown_account"],
    ]);
    for (const id of ["TRI", "US-KR", "HUB"]) await world.world.changeAgreement(id, { status: "suspended" });
    expect((await named("u1"))["KR-KISA"] ?? []).toEqual([]);
    for (const id of ["TRI", "US-KR", "HUB"]) await world.world.changeAgreement(id, { status: "in-force" });
  });

  test("Q50 – what k3 is told while typing: look-up and dry run of a hidden value as of one that nobody has (there are no public lists yet)", async () => {
    const hidden = ipv4("198.51.100.50");
    await world.put("u1", hidden, { tlp: "AMBER+STRICT" });
    const typed = async (value: string): Promise<unknown> => {
      const found = await world.send("k3", "/api/v1/lookup", { values: [value] });
      world.tick();
      const tried = await world.world.post("k3", ipv4(value), { label: { tlp: "GREEN" }, query: "?dry_run=true" });
      const { results, counts, readers } = tried.json as { results: Body[]; counts: Body; readers: Body };
      const { objects, kind } = (found.json as { results: Body[] }).results[0] ?? {};
      return [objects, kind, results.map(({ outcome, warnings }) => [outcome, warnings]), counts, readers];
    };
    const free = await typed("198.51.100.51");
    expect(await typed("198.51.100.50")).toEqual(free);
    expect(free).toEqual([
      ...[[], "ipv4-addr", [["created", undefined]]],
      ...[
        { received: 1, created: 1, unchanged: 0, updated: 0, rejected: 0 },
        { now: ["KR-KISA"], released: ["KR-KISA"] },
      ],
    ]);
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
  const [notice] = ((await body("k1", "/api/v1/recalls?limit=1000")) as { recalls: Body[] }).recalls.filter(
    ({ object }) => object === one.id,
  );
  expect(notice?.exports).toHaveLength(1);
  expect(await world.status(one.id, ["j1", "j3"])).toEqual({ j1: 200, j3: 200 });
  const resumed = { agreement: "JP-KR", to: { status: "in-force" } };
  expect(await changed("sign-kor", resumed, ["sign-kor"])).toBe("proposed");
  expect(await world.status(one.id, ["k1"])).toEqual({ k1: 404 });
  const { changes } = (await body("sign-jpn", "/api/v1/policy-changes?status=proposed")) as { changes: Body[] };
  const change = changes.find(({ of }) => of === "JP-KR")?.change;
  const { hash } = await body("sign-jpn", `/api/v1/policy-changes/${change}`);
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
