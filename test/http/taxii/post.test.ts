import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import type { TaxiiStatus } from "../../../schemas/taxii/status.ts";
import type { StixJson } from "../../../server/pipeline/steps.ts";
import { indicator, row, sampleUuid, TRI, tool } from "../../support/samples.ts";
import { START } from "../../support/steering.ts";
import { MANIFEST, OBJECTS, ROOT, TaxiiWorld, TYPE } from "./taxii-world.ts";

/** Posting and the status of a post (reference section 5). */
jest.setTimeout(600_000);
const LIMIT = 400_000;
const INLINE = 200_000;
let taxii: TaxiiWorld;
beforeAll(async () => {
  taxii = await TaxiiWorld.open({ settings: { MAX_INLINE_BYTES: String(INLINE), MAX_UPLOAD_BYTES: String(LIMIT) } });
});
afterAll(() => taxii.close());

const told = async (
  as: string,
  content: readonly StixJson[] | string | Uint8Array,
  more = {},
): Promise<TaxiiStatus> => {
  const { status, body } = await taxii.post(as, content, more);
  if (status !== 202) throw new Error(`answered ${status}: ${body.toString().slice(0, 300)}`);
  return JSON.parse(body.toString()) as TaxiiStatus;
};
const again = async (as: string, id: string): Promise<TaxiiStatus> =>
  (await taxii.ask(as, `${ROOT}status/${id}/`)).json as unknown as TaxiiStatus;
const stored = (as: string, id: string, query = ""): Promise<readonly StixJson[]> =>
  taxii.page(as, query, `${OBJECTS}${id}/`).then(({ objects = [] }) => objects);
const LATER = "2026-03-02T00:00:00.000Z";

test("T-047, T-048, T-049 and T-050 an envelope of good objects – posted – is a 202 whose status has each with its version", async () => {
  const [a, b] = [tool("a"), tool("b", { modified: LATER })];
  expect(await told("u1", [a, b])).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    status: "complete",
    request_timestamp: expect.stringMatching(/^2026-04-11T\d\d:\d\d:\d\d\.\d{6}Z$/),
    total_count: 2,
    success_count: 2,
    successes: [
      { id: a.id, version: a.modified },
      { id: b.id, version: LATER },
    ],
    failure_count: 0,
    pending_count: 0,
  });
});

test("T-050 versions in a status – of objects with created alone, with no date, with neither – are what the collection calls them", async () => {
  const marking = {
    ...{ type: "marking-definition", spec_version: "2.1", id: `marking-definition--${sampleUuid("house")}` },
    ...{ created: LATER, name: "house", definition_type: "statement", definition: { statement: "ours" } },
  };
  const timeless = {
    type: "ipv4-addr",
    spec_version: "2.1",
    id: `ipv4-addr--${sampleUuid("ip")}`,
    value: "198.51.100.3",
  };
  const first = await told("u1", [marking, timeless], { label: { tlp: "GREEN" } });
  const manifest = (await taxii.all("u1", "", MANIFEST)) as unknown as { id: string; version: string }[];
  const version = (id: unknown) => manifest.find((one) => one.id === id)?.version;
  expect(first.successes?.map((one) => one.version)).toEqual([LATER, version(timeless.id)]);
  expect(version(timeless.id)).toMatch(/\.\d{6}Z$/);
  const second = await told("u1", [marking, timeless], { label: { tlp: "GREEN" } });
  expect(second.successes?.map((one) => one.version)).toEqual([LATER, version(timeless.id)]);
});

test("T-050 the version of what has no date – posted by who is shown a cut copy of it – is that of the copy", async () => {
  const label = { tlp: "GREEN", fieldRules: [{ selectors: ["x_note"], pii: true }] };
  const noted = (n: number): StixJson => ({
    ...{ type: "ipv4-addr", spec_version: "2.1", id: `ipv4-addr--${sampleUuid(`noted ${n}`)}` },
    ...{ value: `198.51.100.${n}`, x_note: "a name" },
  });
  // Two lanes whose newest places differ: of this one the copies' is behind.
  await taxii.put("u3", [{ ...noted(20), x_note: undefined }, noted(21)] as StixJson[], label);
  for (const n of [22, 22]) {
    const { successes } = await taxii.put("u3", [noted(n)], label);
    const id = String(noted(n).id);
    expect(await taxii.page("u3", "", `${OBJECTS}${id}/versions/`)).toMatchObject({
      versions: [successes?.[0]?.version],
    });
    expect((await stored("u3", id))[0]).not.toHaveProperty("x_note");
  }
});

test("T-051 and T-052 a status – asked for at once, and a day and more later – is what the POST said, each time", async () => {
  const first = await told("u1", [tool("kept")]);
  expect(await again("u1", first.id)).toEqual(first);
  const steer = taxii.world.at.bind(taxii.world);
  jest.spyOn(taxii.world, "at").mockImplementation((now, chance) => steer(now + 30 * 3_600_000, chance));
  expect(await again("u1", first.id)).toEqual(first);
  jest.restoreAllMocks();
});

test.each([sampleUuid("no status"), "x", "%00", "x".repeat(10_000), "__proto__", "%F0%9F%92%A3"])(
  "T-052 a status that is not there, no %# – asked for – is a 404",
  async (id) => {
    expect((await taxii.ask("u1", `${ROOT}status/${id}/`)).status).toBe(404);
  },
);

test("T-053 an exact duplicate – posted twice, also within one envelope – is a success, stored once, its date unmoved", async () => {
  const twice = tool("twice");
  const date = async (): Promise<unknown> => {
    const records = (await taxii.page("u1", `?match[id]=${twice.id}&match[version]=all`, MANIFEST)).objects ?? [];
    expect(records.length).toBe(1);
    return records[0]?.date_added;
  };
  expect((await told("u1", [twice, twice], { label: { tlp: "GREEN" } })).success_count).toBe(2);
  const before = await date();
  expect((await told("u1", [twice], { label: { tlp: "GREEN" } })).success_count).toBe(1);
  expect(await date()).toBe(before);
});

test("T-054 versions of one id – the latest first, an older one late – are all kept, and the latest stays last", async () => {
  const versions = ["2026-03-03T00:00:00.000Z", "2026-03-01T12:00:00.000Z", LATER];
  for (const modified of versions) await told("u1", [tool("versions", { modified })]);
  const { id } = tool("versions");
  expect((await stored("u1", id)).map(({ modified }) => modified)).toEqual([versions[0]]);
  expect((await stored("u1", id, "?match[version]=all")).map(({ modified }) => modified)).toEqual(versions);
});

test("T-054 the same version with other content – posted – fails with words, and what was stored stays", async () => {
  await told("u1", [tool("same version")], { label: { tlp: "GREEN" } });
  const status = await told("u1", [tool("same version", { description: "other" })], { label: { tlp: "GREEN" } });
  expect(status.failures).toEqual([
    { id: tool("same version").id, version: tool("x").modified, message: expect.stringContaining("version.conflict") },
  ]);
  expect(await stored("u1", tool("same version").id)).toEqual([tool("same version")]);
});

const GOOD = tool("good among bad");
const BAD: [string, unknown, string, string][] = [
  ["no id", { ...tool("bad 1"), id: undefined }, "objects[1]", String(GOOD.modified)],
  ["no type", { ...tool("bad 2"), type: undefined }, tool("bad 2").id, String(GOOD.modified)],
  [
    "an id of another type",
    { ...tool("bad 3"), id: `malware--${sampleUuid("bad 3")}` },
    `malware--${sampleUuid("bad 3")}`,
    String(GOOD.modified),
  ],
  ["an id that is none", { ...tool("bad 4"), id: "tool" }, "tool", String(GOOD.modified)],
  ["an id that is a number", { ...tool("bad 4"), id: 7 }, "objects[1]", String(GOOD.modified)],
  ["an id of 10 kB", { ...tool("bad 4"), id: `tool--${"a".repeat(10_000)}` }, "objects[1]", String(GOOD.modified)],
  ["a date that is none", { ...tool("bad 5"), modified: "yesterday" }, tool("bad 5").id, "yesterday"],
  ["dates that are numbers", { ...tool("bad 6"), modified: 5, created: 6 }, tool("bad 6").id, "the request"],
  ["modified before created", { ...tool("bad 7"), created: LATER }, tool("bad 7").id, String(GOOD.modified)],
  ["nothing in it", {}, "objects[1]", "the request"],
  ["a poisonous key", JSON.parse('{"type":"tool","__proto__":{"a":1},"id":"tool--x"}'), "tool--x", "the request"],
  ["half a surrogate pair", { ...tool("bad 8"), name: "\ud800" }, tool("bad 8").id, String(GOOD.modified)],
  ["a NUL in its id", { ...tool("bad 9"), id: "tool--\u0000" }, "tool--\u0000", String(GOOD.modified)],
  [
    "nesting of 70 levels",
    { ...tool("bad 10"), x_deep: JSON.parse(`${"[".repeat(70)}${"]".repeat(70)}`) },
    tool("bad 10").id,
    String(GOOD.modified),
  ],
];
test.each(BAD)(
  "T-055 and T-057 an object with %s – beside a good one – is in failures with its words, and the good one is stored",
  async (_, bad, id, version) => {
    const status = await told("u1", [GOOD, bad as StixJson]);
    expect([status.total_count, status.success_count, status.failure_count]).toEqual([2, 1, 1]);
    const named = version === "the request" ? status.request_timestamp : version;
    expect(status.failures).toEqual([
      { id, version: named, message: expect.stringMatching(/^[a-z0-9_.]+( at .+)?: .{3,}/s) },
    ]);
    expect(await again("u1", status.id)).toEqual(status);
    expect(await stored("u1", GOOD.id)).toEqual([GOOD]);
  },
);

test("T-055 an envelope of bad objects alone – posted – is a 202, complete, all in failures", async () => {
  const status = await told("u1", [{ type: "tool" }, { id: "x" }]);
  expect([status.status, status.success_count, status.failure_count]).toEqual(["complete", 0, 2]);
  expect(status.successes).toBeUndefined();
});

test.each([
  ["cut off", '{"objects":[{"type":"tool"'],
  ["no JSON", "hello"],
  ["XML", "<stix/>"],
  ["empty", ""],
  ["blank", "  \n "],
  ["a NUL", "\u0000"],
  ["nested 10,000 deep", `{"objects":${"[".repeat(10_000)}${"]".repeat(10_000)}}`],
  ["not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ["broken gzip", Buffer.from([0x1f, 0x8b, 0, 1, 2])],
])("T-056 a body that is %s – posted – is a 400 with an error body", async (_, body) => {
  const { status, json } = await taxii.post("u1", body);
  expect([status, json.http_status]).toEqual([400, "400"]);
});

test.each([
  ["a list", "[]"],
  ["a list of objects", JSON.stringify([tool("x")])],
  ["a string", '"text"'],
  ["a number", "7"],
  ["null", "null"],
  ["objects that are no list", '{"objects":{}}'],
  ["objects that are null", '{"objects":null}'],
  ["a list with null", `{"objects":[${JSON.stringify(tool("listed"))},null]}`],
  ["a list with a list", '{"objects":[[]]}'],
  ["a list with text", '{"objects":["tool--x"]}'],
  ["an object on its own", JSON.stringify(tool("alone"))],
])("T-056 a body that is %s – posted – is a 422, and nothing is stored", async (_, body) => {
  const { status, json } = await taxii.post("u1", body);
  expect([status, json.http_status, json.error_code]).toEqual([422, "422", "input.not_envelope"]);
  for (const name of ["listed", "alone"])
    expect((await taxii.ask("u1", `${OBJECTS}${tool(name).id}/`)).status).toBe(404);
});

test.each(["{}", '{"objects":[]}', '{"more":false}'.replace('"more":false', "")])(
  "T-056 an envelope of nothing – %s – is a 202 with a total of 0",
  async (body) => {
    const status = await told("u1", body);
    expect([status.status, status.total_count]).toEqual(["complete", 0]);
    expect(await again("u1", status.id)).toEqual(status);
  },
);

const padded = (size: number): string => {
  const body = JSON.stringify({ objects: [tool("padded")], x_padding: "" });
  return body.replace('"x_padding":""', `"x_padding":"${"x".repeat(size - body.length)}"`);
};

test("T-058 a body one byte over max_content_length – with its length said and in chunks – is a 413; one at it is not", async () => {
  expect((await taxii.ask("u1", ROOT)).json.max_content_length).toBe(LIMIT);
  for (const chunked of [false, true]) {
    expect((await taxii.post("u1", padded(LIMIT), { chunked })).status).toBe(202);
    const { status, json, headers } = await taxii.post("u1", padded(LIMIT + 1), { chunked });
    expect([status, json.http_status, headers["content-type"]]).toEqual([413, "413", TYPE]);
  }
});

test("T-058 a body that says it is too large – before a byte of it is sent – is a 413 at once", async () => {
  const { host, port } = new URL(taxii.world.base);
  const key = taxii.world.credentials("u1", "key")["X-Api-Key"];
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), "127.0.0.1");
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString());
    });
    socket.once("error", reject);
    socket.write(
      `POST ${OBJECTS} HTTP/1.1\r\nHost: ${host}\r\nX-Api-Key: ${key}\r\nContent-Type: ${TYPE}\r\nContent-Length: ${LIMIT * 1000}\r\n\r\n`,
    );
  });
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
});

test("T-058 a gzip – small as sent, over the limit when unpacked – is refused in words, never a 5xx", async () => {
  const packed = gzipSync(padded(INLINE * 8 + 1));
  expect(packed.length).toBeLessThan(INLINE);
  expect((await taxii.post("u1", packed, { headers: { "Content-Encoding": "gzip" } })).status).toBe(413);
});

test("T-059 a body in chunks, and one in gzip – of a good envelope – is taken as any other", async () => {
  const body = JSON.stringify({ objects: [tool("in chunks")] });
  expect((await told("u1", body, { chunked: true })).success_count).toBe(1);
  const packed = gzipSync(JSON.stringify({ objects: [tool("in gzip")] }));
  const status = await told("u1", packed, { headers: { "Content-Encoding": "gzip" } });
  expect(status.success_count).toBe(1);
  expect((await taxii.post("u1", body, { headers: { "Content-Encoding": "br" } })).status).toBe(415);
});

test("T-060 unknown members – a whole bundle sent as an envelope – are left aside", async () => {
  const bundle = { type: "bundle", id: `bundle--${sampleUuid("bundle")}`, objects: [tool("bundled")], next: 5, x: [] };
  expect((await told("u1", JSON.stringify(bundle))).success_count).toBe(1);
});

const KINDS: StixJson[] = [
  {
    type: "x-badge",
    spec_version: "2.1",
    id: `x-badge--${sampleUuid("badge")}`,
    created: LATER,
    modified: LATER,
    colour: "red",
  },
  { ...tool("extras"), x_note: { a: [1, { b: null }] }, x_list: ["", 0, false] },
];
test("T-061 custom types and properties – read back – are unchanged", async () => {
  await taxii.put("u1", KINDS, { tlp: "GREEN" });
  for (const object of KINDS) expect(await stored("u1", String(object.id))).toEqual([object]);
});

test("T-062 what was posted – letters, dates, numbers of all kinds – is read back equal in value and in the spelling of its dates", async () => {
  const object = tool("value", {
    name: "한글 かな 😀 Z\u0301 \u017d",
    description: 'é e\u0301 \u2028 \u0001 "\\/',
    created: "2026-03-01T00:00:00.123Z",
    modified: "2026-03-01T00:00:00.123456Z",
    x_numbers: [9007199254740991, -9007199254740991, 0.1, -0.5, 1e300, 1.5e-10, 0, 1234567890123],
    x_dates: ["2026-03-01T00:00:00Z", "2026-03-01T00:00:00.100Z"],
  });
  await taxii.put("u1", [object], { tlp: "GREEN" });
  expect(await stored("u1", object.id)).toEqual([object]);
  const [read] = await stored("u1", object.id);
  expect(Object.keys(read ?? {})).toEqual(Object.keys(object));
});

test("T-063 what a complete status names – read at once on every endpoint – is there", async () => {
  const objects = [tool("at once 1"), indicator("at once 2", "[ipv4-addr:value = '198.51.100.77']")];
  const { successes = [] } = await taxii.put("u1", objects, { tlp: "GREEN" });
  for (const { id, version } of successes) {
    expect((await stored("u1", id)).length).toBe(1);
    expect(await taxii.page("u1", "", `${OBJECTS}${id}/versions/`)).toMatchObject({ versions: [version] });
  }
  for (const path of [OBJECTS, MANIFEST])
    expect((await taxii.all("u1", "", path)).slice(-2).map(({ id }) => id)).toEqual(successes.map(({ id }) => id));
});

test("T-064 objects of STIX 2.0 – posted – fail with words that name the ingest route, and a timeless observable without spec_version is one of 2.1", async () => {
  const { spec_version: _, ...older } = tool("older");
  const said = { ...tool("says 2.0"), spec_version: "2.0" };
  const address = { type: "ipv4-addr", id: `ipv4-addr--${sampleUuid("bare")}`, value: "198.51.100.9" };
  const status = await told("u1", [older, said, address], { label: { tlp: "GREEN" } });
  expect(status.failures?.map(({ id, message }) => [id, message?.includes("POST /api/v1/ingest")])).toEqual([
    [older.id, true],
    [said.id, true],
  ]);
  expect(status.successes?.map(({ id }) => id)).toEqual([address.id]);
  const bundle = { type: "bundle", id: `bundle--${sampleUuid("2.0")}`, spec_version: "2.0", objects: [older] };
  expect((await told("u1", JSON.stringify(bundle))).failure_count).toBe(1);
});

test("T-065 every kind of object – SDO, SRO, SCO, marking, language, extension – is accepted and read back", async () => {
  const dates = { spec_version: "2.1", created: LATER, modified: LATER };
  const [a, b] = [tool("end a"), tool("end b")];
  const objects: StixJson[] = [
    a,
    b,
    {
      ...dates,
      type: "relationship",
      id: `relationship--${sampleUuid("r")}`,
      relationship_type: "related-to",
      source_ref: a.id,
      target_ref: b.id,
    },
    { ...dates, type: "sighting", id: `sighting--${sampleUuid("s")}`, sighting_of_ref: a.id },
    { type: "domain-name", spec_version: "2.1", id: `domain-name--${sampleUuid("d")}`, value: "login.example.net" },
    {
      type: "marking-definition",
      spec_version: "2.1",
      id: `marking-definition--${sampleUuid("m")}`,
      created: LATER,
      definition_type: "statement",
      definition: { statement: "x" },
    },
    {
      ...dates,
      type: "language-content",
      id: `language-content--${sampleUuid("l")}`,
      object_ref: a.id,
      contents: { ja: { name: "道具" } },
    },
    {
      ...dates,
      type: "extension-definition",
      id: `extension-definition--${sampleUuid("e")}`,
      created_by_ref: `identity--${sampleUuid("i")}`,
      name: "x",
      schema: "https://x.example/s.json",
      version: "1.0.0",
      extension_types: ["property-extension"],
    },
  ];
  const status = await taxii.put("u1", objects, { tlp: "GREEN" });
  expect(status.success_count).toBe(objects.length);
  for (const object of objects) expect(await stored("u1", String(object.id))).toEqual([object]);
});

test("a label – in the header Tricord-Label – holds for the post; without one the agency's own preset or nobody else", async () => {
  await taxii.put("feed-US-CISA", [tool("labelled")], { tlp: "GREEN", releases: [TRI] });
  expect((await stored("k3", tool("labelled").id)).length).toBe(1);
  await taxii.put("feed-US-CISA", [tool("unlabelled")]);
  expect((await taxii.ask("k3", `${OBJECTS}${tool("unlabelled").id}/`)).status).toBe(404);
  for (const [label, expected] of [
    ["{", 400],
    ['{"originator":"US-FBI"}', 400],
    [JSON.stringify({ tlp: "GREEN", releases: [row("NOSUCH", ["JPN"])] }), 422],
    ["x".repeat(12_001), 400],
  ] as const) {
    const { status, headers } = await taxii.post("u1", [tool("bad label")], { headers: { "Tricord-Label": label } });
    expect([label.slice(0, 30), status, headers["content-type"]]).toEqual([label.slice(0, 30), expected, TYPE]);
  }
});

describe("posts over the inline limit", () => {
  const many = (count: number, from = 0): StixJson[] =>
    Array.from({ length: count }, (_, i) => tool(`many ${from + i}`, { description: "x".repeat(900) }));

  test("T-048, T-049 and T-051 a large post – before, and after its job has run – is pending, then complete with all its objects, and stays so", async () => {
    const objects = [...many(250), { ...tool("bad one"), name: 5 }];
    const first = await told("u1", objects);
    expect(first).toEqual({
      ...{ id: first.id, status: "pending", request_timestamp: expect.stringMatching(/\.\d{6}Z$/) },
      ...{ total_count: 0, success_count: 0, failure_count: 0, pending_count: 0 },
    });
    expect(await again("u1", first.id)).toEqual(first);
    expect((await taxii.ask("u4", `${ROOT}status/${first.id}/`)).status).toBe(404);
    await taxii.world.runJobs();
    const done = await again("u1", first.id);
    expect([done.status, done.total_count, done.success_count, done.failure_count]).toEqual(["complete", 251, 250, 1]);
    expect(done.successes?.map(({ id, version }) => [id, version])).toEqual(
      objects.slice(0, 250).map(({ id, modified }) => [id, modified]),
    );
    expect(done.failures).toMatchObject([{ id: tool("bad one").id, version: tool("bad one").modified }]);
    expect(await again("u1", first.id)).toEqual(done);
    expect((await stored("u1", tool("many 249").id)).length).toBe(1);
  });

  test.each([
    ["is cut off", (body: string) => body.slice(0, -1)],
    ["is a list", (body: string) => body.slice(body.indexOf("["), -1)],
    ["has objects twice", (body: string) => body.replace(/\}$/, ',"objects":[{}]}')],
  ])("T-051 and T-056 a large post – whose JSON %s – ends complete with a failure that says so", async (_, spoil) => {
    const { id } = await told("u1", spoil(JSON.stringify({ objects: many(250, 1000) })));
    await taxii.world.runJobs();
    const done = await again("u1", id);
    expect(done.status).toBe("complete");
    expect(done.failure_count).toBe(done.failures?.length);
    expect(done.total_count).toBe(done.success_count + done.failure_count);
    expect(done.failures?.at(-1)?.message).toMatch(/^input\./);
  });
});

test("T-054 a clock – that stands still between posts – gives each version a date of its own", async () => {
  const steer = taxii.world.at.bind(taxii.world);
  jest.spyOn(taxii.world, "at").mockImplementation((_, chance) => steer(START + 40_000_000, chance));
  for (let n = 0; n < 5; n++) await taxii.put("u1", [tool(`still ${n}`)], { tlp: "GREEN" });
  jest.restoreAllMocks();
  const records = (await taxii.all("u1", "", MANIFEST)) as unknown as { id: string; date_added: string }[];
  const dates = records.filter(({ id }) => [0, 1, 2, 3, 4].some((n) => id === tool(`still ${n}`).id));
  expect(new Set(dates.map((one) => one.date_added)).size).toBe(5);
});
