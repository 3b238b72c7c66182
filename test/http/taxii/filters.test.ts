import fc from "fast-check";
import { FilterQuery } from "../../../schemas/taxii/query.ts";
import { readFilters } from "../../../server/http/taxii/read-filters.ts";
import { readTaxiiQuery } from "../../../server/http/taxii/taxii-face.ts";
import type { StixJson } from "../../../server/pipeline/steps.ts";
import { Fault } from "../../../server/shared/fault.ts";
import { formatMicros } from "../../../server/shared/instant.ts";
import { indicator, sampleUuid, tool } from "../../support/samples.ts";
import { type Got, MANIFEST, OBJECTS, TaxiiWorld } from "./taxii-world.ts";

/** Filters (reference section 8). */
jest.setTimeout(600_000);
let taxii: TaxiiWorld;
const V = ["2026-03-01T00:00:00.000Z", "2026-03-02T00:00:00.5Z", "2026-03-03T00:00:00.123456Z"] as const;
const three = V.map((modified) => tool("three versions", { modified }));
const single = tool("one version");
const marking: StixJson = {
  ...{ type: "marking-definition", spec_version: "2.1", id: `marking-definition--${sampleUuid("created only")}` },
  ...{ created: V[0], definition_type: "statement", definition: { statement: "x" } },
};
const timeless: StixJson = {
  type: "ipv4-addr",
  spec_version: "2.1",
  id: `ipv4-addr--${sampleUuid("t")}`,
  value: "198.51.100.1",
};
const custom: StixJson = {
  type: "x-custom",
  spec_version: "2.1",
  id: `x-custom--${sampleUuid("c")}`,
  created: V[0],
  modified: V[0],
};
const found = indicator("an indicator", "[ipv4-addr:value = '198.51.100.1']");

beforeAll(async () => {
  taxii = await TaxiiWorld.open();
  for (const one of [three[1], single, marking, timeless, custom, found, three[2], three[0]])
    await taxii.put("u1", [one as StixJson], { tlp: "GREEN" });
});
afterAll(() => taxii.close());

interface Row {
  readonly id: string;
  readonly version: string;
  readonly date_added: string;
}
const rows = (query: string): Promise<Row[]> => taxii.all("u1", query, MANIFEST) as unknown as Promise<Row[]>;
const idsOf = async (query: string): Promise<string[]> => (await rows(query)).map(({ id }) => id);
const versionsOf = async (query: string, id = single.id): Promise<string[]> =>
  (await rows(query)).filter((row) => row.id === id).map(({ version }) => version);
const THREE = three[0]?.id ?? "";
const get = (path: string): Promise<Got> => taxii.ask("u1", path);
/** Both lists, which have to agree: what the filter leaves. */
const refused = async (query: string, path?: string): Promise<void> => {
  const { status, json } = await get(`${OBJECTS}?${query}`);
  expect([query, status, json.details]).toEqual([
    query,
    400,
    { path: path ?? decodeURIComponent(query.split("=")[0] ?? "") },
  ]);
  expect((await get(`${MANIFEST}?${query}`)).status).toBe(400);
};

test.each([
  ...[
    "added_after=yesterday",
    "limit=x",
    "next=x",
    "next=",
    "match[id]=",
    "match[type]=",
    "match[version]=",
    "match[spec_version]=",
  ],
  ...[
    "match[version]=newest",
    "match[version]=2026-13-01T00:00:00Z",
    "match[version]=2026-03-01",
    "match[version]=all,first",
  ],
  ...["match[id]=a,,b", "match[type]=,tool", "match[type]=tool,", "match[version]=last,", "match[spec_version]=,"],
])("T-082 a malformed parameter – %s – is a 400 that names it, before any work", async (query) => {
  await refused(query);
  expect((await taxii.ask("u1", `${OBJECTS.replace("originals", "recalls")}?${query}`)).status).toBe(400);
});

test("T-083 added_after – at, before and after each item's date – is exclusive, in microseconds", async () => {
  const all = await rows("?match[version]=all");
  for (const [i, { date_added: date }] of all.entries()) {
    expect(await idsOf(`?match[version]=all&added_after=${date}`)).toEqual(all.slice(i + 1).map(({ id }) => id));
    const before = `${date.slice(0, -7)}${String(Number(date.slice(-7, -1)) - 1).padStart(6, "0")}Z`;
    if (!date.endsWith("000000Z"))
      expect(await idsOf(`?match[version]=all&added_after=${before}`)).toEqual(all.slice(i).map(({ id }) => id));
  }
});

test("T-083 added_after – in every spelling of RFC 3339 in UTC – is the same instant", async () => {
  const [, , third] = await rows("?match[version]=all");
  const date = third?.date_added ?? "";
  const after = (text: string): Promise<string[]> => idsOf(`?match[version]=all&added_after=${text}`);
  const expected = await after(date);
  expect(expected.length).toBeGreaterThan(0);
  for (const text of [
    ...[`${date.slice(0, -1)}000Z`, `${date.slice(0, -1)}999999Z`, date.toLowerCase(), `${date.slice(0, -1)}+00:00`],
    ...[`${date.slice(0, -1)}%2B00:00`, `${date.slice(0, -1)}-00:00`, encodeURIComponent(date)],
  ])
    expect([text, await after(text)]).toEqual([text, expected]);
  const whole = await after("2026-04-11T09:30:00Z");
  for (const digits of [".0", ".00", ".000", ".000000", ".0000000000"])
    expect(await after(`2026-04-11T09:30:00${digits}Z`)).toEqual(whole);
});

test.each([
  ...["2026-04-11", "2026-04-11T09:30:00", "2026-04-11 09:30:00Z", "1775900000", "2026-02-30T00:00:00Z", "now", "%00"],
  ...[
    "2026-04-11T09:30:00+09:00",
    "2026-04-11T09:30:00Z,2026-04-12T09:30:00Z",
    "2026-04-11T24:00:00Z",
    `2026-04-11T09:30:00.${"1".repeat(9000)}`,
  ],
])("T-083 added_after – malformed, no %# – is a 400", async (text) => {
  expect((await get(`${OBJECTS}?added_after=${text.replace(" ", "%20")}`)).status).toBe(400);
});

test("T-084 added_after – absent, long ago, in the future – leaves all, all, nothing", async () => {
  const all = await idsOf("?match[version]=all");
  expect(all.length).toBe(8);
  expect(await idsOf("?match[version]=all&added_after=0001-01-01T00:00:00Z")).toEqual(all);
  expect(await idsOf("?match[version]=all&added_after=9999-12-31T23:59:59.999999Z")).toEqual([]);
});

test("T-085 match[id] – of one, several, one twice and unknown ones – leaves those there are", async () => {
  expect(await idsOf(`?match[id]=${single.id}`)).toEqual([single.id]);
  expect(await idsOf(`?match[id]=${custom.id},${single.id},tool--none,${single.id}`)).toEqual([single.id, custom.id]);
  for (const unknown of [
    `tool--${sampleUuid("none")}`,
    "x",
    "%00",
    "__proto__",
    "tool--%F0%9F%92%A3",
    "a".repeat(10_000),
  ])
    expect((await get(`${OBJECTS}?match[id]=${unknown}`)).body.toString()).toBe("{}");
});

test("T-086 match[type] – of one, several, custom, unknown and not yet stored ones – leaves those there are", async () => {
  expect(await idsOf("?match[type]=tool")).toEqual([single.id, THREE]);
  expect(await idsOf("?match[type]=x-custom,tool,nothing-like-it")).toEqual([single.id, custom.id, THREE]);
  for (const type of ["malware", "observed-data", "nothing-like-it", "TOOL", "%00", "tool%20"])
    expect((await get(`${OBJECTS}?match[type]=${type}`)).body.toString()).toBe("{}");
});

test("T-087 and T-088 match[version] – absent, last, first, all, lists of them – leaves exactly those versions, each once", async () => {
  const inOrder = [V[1], V[2], V[0]];
  const cases: [string, string[]][] = [
    ["", [V[2]]],
    ["?match[version]=last", [V[2]]],
    ["?match[version]=first", [V[0]]],
    ["?match[version]=all", inOrder],
    ["?match[version]=first,last", [V[2], V[0]]],
    [`?match[version]=${V[1]}`, [V[1]]],
    [`?match[version]=last,${V[1]}`, [V[1], V[2]]],
    [`?match[version]=${V[2]},last`, [V[2]]],
    [`?match[version]=first,last,${V[1]}`, inOrder],
  ];
  for (const [query, expected] of cases) expect([query, await versionsOf(query, THREE)]).toEqual([query, expected]);
  expect(await versionsOf("?match[version]=first,last")).toEqual([single.modified]);
});

test("T-089 an exact version – in other spellings of its instant – is found, and one that is none of it is not", async () => {
  for (const text of [
    "2026-03-02T00:00:00.5Z",
    "2026-03-02T00:00:00.500Z",
    "2026-03-02T00:00:00.500000Z",
    "2026-03-02t00:00:00.5z",
  ])
    expect(await versionsOf(`?match[version]=${text}`, THREE)).toEqual([V[1]]);
  expect(await versionsOf("?match[version]=2026-03-01T00:00:00Z", THREE)).toEqual([V[0]]);
  for (const text of ["2026-03-03T00:00:00.123Z", "2026-03-03T00:00:00.123457Z", "1999-01-01T00:00:00Z"])
    expect(await versionsOf(`?match[version]=${text}`, THREE)).toEqual([]);
});

test.each([
  ...[
    "all,first",
    "last,all",
    "all,all",
    "first,first",
    "last,last",
    "first,last,first",
    `all,${V[0]}`,
    "FIRST",
    "Last",
  ],
  ...[`${V[0]},${V[0]}`, `${V[0]},2026-03-01T00:00:00Z`, "2026-03-01", "first;last", "none"],
])("T-090 match[version] – %s – is illegal: a 400", async (value) => {
  await refused(`match[version]=${value}`);
  expect((await get(`${OBJECTS}${THREE}/?match[version]=${value}`)).status).toBe(400);
});

test("T-091 the version – with added_after between versions – is chosen among those that pass the other filters", async () => {
  const added = (await rows(`?match[id]=${THREE}&match[version]=all`)).map(({ date_added: date }) => date);
  expect(await versionsOf(`?added_after=${added[0]}`, THREE)).toEqual([V[2]]);
  expect(await versionsOf(`?added_after=${added[1]}`, THREE)).toEqual([V[0]]);
  expect(await versionsOf(`?added_after=${added[0]}&match[version]=first`, THREE)).toEqual([V[0]]);
  expect(await versionsOf(`?added_after=${added[2]}`, THREE)).toEqual([]);
});

test("T-092 objects with created alone or no date – under every version filter – are their own first and last", async () => {
  for (const filter of [
    "",
    "?match[version]=first",
    "?match[version]=last",
    "?match[version]=all",
    "?match[version]=first,last",
  ]) {
    expect(await versionsOf(filter, String(marking.id))).toEqual([V[0]]);
    expect((await versionsOf(filter, String(timeless.id))).length).toBe(1);
  }
  expect(await versionsOf(`?match[version]=${V[0]}`, String(marking.id))).toEqual([V[0]]);
});

test("T-093 match[spec_version] – 2.1, 2.0, both, others, absent – leaves what is of it", async () => {
  const all = await idsOf("");
  for (const query of ["?match[spec_version]=2.1", "?match[spec_version]=2.0,2.1", "?match[spec_version]=2.1,2.1"])
    expect(await idsOf(query)).toEqual(all);
  for (const version of ["2.0", "3.0", "2", "latest", "2.0,1.0"])
    for (const path of [OBJECTS, MANIFEST, `${OBJECTS}${single.id}/`, `${OBJECTS}${single.id}/versions/`])
      expect([path, (await get(`${path}?match[spec_version]=${version}`)).body.toString()]).toEqual([path, "{}"]);
});

test("T-094 different filters – together – all have to hold", async () => {
  const added = (await rows(`?match[id]=${single.id}`))[0]?.date_added;
  expect(await idsOf(`?match[type]=tool&match[id]=${single.id},${custom.id}`)).toEqual([single.id]);
  expect(await idsOf(`?match[type]=tool&match[version]=all&added_after=${added}`)).toEqual([THREE, THREE]);
  expect(await idsOf(`?match[type]=indicator&match[id]=${single.id}`)).toEqual([]);
  expect(await idsOf(`?match[type]=tool&match[spec_version]=2.0&match[version]=all`)).toEqual([]);
});

test.each([
  ...["match[type]=tool&match[type]=indicator", "match[type]=tool&match%5Btype%5D=tool", "match[id]=a&match[id]=a"],
  ...["limit=1&limit=1", "added_after=2026-01-01T00:00:00Z&added_after=2026-01-01T00:00:00Z", "next=a&next=b"],
  ...["match[version]=last&x=1&match[version]=first", "match[spec_version]=2.1&match[spec_version]=2.1"],
])("T-095 a field that is there twice – %s – is a 400", async (query) => {
  for (const path of [OBJECTS, MANIFEST]) {
    const { status, json } = await get(`${path}?${query}`);
    expect([status, json.error_code]).toEqual([400, "query.repeated"]);
  }
});

test("T-096 names and commas – percent-encoded – are read as written plainly, and lists of more than 20 are whole", async () => {
  expect(await idsOf("?match%5Btype%5D=tool%2Cx-custom")).toEqual([single.id, custom.id, THREE]);
  expect(await idsOf("?match%5btype%5d=tool")).toEqual([single.id, THREE]);
  const list = [...Array.from({ length: 100 }, (_, i) => `tool--${sampleUuid(`none ${i}`)}`), single.id];
  expect(await idsOf(`?match[id]=${list.join()}`)).toEqual([single.id]);
  for (const path of ["?%ff", "?match[type]=%ff", "?%", "?match[id]=%E0%A4%A"])
    expect((await get(`${OBJECTS}${path}`)).status).toBe(400);
});

test.each([
  ...[
    "foo=bar",
    "match[foo]=bar",
    "match[__proto__]=x",
    "__proto__=x",
    "match=x",
    "match[type][x]=tool",
    "MATCH[TYPE]=indicator",
  ],
  ...["&&&", "=", "x=1&x=2", "constructor=1", "toString=1", "match[]=x", "match[type", "limit[]=1"],
])("T-097 a parameter that is not defined – %s – is left aside", async (query) => {
  const plain = await get(OBJECTS);
  const { status, body } = await get(`${OBJECTS}?${query}`);
  expect([status, body.toString()]).toEqual([200, plain.body.toString()]);
});

test("T-097 defined fields – where they are not defined – are left aside", async () => {
  const one = `${OBJECTS}${THREE}/`;
  const plain = (await get(one)).body.toString();
  for (const query of ["match[id]=x", "match[type]=x", "match[id]="])
    expect((await get(`${one}?${query}`)).body.toString()).toBe(plain);
  const versions = (await get(`${one}versions/`)).body.toString();
  for (const query of ["match[version]=first", "match[version]=nonsense", "match[type]=x"])
    expect((await get(`${one}versions/?${query}`)).body.toString()).toBe(versions);
  expect((await get(`/taxii2/dprk/collections/?limit=0&limit=0`)).status).toBe(200);
});

test("T-098 limit, more and dates – with filters – are of what the filters leave", async () => {
  const [first, second] = await rows("?match[type]=tool&match[version]=all");
  const got = await get(`${OBJECTS}?match[type]=tool&match[version]=all&limit=2`);
  expect((got.json.objects as StixJson[]).length).toBe(2);
  expect([got.json.more, got.headers["x-taxii-date-added-first"], got.headers["x-taxii-date-added-last"]]).toEqual([
    true,
    first?.date_added,
    second?.date_added,
  ]);
  expect((await get(`${OBJECTS}?match[type]=x-custom&limit=1`)).json.more).toBe(false);
});

test("T-098 the manifest – filtered – filters on the object and not on its record", async () => {
  expect(await idsOf(`?match[version]=${V[1]}`)).toContain(THREE);
  const [record] = await rows(`?match[id]=${THREE}`);
  expect(await versionsOf(`?match[version]=${record?.date_added}`, THREE)).toEqual([]);
});

test("10,000 ids in match[id] – as far as a request line goes, and beyond it – are a 4xx", async () => {
  const ids = (count: number): string => Array.from({ length: count }, (_, i) => i.toString(36)).join();
  expect((await get(`${OBJECTS}?match[id]=${ids(1000)}`)).status).toBe(200);
  const { status, json } = await get(`${OBJECTS}?match[id]=${ids(1001)}`);
  expect([status, json.error_code]).toEqual([400, "query.list"]);
  expect((await get(`${OBJECTS}?match[id]=${ids(3000)}`)).status).toBe(400);
  expect((await get(`${OBJECTS}?match[id]=${ids(10_000)}`)).status).toBe(431);
});

test("any query string – random, of names and values that nearly are – is read or refused as a bad request, and nothing else", () => {
  const names = Object.keys(FilterQuery.shape);
  const value = fc.oneof(
    fc.constantFrom(
      "all",
      "first",
      "last",
      "2.1",
      "tool",
      "2026-03-01T00:00:00Z",
      "1",
      "0",
      "%",
      "%00",
      "%ff",
      "+",
      ",",
      "",
      "__proto__",
    ),
    fc.string({ maxLength: 12 }),
  );
  const pair = fc.tuple(
    fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 8 })),
    fc.array(value, { maxLength: 4 }),
  );
  const url = fc
    .array(pair, { maxLength: 6 })
    .map((pairs) => `/x?${pairs.map(([name, list]) => `${name}=${list.join()}`).join("&")}`);
  let [read, refusals] = [0, 0];
  fc.assert(
    fc.property(url, (text) => {
      try {
        const filters = readFilters(FilterQuery.parse(readTaxiiQuery(text, names)));
        expect(filters.limit).toBeGreaterThan(0);
        if (filters.after !== undefined) expect(formatMicros(filters.after)).toMatch(/^\d{4}-.*\.\d{6}Z$/);
        read++;
      } catch (error) {
        if (!(error instanceof Fault) || error.kind !== "bad_request") throw error;
        refusals++;
      }
    }),
    { numRuns: 2000, seed: 20260411 },
  );
  expect([read > 300, refusals > 300]).toEqual([true, true]);
});
