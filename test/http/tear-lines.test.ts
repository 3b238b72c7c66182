import type { TearLineList, TearLineMade } from "../../schemas/api/tear-lines.ts";
import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { failed } from "../support/compound.ts";
import { inTurns } from "../support/in-turns.ts";
import { row, sampleUuid, tool } from "../support/samples.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

let world: TemporaryWorld;
const turns = inTurns(() => world);
const { ask } = turns;
const objectAs = async (as: string, id: string): Promise<{ object: StixJson; hash?: string } | undefined> =>
  (await ask(as, `/api/v1/objects/${id}`)).json as { object: StixJson; hash?: string } | undefined;
const tear = async (
  as: string,
  id: string,
  object: StixJson,
  label: LabelRequest,
  more: object = {},
): Promise<Reply> => {
  const hash = (await objectAs(as, id))?.hash ?? "none";
  return ask(as, {
    method: "POST",
    path: `/api/v1/objects/${id}/tear-lines`,
    body: { object, label, hash, reason: "to warn", ...more },
  });
};
const post = async (as: string, object: StixJson, label: LabelRequest): Promise<void> => {
  turns.tick();
  expect((await world.post(as, object, { label })).status).toBe(200);
};
const list = async (as: string, id: string): Promise<string[]> =>
  ((await ask(as, `/api/v1/objects/${id}/tear-lines`)).json as TearLineList).tearLines.map(({ object }) => object);

const TRI = row("TRI", ["JPN", "KOR", "USA"]);
const SECRET: LabelRequest = { tlp: "AMBER+STRICT", releases: [row("TRI", ["USA"], ["US-CISA"])] };
const TORN = { type: "tool", spec_version: "2.1", name: "torn", description: "the sentence that may go out" };

beforeAll(async () => {
  world = await TemporaryWorld.open();
});
afterAll(() => world.close());

test("a tear-line – posted and released further than its parent – stands alone, with nothing of its parent's in it", async () => {
  const parent = tool("torn from", { description: "the source" });
  await post("u1", parent, SECRET);
  const made = await tear("u1", parent.id, TORN, { tlp: "GREEN", releases: [TRI] });
  expect(made.status).toBe(201);
  const { object: id, waits } = made.json as TearLineMade;
  // What goes further than its parent waits for a second person, at home too.
  expect(waits.map(({ countries }) => countries)).toEqual([["JPN"], ["KOR"], ["USA"]]);
  for (const reader of ["u2", "u3", "j1", "k3"]) expect((await ask(reader, `/api/v1/objects/${id}`)).status).toBe(404);
  turns.tick();
  await world.decide("rel-US-FBI", await world.propose("u1", id, row("TRI", ["KOR"])));
  const seen = await objectAs("k3", id);
  expect(seen?.object).toMatchObject({ ...TORN, id, created: "2026-04-11T00:00:00.000Z" });
  expect(id).toMatch(/^tool--[0-9a-f]{8}-[0-9a-f]{4}-4/);
  const text = JSON.stringify([seen, (await ask("k3", `/api/v1/objects/${id}/sources`)).json]);
  expect([parent.id, "torn from", "tear"].filter((word) => text.includes(word))).toEqual([]);
  expect((await ask("k3", `/api/v1/objects/${parent.id}`)).status).toBe(404);
  expect((await ask("k3", `/api/v1/objects?text=sentence`)).body.toString()).toContain(id);
});

test("the link – on the parent's side – is shown to those of the agency who read the parent, and to nobody else", async () => {
  const parent = tool("with a link");
  await post("u1", parent, { tlp: "GREEN", releases: [row("TRI", ["JPN"]), row("TRI", ["USA"])] });
  turns.tick();
  await world.decide("rel-US-FBI", await world.propose("u1", parent.id, row("TRI", ["JPN"])));
  const { object: id } = (
    await tear("u1", parent.id, { ...TORN, name: "linked" }, { tlp: "GREEN", releases: [row("TRI", ["JPN"])] })
  ).json as TearLineMade;
  expect([await list("u1", parent.id), await list("u4", parent.id), await list("u1", id)]).toEqual([[id], [id], []]);
  // The parent's readers abroad, once they have the tear-line too, are told of no link.
  turns.tick();
  await world.decide("rel-US-FBI", await world.propose("u1", id, row("TRI", ["JPN"])));
  expect((await objectAs("j1", id))?.object.name).toBe("linked");
  for (const at of [parent.id, id])
    expect(failed(await ask("j1", `/api/v1/objects/${at}/tear-lines`))).toEqual([403, "originator-control"]);
  // A client sees what is GREEN at home, and is not of the agency.
  expect(failed(await ask("cu", `/api/v1/objects/${parent.id}/tear-lines`))).toEqual([403, "originator-control"]);
  expect((await ask("k3", `/api/v1/objects/${parent.id}/tear-lines`)).status).toBe(404);
  expect((await ask("u1", `/api/v1/objects/tool--${sampleUuid("none")}/tear-lines`)).status).toBe(404);
});

test("an essential field that is cut – of what has a tear-line – hides the object, and the tear-line is there", async () => {
  const parent = tool("whose name is cut");
  await post("u1", parent, {
    tlp: "GREEN",
    releases: [row("TRI", ["USA"])],
    fieldRules: [{ selectors: ["name"], agencies: ["US-FBI"] }],
  });
  const { object: id, waits } = (
    await tear("u1", parent.id, { ...TORN, name: "broader" }, { tlp: "GREEN", releases: [row("TRI", ["USA"])] })
  ).json as TearLineMade;
  expect(waits).toEqual([]);
  expect((await ask("u3", `/api/v1/objects/${parent.id}`)).status).toBe(404);
  expect((await objectAs("u3", id))?.object.name).toBe("broader");
});

test("what can't be a tear-line – pairs, a stale hash, who is not shown all, another agency, twice – is told apart", async () => {
  const parent = tool("refused", { description: "x", first_seen: "2026-04-02T03:04:05Z" });
  await post("u1", parent, {
    tlp: "GREEN",
    releases: [row("TRI", ["JPN"])],
    fieldRules: [{ selectors: ["description"], agencies: ["JP-NPA"], tlp: "RED" }],
  });
  turns.tick();
  await world.decide("rel-US-FBI", await world.propose("u1", parent.id, row("TRI", ["JPN"])));
  const green: LabelRequest = { tlp: "GREEN" };
  const paired = await tear("u1", parent.id, { ...TORN, first_seen: "2026-04-02T03:04:59Z" }, green);
  expect([failed(paired), (paired.json as { error: { path: string } }).error.path]).toEqual([
    [422, "tear_line.pairs"],
    "object.first_seen",
  ]);
  expect(failed(await tear("u1", parent.id, TORN, green, { hash: "stale" }))).toEqual([409, "content.stale"]);
  expect(failed(await tear("j1", parent.id, TORN, green))).toEqual([403, "originator-control"]);
  expect((await tear("k3", parent.id, TORN, green)).status).toBe(404);
  expect((await tear("feed-US-FBI", parent.id, TORN, green)).status).toBe(403);
  expect(failed(await tear("u1", parent.id, { type: "tool", spec_version: "2.1" }, green))).toEqual([
    422,
    expect.stringContaining("stix"),
  ]);
  const own = {
    ...TORN,
    id: "tool--44444444-4444-4444-8444-444444444444",
    created: "2026-04-05T00:00:00Z",
    modified: "2026-04-05T00:00:00Z",
  };
  expect((await tear("u1", parent.id, own, green)).status).toBe(201);
  expect(failed(await tear("u1", parent.id, own, green))).toEqual([409, "tear_line.there"]);
});

test.each([
  ["half a character", '{"type":"mutex","spec_version":"2.1","name":"\\ud800"}'],
  ["half a character in its type", '{"type":"mutex\\ud800","spec_version":"2.1","name":"x"}'],
  ["a number without end", '{"type":"autonomous-system","spec_version":"2.1","number":1e999}'],
])("a tear-line of an observable – with %s, of which no id can be made – is a 422", async (what, object) => {
  const parent = tool(`torn with ${what}`, { description: "x" });
  await post("u1", parent, { tlp: "GREEN" });
  const hash = (await objectAs("u1", parent.id))?.hash ?? "none";
  const more = JSON.stringify({ label: { tlp: "GREEN" }, hash, reason: "to warn" });
  const reply = await ask("u1", {
    ...{ method: "POST", path: `/api/v1/objects/${parent.id}/tear-lines` },
    headers: { "Content-Type": "application/json" },
    body: `{"object":${object},${more.slice(1)}`,
  });
  expect([reply.status, failed(reply)[1]]).toEqual([422, expect.any(String)]);
});
