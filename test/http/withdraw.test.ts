import { scoId } from "../../schemas/stix/id-contributing.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { Rows } from "../../server/storage/collections.ts";
import { failed } from "../support/compound.ts";
import { inTurns } from "../support/in-turns.ts";
import { refusedAt } from "../support/refused-at.ts";
import { indicator, row, sampleUuid, tool } from "../support/samples.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

/** Rows at home are on at once: US-TREAS (u2) and US-CISA (u3) read what US-FBI (u1, rel-US-FBI, feed-US-FBI) posts. */
const HOME = { tlp: "GREEN" as const, releases: [row("TRI", ["USA"])] };
const DAY = 86_400_000;
const UNKNOWN = `tool--${sampleUuid("never posted")}`;

let world: TemporaryWorld;
const turns = inTurns(() => world);
const { ask } = turns;
const post = async (as: string, object: StixJson | readonly StixJson[], label: object = HOME): Promise<unknown[]> => {
  turns.tick("post");
  const { json } = await world.post(as, object, { label: label as never });
  return (json as { results: { outcome: string; code?: string; warnings?: { code: string }[] }[] }).results.map(
    ({ outcome, code, warnings }) =>
      [outcome, ...[code, ...(warnings ?? []).map((one) => one.code)].filter(Boolean)].join(" "),
  );
};
const get = async (as: string, id: unknown): Promise<StixJson | number> => {
  const reply = await ask(as, `/api/v1/objects/${String(id)}`);
  return reply.status === 200 ? (reply.json as { object: StixJson }).object : reply.status;
};
const withdraw = (as: string, id: unknown, body: object = { reason: "wrong" }): Promise<Reply> =>
  ask(as, { method: "POST", path: `/api/v1/objects/${String(id)}/withdraw`, body });
const sources = async (as: string, id: unknown): Promise<unknown> => {
  const { status, json } = await ask(as, `/api/v1/objects/${String(id)}/sources`);
  return status === 200 ? (json as { sources: { agency: string }[] }).sources.map(({ agency }) => agency) : status;
};
const ip = (value: string): StixJson & { id: string } => ({
  ...{ type: "ipv4-addr", spec_version: "2.1", id: scoId("ipv4-addr", { value }) ?? "", value },
});

beforeAll(async () => {
  world = await TemporaryWorld.open();
});
afterAll(() => world.close());

test("withdraw – one's own object – gone for everybody else at once, readable by persons of the agency, not by its feed", async () => {
  const one = tool("taken back");
  expect(await post("u1", one)).toEqual(["created"]);
  expect(await get("u2", one.id)).toMatchObject({ name: "taken back" });
  const reply = await withdraw("u1", one.id);
  expect(reply.json).toMatchObject({ withdrawn: 1, confirmUntil: expect.stringMatching(/^2026-04-12T/) });
  expect([await get("u2", one.id), await get("u3", one.id), await get("feed-US-FBI", one.id)]).toEqual([404, 404, 404]);
  expect(await get("rel-US-FBI", one.id)).toMatchObject({ name: "taken back" });
  const { json } = await ask("u1", `/api/v1/objects/${one.id}`);
  expect(json).toMatchObject({ label: { state: "withdrawn", tlp: "GREEN" } });
  expect((await ask("u1", `/api/v1/objects/${one.id}/sources`)).json).toMatchObject({
    sources: [{ state: "withdrawn" }],
  });
});

test("withdraw – hidden, unknown, another's, already withdrawn, stale – 404 with one body, 403, 409", async () => {
  const hidden = tool("of the fbi alone");
  const shared = tool("of the fbi");
  await post("u1", hidden, { tlp: "GREEN" });
  await post("u1", shared);
  const [gone, never] = [await withdraw("u2", hidden.id), await withdraw("u2", UNKNOWN)];
  expect([gone.status, gone.body.toString()]).toEqual([404, never.body.toString()]);
  expect(failed(await withdraw("u2", shared.id))).toEqual([403, "originator-control"]);
  expect(failed(await withdraw("u1", shared.id, { reason: "wrong", hash: "old" }))).toEqual([409, "content.stale"]);
  const { json } = await ask("u1", `/api/v1/objects/${shared.id}`);
  const { hash } = json as { hash: string };
  expect((await withdraw("u1", shared.id, { reason: "wrong", hash })).status).toBe(200);
  expect(failed(await withdraw("u1", shared.id))).toEqual([409, "withdraw.already"]);
  expect(failed(await withdraw("u2", shared.id))).toEqual([404, "not_found"]);
  for (const body of [
    {},
    { reason: "" },
    { reason: 5 },
    { reason: "x", version: "yesterday" },
    { reason: "x", more: 1 },
  ])
    expect((await withdraw("u1", shared.id, body)).status).toBe(400);
});

test("withdraw – of a value that others stated too – only one's own contribution goes (Q18)", async () => {
  const value = ip("192.0.2.77");
  await post("u1", value);
  await post("u3", { ...value, id: `ipv4-addr--${sampleUuid("of cisa")}` });
  const { json } = await ask("u2", "/api/v1/objects?value=192.0.2.77");
  const [{ id }] = (json as { objects: [{ id: string }] }).objects;
  expect(await sources("u2", id)).toEqual(["US-CISA", "US-FBI"]);
  expect((await withdraw("u1", id)).json).toMatchObject({ withdrawn: 1 });
  expect(await sources("u2", id)).toEqual(["US-CISA"]);
  expect((await withdraw("u3", id)).json).toMatchObject({ withdrawn: 1 });
  expect(await sources("u2", id)).toBe(404);
});

test("withdraw – of an end – the edge stops existing at the same moment (Q05)", async () => {
  const [a, b] = [tool("end a"), tool("end b")];
  const edge = {
    ...{ type: "relationship", spec_version: "2.1", id: `relationship--${sampleUuid("edge")}` },
    ...{
      created: a.created,
      modified: a.modified,
      relationship_type: "related-to",
      source_ref: a.id,
      target_ref: b.id,
    },
  };
  await post("u1", [a, b, edge]);
  expect(await get("u2", edge.id)).toMatchObject({ relationship_type: "related-to" });
  await withdraw("u1", b.id);
  expect([await get("u2", edge.id), typeof (await get("u2", a.id))]).toEqual([404, "object"]);
});

describe("versions", () => {
  const first = tool("of two versions");
  const second = { ...first, modified: "2026-03-02T00:00:00.000Z", description: "second" };

  test("withdraw – one version – the older one stands again; all – none does", async () => {
    await post("u1", first);
    await post("u1", second);
    expect(await get("u2", first.id)).toMatchObject({ description: "second" });
    expect(failed(await withdraw("u1", first.id, { reason: "x", version: "2026-03-03T00:00:00Z" }))[0]).toBe(404);
    expect((await withdraw("u1", first.id, { reason: "x", version: "2026-03-02T00:00:00Z" })).status).toBe(200);
    for (const reader of ["u1", "u2"]) expect(await get(reader, first.id)).toMatchObject({ modified: first.modified });
    expect((await withdraw("u1", first.id)).json).toMatchObject({ withdrawn: 1 });
    expect(await get("u2", first.id)).toBe(404);
  });
});

test.each([
  ["an object with versions", () => tool("again and again")],
  ["a value", () => ip("198.51.100.9")],
])(
  "the same again after a withdraw – %s – stored anew each time, unchanged while it stands (T-104)",
  async (_, make) => {
    const one = make();
    const seen: unknown[] = [];
    for (let round = 0; round < 3; round++) {
      seen.push(...(await post("u1", one)), ...(await post("u1", one)));
      seen.push(typeof (await get("u2", one.id)), (await withdraw("u1", one.id)).status, await get("u2", one.id));
    }
    const round = ["created", "unchanged", "object", 200, 404];
    expect(seen).toEqual([...round, ...round, ...round]);
    const rows = await world.storage.collection(Rows).find({ index: "stix", values: [one.id] });
    expect(rows).toHaveLength(3);
  },
);

test("withdraw – by a feed – what it posted itself, and nothing that a person did", async () => {
  const [own, persons] = [tool("of the feed"), tool("of a person")];
  await post("feed-US-FBI", own);
  await post("u1", persons);
  expect((await withdraw("feed-US-FBI", own.id)).status).toBe(200);
  expect(failed(await withdraw("feed-US-FBI", persons.id))).toEqual([403, "withdraw.another_account"]);
});

test("withdraw – of an indicator under its consolidated id – all that one's agency said of the pattern", async () => {
  const pattern = "[domain-name:value = 'both.example']";
  const [a, b] = [indicator("both a", pattern), indicator("both b", pattern)];
  await post("u1", [a, b]);
  const { json } = await ask("u1", "/api/v1/objects?value=both.example&type=indicator");
  const [shown] = (json as { objects: { id: string }[] }).objects;
  expect((await withdraw("u1", shown?.id)).json).toMatchObject({ withdrawn: 2 });
  expect([await get("u2", a.id), await get("u2", b.id)]).toEqual([404, 404]);
});

describe("the second person", () => {
  interface Listed {
    readonly object: string;
    readonly state: string;
  }
  const list = async (as: string, state?: string): Promise<readonly Listed[]> => {
    const { json } = await ask(as, `/api/v1/confirmations${state === undefined ? "" : `?state=${state}`}`);
    return (json as { confirmations: readonly Listed[] }).confirmations;
  };
  const confirm = (as: string, id: string): Promise<Reply> =>
    ask(as, { method: "POST", path: `/api/v1/confirmations/${id}/confirm` });

  test("confirm – by who did it, by another agency, by a colleague, twice – 403, 404, 200, 409", async () => {
    const one = tool("to be confirmed");
    await post("u1", one);
    const { json } = await withdraw("u1", one.id);
    const { confirmation } = json as { confirmation: string };
    expect(failed(await confirm("u1", confirmation))).toEqual([403, "confirm.same_person"]);
    expect(failed(await confirm("u2", confirmation))).toEqual([404, "not_found"]);
    expect(failed(await confirm("feed-US-FBI", confirmation))[0]).toBe(403);
    expect((await list("u2")).length).toBe(0);
    expect((await confirm("rel-US-FBI", confirmation)).json).toMatchObject({
      state: "confirmed",
      confirmedBy: "rel-US-FBI",
    });
    expect(await confirm("rel-US-FBI", confirmation)).toMatchObject(refusedAt(409, "confirm.already", "state"));
    expect((await list("u1", "confirmed")).map(({ object }) => object)).toEqual([one.id]);
  });

  test("nobody confirms – a day later – overdue, and withdrawn still", async () => {
    const one = tool("overdue");
    await post("u1", one);
    await withdraw("u1", one.id);
    world.at(turns.now() + DAY, "a day later");
    const { json } = await world.ask("rel-US-FBI", { method: "GET", path: "/api/v1/confirmations?state=overdue" });
    const { confirmations } = json as { confirmations: { object: string; state: string }[] };
    expect(confirmations.filter(({ object }) => object === one.id)).toEqual([
      expect.objectContaining({ object: one.id, state: "overdue", by: "u1", reason: "wrong" }),
    ]);
    expect((await world.ask("u2", { method: "GET", path: `/api/v1/objects/${one.id}` })).status).toBe(404);
  });
});

test("a receipt – the same under a narrower label – says that what was posted before stays as it is", async () => {
  const [one, value] = [tool("to be narrowed"), ip("203.0.113.5")];
  await post("u1", [one, value]);
  const narrower = { tlp: "AMBER+STRICT" };
  expect(await post("u1", [one, value], narrower)).toEqual([
    "updated label.stands_beside",
    "updated label.stands_beside",
  ]);
  const later = { ...one, modified: "2026-03-05T00:00:00.000Z" };
  expect(await post("u1", later, narrower)).toEqual(["updated label.stands_beside"]);
  expect(await post("u1", { ...one, modified: "2026-03-06T00:00:00.000Z" })).toEqual(["updated"]);
});
