import type { StixJson } from "../../../server/pipeline/steps.ts";
import { sampleUuid, TRI, tool } from "../../support/samples.ts";
import { type Got, MANIFEST, OBJECTS, ROOT, TaxiiWorld, TYPE } from "./taxii-world.ts";

/** One object, its versions, deletion, manifest (reference section 9). */
jest.setTimeout(600_000);
const GREEN = { tlp: "GREEN", releases: [TRI] };
const V = ["2026-03-01T00:00:00.000Z", "2026-03-02T00:00:00.000Z", "2026-03-03T00:00:00.000Z"] as const;
let taxii: TaxiiWorld;
beforeAll(async () => {
  taxii = await TaxiiWorld.open();
});
afterAll(() => taxii.close());

const at = (id: unknown, rest = ""): string => `${OBJECTS}${String(id)}/${rest}`;
const get = (path: string, as = "u1"): Promise<Got> => taxii.ask(as, path);
const remove = (id: unknown, query = "", as = "u1"): Promise<Got> => taxii.ask(as, at(id, query), { method: "DELETE" });
const versions = async (id: unknown, query = "", as = "u1"): Promise<unknown> =>
  (await get(at(id, `versions/${query}`), as)).json.versions;
const inVersions = (name: string): (StixJson & { readonly id: string })[] =>
  V.map((modified) => tool(name, { modified }));
/** Three versions, each its own post. */
async function three(name: string, as = "u1", label: object = { tlp: "GREEN" }): Promise<string> {
  for (const one of inVersions(name)) await taxii.put(as, [one], label);
  return tool(name).id;
}
const gone = async (id: unknown, as = "u1"): Promise<void> => {
  expect((await get(at(id), as)).status).toBe(404);
  expect((await get(at(id, "versions/"), as)).status).toBe(404);
  for (const path of [OBJECTS, MANIFEST])
    expect((await taxii.all(as, "?match[version]=all", path)).filter((one) => one.id === id)).toEqual([]);
};

test("T-099 one object – without filters, with version, limit, next and added_after – is its latest version, or what they leave", async () => {
  const id = await three("one object");
  const all = inVersions("one object");
  const page = async (query: string): Promise<unknown> => (await get(at(id, query))).json.objects;
  expect(await page("")).toEqual([all[2]]);
  expect(await page("?match[version]=first")).toEqual([all[0]]);
  expect(await page("?match[version]=all")).toEqual(all);
  expect(await page(`?match[version]=${V[1]}`)).toEqual([all[1]]);
  expect(await taxii.all("u1", "?match[version]=all&limit=1", at(id))).toEqual(all);
  const { headers } = await get(at(id, "?match[version]=all&limit=1"));
  expect(await page(`?match[version]=all&added_after=${headers["x-taxii-date-added-first"]}`)).toEqual(all.slice(1));
});

test("T-099 an object that is there – filtered to nothing – is a 200 with {}, and one that is not is a 404 whatever the filters", async () => {
  const id = await three("filtered");
  for (const query of [
    "?match[version]=2020-01-01T00:00:00Z",
    "?added_after=2099-01-01T00:00:00Z",
    "?match[spec_version]=2.0",
  ]) {
    const got = await get(at(id, query));
    expect([query, got.status, got.body.toString()]).toEqual([query, 200, "{}"]);
    expect((await get(at(`tool--${sampleUuid("none")}`, query))).status).toBe(404);
  }
});

test.each([
  "tool",
  "tool--",
  "x",
  "tool--not-a-uuid",
  "%00",
  "__proto__",
  "constructor",
  "..%2f..",
  "%F0%9F%92%A3",
  "a".repeat(10_000),
  `tool--${sampleUuid("none").toUpperCase()}`,
])("T-099 and T-103 an id of no object, no %# – read, its versions read, deleted – is a 404", async (id) => {
  for (const path of [at(id), at(id, "versions/"), at(id).replace("originals", "consolidated")])
    expect((await get(path)).status).toBe(404);
  expect((await remove(id)).status).toBe(404);
  expect((await remove(id, "?match[version]=all")).status).toBe(404);
  expect((await remove(id, `?match[version]=${V[0]}`)).status).toBe(404);
});

test("T-100 versions – of an object with three, and of ones with created alone or no date – are their dates as they came, oldest added first", async () => {
  const name = "versions in another order";
  for (const n of [1, 0, 2]) await taxii.put("u1", [inVersions(name)[n] as StixJson], { tlp: "GREEN" });
  expect(await versions(tool(name).id)).toEqual([V[1], V[0], V[2]]);
  expect(await versions(tool(name).id, "?limit=1")).toEqual([V[1]]);
  expect((await get(at(tool(name).id, "versions/?match[spec_version]=2.0"))).json).toEqual({});
  const odd = { ...tool("odd date"), modified: "2026-03-01T00:00:00.5Z" };
  const marking = {
    ...{ type: "marking-definition", spec_version: "2.1", id: `marking-definition--${sampleUuid("v")}`, created: V[1] },
    ...{ definition_type: "statement", definition: { statement: "x" } },
  };
  const address = {
    type: "ipv4-addr",
    spec_version: "2.1",
    id: `ipv4-addr--${sampleUuid("v")}`,
    value: "198.51.100.5",
  };
  await taxii.put("u1", [odd, marking, address], { tlp: "GREEN" });
  expect(await versions(odd.id)).toEqual(["2026-03-01T00:00:00.5Z"]);
  expect(await versions(marking.id)).toEqual([V[1]]);
  expect(await versions(address.id)).toEqual([expect.stringMatching(/^2026-04-11T.*\.\d{6}Z$/)]);
});

test("T-101 and T-004 a DELETE – of one's own object – is a 200 without a body but with the type, and the object is nowhere", async () => {
  const id = await three("deleted");
  const { status, headers, body } = await remove(id);
  expect([status, headers["content-type"], body.length]).toEqual([200, TYPE, 0]);
  await gone(id);
});

test("T-101 a DELETE – of what another agency said and the caller sees – is a 403, and nothing is gone", async () => {
  const id = await three("of another", "feed-US-CISA", GREEN);
  for (const other of ["u1", "k3", "f3", "j1"]) {
    expect([other, (await remove(id, "", other)).status]).toEqual([other, 403]);
    expect([other, (await remove(id, `?match[version]=${V[0]}`, other)).status]).toEqual([other, 403]);
  }
  expect(await versions(id, "", "k3")).toEqual([...V]);
});

test("T-101 a DELETE – of what two agencies said under one id – takes back the caller's own alone", async () => {
  const both = tool("said by two");
  await taxii.put("feed-US-CISA", [both], GREEN);
  await taxii.put("feed-KR-KISA", [both], GREEN);
  expect((await remove(both.id, "", "feed-KR-KISA")).status).toBe(200);
  expect((await get(at(both.id), "j1")).status).toBe(200);
  expect((await get(at(both.id), "k3")).status).toBe(200);
});

test("T-102 a DELETE – of one version, of the first, of all by name – leaves the others, the others, and nothing", async () => {
  const id = await three("by version");
  expect((await remove(id, `?match[version]=${V[1]}`)).status).toBe(200);
  expect(await versions(id)).toEqual([V[0], V[2]]);
  expect((await remove(id, "?match[version]=first")).status).toBe(200);
  expect(await versions(id)).toEqual([V[2]]);
  expect((await remove(id, `?match[version]=${V[0]}`)).status).toBe(404);
  expect((await remove(id, "?match[spec_version]=2.0")).status).toBe(404);
  expect((await remove(id, "?match[version]=all")).status).toBe(200);
  await gone(id);
});

test.each(["?foo=bar", "?match[foo]=bar", "?match[id]=x&match[type]=x", "?added_after=x&limit=x&next=x"])(
  "T-097 a DELETE – with %s, which it does not define – leaves that aside, and what it does define holds",
  async (query) => {
    const id = await three(`deleted with ${query}`);
    expect((await remove(id, `${query}&match[version]=first`)).status).toBe(200);
    expect(await versions(id)).toEqual([V[1], V[2]]);
    expect((await remove(id, `${query}&match[version]=nonsense`)).status).toBe(400);
    expect((await remove(id, query)).status).toBe(200);
    await gone(id);
  },
);

test("T-102 a DELETE by version – of objects with created alone and no date – takes them back", async () => {
  const marking = {
    ...{ type: "marking-definition", spec_version: "2.1", id: `marking-definition--${sampleUuid("d")}`, created: V[1] },
    ...{ definition_type: "statement", definition: { statement: "x" } },
  };
  const address = {
    type: "ipv4-addr",
    spec_version: "2.1",
    id: `ipv4-addr--${sampleUuid("d")}`,
    value: "198.51.100.6",
  };
  await taxii.put("u1", [marking, address], { tlp: "GREEN" });
  expect((await remove(marking.id, `?match[version]=${V[1]}`)).status).toBe(200);
  const [version] = (await versions(address.id)) as string[];
  expect((await remove(address.id, `?match[version]=${version}`)).status).toBe(200);
  await gone(marking.id);
  await gone(address.id);
});

test("T-103 a DELETE – of an unknown object, twice of the same, of a hidden one – is a 404, with one body", async () => {
  const id = await three("twice deleted");
  expect((await remove(id)).status).toBe(200);
  const hidden = tool("hidden from Korea");
  await taxii.put("u1", [hidden], { tlp: "AMBER" });
  const unknown = await remove(`tool--${sampleUuid("none")}`);
  for (const got of [
    await remove(id),
    await remove(hidden.id, "", "k3"),
    await remove(hidden.id, `?match[version]=${V[0]}`, "k3"),
  ])
    expect([got.status, got.body.toString()]).toEqual([404, unknown.body.toString()]);
  expect((await get(at(hidden.id))).status).toBe(200);
});

test("T-103 a DELETE by a feed – of what a person of its agency posted – is refused, of what it posted itself is not", async () => {
  await taxii.put("u1", [tool("of a person")], GREEN);
  await taxii.put("feed-US-FBI", [tool("of the feed")], GREEN);
  expect((await remove(tool("of a person").id, "", "feed-US-FBI")).status).toBe(403);
  expect((await remove(tool("of the feed").id, "", "feed-US-FBI")).status).toBe(200);
});

test("T-104 what was deleted – posted again, the same and a later version – is there anew, with a date after all that readers had", async () => {
  const id = tool("again").id;
  await taxii.put("feed-US-CISA", [tool("again")], GREEN);
  const last = ((await taxii.all("k3", "", MANIFEST)).at(-1)?.date_added ?? "") as string;
  expect((await remove(id, "", "feed-US-CISA")).status).toBe(200);
  expect((await get(at(id), "k3")).status).toBe(404);
  await taxii.put("feed-US-CISA", [tool("again")], GREEN);
  const since = (): Promise<unknown> =>
    taxii.all("k3", `?added_after=${last}`, MANIFEST).then((all) => all.filter((one) => one.id === id).length);
  expect((await get(at(id), "k3")).status).toBe(200);
  expect(await since()).toBe(1);
  await taxii.put("feed-US-CISA", [tool("again", { modified: V[2] })], GREEN);
  expect(await versions(id, "", "k3")).toEqual([V[0], V[2]]);
});

test("T-105 a manifest – of three versions – has one record each by match[version]=all and the latest alone without, with all members", async () => {
  const id = await three("in the manifest");
  const records = async (query: string): Promise<unknown> => (await taxii.page("u1", query, MANIFEST)).objects;
  const record = (version: string): object => ({
    ...{ id, version, date_added: expect.stringMatching(/\.\d{6}Z$/), media_type: "application/stix+json;version=2.1" },
  });
  expect(await records(`?match[id]=${id}`)).toEqual([record(V[2])]);
  expect(await records(`?match[id]=${id}&match[version]=all`)).toEqual(V.map(record));
  expect((await get(`${MANIFEST}?match[id]=x`)).body.toString()).toBe("{}");
});

test("T-106 manifest and objects – of the same query – have the same ids, versions and order", async () => {
  for (const as of ["u1", "k3"])
    for (const query of [
      "",
      "?match[version]=all",
      "?match[version]=first",
      "?match[type]=tool,ipv4-addr",
      "?limit=3",
    ]) {
      const objects = await taxii.page(as, query);
      const manifest = await taxii.page(as, query, MANIFEST);
      const told = (one: StixJson): unknown[] => [one.id, one.modified ?? one.created];
      const written = ({ id, version }: StixJson): unknown[] => [id, version];
      const dated = (objects.objects ?? []).filter((one) => told(one)[1] !== undefined);
      const ids = new Set(dated.map(({ id }) => id));
      expect((objects.objects ?? []).map(({ id }) => id)).toEqual((manifest.objects ?? []).map(({ id }) => id));
      expect(dated.map(told)).toEqual((manifest.objects ?? []).filter(({ id }) => ids.has(id)).map(written));
      expect(manifest.more).toBe(objects.more);
    }
});

test("recalls – of who had an object that was then withdrawn – name it, and of who never had it do not", async () => {
  const lost = tool("to be recalled");
  const recalls = (as: string): Promise<StixJson[]> => taxii.all(as, "", OBJECTS.replace("originals", "recalls"));
  await taxii.put("feed-US-CISA", [lost], GREEN);
  await taxii.all("k3");
  expect((await remove(lost.id, "", "feed-US-CISA")).status).toBe(200);
  const named = (list: StixJson[]): boolean => list.some((one) => JSON.stringify(one.object_refs).includes(lost.id));
  expect(named(await recalls("k3"))).toBe(true);
  expect(named(await recalls("j2"))).toBe(false);
  const [note] = (await recalls("k3")).slice(-1);
  const path = `${ROOT}collections/recalls/objects/${String(note?.id)}/`;
  expect((await get(path, "k3")).json.objects).toEqual([note]);
  expect((await get(path, "j2")).status).toBe(404);
});
