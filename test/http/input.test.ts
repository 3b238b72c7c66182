import { gzipSync } from "node:zlib";
import request from "supertest";
import { z } from "zod";
import { bytes, route } from "../../server/http/route.ts";
import { type TemporaryApp, temporaryApp } from "../support/temporary-app.ts";

/** Routes that show what reaches a handler. */
const echoes = [
  route({
    method: "GET",
    path: "/echo/{id}",
    summary: "What came",
    tag: "test",
    needs: "anyone",
    query: z.strictObject({
      limit: z
        .string()
        .regex(/^[1-9]\d{0,3}$/)
        .optional(),
    }),
    replies: { 200: z.object({ id: z.string(), limit: z.string().optional() }) },
    handler: async ({ params, query }) => ({ status: 200, body: { id: params.id, ...query, secret: "stays inside" } }),
  }),
  route({
    method: "POST",
    path: "/json",
    summary: "JSON",
    tag: "test",
    needs: "anyone",
    body: z.strictObject({
      rows: z.array(z.looseObject({ agreement: z.string() })).optional(),
      deep: z.unknown().optional(),
    }),
    replies: { 200: z.object({ rows: z.int() }) },
    handler: async ({ body }) => ({ status: 200, body: { rows: body.rows?.length ?? 0 } }),
  }),
  route({
    method: "POST",
    path: "/bytes",
    summary: "Bytes",
    tag: "test",
    needs: "anyone",
    body: bytes(10_000, ["text/plain"]),
    replies: { 200: z.object({ size: z.int(), encoding: z.string(), length: z.int().optional() }) },
    handler: async ({ body }) => {
      const { encoding, length } = body;
      return { status: 200, body: { size: (await body.read()).length, encoding, length } };
    },
  }),
  route({
    method: "GET",
    path: "/stream",
    summary: "A stream",
    tag: "test",
    needs: "anyone",
    query: z.strictObject({ fail: z.enum(["first", "later"]).optional() }),
    replies: { 200: { stream: ["text/plain"] } },
    handler: async ({ query }) => ({
      status: 200,
      type: "text/plain; charset=utf-8",
      stream: (async function* () {
        if (query.fail === "first") throw new Error("broken at once");
        for (let i = 0; i < 3; i++) {
          yield `part ${i}\n`;
          if (query.fail === "later") {
            yield "x".repeat(200_000);
            throw new Error("broken on the way");
          }
        }
      })(),
    }),
  }),
];

describe("input over HTTP", () => {
  let made: TemporaryApp;
  beforeAll(async () => {
    made = await temporaryApp({ routes: echoes });
  });
  afterAll(() => made.close());
  const ask = () => request(made.app);
  const postJson = (text: string | Buffer) => {
    const sent = ask().post("/json").set("Content-Type", "application/json");
    sent.write(text);
    return sent;
  };

  test("a reply – with a member that its schema does not name – leaves without it", async () => {
    const { status, body, headers } = await ask().get("/echo/a%20b?limit=5");
    expect({ status, body }).toEqual({ status: 200, body: { id: "a b", limit: "5" } });
    expect(headers).toMatchObject({ "content-type": "application/json; charset=utf-8", "cache-control": "no-store" });
    expect([headers.etag, headers["x-powered-by"]]).toEqual([undefined, undefined]);
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
  });

  test.each([
    ["an unknown query parameter", "/echo/a?limt=5", 400, "query.unknown", "limt"],
    ["a prototype's name as a query parameter", "/echo/a?__proto__=5", 400, "query.unknown", "__proto__"],
    ["a query parameter on a route without any", "/healthz?a=1", 400, "query.unknown", "a"],
    ["a repeated query parameter", "/echo/a?limit=5&limit=6", 400, "query.repeated", "limit"],
    ["a query value out of its form", "/echo/a?limit=0", 400, "query.invalid_format", "limit"],
    ["a query value that is no UTF-8", "/echo/a?limit=%ff", 400, "query.encoding", undefined],
    ["a path that is no UTF-8", "/echo/%ff", 400, "path.encoding", undefined],
    ["a path with half an escape", "/echo/%zz", 400, "path.encoding", undefined],
    ["a path with dots", "/echo/../json", 404, "not_found", undefined],
    ["a 10 kB id", `/echo/${"a".repeat(10_000)}`, 400, "params.too_big", "id"],
    ["an unknown path", "/api/v1/nothing", 404, "not_found", undefined],
    ["a path in another case", "/ECHO/a", 404, "not_found", undefined],
    ["a file of the documents outside their folder", "/docs/..%2fpackage.json", 404, "not_found", undefined],
    ["a file of the documents by a prototype's name", "/docs/constructor", 404, "not_found", undefined],
  ])("GET – %s – is refused with its code", async (_what, path, status, code, at) => {
    const reply = await ask().get(path);
    expect({ status: reply.status, code: reply.body.error.code, path: reply.body.error.path }).toEqual({
      status,
      code,
      path: at,
    });
  });

  test("404 – of an unknown path and of a handler – has one body", async () => {
    const [a, b] = [await ask().get("/nowhere"), await ask().get("/docs/none.js")];
    expect(a.body).toEqual({ error: { code: "not_found", message: "There is nothing here." } });
    expect(b.text).toBe(a.text);
  });

  test("a known path – with another method – is a 405 that says which are allowed", async () => {
    const reply = await ask().delete("/echo/a");
    expect([reply.status, reply.headers.allow, reply.body.error.code]).toEqual([
      405,
      "GET, HEAD",
      "method_not_allowed",
    ]);
  });

  test("HEAD – of a GET route – has its head and no body", async () => {
    const [get, head] = [await ask().get("/echo/a"), await ask().head("/echo/a")];
    expect([head.status, head.text, head.headers["content-length"]]).toEqual([
      200,
      undefined,
      get.headers["content-length"],
    ]);
  });

  const deep = (levels: number) => `{"deep":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
  test.each([
    ["no JSON", "hello", "json.syntax", undefined],
    ["cut-off JSON", '{"rows":[', "json.syntax", undefined],
    ["nothing", "", "json.syntax", undefined],
    ["JSON 200 levels deep", deep(200), "json.depth", undefined],
    ["wrong UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), "json.encoding", undefined],
    ["__proto__ as a key", '{"rows":[{"agreement":"TRI","__proto__":{}}]}', "json.key", "rows[0].__proto__"],
    ["constructor as a key", '{"deep":{"constructor":1}}', "json.key", "deep.constructor"],
    ["an unknown member", '{"rwos":[]}', "body.unrecognized_keys", undefined],
    [
      "a member of another type",
      '{"rows":[{"agreement":"TRI"},{"agreement":5}]}',
      "body.invalid_type",
      "rows[1].agreement",
    ],
    ["a list", "[]", "body.invalid_type", undefined],
  ])("a JSON body – with %s – is a 400 with its code and place", async (_what, text, code, path) => {
    const reply = await postJson(text as string);
    expect({ status: reply.status, code: reply.body.error.code, path: reply.body.error.path }).toEqual({
      status: 400,
      code,
      path,
    });
    expect(reply.body.error.message).toMatch(/\w+ \w+/);
  });

  test("a JSON body – 100 levels deep, brackets in strings besides – is taken", async () => {
    expect((await postJson(deep(100))).status).toBe(200);
    expect((await postJson(`{"deep":"${"[".repeat(500)}\\"${"{".repeat(500)}"}`)).status).toBe(200);
  });

  test("a JSON body – of another media type, compressed, or over the limit – is refused", async () => {
    const typed = await ask().post("/json").set("Content-Type", "text/plain").send("{}");
    const packed = ask().post("/json").set("Content-Type", "application/json").set("Content-Encoding", "gzip");
    packed.write(gzipSync("{}"));
    const large = await ask()
      .post("/json")
      .set("Content-Type", "application/json")
      .send(`{"deep":"${"x".repeat(100_001)}"}`);
    const codes = [typed, await packed, large].map(({ status, body }) => [status, body.error.code]);
    expect(codes).toEqual([
      [415, "body.media_type"],
      [415, "body.encoding"],
      [413, "body.too_large"],
    ]);
  });

  test("a byte body – plain, or gzip – reaches the handler as it came", async () => {
    const plain = await ask().post("/bytes").set("Content-Type", "text/plain").send("hello");
    expect(plain.body).toEqual({ size: 5, encoding: "identity", length: 5 });
    const packed = ask().post("/bytes").set("Content-Type", "text/plain").set("Content-Encoding", "gzip");
    const bytesSent = gzipSync("hello".repeat(1000));
    packed.write(bytesSent);
    expect((await packed).body).toMatchObject({ size: bytesSent.length, encoding: "gzip" });
  });

  test("a byte body – over its limit, by its length or as it comes – is a 413, and the connection lives on", async () => {
    const told = await ask().post("/bytes").set("Content-Type", "text/plain").send("x".repeat(10_001));
    expect([told.status, told.body.error.code]).toEqual([413, "body.too_large"]);
    const chunked = ask().post("/bytes").set("Content-Type", "text/plain").set("Transfer-Encoding", "chunked");
    for (let i = 0; i < 20; i++) chunked.write("x".repeat(100_000));
    const untold = await chunked;
    expect([untold.status, untold.body.error.code]).toEqual([413, "body.too_large"]);
  });

  test("a byte body – of another media type or encoding – is a 415", async () => {
    const typed = await ask().post("/bytes").set("Content-Type", "image/png").send("x");
    const packed = await ask().post("/bytes").set("Content-Type", "text/plain").set("Content-Encoding", "br").send("x");
    expect([typed.status, typed.body.error.code, packed.status, packed.body.error.code]).toEqual([
      ...[415, "body.media_type"],
      ...[415, "body.encoding"],
    ]);
  });

  test("a stream – that goes well, fails before its first part, fails later – is whole, a 500, or cut off", async () => {
    expect((await ask().get("/stream")).text).toBe("part 0\npart 1\npart 2\n");
    const first = await ask().get("/stream?fail=first");
    expect([first.status, first.body.error.code]).toEqual([500, "internal"]);
    expect(first.body.error.error_id).toMatch(/^[0-9a-f]{16}$/);
    await expect(ask().get("/stream?fail=later")).rejects.toThrow("aborted");
  });
});
