import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { failed } from "../support/compound.ts";
import { inTurns } from "../support/in-turns.ts";
import { row, sampleUuid, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const TRI = row("TRI", ["JPN", "KOR", "USA"]);
const WIDE: LabelRequest = { tlp: "GREEN", releases: [TRI] };

let world: TemporaryWorld;
const turns = inTurns(() => world);
const { ask } = turns;
const send = (as: string, object: StixJson | readonly StixJson[], label: LabelRequest = WIDE): Promise<Reply> => {
  turns.tick("post");
  return world.post(as, object, { label });
};
interface Fate {
  readonly post: string;
  readonly id: string;
  readonly received: string;
}
const token = async (as: string, id: unknown): Promise<string> => {
  const { json } = await ask(as, "/api/v1/mine?limit=1000");
  const one = (json as { posts: Fate[] }).posts.filter((post) => post.id === id).at(-1);
  if (one === undefined) throw new Error(`${as} has no post of ${String(id)}`);
  return one.post;
};
const fate = async (as: string, id: unknown): Promise<unknown> =>
  (await ask(as, `/api/v1/mine/${await token(as, id)}`)).json;
const say = (as: string, id: unknown, body: object): Promise<Reply> =>
  ask(as, { method: "POST", path: `/api/v1/objects/${String(id)}/feedback`, body });
const release = async (object: string, country: string): Promise<void> => {
  turns.tick("release");
  const proposal = { agreement: "TRI", countries: [country], agencies: "*" };
  await world.decide("rel-US-FBI", await world.propose("u1", object, proposal));
};

beforeAll(async () => {
  world = await TemporaryWorld.open();
});
afterAll(() => world.close());

describe("the posts of one id", () => {
  test("asked for by id – every version, in pages, by a colleague too – are those and no others; to others there are none", async () => {
    const one = tool("asked for by id");
    await send("u1", tool("beside it"));
    await send("u1", one);
    await send("u1", { ...one, name: "its second version", modified: "2026-04-02T00:00:00.000Z" });
    const names = async (as: string, more = ""): Promise<unknown[]> =>
      ((await ask(as, `/api/v1/mine?id=${one.id}${more}`)).json as { posts: { name: string }[] }).posts.map(
        ({ name }) => name,
      );
    expect(await names("u1")).toEqual([one.name, "its second version"]);
    expect(await names("u4")).toEqual([one.name, "its second version"]);
    const { next } = (await ask("u1", `/api/v1/mine?id=${one.id}&limit=1`)).json as { next: string };
    expect(await names("u1", `&limit=1&next=${next}`)).toEqual(["its second version"]);
    expect(failed(await ask("u1", `/api/v1/mine?next=${next}`))).toEqual([400, "cursor.invalid"]);
    expect(await names("u3")).toEqual([]);
    expect(await names("k3")).toEqual([]);
    expect((await ask("u1", "/api/v1/mine?id=nonsense")).status).toBe(400);
  });
});

describe("the fate of a post", () => {
  test("as its agency sees it – label, request, rows, proposals, readers, review, merged, confirmations", async () => {
    const one = tool("whose fate is told");
    await send("u1", one);
    await release(one.id, "JPN");
    expect(await fate("u1", one.id)).toMatchObject({
      ...{ id: one.id, type: "tool", name: one.name, by: "u1", channel: "rest", state: "released", superseded: false },
      request: { tlp: "GREEN", classification: "U", releases: expect.any(Array) },
      releases: [
        { countries: ["JPN"], status: "on" },
        { countries: ["KOR"], status: "off" },
        { countries: ["USA"], status: "on" },
      ],
      proposals: [{ object: one.id, status: "released", proposedBy: "u1", decidedBy: "rel-US-FBI" }],
      review: { state: "submitted" },
      readers: {
        now: {
          agencies: ["JP-JAFIC", "JP-NCO", "JP-NPA", "US-CISA", "US-FBI", "US-TREAS"],
          people: ["cu", "feed-US-FBI", "rel-US-FBI", "u1", "u4"],
        },
        released: { agencies: expect.arrayContaining(["KR-KISA", "KR-KNPA", "KR-NIS"]) },
      },
      merged: { object: one.id, sources: ["US-FBI"] },
      ...{ confirmations: [], feedback: [] },
    });
    await ask("u1", { method: "POST", path: `/api/v1/objects/${one.id}/withdraw`, body: { reason: "gone" } });
    expect(await fate("rel-US-FBI", one.id)).toMatchObject({
      state: "withdrawn",
      confirmations: [{ what: "withdraw", by: "u1", state: "open", reason: "gone" }],
      readers: { now: { agencies: ["US-FBI"], people: ["rel-US-FBI", "u1", "u4"] } },
    });
  });

  test("a post – of another agency, or with a name that nobody was given – 404 with one body", async () => {
    const one = tool("of the fbi alone");
    await send("u1", one, { tlp: "GREEN" });
    const post = await token("u1", one.id);
    const replies = [
      await ask("u2", `/api/v1/mine/${post}`),
      await ask("u1", `/api/v1/mine/${post.slice(0, 40)}`),
      await ask("u1", "/api/v1/mine/nonsense"),
    ];
    expect(replies.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(new Set(replies.map(({ body }) => body.toString())).size).toBe(1);
    expect((await ask("u1", "/api/v1/mine/white%20space")).status).toBe(400);
  });

  test("a row past its end – expired", async () => {
    const one = tool("with an end");
    const until = "2026-04-11T10:00:00Z";
    await send("u1", one, { tlp: "GREEN", releases: [{ ...row("TRI", ["USA"]), until }] });
    const post = await token("u1", one.id);
    world.at(START + 3_600_000, "an hour later");
    const { json } = await world.ask("u1", { method: "GET", path: `/api/v1/mine/${post}` });
    expect(json).toMatchObject({ releases: [{ status: "expired" }], readers: { now: { agencies: ["US-FBI"] } } });
  });
});

describe("feedback", () => {
  const value = {
    type: "ipv4-addr",
    spec_version: "2.1",
    id: `ipv4-addr--${sampleUuid("fed back")}`,
    value: "192.0.2.99",
  };

  test("by those who received it – to each agency behind it, by country, by name where wished, and to nobody else", async () => {
    await send("u1", value, { tlp: "GREEN", releases: [row("TRI", ["USA"])] });
    await send(
      "u3",
      { ...value, id: `ipv4-addr--${sampleUuid("fed back too")}` },
      { tlp: "GREEN", releases: [row("TRI", ["USA"])] },
    );
    const { json } = await ask("u2", "/api/v1/objects?value=192.0.2.99");
    const [{ id }] = (json as { objects: [{ id: string }] }).objects;
    expect((await say("u2", id, { verdict: "not useful", note: "parked" })).json).toMatchObject({
      given: { state: "not-useful", note: "parked", nameUnit: false, by: "u2" },
      received: [],
    });
    expect(await fate("u1", value.id)).toMatchObject({
      feedback: [{ country: "USA", state: "not-useful", note: "parked" }],
    });
    expect(JSON.stringify(((await fate("u1", value.id)) as { feedback: unknown }).feedback)).not.toContain("TREAS");
    expect((await say("u2", id, { verdict: "action taken", nameUnit: true })).status).toBe(200);
    const seen = (await ask("u3", `/api/v1/objects/${id}/feedback`)).json;
    expect(seen).toEqual({
      received: [{ country: "USA", agency: "US-TREAS", state: "action-taken", at: expect.any(String) }],
    });
    expect((await ask("u2", `/api/v1/objects/${id}/feedback`)).json).toMatchObject({
      given: { state: "action-taken" },
      received: [],
    });
  });

  test("of one's own, hidden, unknown, malformed, out of order, by a machine – 403, 404, 400, 409", async () => {
    const [one, hidden] = [tool("without feedback"), tool("hidden from the treasury")];
    await send("u1", [one, hidden], { tlp: "GREEN" });
    expect(failed(await say("u1", one.id, { verdict: "useful" }))).toEqual([403, "feedback.own"]);
    const [gone, never] = [
      await say("u2", hidden.id, { verdict: "useful" }),
      await say("u2", `tool--${sampleUuid("never")}`, { verdict: "useful" }),
    ];
    expect([gone.status, gone.body.toString()]).toEqual([404, never.body.toString()]);
    for (const body of [
      {},
      { verdict: "great" },
      { verdict: "useful", note: "" },
      { verdict: "useful", note: "x".repeat(2001) },
      { verdict: "useful", by: "u3" },
    ])
      expect((await say("u2", one.id, body)).status).toBe(400);
    const open = tool("in order");
    await send("u1", open, { tlp: "GREEN", releases: [row("TRI", ["USA"])] });
    expect((await say("u2", open.id, { verdict: "acknowledge" })).json).toMatchObject({
      given: { state: "acknowledged" },
    });
    expect((await say("u2", open.id, { verdict: "conflicts" })).json).toMatchObject({ given: { state: "conflicts" } });
    expect(failed(await say("u2", open.id, { verdict: "acknowledge" }))).toEqual([409, "feedback.transition"]);
    expect((await say("feed-US-TREAS", open.id, { verdict: "useful" })).status).toBe(403);
  });

  test("on a version that was replaced since – its sender finds it under the object still", async () => {
    const one = tool("fed back, then changed");
    await send("u1", one, { tlp: "GREEN", releases: [row("TRI", ["USA"])] });
    await say("u2", one.id, { verdict: "not useful", note: "too vague" });
    const later = { ...one, modified: "2026-03-09T00:00:00.000Z", description: "less vague" };
    await send("u1", later, { tlp: "GREEN", releases: [row("TRI", ["USA"])] });
    expect((await ask("u1", `/api/v1/objects/${one.id}/feedback`)).json).toMatchObject({
      received: [{ state: "not-useful", note: "too vague" }],
    });
    expect((await ask("u2", `/api/v1/objects/${one.id}/feedback`)).json).toEqual({ received: [] });
  });

  test("on what its sender takes back afterwards – stays with the sender, and is closed to who gave it", async () => {
    const one = tool("taken back after feedback");
    await send("u1", one, { tlp: "GREEN", releases: [row("TRI", ["USA"])] });
    await say("u2", one.id, { verdict: "useful", note: "blocked it" });
    await ask("u1", { method: "POST", path: `/api/v1/objects/${one.id}/withdraw`, body: { reason: "gone" } });
    expect((await say("u2", one.id, { verdict: "conflicts" })).status).toBe(404);
    expect((await ask("u2", `/api/v1/objects/${one.id}/feedback`)).status).toBe(404);
    expect(await fate("u1", one.id)).toMatchObject({ state: "withdrawn", feedback: [{ note: "blocked it" }] });
  });
});

describe("a preview", () => {
  const preview = (as: string, body: object): Promise<Reply> =>
    ask(as, { method: "POST", path: "/api/v1/policy/preview", body });

  test("of a label – who would read now, and once its rows are on", async () => {
    const { json } = await preview("u1", {
      label: { tlp: "AMBER+STRICT", releases: [row("TRI", ["USA", "JPN"], ["US-CISA", "JP-NPA"])] },
    });
    expect(json).toMatchObject({
      label: { tlp: "AMBER+STRICT", originator: "US-FBI", author: "u1" },
      readers: { now: { agencies: ["US-CISA", "US-FBI"] }, released: { agencies: ["JP-NPA", "US-CISA", "US-FBI"] } },
    });
  });

  test("for a post – who would gain and who would lose", async () => {
    const one = tool("previewed");
    await send("u1", one, { tlp: "GREEN", releases: [row("TRI", ["USA"])] });
    const label = { tlp: "AMBER+STRICT", releases: [row("TRI", ["USA", "JPN"], ["US-CISA", "JP-NPA"])] };
    expect((await preview("u1", { label, post: await token("u1", one.id) })).json).toMatchObject({
      gains: ["JP-NPA"],
      losses: expect.arrayContaining(["US-TREAS"]),
    });
  });

  test("of what can't be – 422, 400, and 404 for another's post", async () => {
    const unknown = { label: { tlp: "GREEN", releases: [row("TRI", ["USA"], ["US-NOBODY"])] } };
    expect(failed(await preview("u1", unknown))).toEqual([422, "label.unknown_agency"]);
    expect(failed(await preview("u1", { preset: "none" }))).toEqual([422, "label.unknown_preset"]);
    expect((await preview("u1", { label: { tlp: "PINK" } })).status).toBe(400);
    expect((await preview("u1", { label: { tlp: "GREEN" }, post: "nonsense" })).status).toBe(404);
    expect((await preview("cj", { label: { tlp: "GREEN" } })).status).toBe(403);
  });
});
