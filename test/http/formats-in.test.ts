import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { row } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const ALL: LabelRequest = { releases: [row("TRI", ["USA", "JPN", "KOR"])] };
const GREEN: LabelRequest = { ...ALL, tlp: "GREEN" };
type Json = Record<string, unknown>;

let world: TemporaryWorld;
let asked = 0;
const tick = (): void => world.at(START + ++asked * 1000, `request ${asked}`);
const post = (
  body: string,
  label: LabelRequest,
  query = "",
  headers: Record<string, string> = {},
  as = "feed-US-FBI",
): Promise<Reply> => {
  tick();
  return world.post(as, body, { label, query, headers });
};
const get = async (as: string, id: string): Promise<StixJson | number> => {
  tick();
  const { status, json } = await world.ask(as, { method: "GET", path: `/api/v1/objects/${id}` });
  return status === 200 ? (json as { object: StixJson }).object : status;
};
const counts = ({ json }: Reply): unknown => (json as { counts?: unknown }).counts;
const results = ({ json }: Reply): { id?: string; outcome: string; code?: string; warnings?: { code: string }[] }[] =>
  (json as { results: { id?: string; outcome: string; code?: string; warnings?: { code: string }[] }[] }).results;
const readers = ({ json }: Reply): unknown => (json as { readers?: unknown }).readers;

const uuid = (n: number): string => `6a3c1a00-0000-4000-8000-${String(n).padStart(12, "0")}`;
const attribute = (n: number, value: string, more: Json = {}): Json => ({
  uuid: uuid(n),
  type: "domain",
  category: "Network activity",
  value,
  to_ids: true,
  timestamp: "1775900000",
  ...more,
});
const event = (n: number, more: Json): string =>
  JSON.stringify({
    Event: {
      uuid: uuid(n),
      info: `Event ${n}`,
      date: "2026-04-10",
      timestamp: "1775900000",
      Orgc: { name: "Example CERT", uuid: uuid(900) },
      ...more,
    },
  });

beforeAll(async () => {
  world = await TemporaryWorld.open();
});
afterAll(() => world.close());

test("MISP – an event for all, one attribute for the organisation only – partners get the rows of the post and not that one", async () => {
  const body = event(1, {
    distribution: "3",
    Tag: [{ name: "tlp:green" }],
    Attribute: [attribute(11, "open.evil.example"), attribute(12, "kept.evil.example", { distribution: "0" })],
  });
  const dry = await post(body, ALL, "?dry_run=true");
  expect(dry.status).toBe(200);
  const sent = await post(body, ALL);
  expect(counts(sent)).toEqual({ received: 8, created: 8, unchanged: 0, updated: 0, rejected: 0 });
  expect(results(sent).flatMap(({ warnings }) => (warnings ?? []).map(({ code }) => code))).toContain(
    "misp.distribution",
  );
  for (const as of ["k1", "j1", "u2"]) {
    const report = await get(as, `report--${uuid(1)}`);
    if (typeof report === "number") throw new Error(`${as} has no report`);
    const shown = JSON.stringify(report);
    expect(shown).not.toContain(uuid(12));
    expect(await get(as, `indicator--${uuid(12)}`)).toBe(404);
  }
  expect(await get("u1", `indicator--${uuid(12)}`)).toMatchObject({ name: "kept.evil.example" });
});

test.each<[string, Json, LabelRequest, string, string[]]>([
  ["distribution 3, and the rows of the post", { distribution: "3" }, GREEN, "", ["JP", "KR", "US"]],
  ["distribution 3, and no rows in the post", { distribution: "3" }, { tlp: "GREEN" }, "", ["US-FBI"]],
  ["distribution 0", { distribution: "0" }, GREEN, "", ["US-FBI"]],
  ["a sharing group", { distribution: "4", sharing_group_id: "9" }, GREEN, "", ["US-FBI"]],
  ["distribution 0, and a preset with rows", { distribution: "0" }, {}, "?preset=partners-green", ["US-FBI"]],
  ["a feed's file without distribution", {}, GREEN, "", ["JP", "KR", "US"]],
  ["TLP of the event tighter than the post's", { Tag: [{ name: "tlp:amber+strict" }] }, GREEN, "", ["US-FBI"]],
])("MISP – %s – never wider than either says", async (_, more, label, query, wanted) => {
  const body = event(2, { ...more, Attribute: [attribute(21, "one.evil.example")] });
  tick();
  const reply = await world.post("feed-US-FBI", body, {
    ...(query === "" ? { label } : {}),
    query: query === "" ? "?dry_run=true" : `${query}&dry_run=true`,
  });
  const { released } = readers(reply) as { released: string[] };
  const countries = wanted.includes("US-FBI") ? released : [...new Set(released.map((id) => id.slice(0, 2)))].sort();
  expect(countries).toEqual(wanted);
});

test("MISP – the same event again, and with its TLP changed – unchanged, then taken with nothing rejected", async () => {
  const more = { distribution: "3", Attribute: [attribute(31, "again.evil.example")] };
  const first = await post(event(3, { ...more, Tag: [{ name: "tlp:amber" }] }), ALL);
  expect(counts(first)).toMatchObject({ rejected: 0 });
  const again = await post(event(3, { ...more, Tag: [{ name: "tlp:amber" }] }), ALL);
  expect(counts(again)).toMatchObject({ unchanged: 5, rejected: 0 });
  const changed = await post(event(3, { ...more, timestamp: "1775990000", Tag: [{ name: "tlp:green" }] }), ALL);
  expect(counts(changed)).toMatchObject({ rejected: 0 });
});

test.each<[string, string, string, string, number, string | undefined]>([
  [
    "MISP as JSON",
    event(4, { Attribute: [attribute(41, "json.evil.example")] }),
    "application/json",
    "",
    200,
    undefined,
  ],
  [
    "MISP, forced",
    event(4, { Attribute: [attribute(41, "json.evil.example")] }),
    "application/octet-stream",
    "?format=misp",
    200,
    undefined,
  ],
  ["MISP, said to be STIX", event(4, {}), "application/json", "?format=stix", 400, "input.not_stix"],
  [
    "STIX, said to be MISP",
    '{"type":"bundle","objects":[]}',
    "application/json",
    "?format=misp",
    400,
    "input.not_misp",
  ],
  ["text that says it is JSON", "192.0.2.7", "application/json", "", 400, "input.json"],
  ["a page", "<p>c2 at page.evil[.]example", "text/html; charset=utf-8", "", 200, undefined],
  [
    "a page that nobody announces",
    "<!doctype html><p>c2 at page.evil[.]example",
    "application/octet-stream",
    "",
    200,
    undefined,
  ],
  ["a page without a value", "<!doctype html><p>nothing", "text/html", "", 422, "input.nothing_found"],
  ["an unknown format", "x", "text/plain", "?format=pdf", 400, "query.invalid_value"],
])("ingest – %s – read as what it is", async (_, body, type, query, status, code) => {
  const reply = await post(body, GREEN, query, { "Content-Type": type });
  expect([reply.status, (reply.json as { error?: { code: string } }).error?.code]).toEqual([status, code]);
});

test("STIX 2.0 – a bundle posted – kept as 2.1, with a warning for each change on the receipt", async () => {
  const at = "2018-04-11T09:30:00.000Z";
  const dates = { created: at, modified: at };
  const body = JSON.stringify({
    type: "bundle",
    id: `bundle--${uuid(50)}`,
    spec_version: "2.0",
    objects: [
      { type: "malware", id: `malware--${uuid(51)}`, ...dates, name: "Old one", labels: ["trojan"] },
      {
        ...{ type: "observed-data", id: `observed-data--${uuid(52)}`, ...dates },
        ...{ first_observed: at, last_observed: at, number_observed: 1 },
        objects: { "0": { type: "domain-name", value: "old.evil.example" } },
      },
      { type: "tool", id: `tool--${uuid(53)}`, ...dates },
    ],
  });
  const reply = await post(body, GREEN, "", { "Content-Type": "application/json" });
  expect(results(reply).map(({ outcome, code }) => code ?? outcome)).toEqual([
    "created",
    "created",
    "created",
    "stix.required",
  ]);
  expect(results(reply)[0]?.warnings?.map(({ code }) => code)).toEqual([
    "stix20.lifted",
    "stix20.labels",
    "stix20.is_family",
  ]);
  expect(await get("k1", `malware--${uuid(51)}`)).toMatchObject({
    spec_version: "2.1",
    malware_types: ["trojan"],
    is_family: true,
  });
});

test("MISP – an attribute for the organisation only that was refused, mended and sent again – still in the agency alone", async () => {
  const body = event(6, {
    distribution: "3",
    Tag: [{ name: "tlp:green" }],
    Attribute: [
      attribute(61, "300.1.2.3", { type: "ip-dst", distribution: "0" }),
      attribute(62, "300.1.2.4", { type: "ip-dst" }),
    ],
  });
  await post(body, ALL);
  tick();
  const { json } = await world.ask("feed-US-FBI", { method: "GET", path: "/api/v1/quarantine?code=value.ipv4" });
  const entries = (json as { entries: { entry: string; given?: string }[] }).entries;
  const object = (n: number): StixJson => ({
    ...{ type: "tool", spec_version: "2.1", id: `tool--${uuid(n)}`, name: `mended ${n}` },
    ...{ created: "2026-04-10T00:00:00.000Z", modified: "2026-04-10T00:00:00.000Z" },
  });
  for (const [given, n] of [
    ["300.1.2.3", 63],
    ["300.1.2.4", 64],
  ] as const) {
    const entry = entries.find((one) => one.given === given)?.entry;
    tick();
    const reply = await world.ask("feed-US-FBI", {
      ...{ method: "POST", path: `/api/v1/quarantine/${entry}/retry`, body: { object: object(n), label: GREEN } },
    });
    expect([given, reply.status]).toEqual([given, 200]);
  }
  expect(await get("k1", `tool--${uuid(63)}`)).toBe(404);
  expect(await get("u1", `tool--${uuid(63)}`)).toMatchObject({ name: "mended 63" });
  expect(await get("k1", `tool--${uuid(64)}`)).toMatchObject({ name: "mended 64" });
});
