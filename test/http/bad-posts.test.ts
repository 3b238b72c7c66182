import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { IngestReply, IngestResult } from "../../schemas/api/ingest.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { bundle, row, TRI, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const GREEN = { tlp: "GREEN" as const, releases: [TRI] };
const POST = { method: "POST", path: "/api/v1/ingest" } as const;

let world: TemporaryWorld;
beforeAll(async () => {
  world = await TemporaryWorld.open({ settings: { MAX_INLINE_BYTES: "100000", MAX_UPLOAD_BYTES: "200000" } });
});
afterAll(() => world.close());

interface Failure {
  readonly error?: { readonly code: string; readonly path?: string; readonly message: string };
}
const failed = ({ status, json }: Reply): unknown[] => [status, (json as Failure | undefined)?.error?.code];
const receipt = ({ json }: Reply): IngestReply => json as IngestReply;
const fates = (reply: Reply): unknown =>
  receipt(reply).results.map(({ outcome, code, path }) => (code === undefined ? outcome : [code, path]));
/** Each request has chance of its own, as it has outside of tests. */
let asked = 0;
const fresh = (): void => {
  asked += 1;
  world.at(START + asked * 1000, `request ${asked}`);
};
const ask = (...[as, what, credential]: Parameters<TemporaryWorld["ask"]>): Promise<Reply> => {
  fresh();
  return world.ask(as, what, credential);
};
const send = (body: unknown, headers: Record<string, string> = {}, query = ""): Promise<Reply> =>
  ask("feed-US-CISA", { ...POST, path: `${POST.path}${query}`, body, headers });
const labelled = (as: string, label: unknown, content: StixJson = tool("labelled")): Promise<Reply> =>
  ask(as, {
    ...POST,
    body: JSON.stringify(content),
    headers: { "Tricord-Label": typeof label === "string" ? label : JSON.stringify(label) },
  });
const JSON_TYPE = { "Content-Type": "application/json" };
/** Whatever was refused, nothing of it may be there afterwards. */
const mineNow = async (): Promise<string> =>
  (await ask("u3", { method: "GET", path: "/api/v1/mine?limit=1000" })).body.toString();

describe("a body that can't be read as what it claims to be", () => {
  const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  test.each<[string, string | Buffer, Record<string, string>, string, number, string]>([
    ["no JSON, said to be", "hello", JSON_TYPE, "", 400, "input.json"],
    ["no JSON, forced", "hello", {}, "?format=stix", 400, "input.json"],
    ["nothing", "", {}, "", 400, "input.empty"],
    ["blanks", " \n ", JSON_TYPE, "", 400, "input.json"],
    ["cut-off JSON", '{"type":"bundle","objects":[{"type":"tool"', {}, "", 400, "input.json"],
    ["cut off inside a text", '{"type":"bundle","id":"bun', {}, "", 400, "input.json"],
    ["JSON 200 levels deep", nested(200), {}, "", 400, "input.depth"],
    ["lists 200 levels deep", `${"[".repeat(200)}${"]".repeat(200)}`, JSON_TYPE, "", 400, "input.depth"],
    ["a number", "17", JSON_TYPE, "", 400, "input.not_stix"],
    ["a list of numbers", "[1,2]", JSON_TYPE, "", 400, "input.not_stix"],
    ["JSON that is no STIX", '{"hello":"world"}', {}, "", 400, "input.not_stix"],
    ["a table without values, forced", "a,b\n1,2\n", {}, "?format=csv", 400, "csv.no_value_column"],
    ["wrong UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), {}, "", 400, "input.utf8"],
    ["UTF-16", Buffer.from("\ufeff192.0.2.1", "utf16le"), {}, "", 400, "input.utf8"],
    ["gzip that is cut off", gzipSync(randomBytes(2000)).subarray(0, 900), {}, "", 400, "input.gzip"],
    ["two bytes of gzip", Buffer.from([0x1f, 0x8b]), {}, "", 400, "input.gzip"],
    ["a gzip bomb", gzipSync(Buffer.alloc(5_000_000, 0x20)), {}, "", 413, "input.inflated"],
    [
      "a gzip bomb, said to be one",
      gzipSync(Buffer.alloc(5_000_000, 0x20)),
      { "Content-Encoding": "gzip" },
      "",
      413,
      "input.inflated",
    ],
    ["more bytes than are taken", "x".repeat(200_001), {}, "", 413, "body.too_large"],
    ["an encoding that nobody knows", "192.0.2.1", { "Content-Encoding": "br" }, "", 415, "body.encoding"],
  ])("posting – %s – refused whole with code and words", async (_, body, headers, query, status, code) => {
    const before = await mineNow();
    const reply = await send(body, headers, query);
    expect(failed(reply)).toEqual([status, code]);
    expect((reply.json as Failure).error?.message).toMatch(/\w{3,} \w+/);
    expect(reply.body.length).toBeLessThan(1500);
    expect(await mineNow()).toBe(before);
  });

  test("posting – an object 90 levels deep – that object is rejected, the rest goes in", async () => {
    const deep = tool("too deep", { x_deep: JSON.parse(nested(90)) as StixJson });
    const { status, json } = await send(bundle(deep, tool("beside the deep one")));
    const [first, second] = (json as IngestReply).results;
    expect([status, first?.code, second?.outcome]).toEqual([200, "stix.depth", "created"]);
  });

  test("posting – JSON 60 levels deep in a property of the sender's own – taken and given back", async () => {
    const deep = tool("deep", { x_deep: JSON.parse(nested(60)) as StixJson });
    expect(fates(await send(bundle(deep)))).toEqual(["created"]);
    const shown = await ask("u3", { method: "GET", path: `/api/v1/objects/${deep.id}` });
    expect((shown.json as { object: StixJson }).object.x_deep).toEqual(deep.x_deep);
  });
});

describe("one bad object", () => {
  const good = tool("good beside bad");
  const noObject = (reason: unknown): StixJson => reason as StixJson;

  test.each<[string, StixJson, string, string]>([
    ["the id of another type", { ...tool("a"), id: "malware--0f6a1c2e-3b4d-4e5f-8a9b-0c1d2e3f4a5b" }, "stix.id", "id"],
    ["an id without a UUID", { ...tool("b"), id: "tool--7" }, "stix.id", "id"],
    ["an id of 10 kB", { ...tool("c"), id: `tool--${"a".repeat(10_000)}` }, "stix.id", "id"],
    ["no id", { type: "tool", spec_version: "2.1", name: "x" }, "stix.required", "id"],
    ["an impossible timestamp", { ...tool("d"), modified: "2026-02-30T00:00:00.000Z" }, "stix.timestamp", "modified"],
    ["a timestamp without a zone", { ...tool("e"), created: "2026-02-03T00:00:00" }, "stix.timestamp", "created"],
    [
      "modified before created",
      { ...tool("f"), modified: "2020-01-01T00:00:00.000Z" },
      "stix.version_order",
      "modified",
    ],
    ["a name that is a number", { ...tool("g"), name: 7 }, "stix.type", "name"],
    ["no object at all", noObject(7), "object.not_an_object", "objects[1]"],
    ["null", noObject(null), "object.not_an_object", "objects[1]"],
    ["a lone surrogate", { ...tool("i"), name: "\ud800" }, "stix.text", "name"],
    [
      "__proto__ as a key",
      JSON.parse(`{"type":"tool","__proto__":{"x":1},"id":"${tool("j").id}"}`) as StixJson,
      "stix.forbidden_key",
      "__proto__",
    ],
    [
      "__proto__ as a key, deep inside",
      { ...tool("k"), x_own: [{ a: JSON.parse('{"__proto__":{"x":1}}') as StixJson }] },
      "stix.forbidden_key",
      "x_own[0].a.__proto__",
    ],
    [
      "an address that is none",
      {
        type: "ipv4-addr",
        spec_version: "2.1",
        id: "ipv4-addr--0f6a1c2e-3b4d-5e5f-8a9b-0c1d2e3f4a5b",
        value: "999.1.1.1",
      },
      "value.ipv4",
      "value",
    ],
  ])(
    "posting – %s – that object is rejected with code, path and words, the rest goes in",
    async (_, bad, code, path) => {
      const reply = await send(JSON.stringify(bundle(good, bad)), { "Tricord-Label": JSON.stringify(GREEN) });
      const { counts, results } = receipt(reply);
      expect([reply.status, counts.received, counts.rejected]).toEqual([200, 2, 1]);
      const [first, second] = results;
      expect(first?.outcome).toMatch(/created|unchanged/);
      expect([second?.index, second?.outcome, second?.code, second?.path]).toEqual([1, "rejected", code, path]);
      expect(second?.message).toMatch(/\w/);
      expect(JSON.stringify(second).length).toBeLessThan(2000);
    },
  );

  test("posting – a type that STIX does not have – kept as it is", async () => {
    const ship = { ...tool("ship"), type: "spaceship", id: "spaceship--0f6a1c2e-3b4d-4e5f-8a9b-0c1d2e3f4a5b" };
    const [only] = receipt(await send(JSON.stringify(ship))).results;
    expect([only?.outcome, only?.warnings]).toEqual(["created", undefined]);
  });

  test("posting – the same id and version with other content – that object is rejected, the rest goes in", async () => {
    await send(JSON.stringify(tool("said once")));
    const reply = await send(JSON.stringify(bundle(tool("said once", { name: "said otherwise" }), tool("beside it"))));
    expect([reply.status, fates(reply)]).toEqual([200, [["version.conflict", "modified"], "created"]]);
  });

  test("posting – a table with a broken quote in one row – that row is rejected with its number, the rest goes in", async () => {
    const table = 'ip,note\n192.0.2.61,fine\n192.0.2.62,"broken\n192.0.2.63,fine\n';
    const reply = await send(table);
    expect([reply.status, fates(reply)]).toEqual([200, ["created", ["csv.quote", "row 3"], "created"]]);
  });

  test("posting – nothing but bad objects – 422 with the same body, and a receipt of its own", async () => {
    const reply = await send(JSON.stringify(bundle({ ...tool("x"), id: "tool--1" }, { ...tool("y"), name: 7 })));
    expect(reply.status).toBe(422);
    const { batch, counts, results } = receipt(reply);
    expect(counts).toEqual({ received: 2, created: 0, unchanged: 0, updated: 0, rejected: 2 });
    expect(results.map(({ index, outcome }: IngestResult) => [index, outcome])).toEqual([
      [0, "rejected"],
      [1, "rejected"],
    ]);
    expect(batch).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("posting – a text without any value – said plainly", async () => {
    const reply = await send("No value stands in this sentence.", {}, "?format=text");
    expect([reply.status, failed(reply)[1]]).toEqual([422, "input.nothing_found"]);
  });

  test("posting – a bundle without objects – nothing to do, no error", async () => {
    const reply = await send('{"type":"bundle","id":"bundle--0f6a1c2e-3b4d-4e5f-8a9b-0c1d2e3f4a5b"}');
    expect([reply.status, receipt(reply).counts?.received]).toEqual([200, 0]);
  });

  test("posting – names of the prototype as values and extension keys – taken as the words they are", async () => {
    const odd = tool("constructor", {
      description: "__proto__",
      labels: ["prototype", "hasOwnProperty"],
      x_to: "toString",
    });
    expect(fates(await send(JSON.stringify(odd)))).toEqual(["created"]);
    const { json } = await ask("u3", { method: "GET", path: `/api/v1/objects/${odd.id}` });
    expect((json as { object: StixJson }).object).toMatchObject({ name: "constructor", description: "__proto__" });
  });
});

describe("a label that can't be", () => {
  test.each<[string, string, unknown, number, string, string]>([
    [
      "an unknown agency",
      "u3",
      { tlp: "GREEN", releases: [row("TRI", ["JPN"], ["JP-XXX"])] },
      422,
      "label.unknown_agency",
      "releases[0].agencies[0]",
    ],
    [
      "an unknown agreement",
      "u3",
      { tlp: "GREEN", releases: [row("NATO", ["JPN"])] },
      422,
      "label.unknown_agreement",
      "releases[0].agreement",
    ],
    [
      "an unknown recipient",
      "u3",
      { tlp: "RED", recipients: ["nobody"] },
      422,
      "label.unknown_account",
      "recipients[0]",
    ],
    [
      "an agency that no name of one looks like",
      "u3",
      { tlp: "AMBER", releases: [{ ...TRI, agencies: ["nsa"] }] },
      422,
      "label.unknown_agency",
      "releases[0].agencies[0]",
    ],
    [
      "an agreement that no name of one looks like",
      "u3",
      { tlp: "AMBER", releases: [row("no such agreement", ["JPN"])] },
      422,
      "label.unknown_agreement",
      "releases[0].agreement",
    ],
    ["two TLPs", "u3", { tlp: ["AMBER", "RED"] }, 422, "label.shape", "tlp"],
    ["a TLP of old", "u3", { tlp: "WHITE" }, 422, "label.shape", "tlp"],
    [
      "a class above the author's clearance",
      "k3",
      { tlp: "AMBER", classification: "C" },
      422,
      "label.author_cannot_read",
      "",
    ],
    ["a caveat that the author lacks", "k3", { tlp: "AMBER", caveats: ["LES"] }, 422, "label.author_cannot_read", ""],
    ["the originator", "u3", { originator: "US-FBI" }, 400, "label.shape", "originator"],
    ["the originator's country", "u3", { originatorCountry: "USA" }, 400, "label.shape", "originatorCountry"],
    ["the author", "u3", { author: "u1" }, 400, "label.shape", "author"],
    ["the state", "u3", { state: "released" }, 400, "label.shape", "state"],
    [
      "the status of a row",
      "u3",
      { tlp: "GREEN", releases: [{ ...TRI, status: "on" }] },
      400,
      "label.shape",
      "releases.0.status",
    ],
    ["a misspelt member", "u3", { tpl: "GREEN" }, 400, "label.shape", "tpl"],
    [
      "a country in words",
      "u3",
      { tlp: "GREEN", releases: [row("TRI", ["Japan"])] },
      400,
      "label.shape",
      "releases.0.countries.0",
    ],
    ["no JSON", "u3", "GREEN", 400, "label.json", "Tricord-Label"],
    ["a list", "u3", [], 400, "label.shape", ""],
    ["nothing", "u3", "", 400, "label.json", "Tricord-Label"],
    ["__proto__ as a key", "u3", '{"__proto__":{"tlp":"CLEAR"}}', 400, "label.shape", "__proto__"],
    ["12 kB of it", "u3", JSON.stringify({ topics: ["x".repeat(12_500)] }), 400, "label.too_long", "tricord-label"],
    ["half of a surrogate pair as a topic", "u3", '{"topics":["\\ud800"]}', 400, "label.shape", "topics.0"],
    [
      "a line break in a selector",
      "u3",
      { fieldRules: [{ selectors: ["a\nb"] }] },
      400,
      "label.shape",
      "fieldRules.0.selectors.0",
    ],
    ["65 characters of a topic", "u3", { topics: ["x".repeat(65)] }, 400, "label.shape", "topics.0"],
  ])("posting – %s – refused whole, nothing is stored", async (_, as, label, status, code, path) => {
    const before = await mineNow();
    const reply = await labelled(as, label);
    const { error } = reply.json as Failure;
    expect([reply.status, error?.code, error?.path]).toEqual([status, code, path]);
    expect(error?.message).toMatch(/\w{3,} \w+/);
    expect(await mineNow()).toBe(before);
  });

  test("posting – a row whose country is no party to its agreement – taken, with the words that nobody there reads by it", async () => {
    const label = { tlp: "GREEN", releases: [row("US-JP", ["KOR", "USA"])] };
    const [only] = receipt(await labelled("u3", label, tool("no party"))).results;
    expect([only?.outcome, only?.warnings?.map(({ code, path }) => [code, path])]).toEqual([
      "created",
      [["label.country_not_party", "releases[0].countries"]],
    ]);
  });

  test("posting – two TLP markings on one object – a person gets 422, a feed's object is RED for its author, flagged", async () => {
    const marks = ["55d920b0-5e8b-4f79-9ee9-91f868d9b421", "e828b379-4e03-4974-9ac4-e53a884c97c1"];
    const twice = (name: string): StixJson =>
      tool(name, { object_marking_refs: marks.map((id) => `marking-definition--${id}`) });
    const person = await labelled("u3", {}, twice("two by a person"));
    expect([person.status, fates(person)]).toEqual([422, [["label.two_tlps", "object_marking_refs"]]]);
    const feed = await labelled("feed-US-CISA", {}, twice("two by a feed"));
    expect([feed.status, fates(feed)]).toEqual([200, ["created"]]);
    const mine = (await ask("rel-US-CISA", { method: "GET", path: "/api/v1/mine?limit=1000" })).json as {
      posts: { name?: string; tlp: string; flags: string[] }[];
    };
    expect(mine.posts.find(({ name }) => name === "two by a feed")).toMatchObject({ tlp: "RED", flags: ["two-tlps"] });
  });

  test("posting – a field rule that cuts what the type requires – warned or refused, never shown without it", async () => {
    const thing = tool("essential");
    await labelled("feed-US-CISA", { ...GREEN, fieldRules: [{ selectors: ["name"], countries: ["USA"] }] }, thing);
    const [home, abroad] = [
      await ask("u1", { method: "GET", path: `/api/v1/objects/${thing.id}` }),
      await ask("j1", { method: "GET", path: `/api/v1/objects/${thing.id}` }),
    ];
    expect([home.status, abroad.status]).toEqual([200, 404]);
  });

  describe("field rules whose tiers are too many", () => {
    const RULES = [
      { selectors: ["description"], caveats: ["LES"] },
      { selectors: ["aliases"], caveats: ["FIU"] },
      { selectors: ["labels"], pii: true },
      { selectors: ["tool_types"], countries: ["USA"] },
      { selectors: ["tool_version"], classification: "R" },
      { selectors: ["external_references"], agencies: ["JP-NPA"] },
    ];
    const full = (name: string): StixJson & { id: string } =>
      tool(name, {
        ...{ description: "a", aliases: ["b"], labels: ["c"], tool_types: ["unknown"], tool_version: "1" },
        external_references: [{ source_name: "x", url: "https://x.example/" }],
      });

    test.each([6, 5])(
      "posting – %i rules by a person – refused in words, though its rows abroad are still off",
      async (count) => {
        const reply = await labelled("u1", { ...GREEN, fieldRules: RULES.slice(0, count) }, full(`rules ${count}`));
        expect([reply.status, failed(reply)[1]]).toEqual([422, "label.too_many_tiers"]);
      },
    );

    test("posting – four rules by a person – taken, and a release of every row works", async () => {
      const thing = full("rules 4");
      expect(fates(await labelled("u1", { ...GREEN, fieldRules: RULES.slice(0, 4) }, thing))).toEqual(["created"]);
      for (const country of ["JPN", "KOR"]) {
        fresh();
        await world.decide("rel-US-FBI", await world.propose("u1", thing.id, row("TRI", [country])));
      }
      const shown = await ask("k3", { method: "GET", path: `/api/v1/objects/${thing.id}` });
      expect([shown.status, Object.keys((shown.json as { object: StixJson }).object)]).toEqual([
        200,
        expect.not.arrayContaining(["description", "aliases", "labels", "tool_types"]),
      ]);
    });

    test("proposing – rows that with the rules make too many tiers – refused in words, alone or once another is on", async () => {
      const thing = full("rules and rows");
      const home = {
        tlp: "GREEN",
        releases: [row("TRI", ["USA"])],
        fieldRules: [
          { selectors: ["description"], countries: ["USA", "JPN"] },
          { selectors: ["aliases"], countries: ["USA", "KOR"] },
          { selectors: ["labels"], agencies: ["US-FBI", "US-CISA", "US-TREAS", "JP-NPA", "KR-NIS"] },
          { selectors: ["tool_types"], agencies: ["US-FBI", "US-CISA", "US-TREAS", "JP-NCO", "KR-KISA"] },
          { selectors: ["tool_version"], classification: "R" },
        ],
      };
      const posted = await labelled("u1", home, thing);
      expect([posted.status, fates(posted)]).toEqual([200, ["created"]]);
      const propose = async (countries: readonly string[]): Promise<Reply> => {
        const { json } = await ask("u1", { method: "GET", path: `/api/v1/objects/${thing.id}` });
        const { hash } = json as { hash: string };
        const body = { row: row("TRI", countries), reason: "for the test", hash };
        return ask("u1", { method: "POST", path: `/api/v1/objects/${thing.id}/releases`, body });
      };
      expect(failed(await propose(["JPN", "KOR"]))).toEqual([422, "label.too_many_tiers"]);
      const alone = [await propose(["JPN"]), await propose(["KOR"])];
      expect(alone.map(({ status }) => status)).toEqual([202, 202]);
      const decide = async ({ json }: Reply): Promise<Reply> => {
        const path = `/api/v1/releases/${(json as { release: string }).release}`;
        const { hash } = (await ask("rel-US-FBI", { method: "GET", path })).json as { hash: string };
        return ask("rel-US-FBI", { method: "POST", path: `${path}/approve`, body: { reason: "for the test", hash } });
      };
      const decided: unknown[] = [];
      for (const one of alone) decided.push(failed(await decide(one)));
      expect(decided).toEqual([
        [200, undefined],
        [422, "label.too_many_tiers"],
      ]);
    });

    test("posting – too many rules by a feed, under a standing order – grouped, so that a group passes only if each of its rules does", async () => {
      const fieldRules = [
        { selectors: ["description"], countries: ["USA", "JPN"] },
        { selectors: ["aliases"], countries: ["USA", "KOR"] },
        { selectors: ["labels"], countries: ["JPN", "KOR"] },
        { selectors: ["tool_types"], agencies: ["US-FBI", "US-CISA", "JP-NPA", "KR-NIS", "KR-KISA"] },
        { selectors: ["tool_version"], countries: ["USA"], agencies: ["US-FBI", "US-TREAS"] },
        { selectors: ["external_references"], agencies: ["JP-NPA", "JP-NCO", "KR-KISA"] },
      ];
      const thing = full("rules of a feed");
      const reply = await labelled("feed-US-FBI", { ...GREEN, fieldRules }, thing);
      expect([reply.status, reply.body.toString()]).toEqual([200, expect.stringContaining('"created"')]);
      const shown = await ask("k3", { method: "GET", path: `/api/v1/objects/${thing.id}` });
      const there = Object.keys((shown.json as { object: StixJson }).object);
      expect(there).not.toContain("description");
      expect(there).toContain("name");
    });
  });
});

describe("a request that can't be", () => {
  test.each<[string, string, string, string]>([
    ["an unknown query parameter", "?lable=x", "query.unknown", "lable"],
    ["__proto__ as a query parameter", "?__proto__=x", "query.unknown", "__proto__"],
    ["a repeated query parameter", "?format=csv&format=text", "query.repeated", "format"],
    ["an unknown format", "?format=pdf", "query.invalid_value", "format"],
    ["dry_run that is neither", "?dry_run=yes", "query.invalid_value", "dry_run"],
    ["a percent sign that is no escape", "?format=%ff", "query.encoding", ""],
  ])("posting – %s – 400", async (_, query, code, path) => {
    const reply = await send("192.0.2.1", {}, query);
    const { error } = reply.json as Failure;
    expect([reply.status, error?.code, error?.path ?? ""]).toEqual([400, code, path]);
  });

  test("posting – an unknown preset – 422 with those there are", async () => {
    const reply = await send("192.0.2.1", {}, "?preset=nothing");
    expect(failed(reply)).toEqual([422, "label.unknown_preset"]);
    expect((reply.json as Failure).error?.message).toContain("partners-green");
  });

  test.each([
    ["a client", "cj"],
    ["a feed whose scope is read only", "r3"],
    ["an administrator", "ad"],
    ["an auditor", "au"],
    ["a liaison", "lx"],
    ["a signer", "sign-usa"],
  ])("posting – by %s – 403, whatever the body", async (_, as) => {
    for (const body of ["192.0.2.1", "{", Buffer.from([0xff])])
      expect(failed(await ask(as, { ...POST, body }))).toEqual([403, "forbidden.verb"]);
  });

  test("posting – by nobody – 401, whatever the body and label", async () => {
    const asked = { ...POST, body: "{", headers: { "Tricord-Label": "{" } };
    expect(failed(await ask("", asked, "none"))).toEqual([401, "credentials.missing"]);
  });

  test.each(["GET", "PUT", "PATCH", "DELETE"] as const)("%s on /ingest – 405 with what is allowed", async (method) => {
    const reply = await ask("u3", { ...POST, method });
    expect([...failed(reply), reply.headers.allow]).toEqual([405, "method_not_allowed", "POST"]);
  });
});
