import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tool } from "../../support/samples.ts";
import { type Got, MANIFEST, OBJECTS, ROOT, TaxiiWorld, TYPE, type Wire } from "./taxii-world.ts";

/** TAXII 2.1 on the wire: media types, paths, methods (reference section 1). */
jest.setTimeout(600_000);
let taxii: TaxiiWorld;
let ids: Record<string, string>;
let status: string;
beforeAll(async () => {
  taxii = await TaxiiWorld.open();
  ids = await taxii.ids();
  status = (await taxii.put("u1", [tool("wire")], { tlp: "GREEN" })).id;
});
afterAll(() => taxii.close());

const get = (path: string, headers: Wire["headers"] = {}): Promise<Got> => taxii.ask("u1", path, { headers });
const ONE = `${OBJECTS}${tool("wire").id}/`;
const READS = (): string[] => [
  ...["/taxii2/", ROOT, `${ROOT}collections/`, `${ROOT}collections/${ids.originals}/`, OBJECTS, MANIFEST],
  ...[ONE, `${ONE}versions/`, `${ROOT}status/${status}/`],
];
const post = (headers: Wire["headers"], body = JSON.stringify({ objects: [tool("wire")] })): Promise<Got> =>
  taxii.ask("u1", OBJECTS, { method: "POST", headers: { Accept: TYPE, ...headers }, body });

test("T-001 addresses – with a Host and X-Forwarded headers of another name – are made from the settings alone", async () => {
  const forwarded = { "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http" };
  const { json } = await get("/taxii2/", { Host: "evil.example", ...forwarded });
  expect(json.default).toBe("http://127.0.0.1:8080/taxii2/dprk/");
});

test("T-002 every body – of each resource and of an error – is UTF-8 JSON without a byte order mark", async () => {
  for (const path of [...READS(), `${ROOT}none/`]) {
    const { body } = await get(path);
    expect(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body)).toMatch(/^\{.*\}$/s);
  }
});

test("T-003 a path without its last slash – on each resource – has the same answer", async () => {
  for (const path of READS()) {
    const [slash, bare] = [await get(path), await get(path.slice(0, -1))];
    expect([path, bare.status, bare.body.toString()]).toEqual([path, 200, slash.body.toString()]);
  }
});

test("T-004 and T-005 the media type – of each resource, of errors, of a POST – is that text and nothing more", async () => {
  for (const path of [...READS(), `${ROOT}none/`, `${OBJECTS}?limit=0`, "/taxii2/no/such/path"])
    expect([path, (await get(path)).headers["content-type"]]).toEqual([path, TYPE]);
  expect((await post({ "Content-Type": TYPE })).headers["content-type"]).toBe(TYPE);
  expect((await taxii.ask("", OBJECTS)).headers["content-type"]).toBe(TYPE);
});

const answered = async (accept: string): Promise<void> => {
  for (const path of READS()) {
    const { status: found, headers } = await get(path, { Accept: accept });
    expect([path, found, headers["content-type"]]).toEqual([path, 200, TYPE]);
  }
  expect((await post({ "Content-Type": TYPE, Accept: accept })).status).toBe(202);
};
test("T-006 Accept – of our type with its version – is answered, on a POST too", () => answered(TYPE));
test("T-007 Accept – of our type without a version – is answered, on a POST too", () =>
  answered("application/taxii+json"));
test.each([
  "application/taxii+json; version=2.1",
  'APPLICATION/TAXII+JSON;VERSION="2.1"',
  "text/html;q=0.9 , application/taxii+json;version=2.1;q=0.1",
  "application/taxii+json;version=2.1,application/stix+json;version=2.1",
  "application/stix+json;version=2.1,\tapplication/taxii+json ;version=2.1",
  "application/taxii+json;version=2.0, application/taxii+json;version=2.1",
])("T-008 Accept – spelt %s – is answered, on a POST too", answered);
test.each([
  ...["*/*", "application/*", "application/json, text/plain, */*"],
  "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
])("T-009 Accept – of %s – is answered, on a POST too", answered);

test("T-009 no Accept at all – on each resource – is answered", async () => {
  for (const path of READS()) expect([path, (await get(path)).status]).toEqual([path, 200]);
});

test.each([
  "text/html",
  "application/json",
  "application/stix+json;version=2.1",
  "application/vnd.oasis.taxii+json; version=2.0",
  "application/taxii+json;version=2.0",
  "application/taxii+json;version=3.0",
  "application/taxii+json;version=2.1;q=0",
  "application/taxii+json;version=2.1;q=0, */*",
  "application/taxii+json;version=2.1;q=nonsense",
  "application",
  ";;;",
  "application/taxii+json;version=",
])("T-010 Accept – %s – is a 406 with an error body", async (accept) => {
  for (const path of READS()) {
    const { status: found, headers, json } = await get(path, { Accept: accept });
    expect([path, found, headers["content-type"], json.http_status]).toEqual([path, 406, TYPE, "406"]);
  }
});

test("T-010 Accept – of 5,000 characters, of 1,000 ranges – is a 406 at once", async () => {
  for (const accept of [`${"a".repeat(5000)}/b`, "a/b;q=0.5,".repeat(1000), `"${"\\".repeat(5000)}`])
    expect((await get(OBJECTS, { Accept: accept })).status).toBe(406);
});

test.each([
  TYPE,
  "application/taxii+json",
  "Application/TAXII+JSON; Version=2.1",
  'application/taxii+json;version="2.1"',
  "application/taxii+json;version=2.1;charset=utf-8",
  "application/taxii+json; charset=UTF-8; version=2.1",
])("T-011 a POST – as %s – is taken", async (type) => {
  expect((await post({ "Content-Type": type })).status).toBe(202);
});

test.each([
  "text/plain",
  "application/json",
  "application/stix+json;version=2.1",
  "application/vnd.oasis.stix+json; version=2.0",
  "application/taxii+json;version=2.0",
  "application/taxii+json;version=2.1;charset=latin1",
  "application/taxii+json;version=2.1;version=2.1",
  "nonsense",
])("T-012 a POST – as %s – is a 415", async (type) => {
  const { status: found, json } = await post({ "Content-Type": type });
  expect([found, json.http_status]).toEqual([415, "415"]);
});

test("T-012 a POST – without a Content-Type – is a 415", async () => {
  expect((await post({})).status).toBe(415);
});

test("T-013 and T-014 a request – without User-Agent – is answered, with a Date", async () => {
  const { status: found, headers } = await get(OBJECTS);
  expect(found).toBe(200);
  expect(Date.parse(headers.date ?? "")).toBeGreaterThan(0);
});

test("T-015 a method that a path does not have – on each path – is a 405 that says which there are", async () => {
  const only = { "GET, HEAD": ["/taxii2/", ROOT, `${ROOT}collections/`, `${ROOT}collections/originals/`, MANIFEST] };
  for (const method of ["PUT", "PATCH", "DELETE", "POST", "OPTIONS", "TRACE", "LOCK"]) {
    for (const [allow, paths] of Object.entries(only))
      for (const path of [...paths, `${ONE}versions/`, `${ROOT}status/${status}/`]) {
        const { status: found, headers, json } = await taxii.ask("u1", path, { method });
        expect([method, path, found, headers.allow, json.http_status]).toEqual([method, path, 405, allow, "405"]);
      }
    if (method !== "POST") {
      const { status: found, headers } = await taxii.ask("u1", OBJECTS, { method });
      expect([method, found, headers.allow]).toEqual([method, 405, "GET, HEAD, POST"]);
    }
    if (method !== "DELETE") {
      const { status: found, headers } = await taxii.ask("u1", ONE, { method });
      expect([method, found, headers.allow]).toEqual([method, 405, "DELETE, GET, HEAD"]);
    }
  }
});

test("T-015 HEAD – on each resource – is GET without its body", async () => {
  for (const path of [...READS(), `${OBJECTS}?limit=0`, `${ROOT}none/`]) {
    const [got, head] = [await get(path), await taxii.ask("u1", path, { method: "HEAD" })];
    const kept = ({ headers: { date: _, connection: __, ...rest } }: Got) => rest;
    expect([path, head.status, head.body.length, kept(head)]).toEqual([path, got.status, 0, kept(got)]);
  }
});

test("T-016, T-017 and T-018 every body – of each resource – has its required members, and none that is empty or null", async () => {
  const required: [string, string[]][] = [
    ["/taxii2/", ["title"]],
    [ROOT, ["title", "versions", "max_content_length"]],
    [`${ROOT}collections/originals/`, ["id", "title", "can_read", "can_write"]],
    [`${ROOT}status/${status}/`, ["id", "status", "total_count", "success_count", "failure_count", "pending_count"]],
  ];
  for (const [path, names] of required) {
    const { json } = await get(path);
    expect([path, names.filter((name) => json[name] === undefined)]).toEqual([path, []]);
    expect(JSON.stringify(json)).not.toMatch(/null|\[\]|:""|:"\d+"[,}]/);
  }
});

test("T-019 dates – in manifest, status and headers – have exactly six digits of fraction", async () => {
  const SIX = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
  const { json, headers } = await get(MANIFEST);
  const [record] = json.objects as { date_added: string }[];
  const told = await get(`${ROOT}status/${status}/`);
  for (const date of [
    ...[record?.date_added, headers["x-taxii-date-added-first"], headers["x-taxii-date-added-last"]],
    told.json.request_timestamp,
  ])
    expect(date).toMatch(SIX);
});

test("T-020 ids – of collections and statuses – are random version 4 UUIDs in lower case", () => {
  for (const id of [...Object.values(ids), status])
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("T-111 property names – of our own resources – are lower-case letters, digits and low lines, three at least", () => {
  const folder = join(process.cwd(), "schemas", "taxii");
  const names = readdirSync(folder)
    .filter((file) => file !== "query.ts")
    .flatMap((file) =>
      [...readFileSync(join(folder, file), "utf8").matchAll(/^\s+(\w+): z\./gm)].map(([, name]) => name),
    );
  expect(names.length).toBeGreaterThan(25);
  // `id` is the standard's own.
  expect(names.filter((name) => name !== "id" && !/^[a-z0-9_]{3,250}$/.test(name ?? ""))).toEqual([]);
});
