import type { LabelRequest } from "../../schemas/policy/label.ts";
import { composeContent } from "../../server/compose.ts";
import { actor, answer, Compound, failed, identity, idsIn, ipv4 } from "../support/compound.ts";
import { row, sampleUuid, TRI, tool } from "../support/samples.ts";
import { momentOf, START } from "../support/steering.ts";

/** Compound cases of policy 6 on onward release, people, mail, files and history: Q40 to Q42 and Q45 to Q50. */
const GREEN: LabelRequest = { tlp: "GREEN", releases: [TRI] };
const JAPAN = row("TRI", ["JPN"]);
const DAY = 86_400_000;

let world: Compound;
beforeAll(async () => {
  world = await Compound.open();
});
afterAll(() => world.close());

type Body = Readonly<Record<string, unknown>>;
const iso = (ms: number): string => new Date(ms).toISOString();

describe("onward release", () => {
  let given: string;
  let request: string;
  const until = iso(START + 20 * DAY);
  const TO_NIS = { ...row("HUB", ["KOR"], ["KR-NIS"]), until };
  const author = identity("the source itself");
  const outcome = async (as: string, id: string): Promise<Body | undefined> =>
    ((await world.body(as, "/api/v1/releases/onward")) as { requests: Body[] }).requests.find(
      (one) => one.request === id,
    );

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
    expect(await world.body("rel-US-FBI", `/api/v1/releases/${request}`)).toMatchObject({
      ...{ kind: "onward", proposedBy: "JP-NPA", gains: ["KR-NIS"], status: "proposed" },
    });
    expect(await outcome("j1", request)).toMatchObject({ outcome: "waiting", object: given });
    expect(await world.status(given, ["k1"])).toEqual({ k1: 404 });
  });

  test("Q41 – granted for that object until a date – k1 reads it by the HUB row, over every way, without its source; from that date on it is not there", async () => {
    expect(await world.decided("rel-US-FBI", request, "approve")).toMatchObject({ status: "released" });
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
    await world.decided("rel-US-FBI", silent, "refuse", {
      reason: "our source would be burnt",
      code: "source-at-risk",
    });
    const told = await outcome("j1", silent);
    expect([told?.outcome, told?.say, JSON.stringify(told).includes("burnt")]).toEqual([
      "not granted",
      undefined,
      false,
    ]);
    const again = await ask();
    await world.decided("rel-US-FBI", again, "refuse", { code: "source-at-risk", say: "ask again in May" });
    expect(await outcome("j1", again)).toMatchObject({ outcome: "not granted", say: "ask again in May" });
    expect(await world.status(given, ["k1"])).toEqual({ k1: 404 });
  });
});

test("Q45 – a reviewer of another country opens what waits for review and is not released – not there, as a page and as an item of the queue", async () => {
  const report = tool("waits for review");
  await world.put("u1", report, { tlp: "CLEAR", releases: [row("PUBLIC", []), JAPAN] });
  const queue = async (as: string): Promise<{ review: string; title: string }[]> =>
    (await world.body(as, "/api/v1/triage/queue")).items as { review: string; title: string }[];
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
  const { post, hash } = await world.mine("u1", one.id);
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
