import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { Quarantined } from "../../server/storage/collections.ts";
import { KEPT_FOR, MOST_KEPT, MOST_TEXT } from "../../server/usecases/keep-rejected.ts";
import { inTurns } from "../support/in-turns.ts";
import { bundle, row, sampleUuid, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const HOME: LabelRequest = { tlp: "GREEN", releases: [row("TRI", ["USA"])] };
const RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";

let world: TemporaryWorld;
const { ask } = inTurns(() => world);
const post = (as: string, objects: readonly unknown[], label: LabelRequest = HOME, query = ""): Promise<Reply> =>
  ask(as, {
    ...{ method: "POST", path: `/api/v1/ingest${query}`, body: JSON.stringify(objects) },
    headers: { "Tricord-Label": JSON.stringify(label) },
  });
interface Entry {
  readonly entry: string;
  readonly code: string;
  readonly id?: string;
  readonly cut: boolean;
  readonly times: number;
}
interface Page {
  readonly entries: readonly Entry[];
  readonly lost: number;
  readonly next?: string;
}
const list = async (as: string, query = ""): Promise<Page> =>
  (await ask(as, `/api/v1/quarantine?limit=500${query}`)).json as Page;
const find = async (as: string, id: string): Promise<Entry | undefined> =>
  (await list(as)).entries.find((one) => one.id === id);
const show = (as: string, entry: string): Promise<Reply> => ask(as, `/api/v1/quarantine/${entry}`);
const retry = (as: string, entry: string, body: object): Promise<Reply> =>
  ask(as, { method: "POST", path: `/api/v1/quarantine/${entry}/retry`, body });
const drop = (as: string, entry: string): Promise<Reply> =>
  ask(as, { method: "DELETE", path: `/api/v1/quarantine/${entry}` });
/** A tool that lacks its name. */
const nameless = (word: string, more: StixJson = {}): StixJson & { id: string } => {
  const { name: _, ...rest } = tool(word);
  return { ...rest, ...more } as StixJson & { id: string };
};

beforeEach(async () => {
  world = await TemporaryWorld.open();
});
afterEach(() => world.close());

test("what a batch refuses – of a feed – is kept with code, path and words for it and for people of its agency, for nobody else", async () => {
  const [bad, good] = [nameless("kept"), tool("good")];
  const reply = await post("feed-US-FBI", [bad, good, "no object"]);
  expect(reply.json).toMatchObject({
    counts: { created: 1, rejected: 2 },
    quarantined: { kept: 2, lost: 0 },
  });
  const { batch } = reply.json as { batch: string };
  for (const reader of ["feed-US-FBI", "u1", "rel-US-FBI"]) {
    const { entries, lost } = await list(reader);
    expect([entries.length, lost]).toEqual([2, 0]);
    expect(entries.find(({ id }) => id === bad.id)).toMatchObject({
      ...{ id: bad.id, type: "tool", path: "name", by: "feed-US-FBI", batch, index: 0, times: 1, cut: false },
      message: expect.any(String),
    });
  }
  for (const other of ["u2", "feed-US-CISA", "j1"]) expect((await list(other)).entries).toEqual([]);
  const { entry } = (await find("u1", bad.id)) as Entry;
  const shown = (await show("u1", entry)).json as { text: string };
  expect(JSON.parse(shown.text)).toEqual(bad);
  expect(shown).toMatchObject({ label: HOME });
  expect((await show("u2", entry)).status).toBe(404);
});

test("a mended object – sent again – goes in under the label it came with, and leaves quarantine", async () => {
  const bad = nameless("mended");
  await post("u1", [bad]);
  const { entry } = (await find("u1", bad.id)) as Entry;
  const again = await retry("u1", entry, {});
  expect([again.status, (again.json as { counts: object }).counts]).toMatchObject([422, { rejected: 1 }]);
  expect((await list("u1")).entries.length).toBe(1);
  const mended = await retry("u1", entry, { object: { ...bad, name: "mended" } });
  expect([mended.status, (mended.json as { counts: object }).counts]).toMatchObject([200, { created: 1 }]);
  expect((await list("u1")).entries).toEqual([]);
  expect((await ask("u2", `/api/v1/objects/${bad.id}`)).status).toBe(200);
  expect((await retry("u1", entry, {})).status).toBe(404);
});

test("a feed's – mended by a person – is that person's post, under another label where one is given", async () => {
  const bad = nameless("by a person");
  await post("feed-US-FBI", [bad]);
  const { entry } = (await find("u1", bad.id)) as Entry;
  expect((await retry("u1", entry, { object: { ...bad, name: "x" }, label: { tlp: "AMBER" } })).status).toBe(200);
  expect((await ask("u2", `/api/v1/objects/${bad.id}`)).status).toBe(404);
  const { json } = await ask("u1", "/api/v1/mine");
  expect((json as { posts: object[] }).posts).toMatchObject([{ id: bad.id, by: "u1", tlp: "AMBER" }]);
});

test.each<[string, (bad: StixJson) => StixJson, string, string]>([
  ["lacks its type", ({ type: _, ...rest }) => rest, "stix.required", "type"],
  ["is a MISP event", () => ({ Event: { info: "x", Attribute: [] } }), "stix.required", "type"],
  ["is a bundle", () => bundle(tool("bundled")), "stix.bundle", "type"],
])("a mended object – that %s – is refused with code, path and words of its own", async (_, mend, code, path) => {
  const bad = nameless("mended badly");
  await post("u1", [bad]);
  const { entry } = (await find("u1", bad.id)) as Entry;
  const { status, json } = await retry("u1", entry, { object: mend(bad) });
  expect([status, json]).toMatchObject([
    422,
    { counts: { received: 1, rejected: 1 }, results: [{ code, path, message: expect.any(String) }] },
  ]);
  expect((await list("u1")).entries).toHaveLength(1);
});

test("an object without a type – sent again as it came – is refused as it was", async () => {
  const { type: _, ...untyped } = tool("untyped");
  await post("u1", [tool("beside it"), untyped]);
  const { entry, code } = (await find("u1", untyped.id as string)) as Entry;
  const { status, json } = await retry("u1", entry, {});
  expect([status, json]).toMatchObject([422, { results: [{ code, path: "type" }] }]);
});

test("drop – of one's own, of another agency's, twice – 204, 404, 404", async () => {
  const bad = nameless("dropped");
  await post("u1", [bad]);
  const { entry } = (await find("u1", bad.id)) as Entry;
  expect((await drop("u2", entry)).status).toBe(404);
  expect((await drop("u1", entry)).status).toBe(204);
  expect((await drop("u1", entry)).status).toBe(404);
  expect((await list("u1")).entries).toEqual([]);
});

test.each<[string, StixJson, LabelRequest, boolean]>([
  ["RED by its marking", { object_marking_refs: [RED] }, HOME, false],
  ["RED by its post", {}, { tlp: "RED" }, false],
  ["AMBER of a topic that the colleague lacks", {}, { tlp: "AMBER", topics: ["itworker"] }, false],
  ["a marking that can't be read", { object_marking_refs: [RED], granular_markings: [null, 5] }, HOME, false],
  ["GREEN", {}, HOME, true],
])(
  "a person's – %s – a colleague sees it only if it could be read once in: custodian and sender do",
  async (name, more, label, seen) => {
    const bad = nameless(name, more);
    await world.changeAccount("u4", { role: "analyst", topics: ["crypto"] });
    await post("u1", [bad], label);
    expect((await find("u1", bad.id))?.id).toBe(bad.id);
    expect((await find("u4", bad.id))?.id).toBe(seen ? bad.id : undefined);
    if (label.topics === undefined) expect((await find("rel-US-FBI", bad.id))?.id).toBe(bad.id);
  },
);

test("a dry run – with refused objects – keeps nothing", async () => {
  const { json } = await post("u1", [nameless("dry")], HOME, "?dry_run=true");
  expect(json).toMatchObject({ counts: { rejected: 1 } });
  expect(json).not.toHaveProperty("quarantined");
  expect((await list("u1")).entries).toEqual([]);
});

test("the same refused again and again – one entry that counts", async () => {
  const bad = nameless("again");
  for (let time = 0; time < 3; time++) await post("feed-US-FBI", [bad]);
  expect((await list("u1")).entries).toMatchObject([{ id: bad.id, times: 3 }]);
});

test("more than an account may have – the oldest make room, and it is said how many", async () => {
  const many = (from: number, n: number): StixJson[] =>
    Array.from({ length: n }, (_, i) => nameless(`many ${from + i}`));
  const first = await post("feed-US-FBI", many(0, MOST_KEPT - 1));
  expect(first.json).toMatchObject({ quarantined: { kept: MOST_KEPT - 1, lost: 0 } });
  const second = await post("feed-US-FBI", many(MOST_KEPT, 3));
  expect(second.json).toMatchObject({ quarantined: { kept: 3, lost: 2 } });
  const third = await post("feed-US-FBI", many(5000, MOST_KEPT + 7));
  expect(third.json).toMatchObject({ quarantined: { kept: MOST_KEPT, lost: MOST_KEPT + 7 } });
  expect(await world.storage.collection(Quarantined).count({ index: "account", prefixes: [["feed-US-FBI"]] })).toBe(
    MOST_KEPT,
  );
  expect((await list("feed-US-FBI")).lost).toBe(MOST_KEPT + 9);
  expect((await list("u1")).lost).toBe(0);
});

test("after thirty days – gone, from the store with the next batch", async () => {
  const bad = nameless("old");
  await post("u1", [bad]);
  const { entry } = (await find("u1", bad.id)) as Entry;
  world.at(START + KEPT_FOR + 10_000_000, "thirty days later");
  expect((await world.ask("u1", { method: "GET", path: `/api/v1/quarantine/${entry}` })).status).toBe(404);
  expect(await world.storage.collection(Quarantined).get(entry)).toBeDefined();
  await world.post("u3", nameless("new") as StixJson, { label: HOME });
  expect(await world.storage.collection(Quarantined).get(entry)).toBeUndefined();
});

test("poison – huge, deep, half surrogates, strange markings – kept cut with its length, never a crash", async () => {
  const deep = `{"type":"tool","id":"tool--${sampleUuid("deep")}","x":${"[".repeat(90)}${"]".repeat(90)}}`;
  const poison = [
    nameless("huge", { description: "ü".repeat(100_000) }),
    nameless("surrogate", {
      description: "\ud800",
      object_marking_refs: ["\ud800", `marking-definition--${"x".repeat(10_000)}`, 5, null],
    }),
    { type: 5, id: {}, object_marking_refs: { a: 1 }, granular_markings: "x" },
    { type: "tool", id: "x".repeat(10_000), granular_markings: [{ marking_ref: {}, selectors: 5 }] },
    {},
    { type: "\ud800", id: "\udc00tool", "\ud800": "\ud800" },
  ];
  const body = `[${deep},${poison.map((one) => JSON.stringify(one)).join(",")}]`;
  const reply = await ask("u1", {
    ...{ method: "POST", path: "/api/v1/ingest", body },
    headers: { "Tricord-Label": JSON.stringify(HOME), "Content-Type": "application/json" },
  });
  expect(reply.json).toMatchObject({ counts: { received: 7, rejected: 7 }, quarantined: { kept: 7, lost: 0 } });
  const { entries } = await list("u1");
  const huge = entries.find(({ cut }) => cut);
  expect(huge).toMatchObject({ id: `tool--${sampleUuid("huge")}`, length: expect.any(Number) });
  const shown = (await show("u1", huge?.entry ?? "")).json as { text: string };
  expect(Buffer.byteLength(shown.text)).toBeLessThanOrEqual(MOST_TEXT);
  expect(shown.text).not.toContain("\ufffd");
  expect((await retry("u1", huge?.entry ?? "", {})).status).toBe(422);
  for (const { entry } of entries) expect((await show("u1", entry)).status).toBe(200);
});

test("the list – by code, by batch, paged – each once; bad questions are 400, and cursors of others too", async () => {
  const bads = Array.from({ length: 7 }, (_, n) => nameless(`page ${n}`));
  await post("u1", bads.slice(0, 3));
  const second = await post("u1", [...bads.slice(3), "text"]);
  const { batch } = second.json as { batch: string };
  expect((await list("u1", `&batch=${batch}`)).entries).toHaveLength(5);
  expect((await list("u1", "&code=object.not_an_object")).entries).toHaveLength(1);
  expect((await list("u1", `&batch=${batch}&code=object.not_an_object`)).entries).toHaveLength(1);
  expect((await list("u2", `&batch=${batch}`)).entries).toHaveLength(0);
  const found: string[] = [];
  let next: string | undefined = "";
  while (next !== undefined) {
    const path: string = `/api/v1/quarantine?limit=3${next === "" ? "" : `&next=${next}`}`;
    const page = (await ask("u1", path)).json as Page;
    found.push(...page.entries.map(({ entry }) => entry));
    next = page.next;
  }
  expect([found.length, new Set(found).size]).toEqual([8, 8]);
  const cursor = ((await ask("u1", "/api/v1/quarantine?limit=3")).json as Page).next ?? "";
  for (const [as, query] of [
    ["u1", "limit=0"],
    ["u1", "next=nonsense"],
    ["u4", `limit=3&next=${cursor}`],
    ["u1", `limit=3&code=x&next=${cursor}`],
    ["u1", "codes=x"],
  ] as const)
    expect((await ask(as, `/api/v1/quarantine?${query}`)).status).toBe(400);
  expect((await ask("cj", "/api/v1/quarantine")).status).toBe(403);
  const [{ entry } = { entry: "" }] = (await list("u1")).entries;
  for (const body of [{ object: 5 }, { object: [] }, { more: 1 }, { label: { tlp: "PINK" } }])
    expect((await retry("u1", entry, body)).status).toBe(400);
  expect((await retry("u1", entry, { object: tool("x"), preset: "none" })).status).toBe(422);
  expect((await show("u1", "no%20entry")).status).toBe(400);
  expect((await show("u1", "unknown")).status).toBe(404);
});

test("a bundle – with one bad object – only that one is kept", async () => {
  const bad = nameless("in a bundle");
  await world.post("u1", bundle(tool("in a bundle too"), bad), { label: HOME });
  expect((await list("u1")).entries).toMatchObject([{ id: bad.id, index: 1 }]);
});
