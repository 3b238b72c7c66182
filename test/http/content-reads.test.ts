import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { composeApp } from "../../server/compose-http.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { makeLog } from "../../server/shared/log.ts";
import { bundle, indicator, row, sampleUuid, TRI, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Ask, type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const GREEN = { tlp: "GREEN" as const, releases: [TRI] };
const MINUTE = 60_000;

let world: TemporaryWorld;
/** Requests so far: each gets a second and chance of its own. */
let asked = 0;
const ask = (as: string, what: Ask | string, credential?: "key" | "none"): Promise<Reply> => {
  asked += 1;
  world.at(START + asked * 1000, `request ${asked}`);
  return world.ask(as, typeof what === "string" ? { method: "GET", path: what } : what, credential);
};
const post = (as: string, objects: readonly StixJson[], label?: object): Promise<Reply> =>
  ask(as, {
    ...{ method: "POST", path: "/api/v1/ingest", body: JSON.stringify(bundle(...objects)) },
    ...(label === undefined ? {} : { headers: { "Tricord-Label": JSON.stringify(label) } }),
  });

interface Page {
  readonly objects?: readonly (StixJson & { readonly id: string })[];
  readonly posts?: readonly { readonly id: string }[];
  readonly next?: string;
}
interface Failure {
  readonly error?: { readonly code: string; readonly path?: string; readonly message: string };
}
const failed = ({ status, json }: Reply): unknown[] => [status, (json as Failure | undefined)?.error?.code];
const pageOf = ({ json }: Reply): Page => json as Page;

const open = tool("seen by all");
const hidden = tool("seen by Japan");
const UNKNOWN = `tool--${sampleUuid("never posted")}`;

beforeAll(async () => {
  world = await TemporaryWorld.open();
  const many = Array.from({ length: 12 }, (_, n) => indicator(`of twelve ${n}`, `[ipv4-addr:value = '10.9.0.${n}']`));
  const edges = many.map(({ id }, n) => ({
    ...{ type: "relationship", spec_version: "2.1", id: `relationship--${sampleUuid(`edge ${n}`)}` },
    ...{ created: open.created, modified: open.modified, relationship_type: "indicates" },
    ...{ source_ref: id, target_ref: open.id },
  }));
  expect((await post("feed-US-CISA", [open, ...many, ...edges], GREEN)).status).toBe(200);
  await post("feed-US-CISA", [hidden], { tlp: "GREEN", releases: [row("US-JP", ["JPN", "USA"])] });
});
afterAll(() => world.close());

describe("pages and their cursors", () => {
  const LISTS = [
    "/api/v1/objects?limit=5",
    "/api/v1/objects?limit=5&view=originals",
    `/api/v1/objects/${open.id}/relationships?limit=5`,
    "/api/v1/mine?limit=5",
  ];
  const ids = ({ objects, posts }: Page): string[] => (objects ?? posts ?? []).map(({ id }) => id);
  const NEXT = "&next=";

  test.each(LISTS)("following next – of %s – each once, in order, as one page gives them", async (path) => {
    const whole = ids(pageOf(await ask("u3", path.replace("limit=5", "limit=1000"))));
    expect(whole.length).toBeGreaterThan(10);
    const found: string[] = [];
    for (let next: string | undefined = ""; next !== undefined; ) {
      const page: Page = pageOf(await ask("u3", next === "" ? path : `${path}${NEXT}${next}`));
      expect(ids(page).length).toBeLessThanOrEqual(5);
      found.push(...ids(page));
      next = page.next;
    }
    expect(found).toEqual(whole);
  });

  test("what is posted while somebody pages – comes at the end, nothing is missed or repeated", async () => {
    const path = "/api/v1/objects?limit=4&type=tool&text=while";
    await post(
      "feed-US-CISA",
      [0, 1, 2, 3, 4, 5].map((n) => tool(`while paging ${n}`)),
      GREEN,
    );
    const first = pageOf(await ask("j1", path));
    await post(
      "feed-US-CISA",
      [6, 7].map((n) => tool(`while paging ${n}`)),
      GREEN,
    );
    const second = pageOf(await ask("j1", `${path}${NEXT}${first.next}`));
    const names = [...(first.objects ?? []), ...(second.objects ?? [])].map(({ name }) => name);
    expect(names).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((n) => `while paging ${n}`));
    expect(second.next).toBeUndefined();
  });

  test.each(LISTS)(
    "a cursor – of %s – cut, changed, made up, of another account or of another question: 400 with the same words",
    async (path) => {
      const { next = "" } = pageOf(await ask("u3", path));
      expect(next).toMatch(/^[A-Za-z0-9_-]{40,}$/);
      const flipped = `${next.slice(0, 20)}${next[20] === "A" ? "B" : "A"}${next.slice(21)}`;
      const others = await Promise.all(
        LISTS.filter((other) => other !== path).map(async (other) => pageOf(await ask("u3", other)).next ?? ""),
      );
      const colleague = pageOf(await ask("rel-US-CISA", path)).next ?? "";
      const forged = Buffer.from(JSON.stringify({ stamp: 0, id: "" })).toString("base64url");
      const bad = [
        next.slice(0, -1),
        next.slice(0, 30),
        flipped,
        forged,
        "A",
        "x".repeat(4000),
        "%20",
        "-_-",
        `${next}${next}`,
        colleague,
        ...others,
      ];
      const replies = await Promise.all(bad.map((cursor) => ask("u3", `${path}${NEXT}${cursor}`)));
      expect(replies.map(failed)).toEqual(bad.map(() => [400, "cursor.invalid"]));
      expect(new Set(replies.map(({ body }) => body.toString())).size).toBe(1);
      expect((await ask("u3", `${path}${NEXT}${next}`)).status).toBe(200);
    },
  );

  test.each([
    "&type=tool",
    "&tlp=GREEN",
    "&source=US-CISA",
    "&text=twelve",
    "&value=10.9.0.1",
    "&received_after=2020-01-01T00:00:00Z",
  ])("a cursor – sent with another filter, %s – 400", async (filter) => {
    const path = "/api/v1/objects?limit=5";
    const { next } = pageOf(await ask("u3", path));
    expect(failed(await ask("u3", `${path}${filter}${NEXT}${next}`))).toEqual([400, "cursor.invalid"]);
  });

  test("a cursor – equal questions by the same account – equal cursors, whatever chance says", async () => {
    const [one, two] = [await ask("u3", LISTS[0] ?? ""), await ask("u3", LISTS[0] ?? "")];
    expect(two.body.toString()).toBe(one.body.toString());
  });
});

test("a filter by TLP – its plus typed as it is, or escaped – the same page", async () => {
  const [typed, escaped] = ["AMBER+STRICT", "AMBER%2BSTRICT"].map((tlp) => ask("u3", `/api/v1/objects?tlp=${tlp}`));
  expect(pageOf(await (typed ?? ask("u3", "/")))).toEqual(pageOf(await (escaped ?? ask("u3", "/"))));
});

describe("questions that can't be", () => {
  test.each([
    ["an unknown parameter", "/objects?limt=5", "query.unknown", "limt"],
    ["a repeated one", "/objects?type=tool&type=malware", "query.repeated", "type"],
    ["a limit of nothing", "/objects?limit=0", "query.invalid_format", "limit"],
    ["a negative limit", "/objects?limit=-1", "query.invalid_format", "limit"],
    ["a limit in words", "/objects?limit=ten", "query.invalid_format", "limit"],
    ["a limit of ten digits", "/objects?limit=1000000000", "query.invalid_format", "limit"],
    ["an unknown view", "/objects?view=raw", "query.invalid_value", "view"],
    ["a TLP of old", "/objects?tlp=WHITE", "query.invalid_value", "tlp"],
    ["a type in capitals", "/objects?type=Tool", "query.invalid_format", "type"],
    ["an agency that is none", "/objects?source=nobody", "query.invalid_format", "source"],
    ["a date that there is not", "/objects?received_after=2026-02-30T00:00:00Z", "query.instant", "received_after"],
    ["a date without time", "/objects?received_before=2026-02-03", "query.invalid_format", "received_before"],
    ["an empty value", "/objects?value=", "query.too_small", "value"],
    ["a value of 5 kB", `/objects?value=${"x".repeat(5000)}`, "query.too_big", "value"],
    ["a text of 600 characters", `/objects?text=${"x".repeat(600)}`, "query.too_big", "text"],
    ["an unknown export", "/export?format=pdf", "query.invalid_value", "format"],
    ["a page of an export", "/export?limit=5", "query.unknown", "limit"],
    ["a query on one object", `/objects/${open.id}?view=originals`, "query.unknown", "view"],
    ["a filter on mine", "/mine?type=tool", "query.unknown", "type"],
    ["a status that there is not", "/releases?status=open", "query.invalid_value", "status"],
    ["an escape that is none", "/objects?text=%c3%28", "query.encoding", ""],
  ])("asking – %s – 400 with code, path and words", async (_, path, code, where) => {
    const reply = await ask("u3", `/api/v1${path}`);
    const { error } = reply.json as Failure;
    expect([reply.status, error?.code, error?.path ?? ""]).toEqual([400, code, where]);
    expect(error?.message.length).toBeGreaterThan(5);
    expect(reply.body.length).toBeLessThan(1500);
  });

  test.each([
    ["no type", "/objects/7"],
    ["a type alone", "/objects/tool"],
    ["10 kB", `/objects/tool--${"a".repeat(10_000)}`],
    ["a UUID that is none", "/objects/tool--00000000-0000-0000-0000-00000000000g"],
    ["__proto__", "/objects/__proto__"],
    ["constructor", "/objects/constructor/sources"],
    ["another's escape", "/objects/tool--%00"],
    ["a star", "/objects/*/relationships"],
  ])("an id – %s – 400 with code and words", async (_, path) => {
    const reply = await ask("u3", `/api/v1${path}`);
    expect([reply.status, (reply.json as Failure).error?.path]).toEqual([400, "id"]);
    expect(reply.body.length).toBeLessThan(1500);
  });

  test.each<[string, unknown, number, string]>([
    ["neither values nor text", {}, 400, "body.custom"],
    ["both", { values: ["a"], text: "b" }, 400, "body.custom"],
    ["an unknown member", { values: ["a"], more: 1 }, 400, "body.unrecognized_keys"],
    ["no values", { values: [] }, 400, "body.too_small"],
    ["1,001 values", { values: Array.from({ length: 1001 }, () => "a") }, 400, "body.too_big"],
    ["a value of 5 kB", { values: ["x".repeat(5000)] }, 400, "body.too_big"],
    ["a number", { values: [7] }, 400, "body.invalid_type"],
    ["a list", [], 400, "body.invalid_type"],
    ["__proto__", Buffer.from('{"values":["a"],"__proto__":{}}'), 400, "json.key"],
    ["no JSON", Buffer.from("{"), 400, "json.syntax"],
    ["200 levels", Buffer.from("[".repeat(200) + "]".repeat(200)), 400, "json.depth"],
    ["wrong UTF-8", Buffer.from([0x22, 0xff, 0x22]), 400, "json.encoding"],
    ["over a megabyte", Buffer.from(JSON.stringify({ text: "x".repeat(1_100_000) })), 413, "body.too_large"],
  ])("looking up – %s – refused with code and words", async (_, body, status, code) => {
    const asked: Ask = {
      method: "POST",
      path: "/api/v1/lookup",
      body,
      headers: { "Content-Type": "application/json" },
    };
    expect(failed(await ask("u3", asked))).toEqual([status, code]);
  });

  test("looking up – a body of another media type, or packed – 415", async () => {
    const base = { method: "POST" as const, path: "/api/v1/lookup", body: '{"values":["a"]}' };
    expect(failed(await ask("u3", { ...base, headers: { "Content-Type": "text/plain" } }))).toEqual([
      415,
      "body.media_type",
    ]);
    const packed = { "Content-Type": "application/json", "Content-Encoding": "gzip" };
    expect(failed(await ask("u3", { ...base, headers: packed }))).toEqual([415, "body.encoding"]);
  });

  test.each<[string, object]>([
    ["no reason", { row: TRI, hash: "x" }],
    ["a row with its status", { row: { ...TRI, status: "on" }, reason: "r", hash: "x" }],
    ["a country in words", { row: row("TRI", ["Japan"]), reason: "r", hash: "x" }],
    ["a hash that is a number", { row: TRI, reason: "r", hash: 7 }],
    ["an unknown member", { row: TRI, reason: "r", hash: "x", approve: true }],
  ])("proposing a release – %s – 400 on what is there and on what is not alike", async (_, body) => {
    const on = (id: string): Promise<Reply> =>
      ask("u3", { method: "POST", path: `/api/v1/objects/${id}/releases`, body });
    const [there, not] = [await on(open.id), await on(UNKNOWN)];
    expect([there.status, not.body.toString()]).toEqual([400, there.body.toString()]);
  });

  test("a release that there is not – shown, approved, refused – 404; by an account without the verb – 403", async () => {
    const body = { reason: "r", hash: "x" };
    for (const release of [sampleUuid("none"), "7", "__proto__", "x".repeat(100)]) {
      expect(failed(await ask("rel-US-CISA", `/api/v1/releases/${release}`))).toEqual([404, "not_found"]);
      for (const verb of ["approve", "refuse"]) {
        const path = `/api/v1/releases/${release}/${verb}`;
        expect(failed(await ask("rel-US-CISA", { method: "POST", path, body }))).toEqual([404, "not_found"]);
        expect(failed(await ask("u3", { method: "POST", path, body }))).toEqual([403, "forbidden.verb"]);
        expect(failed(await ask("rel-US-CISA", { method: "POST", path, body }, "key"))).toEqual([
          403,
          "forbidden.verb",
        ]);
      }
    }
    expect(failed(await ask("rel-US-CISA", `/api/v1/releases/${"x".repeat(101)}`))).toEqual([400, "params.too_big"]);
  });

  test("a job that there is not – 404, whatever its name", async () => {
    for (const job of [sampleUuid("none"), "7", "__proto__"])
      expect(failed(await ask("feed-US-CISA", `/api/v1/jobs/${job}`))).toEqual([404, "not_found"]);
  });
});

/** Members of TAXII's own error resource, where there is nothing to say of the matter. */
const TAXII_ERROR = ["description", "error_code", "http_status", "title"];

describe("hidden and unknown", () => {
  const PATHS = ["", "/sources", "/relationships"];

  test.each(PATHS)(
    "GET /objects/{id}%s – hidden from the reader or never posted – one answer to the byte",
    async (tail) => {
      expect((await ask("j1", `/api/v1/objects/${hidden.id}${tail}`)).status).toBe(200);
      const [one, other] = [
        await ask("k3", `/api/v1/objects/${hidden.id}${tail}`),
        await ask("k3", `/api/v1/objects/${UNKNOWN}${tail}`),
      ];
      expect([one.status, one.body.toString()]).toEqual([404, other.body.toString()]);
      const without = ({ date: _, ...rest }: Readonly<Record<string, string>>): unknown => rest;
      expect(without(one.headers)).toEqual(without(other.headers));
    },
  );

  test.each(["PUT", "PATCH", "DELETE"] as const)(
    "%s – on an object that is there, hidden or unknown – one 405 with what is allowed",
    async (method) => {
      const replies = await Promise.all(
        [open.id, hidden.id, UNKNOWN].map((id) =>
          ask("k3", { method, path: `/api/v1/objects/${id}`, body: { name: "x" } }),
        ),
      );
      expect(replies.map((reply) => [...failed(reply), reply.headers.allow])).toEqual(
        replies.map(() => [405, "method_not_allowed", "GET, HEAD"]),
      );
      expect(new Set(replies.map(({ body }) => body.toString())).size).toBe(1);
    },
  );

  test.each([
    ["POST", "/objects", "GET, HEAD"],
    ["DELETE", "/mine", "GET, HEAD"],
    ["PATCH", "/export", "GET, HEAD"],
    ["GET", "/lookup", "POST"],
    ["PUT", "/releases", "GET, HEAD"],
    ["DELETE", `/releases/${UNKNOWN}`, "GET, HEAD"],
    ["GET", `/releases/${UNKNOWN}/approve`, "POST"],
    ["DELETE", `/jobs/${UNKNOWN}`, "GET, HEAD"],
    ["GET", `/objects/${UNKNOWN}/releases`, "POST"],
  ] as const)("%s %s – 405 with what is allowed", async (method, path, allow) => {
    const reply = await ask("u3", { method, path: `/api/v1${path}` });
    expect([...failed(reply), reply.headers.allow]).toEqual([405, "method_not_allowed", allow]);
  });

  test("every content route – without a credential – 401 and nothing else", async () => {
    const routes = world.routes.filter(({ needs }) => needs !== "anyone");
    expect(routes.length).toBeGreaterThan(12);
    for (const { method, path } of routes) {
      const asked = { method, path: path.replaceAll(/\{[a-z]+\}/gi, open.id) } as Ask;
      const reply = await ask("", asked, "none");
      if (!path.startsWith("/taxii2/")) expect([path, ...failed(reply)]).toEqual([path, 401, "credentials.missing"]);
      else expect([path, reply.status, Object.keys(Object(reply.json)).sort()]).toEqual([path, 401, TAXII_ERROR]);
    }
  });

  test.each([
    ["ad", "administrator"],
    ["au", "auditor"],
    ["sign-usa", "signer"],
  ])("reading – as %s, an %s – 403: no role widens reading", async (as) => {
    for (const path of ["/objects", `/objects/${open.id}`, "/mine", "/export"])
      expect(failed(await ask(as, `/api/v1${path}`))).toEqual([403, "forbidden.verb"]);
  });

  test("HEAD – on a list and on an object – as GET, without the body", async () => {
    for (const path of ["/api/v1/objects?limit=2", `/api/v1/objects/${open.id}`]) {
      const [head, get] = [await ask("u3", { method: "HEAD", path }), await ask("u3", path)];
      expect([head.status, head.body.length, head.headers["content-length"]]).toEqual([
        200,
        0,
        String(get.body.length),
      ]);
    }
  });
});

describe("what time changes", () => {
  const at = async (minutes: number, as: string, path: string): Promise<Reply> => {
    world.at(START + minutes * MINUTE, `at ${minutes} ${as} ${path}`);
    return world.ask(as, { method: "GET", path });
  };
  const instant = (minutes: number): string => new Date(START + minutes * MINUTE).toISOString();

  test("an embargo and a row with an end – minute by minute – open and close by themselves, for good where the clock jumps back", async () => {
    const [embargoed, ending] = [tool("embargoed"), tool("ending")];
    await post("feed-US-CISA", [embargoed], { ...GREEN, embargoUntil: instant(200), embargoReaders: ["j3"] });
    await post("feed-US-CISA", [ending], { tlp: "GREEN", releases: [{ ...TRI, until: instant(201) }] });
    const seen = async (minutes: number, as: string): Promise<number[]> =>
      Promise.all([embargoed, ending].map(async ({ id }) => (await at(minutes, as, `/api/v1/objects/${id}`)).status));
    expect([await seen(199, "j1"), await seen(199, "j3"), await seen(199, "u3")]).toEqual([
      [404, 200],
      [200, 200],
      [200, 200],
    ]);
    expect([await seen(200, "j1"), await seen(201, "j1"), await seen(201, "u3")]).toEqual([
      [200, 200],
      [200, 404],
      [200, 200],
    ]);
    // The clock jumps back: what was judged stays judged.
    expect(await seen(199, "j1")).toEqual([200, 404]);
  });
});

describe("the request line", () => {
  let server: Server;
  beforeAll(async () => {
    const runner = { post: () => Promise.reject(new Error("no posts here")), wake: () => undefined };
    server = createServer(composeApp(world.core, { runner, moments: world.steer.moments, log: makeLog("silent") }));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });
  afterAll(() => new Promise((done) => server.close(done)));

  /** A path as it is, which a browser or a library would have tidied. */
  const raw = (path: string): Promise<[number, string]> =>
    new Promise((done, no) => {
      const { port } = server.address() as AddressInfo;
      const sent = request({ port, path, agent: false, headers: world.credentials("u3", "key") }, (res) => {
        const pieces: Buffer[] = [];
        res.on("data", (piece: Buffer) => pieces.push(piece));
        res.on("end", () => done([res.statusCode ?? 0, Buffer.concat(pieces).toString()]));
      });
      sent.on("error", no);
      sent.end();
    });

  test.each([
    "/api/v1/objects/..",
    "/api/v1/objects/../mine",
    "/api/v1/../../etc/passwd",
    "/../seed/accounts.json",
    "/docs/../package.json",
    "/docs/..%2f..%2fpackage.json",
    "/docs/%2e%2e/%2e%2e/package.json",
    "/docs/....//package.json",
    "/docs/swagger-ui.css/../../package.json",
    "/docs/constructor",
    "/docs/__proto__",
    "/api/v1/jobs/..%2f..%2fsecret.key",
    "/api/v1/objects/%2e%2e%2f",
    "/api//v1/objects",
    "/API/v1/objects",
    "/api/v1/objects/",
    "//evil.example/api/v1/objects",
    "/api/v1/objects;a=b",
    "/%",
    "/%ff",
    "/api/v1/objects/%E0%A4%A",
    `/${"a/".repeat(3000)}`,
  ])("GET %s – a 4xx of our own, never a file and never a fault", async (path) => {
    const [status, text] = await raw(path);
    expect([400, 404]).toContain(status);
    const { error } = JSON.parse(text) as Failure;
    expect(error?.code).toMatch(/^(?:not_found|path\.encoding|params\.[a-z_]+)$/);
    expect(text.length).toBeLessThan(800);
  });
});
