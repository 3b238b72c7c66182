import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { TRI, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

/** Embargoes begin and end by the clock alone (policy 3, gate 2): no job runs in this world. */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const GREEN: LabelRequest = { tlp: "GREEN", releases: [TRI] };

let world: TemporaryWorld;
let now = START;
let asked = 0;
beforeAll(async () => {
  world = await TemporaryWorld.open();
});
afterAll(() => world.close());

const at = (instant: number): void => {
  now = Math.max(now, instant);
  world.at(now, `request ${++asked}`);
};
const get = (as: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> => {
  at(now + 1);
  return world.ask(as, { method: "GET", path, headers }, as === "f3" ? "key" : "token");
};
const post = async (object: StixJson, label: LabelRequest): Promise<void> => {
  at(now + SECOND);
  expect((await world.post("feed-US-CISA", object, { label })).json).toMatchObject({ counts: { created: 1 } });
};

interface Polled {
  readonly ids: string[];
  readonly last: string | undefined;
}
/** One page of a collection by date, as a machine asks for it. */
const poll = async (as: string, collection: string, after?: string): Promise<Polled> => {
  const since = after === undefined ? "" : `&added_after=${after}`;
  const { status, json, headers } = await get(as, `/taxii2/dprk/collections/${collection}/objects/?limit=500${since}`, {
    Accept: "application/taxii+json;version=2.1",
  });
  expect(status).toBe(200);
  const { objects = [], more } = json as { objects?: StixJson[]; more?: boolean };
  expect(more).not.toBe(true);
  const ids = objects.filter(({ type }) => type !== "marking-definition").map((one) => JSON.stringify(one));
  return { ids, last: headers["x-taxii-date-added-last"] };
};
const countOf = ({ ids }: Polled, id: string): number => ids.filter((text) => text.includes(id)).length;

/** By each way there is to read: one object, the list, a word, the file of one, the file of all. */
const waysTo = async (as: string, id: string, word: string): Promise<boolean[]> => {
  const listed = async (path: string): Promise<boolean> => (await get(as, path)).body.toString().includes(id);
  return [
    (await get(as, `/api/v1/objects/${id}`)).status === 200,
    await listed("/api/v1/objects?limit=1000"),
    await listed(`/api/v1/objects?text=${word}`),
    (await get(as, `/api/v1/export?format=stix&id=${id}`)).status === 200,
    await listed("/api/v1/export?format=stix"),
  ];
};
const ALL = [true, true, true, true, true];
const NONE = [false, false, false, false, false];

test("an embargo from the post on – at its end, to the millisecond, with no job – the next request of everybody sees it, and a machine is given it once, under a new date", async () => {
  const end = Math.ceil((now + HOUR) / MINUTE) * MINUTE;
  const object = tool("embargoedfirst");
  const { last: before } = await poll("f3", "originals");
  await post(object, { ...GREEN, embargoUntil: formatInstant(end), embargoReaders: ["j3"] });
  await post(tool("afterwards"), GREEN);
  const during = await poll("f3", "originals", before);
  expect(countOf(during, tool("afterwards").id)).toBe(1);
  expect(countOf(during, object.id)).toBe(0);
  expect(await waysTo("k3", object.id, "embargoedfirst")).toEqual(NONE);
  expect([await waysTo("j3", object.id, "embargoedfirst"), await waysTo("u3", object.id, "embargoedfirst")]).toEqual([
    ALL,
    ALL,
  ]);
  at(end - 20);
  expect((await get("k3", `/api/v1/objects/${object.id}`)).status).toBe(404);
  expect(countOf(await poll("f3", "originals", during.last ?? before), object.id)).toBe(0);
  at(end);
  expect((await get("k3", `/api/v1/objects/${object.id}`)).status).toBe(200);
  const after = await poll("f3", "originals", during.last ?? before);
  expect([countOf(after, object.id), after.ids.length]).toEqual([1, 1]);
  expect(Date.parse(after.last ?? "")).toBeGreaterThanOrEqual(end - MINUTE);
  expect(String(after.last) > String(during.last)).toBe(true);
  expect((await poll("f3", "originals", after.last)).ids).toEqual([]);
  expect(await waysTo("k3", object.id, "embargoedfirst")).toEqual(ALL);
  // Its own agency and the readers that it named had it before: no new date for them.
  const [own, named] = [await poll("u3", "originals"), await poll("j3", "originals")];
  expect([countOf(own, object.id), countOf(named, object.id)]).toEqual([1, 1]);
});

test("an embargo set on what was delivered – hidden from the next request on, recalled to who had it, and given again at its end", async () => {
  const object = tool("embargoedlater");
  await post(object, GREEN);
  const had = await poll("f3", "originals");
  expect(countOf(had, object.id)).toBe(1);
  const noted = await poll("f3", "recalls");
  const end = Math.ceil((now + HOUR) / MINUTE) * MINUTE;
  const { json } = await get("u3", `/api/v1/mine?id=${object.id}`);
  const [mine] = (json as { posts: { post: string; hash: string }[] }).posts;
  const edit = (label: LabelRequest): Promise<Reply> => {
    at(now + SECOND);
    const body = { hash: mine?.hash, reason: "too early", label };
    return world.ask("u3", { method: "POST", path: `/api/v1/mine/${mine?.post}/edit`, body });
  };
  const changed = await edit({ ...GREEN, embargoUntil: formatInstant(end) });
  expect(changed.json).toMatchObject({ outcome: "narrowed" });
  expect(await waysTo("k3", object.id, "embargoedlater")).toEqual(NONE);
  const recalled = await poll("f3", "recalls", noted.last);
  expect([recalled.ids.length, countOf(recalled, object.id)]).toEqual([1, 1]);
  expect(countOf(await poll("f3", "originals", had.last), object.id)).toBe(0);
  // One who was never given it is told nothing.
  expect((await poll("feed-KR-NIS", "recalls")).ids).toEqual([]);
  at(end - 20);
  expect((await get("k3", `/api/v1/objects/${object.id}`)).status).toBe(404);
  at(end);
  expect((await get("k3", `/api/v1/objects/${object.id}`)).status).toBe(200);
  const again = await poll("f3", "originals", had.last);
  expect([countOf(again, object.id), again.ids.length]).toEqual([1, 1]);
  expect((await poll("f3", "originals", again.last)).ids).toEqual([]);
});

test("an embargo that is to be longer – is a narrowing, at once; shorter, or lifted – somebody would gain, which no edit does", async () => {
  const object = tool("embargoedlonger");
  const end = Math.ceil((now + HOUR) / MINUTE) * MINUTE;
  await post(object, { ...GREEN, embargoUntil: formatInstant(end) });
  const edit = async (label: LabelRequest): Promise<Reply> => {
    const { json } = await get("u3", `/api/v1/mine?id=${object.id}`);
    const [mine] = (json as { posts: { post: string; hash: string }[] }).posts;
    at(now + SECOND);
    const body = { hash: mine?.hash, reason: "another time", label };
    return world.ask("u3", { method: "POST", path: `/api/v1/mine/${mine?.post}/edit`, body });
  };
  for (const label of [GREEN, { ...GREEN, embargoUntil: formatInstant(end - 30 * MINUTE) }])
    expect([(await edit(label)).status, (await get("k3", `/api/v1/objects/${object.id}`)).status]).toEqual([409, 404]);
  expect((await edit({ ...GREEN, embargoUntil: formatInstant(end + HOUR) })).json).toMatchObject({
    outcome: "narrowed",
  });
  at(end);
  expect((await get("k3", `/api/v1/objects/${object.id}`)).status).toBe(404);
  at(end + HOUR);
  expect((await get("k3", `/api/v1/objects/${object.id}`)).status).toBe(200);
});
