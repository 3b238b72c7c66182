import type { LabelRequest } from "../../schemas/policy/label.ts";
import { scoId } from "../../schemas/stix/id-contributing.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { failed } from "../support/compound.ts";
import { inTurns } from "../support/in-turns.ts";
import { refusedAt } from "../support/refused-at.ts";
import { row, sampleUuid, tool } from "../support/samples.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const HOME: LabelRequest = { tlp: "GREEN", releases: [row("TRI", ["USA"])] };
const WIDE: LabelRequest = { tlp: "GREEN", releases: [row("TRI", ["USA", "JPN"])] };

const until = (one: ReturnType<typeof row>): ReturnType<typeof row> => ({ ...one, until: "2026-05-01T00:00:00Z" });

let world: TemporaryWorld;
const turns = inTurns(() => world);
const { ask } = turns;
const send = (as: string, object: StixJson | readonly StixJson[], label: LabelRequest = HOME): Promise<Reply> => {
  turns.tick("post");
  return world.post(as, object, { label });
};
interface Mine {
  readonly post: string;
  readonly hash: string;
  readonly id: string;
  readonly state: string;
  readonly version?: string;
}
const mine = async (as: string, id: unknown): Promise<Mine> => {
  const { json } = await ask(as, "/api/v1/mine?limit=1000");
  const posts = (json as { posts: Mine[] }).posts.filter((one) => one.id === id && one.state !== "withdrawn");
  const newest = posts.at(-1);
  if (newest === undefined) throw new Error(`${as} has no post of ${String(id)}`);
  return newest;
};
const edit = async (as: string, id: unknown, change: object, by = as): Promise<Reply> => {
  const { post, hash } = await mine(by, id);
  return ask(as, { method: "POST", path: `/api/v1/mine/${post}/edit`, body: { hash, reason: "better", ...change } });
};
const get = async (as: string, id: unknown): Promise<StixJson | number> => {
  const reply = await ask(as, `/api/v1/objects/${String(id)}`);
  return reply.status === 200 ? (reply.json as { object: StixJson }).object : reply.status;
};
const release = async (object: string, agencies: "*" | string[] = "*"): Promise<void> => {
  turns.tick("release");
  const proposal = { agreement: "TRI", countries: ["JPN"], agencies };
  await world.decide("rel-US-FBI", await world.propose("u1", object, proposal));
};

beforeAll(async () => {
  world = await TemporaryWorld.open();
});
afterAll(() => world.close());

describe("content", () => {
  test("a patch – of one's own object – a new version with a later modified, at once at home", async () => {
    const one = tool("patched", { description: "old", aliases: ["a"] });
    await send("u1", one);
    const reply = await edit("u1", one.id, { patch: { description: "new", aliases: null } });
    expect(reply.json).toMatchObject({
      outcome: "updated",
      object: one.id,
      readers: { before: ["US-CISA", "US-FBI", "US-TREAS"], after: ["US-CISA", "US-FBI", "US-TREAS"] },
      releaseAgain: [],
    });
    const shown = (await get("u2", one.id)) as StixJson;
    expect(shown).toMatchObject({ description: "new", name: "patched" });
    expect(shown.aliases).toBeUndefined();
    expect(String(shown.modified) > String(one.modified)).toBe(true);
    const { post, hash } = reply.json as { post: string; hash: string };
    const { json } = await ask("u1", {
      ...{ method: "POST", path: `/api/v1/mine/${post}/edit` },
      body: { hash, reason: "revoked", patch: { revoked: true } },
    });
    expect(json).toMatchObject({ outcome: "updated" });
    expect(await get("u2", one.id)).toMatchObject({ revoked: true });
  });

  test("an edit – stale, of what is superseded, withdrawn, another agency's, with another id, malformed – refused", async () => {
    const one = tool("refusals");
    await send("u1", one);
    const first = await mine("u1", one.id);
    const path = `/api/v1/mine/${first.post}/edit`;
    const body = { hash: first.hash, reason: "x" };
    const post = (more: object): Promise<Reply> => ask("u1", { method: "POST", path, body: { ...body, ...more } });
    expect(failed(await post({ patch: { name: "y" }, hash: "old" }))).toEqual([409, "content.stale"]);
    expect(failed(await post({ patch: { id: `tool--${sampleUuid("z")}` } }))).toEqual([422, "edit.identity"]);
    expect(failed(await post({ patch: { type: "malware" } }))).toEqual([422, "edit.identity"]);
    expect(failed(await post({ patch: { modified: "2020-01-01T00:00:00.000Z" } }))).toEqual([200, undefined]);
    expect(failed(await post({ patch: { modified: "2020-01-01T00:00:00.000Z", name: "y" } }))).toEqual([
      422,
      "edit.modified",
    ]);
    expect((await post({ patch: { name: 5 } })).status).toBe(422);
    expect((await post({ object: { ...one, name: null } })).status).toBe(422);
    for (const bad of [
      {},
      { patch: {}, object: one },
      { patch: [] },
      { patch: "x" },
      { patch: {}, reason: "" },
      { patch: {}, more: 1 },
    ])
      expect((await post(bad)).status).toBe(400);
    expect(failed(await ask("u2", { method: "POST", path, body: { ...body, patch: { name: "y" } } }))[0]).toBe(404);
    for (const token of ["x", `${first.post.slice(0, -9)}AAAAAAAAA`, "-".repeat(1999)])
      expect(
        (await ask("u1", { method: "POST", path: `/api/v1/mine/${token}/edit`, body: { ...body, patch: {} } })).status,
      ).toBe(404);
    expect((await post({ patch: { name: "second" } })).status).toBe(200);
    expect(await post({ patch: { name: "third" } })).toMatchObject(refusedAt(409, "edit.superseded", "patch"));
    await ask("u1", { method: "POST", path: `/api/v1/objects/${one.id}/withdraw`, body: { reason: "gone" } });
    expect(failed(await post({ patch: { name: "fourth" } }))).toEqual([409, "edit.withdrawn"]);
  });

  test("two edits of one version – at the same time – one stands, the other is told that it is stale", async () => {
    const one = tool("edited twice");
    await send("u1", one);
    const { post, hash } = await mine("u1", one.id);
    const path = `/api/v1/mine/${post}/edit`;
    const body = (name: string): object => ({ hash, reason: "x", patch: { name } });
    world.steer.apart = true;
    const both = await Promise.all(
      ["first", "second"].map((name) => world.ask("u1", { method: "POST", path, body: body(name) })),
    );
    world.steer.apart = false;
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(both.flatMap((reply) => (reply.status === 409 ? failed(reply) : []))[1]).toMatch(
      /^(content\.stale|edit\.superseded)$/,
    );
  });

  test("a value – corrected – another contribution with its own id, the old one withdrawn in the same step", async () => {
    const id = String(scoId("ipv4-addr", { value: "198.51.100.3" }));
    await send("u1", { type: "ipv4-addr", spec_version: "2.1", id, value: "198.51.100.3" });
    const reply = await edit("u1", id, { patch: { value: "198.51.100.4" } });
    expect(reply.json).toMatchObject({ outcome: "updated", object: scoId("ipv4-addr", { value: "198.51.100.4" }) });
    const values = async (value: string): Promise<number> =>
      ((await ask("u2", `/api/v1/objects?value=${value}`)).json as { objects: [] }).objects.length;
    expect([await values("198.51.100.3"), await values("198.51.100.4")]).toEqual([0, 1]);
  });

  test("new content of what is released abroad – at home at once, abroad once a second person released it", async () => {
    const one = tool("abroad", { description: "first" });
    await send("u1", one, WIDE);
    await release(one.id);
    expect(await get("j1", one.id)).toMatchObject({ description: "first" });
    const reply = await edit("u1", one.id, { patch: { description: "second" } });
    expect(reply.json).toMatchObject({
      releaseAgain: [{ agreement: "TRI", countries: ["JPN"], agencies: "*" }],
      warnings: [{ code: "edit.release_again" }],
    });
    expect(await get("u2", one.id)).toMatchObject({ description: "second" });
    expect(await get("j1", one.id)).toMatchObject({ description: "first" });
    await release(one.id);
    expect(await get("j1", one.id)).toMatchObject({ description: "second" });
  });

  test("a dry run – of an edit – says what would be and stores nothing", async () => {
    const one = tool("dry");
    await send("u1", one);
    const before = await mine("u1", one.id);
    expect((await edit("u1", one.id, { patch: { name: "wet" }, dryRun: true })).json).toMatchObject({
      outcome: "updated",
    });
    const narrow = { label: { tlp: "GREEN" }, dryRun: true };
    expect((await edit("u1", one.id, narrow)).json).toMatchObject({
      outcome: "narrowed",
      readers: { after: ["US-FBI"] },
      warnings: [{ code: "label.nobody_else" }],
    });
    expect(await mine("u1", one.id)).toEqual(before);
    expect(await get("u2", one.id)).toMatchObject({ name: "dry" });
  });
});

describe("labels", () => {
  test("a narrower label – by one person – at once, on every version, to be confirmed (Q38)", async () => {
    const one = tool("narrowed");
    await send("u1", one, WIDE);
    await send("u1", { ...one, modified: "2026-03-02T00:00:00.000Z" }, WIDE);
    await release(one.id);
    expect(await get("j2", one.id)).toMatchObject({ name: "narrowed" });
    const label: LabelRequest = { tlp: "AMBER+STRICT", releases: [row("TRI", ["JPN"], ["JP-NPA"])] };
    const reply = await edit("u1", one.id, { label });
    expect(reply.json).toMatchObject({
      outcome: "narrowed",
      readers: {
        before: ["JP-JAFIC", "JP-NCO", "JP-NPA", "US-CISA", "US-FBI", "US-TREAS"],
        after: ["JP-NPA", "US-FBI"],
      },
      confirmation: expect.any(String),
    });
    expect([await get("j2", one.id), await get("u2", one.id)]).toEqual([404, 404]);
    expect(await get("j1", one.id)).toMatchObject({ modified: "2026-03-02T00:00:00.000Z" });
    const { confirmation } = reply.json as { confirmation: string };
    const path = `/api/v1/confirmations/${confirmation}/confirm`;
    expect((await ask("rel-US-FBI", { method: "POST", path })).json).toMatchObject({
      what: "narrow",
      state: "confirmed",
    });
    expect((await edit("u1", one.id, { label })).json).toMatchObject({ outcome: "unchanged" });
  });

  const one = { tlp: "AMBER" as const, classification: "C" as const };
  const treasury = row("TRI", ["USA"], ["US-TREAS"]);
  test.each<[string, LabelRequest, string]>([
    ["a country more", { ...one, releases: [treasury, row("TRI", ["KOR"], ["KR-NIS"])] }, "KR-NIS"],
    ["an agency more", { ...one, releases: [row("TRI", ["USA"], ["US-TREAS", "US-CISA"])] }, "US-CISA"],
    ["GREEN from AMBER", { ...one, tlp: "GREEN", releases: [until(treasury)] }, "US-TREAS"],
    ["no topics", { ...one, releases: [until(treasury)], topics: [] }, "US-TREAS"],
    ["no classification", { ...one, classification: "U", topics: ["crypto"], releases: [until(treasury)] }, "US-TREAS"],
    ["a later end", { ...one, topics: ["crypto"], releases: [treasury] }, "US-TREAS"],
  ])("another label – %s – 409, with the agencies that would gain", async (name, label, gained) => {
    const held = { ...one, topics: ["crypto"], releases: [until(treasury)] };
    const object = tool(`wider ${name}`);
    await send("u1", object, held);
    const before = await get("u2", object.id);
    const reply = await edit("u1", object.id, { label });
    expect(failed(reply)).toEqual([409, "label.widens"]);
    expect((reply.json as { error: { message: string } }).error.message).toContain(gained);
    expect([await get("u2", object.id), await get("u3", object.id)]).toEqual([before, 404]);
  });

  test.each<[string, LabelRequest, string]>([
    ["TLP:CLEAR and a PUBLIC row", { tlp: "CLEAR", releases: [row("PUBLIC", [])] }, "PUBLIC"],
    [
      "RED for somebody of an agency that is not listed (Q39)",
      { tlp: "RED", recipients: ["u3"], releases: [row("TRI", ["USA"], ["US-CISA"])] },
      "US-CISA",
    ],
  ])("another label – %s – 409, though the TLP looks tighter or the row is new", async (name, label, gained) => {
    const object = tool(`widening ${name}`);
    await send("u1", object, { tlp: "AMBER+STRICT", releases: [treasury] });
    const reply = await edit("u1", object.id, { label });
    expect(failed(reply)).toEqual([409, "label.widens"]);
    expect((reply.json as { error: { message: string } }).error.message).toContain(gained);
    expect(await get("u3", object.id)).toBe(404);
  });

  test("a field rule less – those who read already would read more – 409", async () => {
    const one = tool("ruled", { description: "secret" });
    const rules = [{ selectors: ["description"], agencies: ["US-FBI"] }];
    await send("u1", one, { ...HOME, fieldRules: rules });
    expect((await get("u2", one.id)) as StixJson).not.toHaveProperty("description");
    expect(failed(await edit("u1", one.id, { label: HOME }))).toEqual([409, "label.widens"]);
    expect((await get("u2", one.id)) as StixJson).not.toHaveProperty("description");
  });

  test("an unknown agency, a wrong shape – 422 and 400", async () => {
    const one = tool("bad label");
    await send("u1", one);
    const bad: LabelRequest = { tlp: "GREEN", releases: [row("TRI", ["USA"], ["US-NOBODY"])] };
    expect(failed(await edit("u1", one.id, { label: bad }))).toEqual([422, "label.unknown_agency"]);
    expect((await edit("u1", one.id, { label: { tlp: "PINK" } })).status).toBe(400);
    expect((await edit("u1", one.id, { label: { ...HOME, originator: "US-CISA" } })).status).toBe(400);
  });

  test("content and label in one edit – both versions narrow together", async () => {
    const one = tool("both at once", { description: "first" });
    await send("u1", one);
    const reply = await edit("u1", one.id, { patch: { description: "second" }, label: { tlp: "AMBER" } });
    expect(reply.json).toMatchObject({
      outcome: "updated",
      readers: { after: ["US-FBI"] },
      confirmation: expect.any(String),
    });
    expect(await get("u2", one.id)).toBe(404);
    expect(await get("u1", one.id)).toMatchObject({ description: "second" });
  });

  test("a feed – edits what it posted, not what a person did", async () => {
    const [own, persons] = [tool("feed's own"), tool("a person's")];
    await send("feed-US-FBI", own);
    await send("u1", persons);
    expect((await edit("feed-US-FBI", own.id, { patch: { description: "more" } })).json).toMatchObject({
      outcome: "updated",
    });
    expect(failed(await edit("feed-US-FBI", persons.id, { patch: { description: "more" } }, "u1"))).toEqual([
      403,
      "edit.another_account",
    ]);
  });
});
