import type { GrantReply } from "../../schemas/api/grants.ts";
import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { findingsOf } from "../../server/usecases/verify-store/verify-store.ts";
import { row, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Ask, type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const AMBER: LabelRequest = { tlp: "AMBER", topics: ["crypto"], releases: [row("TRI", ["JPN"])] };
const TAXII = { Accept: "application/taxii+json;version=2.1" };
const ORIGINALS = "/taxii2/dprk/collections/originals/objects/";

let world: TemporaryWorld;
let asked = 0;
const tick = (): void => {
  asked += 1;
  world.at(START + asked * 1000, `request ${asked}`);
};
const ask = (as: string, what: Ask | string): Promise<Reply> => {
  tick();
  return world.ask(as, typeof what === "string" ? { method: "GET", path: what } : what);
};
const put = (as: string, path: string, body: object): Promise<Reply> => ask(as, { method: "POST", path, body });
const failed = ({ status, json }: Reply): unknown[] => [
  status,
  (json as { error?: { code: string } } | undefined)?.error?.code,
];
const reads = async (as: string, id: string): Promise<number> => (await ask(as, `/api/v1/objects/${id}`)).status;
const post = async (as: string, object: StixJson, label: LabelRequest): Promise<void> => {
  tick();
  expect((await world.post(as, object, { label })).status).toBe(200);
};
/** Posted by the FBI as AMBER and let into Japan by two persons. */
const given = async (name: string, label: LabelRequest = AMBER): Promise<string> => {
  const object = tool(name, { description: `words of ${name.replaceAll(" ", "")}` });
  await post("u1", object, label);
  tick();
  await world.decide("rel-US-FBI", await world.propose("u1", object.id, row("TRI", ["JPN"])));
  return object.id;
};
const propose = (id: string, body: object = {}, as = "j1"): Promise<Reply> =>
  put(as, `/api/v1/objects/${id}/grants`, { client: "cj", reason: "for the bank", ...body });
const grant = async (id: string, body: object = {}): Promise<string> => {
  const { grant: made } = (await propose(id, body)).json as GrantReply;
  const { grants } = (await ask("rel-JP-NPA", `/api/v1/objects/${id}/grants`)).json as { grants: GrantReply[] };
  const hash = grants.find((one) => one.grant === made)?.hash;
  const done = await put("rel-JP-NPA", `/api/v1/grants/${made}/approve`, { hash, reason: "agreed" });
  expect([done.status, (done.json as GrantReply).status, (done.json as GrantReply).reads]).toEqual([
    200,
    "in-force",
    true,
  ]);
  return made;
};
const idsIn = ({ json }: Reply): string[] =>
  ((json as { objects?: { id: string; type: string }[] }).objects ?? [])
    .filter(({ type }) => type === "tool")
    .map(({ id }) => id);
const taxii = async (as: string): Promise<string[]> =>
  idsIn(await ask(as, { method: "GET", path: ORIGINALS, headers: TAXII }));

beforeAll(async () => {
  world = await TemporaryWorld.open();
});
afterAll(() => world.close());

test("a sponsor's grant – proposed by one person and given by another – shows its client the object on every way, and nobody else anything", async () => {
  const id = await given("granted");
  const before = await Promise.all([reads("cj", id), reads("j1", id)]);
  expect(before).toEqual([404, 200]);
  const disclosed = (await ask("u1", `/api/v1/objects/${id}`)).body.toString();
  const made = (await propose(id)).json as GrantReply;
  expect([made.status, made.reads]).toEqual(["proposed", false]);
  expect(await reads("cj", id)).toBe(404);
  expect(failed(await put("j1", `/api/v1/grants/${made.grant}/approve`, { hash: made.hash, reason: "mine" }))).toEqual([
    403,
    "forbidden.verb",
  ]);
  expect(failed(await propose(id))).toEqual([409, "grant.there"]);
  const wrong = await put("rel-JP-NPA", `/api/v1/grants/${made.grant}/approve`, { hash: "other", reason: "blind" });
  expect(failed(wrong)).toEqual([409, "grant.stale"]);
  const done = await put("rel-JP-NPA", `/api/v1/grants/${made.grant}/approve`, { hash: made.hash, reason: "yes" });
  expect((done.json as GrantReply).status).toBe("in-force");

  expect(await reads("cj", id)).toBe(200);
  expect(idsIn(await ask("cj", "/api/v1/objects?text=wordsofgranted"))).toEqual([]);
  expect((await ask("cj", "/api/v1/objects?text=granted")).body.toString()).toContain(id);
  expect(await taxii("cj")).toEqual([id]);
  expect((await ask("cj", "/api/v1/export?format=stix")).body.toString()).toContain(id);
  // Another sponsor's client, another country: nothing. The originator's own view is the same bytes.
  for (const other of ["cu", "k1", "k3"]) expect(await reads(other, id)).toBe(404);
  expect((await ask("u1", `/api/v1/objects/${id}`)).body.toString()).toBe(disclosed);
  // Who reads it, by agency: never the client by name.
  const audience = (await ask("u1", `/api/v1/objects/${id}/audience`)).body.toString();
  expect([audience.includes('"JP-NPA"'), audience.includes('"cj"')]).toEqual([true, false]);
  const { disclosures } = (await ask("rel-US-FBI", `/api/v1/disclosures?object=${id}`)).json as {
    disclosures: { received: { agency: string; channels: string[] }[] }[];
  };
  expect(disclosures[0]?.received.map(({ agency, channels }) => [agency, channels])).toEqual([
    ["JP-NPA", ["export", "page", "taxii"]],
  ]);
});

test("a grant – taken back by one person – ends at once, and its client has a recall of it", async () => {
  const id = await given("taken back");
  const made = await grant(id);
  expect(await reads("cj", id)).toBe(200);
  expect((await put("rel-JP-NPA", `/api/v1/grants/${made}/end`, { reason: "no more" })).status).toBe(200);
  expect([await reads("cj", id), await reads("j1", id)]).toEqual([404, 200]);
  expect((await ask("cj", "/api/v1/recalls")).body.toString()).toContain(id);
  expect((await ask("j1", "/api/v1/recalls")).body.toString()).not.toContain(id);
  expect(failed(await put("rel-JP-NPA", `/api/v1/grants/${made}/end`, { reason: "again" }))).toEqual([
    409,
    "grant.decided",
  ]);
  // Given again by two persons it is there again.
  await grant(id);
  expect(await reads("cj", id)).toBe(200);
});

test("the sponsor's own reading – suspended, narrowed, or withdrawn – ends its client's with it", async () => {
  const [suspended, narrowed, withdrawn] = [await given("suspended"), await given("narrowed"), await given("gone")];
  for (const id of [suspended, narrowed, withdrawn]) await grant(id);
  await world.changeAgreement("TRI", { status: "suspended" });
  expect([await reads("j1", suspended), await reads("cj", suspended)]).toEqual([404, 404]);
  await world.changeAgreement("TRI", { status: "in-force" });
  expect([await reads("j1", suspended), await reads("cj", suspended)]).toEqual([200, 200]);
  const { hash } = (await ask("u1", `/api/v1/objects/${narrowed}`)).json as { hash: string };
  const back = { row: row("TRI", ["JPN"]), hash, reason: "too far" };
  expect((await put("rel-US-FBI", `/api/v1/objects/${narrowed}/recalls`, back)).status).toBeLessThan(300);
  expect([await reads("j1", narrowed), await reads("cj", narrowed)]).toEqual([404, 404]);
  // On again by the originator's two persons: the sponsor's people read it, its client needs a new grant.
  tick();
  await world.decide("rel-US-FBI", await world.propose("u1", narrowed, row("TRI", ["JPN"])));
  expect([await reads("j1", narrowed), await reads("cj", narrowed)]).toEqual([200, 404]);
  await put("u1", `/api/v1/objects/${withdrawn}/withdraw`, { reason: "wrong" });
  expect([await reads("j1", withdrawn), await reads("cj", withdrawn)]).toEqual([404, 404]);
});

test("a grant until a date – that comes – is over by itself; a client that moves has it no more", async () => {
  const id = await given("until");
  const until = new Date(START + 3_600_000).toISOString();
  await grant(id, { until });
  expect(await reads("cj", id)).toBe(200);
  await world.changeAccount("cj", { agency: "JP-NCO" });
  expect(await reads("cj", id)).toBe(404);
  await world.changeAccount("cj", { agency: "JP-NPA" });
  expect(await reads("cj", id)).toBe(200);
  asked += 3600;
  expect([await reads("cj", id), await reads("j1", id)]).toEqual([404, 200]);
  const { grants } = (await ask("j1", `/api/v1/objects/${id}/grants`)).json as { grants: GrantReply[] };
  expect(grants.map(({ status, reads: now }) => [status, now])).toEqual([["over", false]]);
});

test("what no client may read – STRICT, LES, secret, unseen – is not granted, and whose it is tells nobody", async () => {
  const strict = tool("strict");
  await post("u1", strict, { tlp: "AMBER+STRICT", releases: [row("TRI", ["JPN"], ["JP-NPA"])] });
  tick();
  await world.decide("rel-US-FBI", await world.propose("u1", strict.id, row("TRI", ["JPN"], ["JP-NPA"])));
  const les = await given("law", { ...AMBER, caveats: ["LES"] });
  const secret = await given("classified", { ...AMBER, classification: "C" });
  for (const id of [strict.id, les, secret])
    expect([await reads("j1", id), failed(await propose(id))]).toEqual([200, [422, "grant.not_readable"]]);
  const id = await given("for all");
  expect(failed(await propose(id, { client: "cu" }))).toEqual([422, "grant.client"]);
  expect(failed(await propose(id, {}, "u1"))).toEqual([422, "grant.own"]);
  expect((await propose(id, {}, "k1")).status).toBe(404);
  expect((await propose(id, {}, "cj")).status).toBe(403);
  const made = await grant(id);
  // Nobody else's grant is there: not the originator's releaser's, not another Japanese agency's.
  for (const other of ["rel-US-FBI", "rel-JP-NCO"])
    expect((await put(other, `/api/v1/grants/${made}/end`, { reason: "guessed" })).status).toBe(404);
  expect(((await ask("u1", `/api/v1/objects/${id}/grants`)).json as { grants: unknown[] }).grants).toEqual([]);
});

test("a new version – posted after the grant – is the same object to the grant", async () => {
  const id = await given("versions");
  await grant(id);
  const object = (await ask("u1", `/api/v1/objects/${id}`)).json as { object: StixJson };
  const { object_marking_refs: _, ...plain } = object.object;
  await post("u1", { ...plain, modified: "2026-04-12T00:00:00.000Z", description: "newer" } as StixJson, AMBER);
  tick();
  await world.decide("rel-US-FBI", await world.propose("u1", id, row("TRI", ["JPN"])));
  expect((await ask("cj", `/api/v1/objects/${id}`)).body.toString()).toContain("newer");
  expect((await taxii("cj")).filter((one) => one === id).length).toBeGreaterThan(0);
});

test("an edit by which the client alone would read more – by one person of the originator – ends the grant", async () => {
  const rows = { releases: [row("TRI", ["JPN"], ["JP-NPA"])] };
  const hidden = { ...AMBER, ...rows, fieldRules: [{ selectors: ["description"], tlp: "AMBER+STRICT" as const }] };
  const object = tool("ruled", { description: "the ruled words" });
  await post("u1", object, hidden);
  tick();
  await world.decide("rel-US-FBI", await world.propose("u1", object.id, row("TRI", ["JPN"], ["JP-NPA"])));
  await grant(object.id);
  expect((await ask("cj", `/api/v1/objects/${object.id}`)).body.toString()).not.toContain("the ruled words");
  const { posts } = (await ask("u1", "/api/v1/mine?limit=500")).json as {
    posts: { id: string; post: string; hash: string }[];
  };
  const { post: token = "", hash } = posts.find(({ id }) => id === object.id) ?? {};
  const edited = await put("u1", `/api/v1/mine/${token}/edit`, { label: { ...AMBER, ...rows }, hash, reason: "plain" });
  expect(edited.status).toBe(200);
  expect([await reads("j1", object.id), await reads("cj", object.id)]).toEqual([200, 404]);
});

test("a grant – approved by who proposed it – is refused: it takes two persons", async () => {
  const id = await given("alone");
  const { grant: made, hash } = (await propose(id, {}, "rel-JP-NPA")).json as GrantReply;
  expect(failed(await put("rel-JP-NPA", `/api/v1/grants/${made}/approve`, { hash, reason: "mine" }))).toEqual([
    403,
    "release.same_person",
  ]);
  expect(await reads("cj", id)).toBe(404);
});

/** What a client comes to read by one person's act: posted by JP-NCO, in force at once in Japan. */
const HOME: LabelRequest = { tlp: "AMBER", topics: ["crypto"], releases: [row("TRI", ["JPN"], ["JP-NPA"])] };
const WORDS = "the ruled words";
const says = async (as: string, id: string): Promise<[number, boolean]> => {
  const { status, body } = await ask(as, `/api/v1/objects/${id}`);
  return [status, body.toString().includes(WORDS)];
};
const editMine = async (as: string, id: string, body: object): Promise<Reply> => {
  const { posts } = (await ask(as, "/api/v1/mine?limit=500")).json as {
    posts: { id: string; post: string; hash: string }[];
  };
  const { post: token = "", hash } = posts.find((one) => one.id === id) ?? {};
  return put(as, `/api/v1/mine/${token}/edit`, { hash, reason: "plain", ...body });
};
const at = (day: number): string => `2026-04-${String(day).padStart(2, "0")}T00:00:00.000Z`;
const listed = async (as: string, id: string): Promise<GrantReply[]> =>
  ((await ask(as, `/api/v1/objects/${id}/grants`)).json as { grants: GrantReply[] }).grants;

test.each(["posted again", "edited"])(
  "a new version that shows the client more – %s by one person without the rule – is not reached by the grant, nor a later one",
  async (way) => {
    const hidden: LabelRequest = { ...HOME, fieldRules: [{ selectors: ["description"], tlp: "AMBER+STRICT" }] };
    const object = tool(`rule ${way}`, { description: WORDS });
    await post("j3", object, hidden);
    await grant(object.id);
    expect([await says("j1", object.id), await says("cj", object.id)]).toEqual([
      [200, true],
      [200, false],
    ]);
    if (way === "posted again") await post("j3", { ...object, modified: at(12) }, HOME);
    else
      expect((await editMine("j3", object.id, { patch: { tool_version: "2" }, label: HOME })).status).toBeLessThan(300);
    await post("j3", { ...object, modified: at(28), tool_version: "3" }, HOME);
    expect([await says("j1", object.id), (await says("cj", object.id))[1]]).toEqual([[200, true], false]);
    // Two persons of the sponsor give it anew, once the old grant is taken back.
    const [old] = await listed("rel-JP-NPA", object.id);
    await put("rel-JP-NPA", `/api/v1/grants/${old?.grant}/end`, { reason: "anew" });
    await grant(object.id);
    expect(await says("cj", object.id)).toEqual([200, true]);
  },
);

test("a version that no grant reaches – its words posted again as AMBER by one person – stays unread by the client", async () => {
  const object = tool("whole words");
  await post("j3", object, HOME);
  await grant(object.id);
  await post("j3", { ...object, modified: at(12), description: WORDS }, { ...HOME, tlp: "AMBER+STRICT" });
  expect([await says("j1", object.id), await says("cj", object.id)]).toEqual([
    [200, true],
    [200, false],
  ]);
  await post("j3", { ...object, modified: at(13), description: WORDS }, HOME);
  expect([await says("j1", object.id), await says("cj", object.id)]).toEqual([
    [200, true],
    [200, false],
  ]);
});

test("words that two persons left hidden in an older version – posted again bare by one – stay unread by the client", async () => {
  const object = tool("older rule", { description: WORDS });
  const hidden: LabelRequest = { ...HOME, fieldRules: [{ selectors: ["description"], tlp: "AMBER+STRICT" }] };
  await post("j3", object, hidden);
  await post("j3", { ...object, modified: at(12), description: "harmless" }, HOME);
  await grant(object.id);
  await post("j3", { ...object, modified: at(13) }, HOME);
  expect([await says("j1", object.id), await says("cj", object.id)]).toEqual([
    [200, true],
    [200, false],
  ]);
});

describe("with more accounts", () => {
  const NPA = { agency: "JP-NPA", scope: "write" as const };
  beforeAll(() =>
    world.addDirectory({
      accounts: [
        { ...NPA, id: "j8", name: "j8", role: "reviewer", clearance: "S", topics: ["*"], pii: true, person: "p-j8" },
        { ...NPA, id: "r8", name: "r8", role: "releaser", clearance: "S", topics: ["*"], pii: true, person: "p-r8" },
        { ...NPA, id: "r7", name: "r7", role: "releaser", clearance: "S", topics: ["*"], pii: true, person: "p-c8" },
        {
          ...NPA,
          id: "j7",
          name: "j7",
          role: "reviewer",
          clearance: "R",
          topics: ["drugs"],
          pii: false,
          person: "p-j7",
        },
        { ...NPA, id: "j6", name: "j6", role: "analyst", clearance: "S", topics: ["*"], pii: true, person: "p-c8" },
        { ...NPA, id: "r6", name: "r6", role: "releaser", clearance: "U", topics: [], pii: false, person: "p-r6" },
        { ...NPA, id: "j9", name: "j9", role: "reviewer", clearance: "U", topics: [], pii: false, person: "p-j9" },
        { ...NPA, id: "j5", name: "j5", role: "analyst", clearance: "S", topics: ["*"], pii: true, person: "p-j5" },
        {
          ...NPA,
          id: "c8",
          name: "c8",
          role: "client",
          clearance: "S",
          topics: ["*"],
          pii: true,
          scope: "read",
          person: "p-c8",
        },
        {
          id: "n8",
          name: "n8",
          role: "analyst",
          agency: "JP-NCO",
          clearance: "S",
          topics: ["*"],
          pii: true,
          scope: "write",
          person: "p-n8",
        },
      ],
    } as never),
  );

  test.each([
    ["class S", { classification: "S" as const }],
    ["personal data", { fieldRules: [{ selectors: ["name"], pii: true as const }] }],
  ])("%s – given to a client – takes a releaser of its sponsor", async (what, part) => {
    const object = tool(`custody ${what}`);
    await post("n8", object, { ...HOME, ...part });
    tick();
    await world.decide("rel-JP-NCO", await world.propose("n8", object.id, row("TRI", ["JPN"], ["JP-NPA"])));
    expect(await reads("j8", object.id)).toBe(200);
    const made = (await propose(object.id, { client: "c8" }, "j5")).json as GrantReply;
    const [forJ8] = await listed("j8", object.id);
    const refused = await put("j8", `/api/v1/grants/${made.grant}/approve`, { hash: forJ8?.hash, reason: "ok" });
    expect([failed(refused), await reads("c8", object.id)]).toEqual([[403, "release.custodian_required"], 404]);
    const [forR8] = await listed("r8", object.id);
    const done = await put("r8", `/api/v1/grants/${made.grant}/approve`, { hash: forR8?.hash, reason: "ok" });
    expect([done.status, await reads("c8", object.id)]).toEqual([200, 200]);
  });

  test("the person behind the client's account – proposing or giving its own grant – is refused", async () => {
    const object = tool("for myself");
    await post("n8", object, HOME);
    expect(failed(await propose(object.id, { client: "c8" }, "j6"))).toEqual([403, "release.same_person"]);
    const made = (await propose(object.id, { client: "c8" }, "j5")).json as GrantReply;
    const [shown] = await listed("r7", object.id);
    const own = await put("r7", `/api/v1/grants/${made.grant}/approve`, { hash: shown?.hash, reason: "mine" });
    expect([failed(own), await reads("c8", object.id)]).toEqual([[403, "release.same_person"], 404]);
  });

  /** Two indicators that are one to whoever sees both: one of drugs, one of crypto. The second id is granted, on both. */
  const pair = async (size: number): Promise<{ open: string; hidden: string; made: GrantReply }> => {
    const one = (n: number, topic: string): Promise<void> =>
      post(
        "n8",
        {
          type: "indicator",
          spec_version: "2.1",
          id: `indicator--${n}${n}${n}${n}${n}${n}${n}${n}-1111-4111-8111-0000000000${size}`,
          ...{ created: at(1), modified: at(1), valid_from: at(1) },
          ...{ name: `of ${topic}`, pattern: `[file:name = 'a' AND file:size = ${size}]`, pattern_type: "stix" },
        },
        { ...HOME, topics: [topic] },
      );
    await one(1, "drugs");
    await one(2, "crypto");
    const [open, hidden] = [1, 2].map((n) => `indicator--${String(n).repeat(8)}-1111-4111-8111-0000000000${size}`);
    if (open === undefined || hidden === undefined) throw new Error("two ids");
    expect([await reads("j7", open), await reads("j7", hidden)]).toEqual([200, 404]);
    const made = (await propose(hidden, { client: "c8", reason: "why in secret" }, "j8")).json as GrantReply;
    expect([made.object, made.reason]).toEqual([hidden, "why in secret"]);
    return { open, hidden, made };
  };

  test("a grant on more than its reader sees – listed under the id that he sees, or proposed again – tells of nothing hidden", async () => {
    const { open, hidden, made } = await pair(77);
    const whole = await listed("r8", open);
    expect(whole.map(({ grant: id, object, reason }) => [id, object, reason])).toEqual([
      [made.grant, open, "why in secret"],
    ]);
    const asJ7 = await ask("j7", `/api/v1/objects/${open}/grants`);
    expect([asJ7.body.toString().includes(hidden), asJ7.body.toString().includes("secret")]).toEqual([false, false]);
    expect((asJ7.json as { grants: GrantReply[] }).grants.map(({ object }) => object)).toEqual([open]);
    const again = await propose(open, { client: "c8" }, "j7");
    expect([again.status, (again.json as GrantReply).object]).toEqual([201, open]);
    expect(failed(await propose(open, { client: "c8" }, "j8"))).toEqual([409, "grant.there"]);
    const ended = await put("j7", `/api/v1/grants/${made.grant}/end`, { reason: "no more" });
    expect([ended.status, ended.body.toString().includes(hidden), ended.body.toString().includes("secret")]).toEqual([
      200,
      false,
      false,
    ]);
  });

  test("a grant whose deciders are gone – ended by id – is ended by any releaser of the sponsor, unseen, and by nobody else", async () => {
    const { hidden, made } = await pair(78);
    const [shown] = await listed("r8", hidden);
    await put("r8", `/api/v1/grants/${made.grant}/approve`, { hash: shown?.hash, reason: "ok" });
    expect(await reads("c8", hidden)).toBe(200);
    expect(await reads("r6", hidden)).toBe(404);
    for (const other of ["j9", "rel-JP-NCO", "rel-US-FBI"])
      expect((await put(other, `/api/v1/grants/${made.grant}/end`, { reason: "guessed" })).status).toBe(404);
    const blind = { hash: shown?.hash, reason: "unseen" };
    expect((await put("r6", `/api/v1/grants/${made.grant}/refuse`, blind)).status).toBe(404);
    const ended = await put("r6", `/api/v1/grants/${made.grant}/end`, { reason: "they left" });
    expect([ended.status, ended.body.toString().includes(hidden), ended.body.toString().includes("secret")]).toEqual([
      200,
      false,
      false,
    ]);
    expect([(ended.json as GrantReply).status, await reads("c8", hidden)]).toEqual(["ended", 404]);
  });
});

test("a grant that is over by its date – and a new one beside it – takes nothing from the new one", async () => {
  const object = tool("dated");
  await post("j3", object, HOME);
  const old = await grant(object.id, { until: new Date(START + asked * 1000 + 600_000).toISOString() });
  asked += 700;
  expect(await reads("cj", object.id)).toBe(404);
  await grant(object.id);
  expect(await reads("cj", object.id)).toBe(200);
  expect(failed(await put("rel-JP-NPA", `/api/v1/grants/${old}/end`, { reason: "tidy" }))).toEqual([
    409,
    "grant.decided",
  ]);
  expect(await reads("cj", object.id)).toBe(200);
  const edited = await editMine("j3", object.id, { label: { ...HOME, caveats: ["NOEXPORT"] } });
  expect([edited.status, await reads("j1", object.id), await reads("cj", object.id)]).toEqual([200, 200, 200]);
  const now = await listed("j1", object.id);
  expect(now.map(({ status, reads: does }) => [status, does])).toEqual([
    ["over", false],
    ["in-force", true],
  ]);
});

test("a store with grants – looked through – is sound", async () => {
  expect(await findingsOf(world.core)).toEqual([]);
});
