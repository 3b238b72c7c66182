import { gzipSync } from "node:zlib";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { tool } from "../support/samples.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

let world: TemporaryWorld;
beforeAll(async () => {
  world = await TemporaryWorld.open();
});
afterAll(() => world.close());

const JSON_TYPE = { "Content-Type": "application/json" };
const ask = (what: string, body: unknown, headers: Readonly<Record<string, string>> = JSON_TYPE): Promise<Reply> =>
  world.ask("u1", { method: "POST", path: `/api/v1/stix/${what}`, body, headers });
const sent = async (what: string, body: unknown): Promise<unknown> => {
  const reply = await ask(what, body);
  expect(reply.status).toBe(200);
  return reply.json;
};
type Finding = { readonly code: string; readonly path: string; readonly message: string; readonly rule: string };
type Verdict = { readonly valid: boolean; readonly errors: Finding[]; readonly warnings: Finding[] };

const seen = (value: string): StixJson => {
  const id = "ipv4-addr--3b0b8a3e-5d6f-4c0e-8d5a-0b4c2f6e7a82";
  const when = "2026-03-01T00:00:00.000Z";
  return {
    type: "bundle",
    id: "bundle--6a4e5f0e-6b0a-4e0b-9d0e-0b7d1c2f3a4b",
    objects: [
      {
        ...{ type: "observed-data", spec_version: "2.1", created: when, modified: when },
        id: "observed-data--3b0b8a3e-5d6f-4c0e-8d5a-0b4c2f6e7a81",
        ...{ first_observed: when, last_observed: when, number_observed: 1, object_refs: [id] },
      },
      { type: "ipv4-addr", spec_version: "2.1", id, value },
    ],
  };
};

test("validate – a sound object, a bundle of it, a list of it – valid without errors", async () => {
  const one = tool("sound");
  const bundle = { type: "bundle", id: "bundle--6a4e5f0e-6b0a-4e0b-9d0e-0b7d1c2f3a4b", objects: [one] };
  for (const value of [one, bundle, [one]])
    expect(await sent("validate", value)).toMatchObject({ valid: true, errors: [] });
});

test("validate – several things wrong – 200 with all of them, each with code, path, words and section", async () => {
  const { name: _, ...rest } = tool("wrong");
  const verdict = (await sent("validate", { ...rest, confidence: 101, revoked: "yes" })) as Verdict;
  expect(verdict.valid).toBe(false);
  expect(verdict.errors.map(({ path }) => path).sort()).toEqual(["confidence", "name", "revoked"]);
  for (const { code, message, rule } of verdict.errors) {
    expect(code).toMatch(/^stix\./);
    expect(message).not.toBe("");
    expect(rule).toMatch(/^\d/);
  }
});

test("validate – a name that stands twice, nesting that no object has – errors with their sections", async () => {
  const twice = JSON.stringify(tool("twice")).replace('"type":', '"name":"first","type":');
  expect(await sent("validate", twice)).toMatchObject({
    valid: false,
    errors: [{ code: "stix.duplicate_name", path: "name", rule: "2.3" }],
  });
  const deep = `${"[".repeat(2000)}${"]".repeat(2000)}`;
  expect(await sent("validate", deep)).toMatchObject({
    valid: false,
    errors: [{ code: "stix.depth", path: "", rule: "1.2.10" }],
  });
});

test("validate – in a list and in a bundle – the path begins with the place of the object", async () => {
  const { name: _, ...rest } = tool("nameless");
  const one = { type: "bundle", id: "bundle--6a4e5f0e-6b0a-4e0b-9d0e-0b7d1c2f3a4b", objects: [tool("fine"), rest] };
  expect(((await sent("validate", one)) as Verdict).errors.map(({ path }) => path)).toEqual(["objects[1].name"]);
  expect(((await sent("validate", [tool("fine"), rest])) as Verdict).errors.map(({ path }) => path)).toEqual([
    "[1].name",
  ]);
});

test.each([
  ["text", '"text"'],
  ["a number", "1"],
  ["null", "null"],
  ["an empty object", "{}"],
  ["members nested 5,000 deep", `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`],
  ["a name twice", '{"type":"tool","type":"tool"}'],
  ["a poisoned name", '{"type":"tool","__proto__":{"a":1}}'],
])("validate – %s – 200, and not valid", async (_, body) => {
  expect(((await sent("validate", body)) as Verdict).valid).toBe(false);
});

test.each([
  ["a cut-off text", '{"type":', 400, "input.json"],
  ["an empty body", "", 400, "input.json"],
])("validate – %s – refused", async (_, body, status, code) => {
  const reply = await ask("validate", body);
  expect(reply.status).toBe(status);
  expect((reply.json as { error: Finding }).error.code).toBe(code);
});

test("validate – gzip – read; gzip that is damaged – 400", async () => {
  const packed = { ...JSON_TYPE, "Content-Encoding": "gzip" };
  const whole = gzipSync(JSON.stringify(tool("packed")));
  expect((await ask("validate", whole, packed)).json).toMatchObject({ valid: true });
  expect((await ask("validate", whole.subarray(0, 40), packed)).status).toBe(400);
});

test("any of them – not signed in – 401; another method – 405; another media type – 415", async () => {
  for (const what of ["validate", "pattern/validate", "pattern/equivalent", "pattern/match", "id"]) {
    const path = `/api/v1/stix/${what}`;
    expect((await world.ask("u1", { method: "POST", path, body: {} }, "none")).status).toBe(401);
    expect((await world.ask("u1", { method: "GET", path })).status).toBe(405);
    expect((await ask(what, "{}", { "Content-Type": "text/plain" })).status).toBe(415);
  }
});

test("pattern/validate – a pattern – valid, with its normal form", async () => {
  const pattern = "[ipv4-addr:value  =  '1.2.3.4'   OR file:hashes.'MD5' = '79054025255fb1a26e4bc422aef54eb4']";
  const reply = (await sent("pattern/validate", { pattern })) as { valid: boolean; errors: unknown[]; normal: string };
  expect(reply).toMatchObject({ valid: true, errors: [] });
  expect(await sent("pattern/validate", { pattern: reply.normal })).toMatchObject({
    valid: true,
    normal: reply.normal,
  });
});

test.each([
  ["no pattern", "ipv4-addr:value = '1.2.3.4'"],
  ["empty text", ""],
  ["AND across two types", "[ipv4-addr:value = '1.2.3.4' AND domain-name:value = 'a.example']"],
  ["REPEATS 0", "[ipv4-addr:value = '1.2.3.4'] REPEATS 0 TIMES"],
])("pattern/validate – %s – 200, not valid, with the place", async (_, pattern) => {
  const reply = (await sent("pattern/validate", { pattern })) as {
    valid: boolean;
    errors: { line: number; code: string }[];
  };
  expect(reply.valid).toBe(false);
  expect(reply).not.toHaveProperty("normal");
  expect(reply.errors[0]).toMatchObject({ path: "pattern", line: 1, code: expect.stringMatching(/^pattern\./) });
});

test.each([
  ["the same in another order", "[file:size = 1 OR file:size = 2]", "[file:size = 2 OR file:size = 1]", true, true],
  ["IN of two and OR", "[file:size IN (1, 2)]", "[file:size = 2 OR file:size = 1]", false, true],
  ["a domain name in capitals", "[domain-name:value = 'A.example']", "[domain-name:value = 'a.example']", false, true],
  ["another value", "[file:size = 1]", "[file:size = 2]", false, false],
])("pattern/equivalent – %s – as the two forms say", async (_, a, b, equivalent, sameThing) => {
  expect(await sent("pattern/equivalent", { a, b })).toEqual({ equivalent, sameThing });
});

test("pattern/equivalent – one that is no pattern – 422 with its name and place", async () => {
  const reply = await ask("pattern/equivalent", { a: "[file:size = 1]", b: "[file:size = ]" });
  expect(reply.status).toBe(422);
  expect(reply.json).toMatchObject({ error: { code: "pattern.syntax", path: "b" } });
});

test("pattern/match – observed data with the value, and without – matched or not; no pattern – an error", async () => {
  const pattern = "[ipv4-addr:value ISSUBSET '198.51.100.0/24']";
  expect(await sent("pattern/match", { pattern, observed: [seen("198.51.100.7")] })).toEqual({ matched: true });
  expect(await sent("pattern/match", { pattern, observed: [seen("203.0.113.7")] })).toEqual({ matched: false });
  expect(await sent("pattern/match", { pattern, observed: [] })).toEqual({ matched: false });
  expect(await sent("pattern/match", { pattern: "[", observed: [] })).toMatchObject({
    error: { code: "pattern.syntax" },
  });
});

test.each([
  ["no list", { pattern: "[a:b = 1]", observed: {} }, "observed"],
  ["no pattern", { observed: [] }, "pattern"],
  ["a member that nobody knows", { pattern: "[a:b = 1]", observed: [], more: 1 }, ""],
])("pattern/match – %s – 400 with the path", async (_, body, path) => {
  const reply = await ask("pattern/match", body);
  expect(reply.status).toBe(400);
  expect((reply.json as { error: Finding }).error.path ?? "").toBe(path);
});

test.each([
  ["half of a surrogate pair", '{"type":"file","name":"\\ud800"}', "stix.text"],
  ["one in an extension", '{"type":"file","extensions":{"ntfs-ext":{"sid":"\\udc00"}}}', "stix.text"],
  ["a number without end", '{"type":"autonomous-system","number":1e400}', "stix.number"],
])("id – %s, which has no canonical text – 422", async (_, body, code) => {
  const reply = await ask("id", body);
  expect(reply.status).toBe(422);
  expect((reply.json as { error: Finding }).error.code).toBe(code);
});
test("id – an address – the id that the Python library makes too", async () => {
  expect(await sent("id", { type: "ipv4-addr", value: "198.51.100.3" })).toEqual({
    id: "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4",
  });
});

test("id – a process, which has no contributing property – a random one that says so; other types – 422", async () => {
  expect(await sent("id", { type: "process", pid: 7 })).toMatchObject({
    id: expect.stringMatching(/^process--[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/),
    random: true,
  });
  for (const [body, code] of [
    [{ type: "malware", name: "x" }, "stix.id_type"],
    [{ type: "ipv4-addr" }, "stix.required"],
    [{ type: "file", hashes: { MD5: "zz" } }, "stix.hash"],
  ] as const) {
    const reply = await ask("id", body);
    expect(reply.status).toBe(422);
    expect((reply.json as { error: Finding }).error.code).toBe(code);
  }
});
