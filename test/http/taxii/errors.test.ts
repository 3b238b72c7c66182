import { createHash } from "node:crypto";
import { connect } from "node:net";
import fc from "fast-check";
import { TaxiiError } from "../../../schemas/taxii/error.ts";
import { openCore } from "../../../server/compose.ts";
import { composeApp } from "../../../server/compose-http.ts";
import { type Listening, listen } from "../../../server/http/listen.ts";
import type { StixJson } from "../../../server/pipeline/steps.ts";
import { Fault } from "../../../server/shared/fault.ts";
import { makeLog } from "../../../server/shared/log.ts";
import type { Storage } from "../../../server/storage/port.ts";
import { indicator, sampleUuid, TRI, tool } from "../../support/samples.ts";
import { type Got, MANIFEST, OBJECTS, ROOT, TaxiiWorld, TYPE } from "./taxii-world.ts";

/** Error bodies, hostile input, overload (reference section 10). */
jest.setTimeout(600_000);
const RUNS = Number(process.env.TRICORD_FUZZ_RUNS ?? 120);
const GREEN = { tlp: "GREEN", releases: [TRI] };
let taxii: TaxiiWorld;
beforeAll(async () => {
  taxii = await TaxiiWorld.open({ settings: { MAX_INLINE_BYTES: "300000", MAX_UPLOAD_BYTES: "600000" } });
  await taxii.put("feed-US-CISA", [tool("shared"), indicator("found", "[ipv4-addr:value = '198.51.100.1']")], GREEN);
  await taxii.put("u1", [tool("hidden from Korea", { description: "SECRETWORD" })], { tlp: "AMBER" });
});
afterAll(() => taxii.close());

/** An answer that we foresaw: 2xx, or a 4xx with an error resource whose status is its own. */
function foreseen({ status, headers, body, json }: Got, what: unknown): void {
  if (status >= 500)
    throw new Error(`answered ${status} to ${JSON.stringify(what).slice(0, 500)}: ${body.toString().slice(0, 300)}`);
  if (status === 431) return;
  expect([what, headers["content-type"]]).toEqual([what, TYPE]);
  if (status < 400 || body.length === 0) return;
  expect(TaxiiError.strict().parse(json)).toMatchObject({
    title: expect.stringMatching(/./),
    http_status: String(status),
  });
}

test("T-107 every error – of each kind – is an error resource whose http_status is text and the status line's", async () => {
  const wire = { headers: { "Content-Type": TYPE }, body: "{" };
  const answers: [number, Got][] = [
    [400, await taxii.ask("u1", `${OBJECTS}?limit=0`)],
    [401, await taxii.ask("", OBJECTS)],
    [403, await taxii.ask("r3", OBJECTS, { ...wire, method: "POST" })],
    [404, await taxii.ask("u1", `${ROOT}collections/none/`)],
    [404, await taxii.ask("u1", "/taxii2/no/such/path/at/all")],
    [405, await taxii.ask("u1", OBJECTS, { method: "PUT" })],
    [406, await taxii.ask("u1", OBJECTS, { headers: { Accept: "text/html" } })],
    [413, await taxii.ask("u1", OBJECTS, { ...wire, method: "POST", body: "x".repeat(600_001) })],
    [415, await taxii.ask("u1", OBJECTS, { method: "POST", body: "{}" })],
    [400, await taxii.ask("u1", OBJECTS, { ...wire, method: "POST" })],
    [422, await taxii.ask("u1", OBJECTS, { ...wire, method: "POST", body: "[]" })],
  ];
  for (const [expected, got] of answers) {
    expect(got.status).toBe(expected);
    expect(got.json).toMatchObject({
      http_status: String(expected),
      error_code: expect.any(String),
      description: expect.any(String),
    });
    foreseen(got, expected);
  }
});

/** A store whose states can't be read once `trouble` is set. */
function troubled(): { wrapStorage: (storage: Storage) => Storage; trouble: Error | undefined } {
  const plan: ReturnType<typeof troubled> = {
    trouble: undefined,
    wrapStorage: (storage) =>
      new Proxy(storage, {
        get: (target, name) => {
          if (plan.trouble !== undefined && name === "snapshot") throw plan.trouble;
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        },
      }),
  };
  return plan;
}

test("T-107 and T-108 a fault of ours – planted in the store – is a 500 with an error_id and no word of what it was", async () => {
  const plan = troubled();
  const other = await TaxiiWorld.open({ wrapStorage: plan.wrapStorage });
  plan.trouble = new Error("SELECT secret FROM /var/lib/tricord at node_modules/better-sqlite3");
  const { status, json, body, headers } = await other.ask("u1", OBJECTS);
  expect([status, headers["content-type"]]).toEqual([500, TYPE]);
  expect(json).toEqual({
    title: "Server error",
    description: "Something went wrong here.",
    error_id: expect.stringMatching(/^[0-9a-f]{16}$/),
    error_code: "internal",
    http_status: "500",
  });
  expect(body.toString()).not.toMatch(/SELECT|sqlite|node_modules|\/var|Error:/);
  await other.close();
});

test("T-108 words of errors – whatever is sent – are cut, and name no path of the machine nor anything hidden", async () => {
  for (const path of [
    `${OBJECTS}?limit=${"9".repeat(9000)}`,
    `${OBJECTS}?match[version]=${"x".repeat(9000)}`,
    `${OBJECTS}?added_after=${"x".repeat(9000)}`,
  ]) {
    const got = await taxii.ask("u1", path);
    expect([got.status, got.body.length < 2000]).toEqual([400, true]);
    expect(got.body.toString()).not.toMatch(/\/(?:work|tmp|home|var)\/|node_modules|\.ts:|SECRETWORD/);
  }
});

test("T-110 an account past its limit – on TAXII – gets 429 with Retry-After and an error body; a store that can't answer 503", async () => {
  const other = await TaxiiWorld.open({ settings: { RATE_LIMIT_PER_MINUTE: "3" } });
  const statuses: number[] = [];
  for (let n = 0; n < 5; n++) statuses.push((await other.ask("u1", OBJECTS)).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  const { headers, json } = await other.ask("u1", OBJECTS);
  expect([json.http_status, Number(headers["retry-after"]) > 0]).toEqual(["429", true]);
  await other.close();
  const plan = troubled();
  const busy = await TaxiiWorld.open({ wrapStorage: plan.wrapStorage });
  plan.trouble = new Fault("unavailable", "the store is busy", { code: "store.busy", retryAfter: 3 });
  const got = await busy.ask("u1", OBJECTS);
  expect([got.status, got.headers["retry-after"], got.json.http_status]).toEqual([503, "3", "503"]);
  await busy.close();
});

describe("T-109 hostile requests", () => {
  const WORDS = [
    ...[
      "%00",
      "%0a%0d",
      "%ff",
      "%",
      "%zz",
      "..",
      "%2e%2e%2f",
      "__proto__",
      "constructor",
      "null",
      "undefined",
      "NaN",
      "-1",
      "🙂",
    ],
    ...[
      "' OR 1=1 --",
      '{"$gt":""}',
      "{{7*7}}",
      "<script>",
      "\\",
      ";",
      "a".repeat(10_000),
      "originals",
      "dprk",
      tool("shared").id,
    ],
  ].map((word) => (word.startsWith("%") ? word : encodeURIComponent(word)));
  const word = fc.constantFrom(...WORDS);

  test("T-109 paths – made of what is and is not there – are answered with a 2xx or 4xx and an error body", async () => {
    const path = fc.oneof(
      fc.tuple(word, word, word).map(([a, b, c]) => `/taxii2/${a}/collections/${b}/objects/${c}/`),
      fc
        .tuple(word, fc.constantFrom("objects/", "manifest/", "", "objects/x/versions/"))
        .map(([a, rest]) => `${ROOT}collections/${a}/${rest}`),
      fc.array(word, { maxLength: 6 }).map((words) => `/taxii2/${words.join("/")}`),
    );
    const method = fc.constantFrom("GET", "GET", "HEAD", "POST", "DELETE", "PUT", "PATCH");
    await fc.assert(
      fc.asyncProperty(path, method, async (where, how) =>
        foreseen(await taxii.ask("k3", where, { method: how }), [how, where]),
      ),
      { numRuns: RUNS, seed: 11 },
    );
  });

  test("T-109 queries – of all parameters with values that nearly are – are answered with a 2xx or 4xx, and never show what is hidden", async () => {
    const name = fc.constantFrom(
      "limit",
      "next",
      "added_after",
      "match[id]",
      "match[type]",
      "match[version]",
      "match[spec_version]",
      "match[__proto__]",
    );
    const value = fc.oneof(
      word,
      fc.constantFrom("1", "all", "first,last", "2026-03-01T00:00:00Z", "2.1", tool("hidden from Korea").id),
    );
    const pairs = fc.array(fc.tuple(name, value), { maxLength: 4 });
    const where = fc.constantFrom(
      OBJECTS,
      MANIFEST,
      OBJECTS.replace("originals", "consolidated"),
      `${OBJECTS}${tool("hidden from Korea").id}/`,
    );
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(where, pairs, async (path, list) => {
        const asked = `${path}?${list.map(([key, one]) => `${key}=${one}`).join("&")}`;
        const got = await taxii.ask("k3", asked);
        foreseen(got, asked);
        expect(got.body.toString()).not.toContain("SECRETWORD");
        seen.set(got.status, (seen.get(got.status) ?? 0) + 1);
      }),
      { numRuns: RUNS, seed: 12 },
    );
    expect([seen.has(200), seen.has(400), seen.has(404)]).toEqual([true, true, true]);
  });

  test("T-109 headers – of any printable text – are answered with a 2xx or 4xx", async () => {
    const text = fc.string({ unit: fc.constantFrom(...'abc*/;=,"\\ q0.9\t+<>()[]{}%'), maxLength: 60 });
    const name = fc.constantFrom(
      "Accept",
      "Content-Type",
      "Authorization",
      "Tricord-Label",
      "Content-Encoding",
      "X-Api-Key",
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("GET", "POST"), name, text, async (method, key, one) => {
        const headers = { "Content-Type": TYPE, [key]: one };
        const wire =
          method === "POST"
            ? { method, headers, body: JSON.stringify({ objects: [tool("shared")] }) }
            : { method, headers };
        foreseen(await taxii.ask("u1", OBJECTS, wire), [method, key, one]);
      }),
      { numRuns: RUNS, seed: 13 },
    );
  });

  test("T-109 bodies – of any bytes, and of JSON that nearly is an envelope – are answered with a 202 or 4xx, and the collection stays readable", async () => {
    const key = fc.constantFrom(
      "type",
      "id",
      "spec_version",
      "created",
      "modified",
      "name",
      "__proto__",
      "constructor",
      "value",
      "pattern",
      "extensions",
      "object_marking_refs",
      "granular_markings",
    );
    const leaf = fc.oneof(
      fc.constantFrom(
        null,
        true,
        0,
        -1,
        1e308,
        "",
        "tool",
        "2.1",
        "2026-03-01T00:00:00Z",
        tool("fuzz").id,
        "\ud800",
        "\u0000",
        "🙂",
      ),
      fc.string({ maxLength: 8 }),
    );
    const object = fc
      .array(fc.tuple(key, fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }))), { maxLength: 8 })
      .map((pairs) => `{${pairs.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`);
    const nearly = fc.array(object, { maxLength: 4 }).map((list) => `{"objects":[${list.join()}]}`);
    const body = fc.oneof(
      { weight: 4, arbitrary: nearly.map((text) => Buffer.from(text)) },
      fc.uint8Array({ maxLength: 100 }).map((list) => Buffer.from(list)),
      fc.tuple(nearly, fc.nat(200)).map(([text, cut]) => Buffer.from(text.slice(0, cut))),
      fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
    );
    let [taken, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(body, async (bytes) => {
        const got = await taxii.post("k3", bytes);
        foreseen(got, bytes.toString("latin1"));
        if (got.status === 202) taken++;
        else refused++;
      }),
      { numRuns: RUNS, seed: 14 },
    );
    expect([taken > RUNS / 5, refused > RUNS / 20]).toEqual([true, true]);
    for (const as of ["k3", "u1"])
      for (const path of [OBJECTS, MANIFEST]) await taxii.all(as, "?limit=3&match[version]=all", path);
  });

  const deep = (levels: number): StixJson => JSON.parse(`{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`) as StixJson;
  const poison: [string, StixJson][] = [
    [
      "a thousand values in one list",
      tool("poison 1", { aliases: Array.from({ length: 1000 }, (_, i) => `alias ${i}`) }),
    ],
    ["a name of 100 kB", tool("poison 2", { name: "n".repeat(100_000) })],
    ["60 levels of nesting", tool("poison 3", { x_deep: deep(55) })],
    [
      "right-to-left marks, NUL and control characters",
      tool("poison 4", { name: "\u202e\u0000\u0007\u2028</script>" }),
    ],
    [
      "a property named toString, hasOwnProperty, then",
      tool("poison 5", JSON.parse('{"toString":"x","hasOwnProperty":"x","then":"x"}') as StixJson),
    ],
    ["a property named like those of a page", tool("poison 6", { more: true, next: "x", objects: [], x_stamp: 1 })],
    ["marks of JSON in its texts", tool("poison 7", { name: '"}],"more":true,"next":"x","objects":[{"a":"' })],
    ["properties with odd names", tool("poison 8", { 'x","object_marking_refs":["x"],"y': "x", "": "x", " ": 1 })],
    [
      "object_marking_refs within others",
      tool("poison 9", { x_inner: { object_marking_refs: ["marking-definition--x"], id: "tool--x" } }),
    ],
    [
      "an id that only looks like hers",
      tool("poison 10", { x_id: tool("shared").id, external_references: [{ source_name: tool("shared").id }] }),
    ],
    [
      "dates at the end of time",
      tool("poison 11", { created: "0001-01-01T00:00:00.000Z", modified: "9999-12-31T23:59:59.999999Z" }),
    ],
    [
      "references to itself",
      {
        ...tool("poison 12"),
        type: "relationship",
        id: `relationship--${sampleUuid("p12")}`,
        relationship_type: "x",
        source_ref: `relationship--${sampleUuid("p12")}`,
        target_ref: `relationship--${sampleUuid("p12")}`,
      },
    ],
  ];
  test.each(poison)(
    "T-109 an object with %s – posted – never spoils the collection for later reads of anybody",
    async (_, object) => {
      const got = await taxii.post("feed-US-CISA", [object], { label: GREEN });
      foreseen(got, object.id);
      expect(got.status).toBe(202);
      for (const as of ["feed-US-CISA", "u3", "k3", "r3"])
        for (const collection of ["originals", "consolidated"])
          for (const path of [OBJECTS, MANIFEST]) {
            const list = await taxii.all(as, "?match[version]=all&limit=2", path.replace("originals", collection));
            expect(list.map(({ id }) => id)).toContain(tool("shared").id);
            expect(list.filter((one) => typeof one.id !== "string")).toEqual([]);
          }
      const [own] = (await taxii.page("feed-US-CISA", `?match[id]=${String(object.id)}`)).objects ?? [];
      if (own !== undefined) expect(own).toEqual(object);
    },
  );

  test("T-109 a name that is in one object twice – posted – is read as the last, and the page stays JSON", async () => {
    const text = JSON.stringify(tool("twice named")).replace('"name":', '"name":"first","name":');
    expect((await taxii.post("u1", `{"objects":[${text}]}`)).status).toBe(202);
    expect((await taxii.page("u1", `?match[id]=${tool("twice named").id}`)).objects).toEqual([tool("twice named")]);
  });
});

describe("T-107 what is no HTTP", () => {
  let server: Listening;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const { core, steer } = taxii.world;
    const again = await openCore(core.config, steer.moments);
    const runner = { post: () => Promise.reject(new Error("no posts here")), wake: () => undefined };
    const app = composeApp(again, { runner, moments: steer.moments, log: makeLog("silent") });
    server = await listen({ app, host: "127.0.0.1", port: 0, drainMs: 100 });
    close = () => again.storage.close();
  });
  afterAll(async () => {
    await server.stop();
    await close();
  });
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(server.port, "127.0.0.1", () => socket.write(text));
      let got = "";
      socket.on("data", (data) => {
        got += data.toString();
      });
      socket.on("close", () => resolve(got));
      socket.on("error", reject);
    });

  test.each([
    [
      "10,000 ids in match[id]",
      `GET ${OBJECTS}?match[id]=${Array.from({ length: 10_000 }, (_, i) => `tool--${i}`).join()} HTTP/1.1\r\nHost: x\r\n\r\n`,
      "431",
    ],
    ["a header of 20 kB", `GET ${OBJECTS} HTTP/1.1\r\nHost: x\r\nX-A: ${"a".repeat(20_000)}\r\n\r\n`, "431"],
    ["a broken header", `GET ${OBJECTS} HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n`, "400"],
    ["a version of HTTP that is none", `GET ${OBJECTS} HTTP/9.9\r\n\r\n`, "400"],
  ])(
    "T-107 a request with %s – below /taxii2/ – gets an error resource and the connection ends",
    async (_, text, status) => {
      const [head = "", body = ""] = (await raw(text)).split("\r\n\r\n");
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(head).toContain(`Content-Type: ${TYPE}\r\n`);
      expect(TaxiiError.strict().parse(JSON.parse(body)).http_status).toBe(status);
    },
  );
});

test("a page – of many objects at once – is the same bytes however often and by how many it is read", async () => {
  await taxii.put(
    "feed-US-CISA",
    Array.from({ length: 200 }, (_, i) => tool(`bulk ${i}`)),
    GREEN,
  );
  const read = async (): Promise<string> =>
    createHash("sha256")
      .update((await taxii.ask("k3", OBJECTS)).body)
      .digest("hex");
  const all = await Promise.all([0, 1, 2, 3, 4, 5].map(read));
  expect(new Set(all).size).toBe(1);
});
