import { Audit } from "../../server/storage/collections.ts";
import { START } from "../support/steering.ts";
import { type Ask, type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const MAP = {
  delimiter: ";",
  skipLines: 1,
  columns: [
    { column: "Indicator", as: "value" },
    { column: "Share", as: "tlp" },
  ],
};
const TABLE = "List of 11 April\nIndicator;Share;Case\n192.0.2.7;green;D-1\nevil[.]example;amber;D-2\n";

let world: TemporaryWorld;
let asked = 0;
const ask = (
  as: string,
  method: Ask["method"],
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> => {
  world.at(START + ++asked * 1000, `request ${asked}`);
  return world.ask(as, { method, path, ...(body === undefined ? {} : { body }), headers });
};
const at = (name: string): string => `/api/v1/column-maps/${name}`;
const failed = ({ status, json }: Reply): unknown[] => {
  const error = (json as { error?: { code: string; path?: string } } | undefined)?.error;
  return [status, error?.code, error?.path];
};
const post = (as: string, name: string, query = "", body: string = TABLE): Promise<Reply> =>
  ask(as, "POST", `/api/v1/ingest${query}`, body, { "Tricord-Column-Map": name, "Content-Type": "text/csv" });

beforeAll(async () => {
  world = await TemporaryWorld.open({ settings: { MAX_INLINE_BYTES: "10000" } });
});
afterAll(() => world.close());

test("a column map – saved, read, listed, changed and removed – by the people of its agency, with an audit row a change", async () => {
  const saved = await ask("u1", "PUT", at("bank-a"), MAP);
  expect([saved.status, saved.json]).toEqual([
    200,
    { name: "bank-a", map: MAP, changedBy: "u1", changedAt: expect.any(String) },
  ]);
  expect((await ask("feed-US-FBI", "GET", at("bank-a"))).json).toEqual(saved.json);
  await ask("u4", "PUT", at("bank-b"), { columns: [{ column: 1, as: "value" }], header: false });
  const changed = await ask("u4", "PUT", at("bank-a"), { ...MAP, skipLines: 0 });
  expect(changed.json).toMatchObject({ changedBy: "u4", map: { skipLines: 0 } });
  const list = (await ask("u1", "GET", "/api/v1/column-maps")).json as { maps: { name: string }[] };
  expect(list.maps.map(({ name }) => name)).toEqual(["bank-a", "bank-b"]);
  expect((await ask("u1", "DELETE", at("bank-a"))).status).toBe(204);
  expect(failed(await ask("u1", "DELETE", at("bank-a")))).toEqual([404, "not_found", undefined]);
  expect(failed(await ask("u1", "GET", at("bank-a")))).toEqual([404, "not_found", undefined]);
  const rows = await world.storage.collection(Audit).all({ limit: 1000 });
  const own = rows.filter(({ what }) => what.startsWith("column-map.")).sort((a, b) => a.at - b.at);
  expect(own.map(({ what, actor, detail }) => [what, actor, detail])).toEqual([
    ["column-map.saved", "u1", { name: "bank-a" }],
    ["column-map.saved", "u4", { name: "bank-b" }],
    ["column-map.saved", "u4", { name: "bank-a" }],
    ["column-map.removed", "u1", { name: "bank-a" }],
  ]);
});

test("a column map – of another agency – is not there, whichever way it is asked for", async () => {
  await ask("u1", "PUT", at("secret-bank"), MAP);
  for (const as of ["j1", "u2", "k1"]) {
    expect(failed(await ask(as, "GET", at("secret-bank")))).toEqual(failed(await ask(as, "GET", at("no-such-map"))));
    expect(failed(await ask(as, "DELETE", at("secret-bank")))).toEqual([404, "not_found", undefined]);
    expect((await ask(as, "GET", "/api/v1/column-maps")).body.toString()).not.toContain("secret-bank");
    const [mine, none] = [await post(as, "secret-bank"), await post(as, "no-such-maps")];
    expect(failed(mine)).toEqual([422, "csv.unknown_map", "Tricord-Column-Map"]);
    expect(
      mine.body
        .toString()
        .replaceAll("secret-bank", "no-such-maps")
        .replace(/"error_id":"[^"]*"/, ""),
    ).toBe(none.body.toString().replace(/"error_id":"[^"]*"/, ""));
  }
});

test.each<[string, string, string, unknown, unknown[]]>([
  ["nobody who posts", "cj", "a", MAP, [403, "forbidden.verb", undefined]],
  ["an auditor", "au", "a", MAP, [403, "forbidden.verb", undefined]],
  ["a name with capitals", "u1", "Bank", MAP, [400, "params.invalid_format", "name"]],
  ["an unknown member", "u1", "a", { ...MAP, delimeter: ";" }, [400, "body.unrecognized_keys", undefined]],
  ["no value", "u1", "a", { columns: [{ column: "a", as: "notes" }] }, [400, "body.custom", "columns"]],
  [
    "a wrong role",
    "u1",
    "a",
    { columns: [{ column: "a", as: "colour" }] },
    [400, "body.invalid_value", "columns[0].as"],
  ],
  ["no body", "u1", "a", undefined, [415, "body.media_type", undefined]],
])("a column map – by %s – refused with code and place", async (_, as, name, map, wanted) => {
  const reply = await ask(as, "PUT", at(name), map);
  expect(failed(reply)).toEqual(wanted);
});

test("a post that names a map – dry run, then for good – read as the map says, the same once more as a large post", async () => {
  await ask("u1", "PUT", at("bank"), MAP);
  const dry = await post("u1", "bank", "?dry_run=true");
  expect(dry.json).toMatchObject({ counts: { received: 2, created: 2, rejected: 0 } });
  const label = async (value: string): Promise<unknown> => {
    const reply = await ask("u1", "GET", `/api/v1/objects?view=originals&value=${value}`);
    return (reply.json as { objects: { object_marking_refs?: string[] }[] }).objects[0]?.object_marking_refs?.length;
  };
  expect((await post("u1", "bank")).json).toMatchObject({ counts: { received: 2, created: 2 } });
  expect(await label("192.0.2.7")).toBe(1);
  const many = `${TABLE}${Array.from({ length: 900 }, (_, i) => `10.1.${i >> 8}.${i & 255};green;D\n`).join("")}`;
  const large = await post("u1", "bank", "", many);
  expect(large.status).toBe(202);
  await ask("u1", "DELETE", at("bank"));
  await world.runJobs();
  const job = (large.json as { job: string }).job;
  expect((await ask("u1", "GET", `/api/v1/jobs/${job}`)).json).toMatchObject({
    status: "done",
    counts: { received: 902, created: 900, unchanged: 2 },
  });
});

test("a post that names a map – that does not fit, or beside another format – refused whole with the entry that is wrong", async () => {
  await ask("u1", "PUT", at("bank"), MAP);
  expect(failed(await post("u1", "bank", "", "x\nIoc;Share\n192.0.2.7;green\n"))).toEqual([
    400,
    "csv.map_column",
    "columns[0].column",
  ]);
  expect(failed(await post("u1", "bank", "?format=stix"))).toEqual([400, "csv.map_format", undefined]);
  expect(failed(await post("u1", "bank, other"))).toEqual([400, "csv.map_repeated", "tricord-column-map"]);
  expect(failed(await post("u1", "Bank"))).toEqual([422, "csv.unknown_map", "Tricord-Column-Map"]);
  const bad = await post("u1", "bank", "", "x\nIndicator;Share\n192.0.2.7;pink\n192.0.2.8;red\n");
  expect(bad.json).toMatchObject({
    counts: { received: 2, created: 1, rejected: 1 },
    results: [{ code: "csv.tlp", path: "row 3" }, {}],
  });
});

test("column maps – 201 of one agency – the last one is refused, one that is there can be changed", async () => {
  for (let i = 0; i < 200; i++) expect((await ask("k1", "PUT", at(`m${i}`), MAP)).status).toBe(200);
  expect(failed(await ask("k1", "PUT", at("one-more"), MAP))).toEqual([409, "column_map.too_many", undefined]);
  expect((await ask("k1", "PUT", at("m7"), MAP)).status).toBe(200);
});
