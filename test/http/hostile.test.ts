import { createHmac } from "node:crypto";
import type { Route } from "../../server/http/route.ts";
import {
  type Attack,
  bodyAttacks,
  headerAttacks,
  METHODS,
  mediaAttacks,
  memberAttacks,
  pathAttacks,
  queryAttacks,
} from "../support/hostile-attacks.ts";
import { AMERICAN, HostileWorld, KOREAN } from "../support/hostile-world.ts";
import { exchange, exchangeBytes } from "../support/raw-http.ts";

/**
 * Every route, from its record, against whatever no honest client sends: always an answer, never a 5xx, always the documented error with a code, never anything
 * that is hidden from the one who asks.
 */
jest.setTimeout(600_000);
const AT_ONCE = 6;

let hostile: HostileWorld;
let baseline: ReadonlyMap<string, ReadonlySet<string>>;
beforeAll(async () => {
  hostile = await HostileWorld.open();
  baseline = new Map([
    [AMERICAN, await hostile.ids(AMERICAN)],
    [KOREAN, await hostile.ids(KOREAN)],
  ]);
});
afterAll(() => hostile.close());

/** Who comes as far as the schemas of a route. */
const ABLE: Readonly<Record<string, string>> = { manage: "ad", audit: "au", sign: "sign-usa", govern: "sign-usa" };
/** Whoever attacks the doors of sessions may lose its own. */
const EXPENDABLE = ["u2", "j2", "j3", "j4", "k2", "cj", "cu", "rel-US-TREAS", "rel-KR-NIS", "rel-JP-NCO"];
let spent = 0;
const ableFor = ({ needs, path }: Route): string =>
  path.includes("/auth/") ? (EXPENDABLE[spent++ % EXPENDABLE.length] ?? "") : (ABLE[needs] ?? AMERICAN);

/** Runs attacks some at a time; gives the statuses, and fails with all that was answered otherwise than it must be. */
async function run(attacks: ReadonlyArray<readonly [as: string, attack: Attack]>): Promise<Map<number, number>> {
  const seen = new Map<number, number>();
  const from = hostile.faults.length;
  const left = [...attacks];
  const worker = async (): Promise<void> => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      const [as, [name, request]] = one;
      const { status } = await hostile.attack(name, as, request);
      seen.set(status, (seen.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect(hostile.faults.splice(from)).toEqual([]);
  return seen;
}
const routes = (): readonly Route[] => hostile.routes;
/** Of what is done to a route half, in turns, so that each attack meets half of the routes; all in a long run: TRICORD_FUZZ_RUNS=5000. */
const WHOLE = Number(process.env.TRICORD_FUZZ_RUNS ?? 120) > 1000;
const inTurn = <T>(list: readonly T[], turn: number): T[] => list.filter((_, n) => WHOLE || (n + turn) % 2 === 0);

/** The attacks on each route, by whoever comes far enough, and each third by the Korean attacker too, who has nothing of what the paths name. */
const every = (attacks: (route: Route, path: string) => Attack[]): [string, Attack][] =>
  routes().flatMap((route, turn) =>
    inTurn(attacks(route, hostile.path(route)), turn).flatMap((attack, n): [string, Attack][] => [
      [ableFor(route), attack],
      ...(n % 3 === 0 && !route.path.includes("/auth/") ? [[KOREAN, attack] as [string, Attack]] : []),
    ]),
  );

test("the routes – of the OpenAPI document – are those that are attacked, and each path has something behind it", async () => {
  const { paths } = (await hostile.json(AMERICAN, "/api/v1/openapi.json")) as { paths: Record<string, object> };
  const documented = Object.entries(paths).flatMap(([path, of]) =>
    Object.keys(of).map((one) => `${one.toUpperCase()} ${path}`),
  );
  expect(
    routes()
      .map(({ method, path }) => `${method} ${path}`)
      .sort(),
  ).toEqual(documented.sort());
  expect(documented.length).toBeGreaterThan(60);
  const dead: unknown[] = [];
  for (const route of routes().filter(({ method }) => method === "GET")) {
    const { status } = await hostile.attack("baseline", ableFor(route), { method: "GET", path: hostile.path(route) });
    if (status !== 200) dead.push([route.path, status]);
    await hostile.attack("baseline", KOREAN, { method: "GET", path: hostile.path(route) });
  }
  expect(hostile.faults.splice(0)).toEqual([]);
  expect(dead).toEqual([]);
  expect([hostile.hidden(AMERICAN).size > 2, hostile.hidden(KOREAN).size > 2]).toEqual([true, true]);
});

test("methods – that a path has not – are refused", async () => {
  const paths = new Map<string, Route[]>();
  for (const route of routes()) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  const attacks = [...paths].flatMap(([path, of]) => {
    const its = of.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    return METHODS.filter((method) => !its.includes(method)).map((method): [string, Attack] => [
      AMERICAN,
      [`the method ${method}`, { method, path: hostile.path({ method: "GET", path }) }],
    ]);
  });
  const seen = await run(attacks);
  expect([...seen.keys()].filter((status) => status < 400)).toEqual([]);
  expect((seen.get(405) ?? 0) > paths.size * 6).toBe(true);
});

test("paths – with parameters that are none – are answered as documented", async () => {
  const seen = await run(every((route) => pathAttacks(route, (change) => hostile.path(route, change))));
  expect([(seen.get(404) ?? 0) > 100, (seen.get(400) ?? 0) > 100]).toEqual([true, true]);
});

test("queries – with parameters that are none, twice, unknown, far too long – are answered as documented", async () => {
  const seen = await run(every(queryAttacks));
  expect([(seen.get(200) ?? 0) > 50, (seen.get(400) ?? 0) > 500, (seen.get(431) ?? 0) > 20]).toEqual([
    true,
    true,
    true,
  ]);
});

const withBody = (attacks: (route: Route, path: string) => Attack[]): [string, Attack][] =>
  every((route, path) => (route.body === undefined ? [] : attacks(route, path))).filter(([as]) => as !== KOREAN);

test("bodies – of other media types and encodings – are answered as documented", async () => {
  expect((await run(withBody(mediaAttacks))).get(415) ?? 0).toBeGreaterThan(100);
});

test("bodies – empty, deep, hostile, of no UTF-8 – are answered as documented", async () => {
  const seen = await run(withBody(bodyAttacks));
  expect((seen.get(400) ?? 0) > 200).toBe(true);
});

test("bodies – with a member that is what it never is – are answered as documented", async () => {
  const seen = await run(withBody(memberAttacks));
  expect((seen.get(400) ?? 0) > 300).toBe(true);
});

test("headers – that handlers read, with what they never are – are answered as documented", async () => {
  const seen = await run(withBody(headerAttacks));
  expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(15);
});

describe("credentials", () => {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = (head: object, claims: object, key: string | Uint8Array): string => {
    const text = `${part(head)}.${part(claims)}`;
    return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
  };

  test("credentials – missing, cut, forged, expired, of no algorithm, unknown, two at once – are one 401, on every route that is not open", async () => {
    const token = String(new Map(hostile.headersOf(AMERICAN)).get("Authorization")).slice("Bearer ".length);
    const [head = "", body = "", signature = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
    const { jwt } = hostile.world.core.keys;
    const past = { ...claims, iat: 1_600_000_000, exp: 1_600_000_900 };
    const bearer = (text: string): [string, string][] => [["Authorization", `Bearer ${text}`]];
    const bad: [string, [string, string][]][] = [
      ["none", []],
      ["an expired token", bearer(signed({ alg: "HS256", typ: "JWT" }, past, jwt))],
      ["a token of another key", bearer(signed({ alg: "HS256", typ: "JWT" }, claims, "x".repeat(32)))],
      ["a token without algorithm", bearer(`${part({ alg: "none", typ: "JWT" })}.${body}.`)],
      ["a token for somebody else", bearer(`${head}.${part({ ...claims, sub: "u1" })}.${signature}`)],
      [
        "a token of somebody else's session",
        bearer(signed({ alg: "HS256", typ: "JWT" }, { ...claims, sub: "u1" }, jwt)),
      ],
      ["a token that is cut", bearer(token.slice(0, -5))],
      [
        "a token with odd claims",
        bearer(signed({ alg: "HS256" }, { ...claims, sub: { $gt: "" }, sid: "__proto__" }, jwt)),
      ],
      ["an unknown key", [["X-Api-Key", "tricord_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]]],
      ["a key of 10 kB", [["X-Api-Key", "k".repeat(10_000)]]],
      ["a scheme that is none", [["Authorization", "Negotiate YII="]]],
      ["Basic that is no base64", [["Authorization", "Basic ÿÿÿ"]]],
      ["Basic without a colon", [["Authorization", `Basic ${Buffer.from("u1").toString("base64")}`]]],
    ];
    const closed = routes().filter(({ needs }) => needs !== "anyone");
    const wrong: unknown[] = [];
    const texts = new Map<string, Set<string>>();
    for (const [turn, route] of closed.entries())
      for (const [name, headers] of inTurn(bad, turn)) {
        const path = hostile.path(route);
        const {
          status,
          headers: got,
          body: text,
        } = await hostile.attack(name, "", { method: route.method, path, headers });
        // Too many failed sign-ins from one address are refused before they are looked at.
        if (status !== 401 && !(name.startsWith("Basic") && [400, 429].includes(status)))
          wrong.push([name, path, status]);
        if (status === 401 && got["www-authenticate"] === undefined) wrong.push([name, path, "no challenge"]);
        if (status === 401) texts.set(name, (texts.get(name) ?? new Set()).add(text.toString()));
      }
    expect([wrong, hostile.faults]).toEqual([[], []]);
    // What is wrong with a credential is told the same way on every path of a face: there are two faces.
    expect([...texts].filter(([, of]) => of.size > 2).map(([name]) => name)).toEqual([]);
  });
});

describe("what is no HTTP", () => {
  const get = "GET /api/v1/objects HTTP/1.1\r\nHost: x\r\n";
  test.each<readonly [string, string, number]>([
    ["nothing of HTTP", "\u0000\u0001\u0002\u0003\r\n\r\n", 400],
    ["a TLS greeting", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003", 400],
    ["a version of HTTP that is none", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400],
    ["a header without a colon", `${get}no colon\r\n\r\n`, 400],
    ["a blank before the colon", `${get}Accept : x\r\n\r\n`, 400],
    ["two lengths", `${get}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, 400],
    ["a length and chunks", `${get}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ["a length below nothing", `${get}Content-Length: -1\r\n\r\n`, 400],
    ["a chunk of no size", `POST /api/v1/ingest HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    ["headers of 20 kB", `${get}X-A: ${"a".repeat(20_000)}\r\n\r\n`, 431],
    ["2,000 headers", `${get}Connection: close\r\n${"A: 1\r\n".repeat(2000)}\r\n`, 401],
    ["no host", "GET /api/v1/objects HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
    ["an expectation that is none", `${get}Expect: a-wonder\r\nConnection: close\r\n\r\n`, 401],
    ["the wish for another protocol", `${get}Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`, 401],
    [
      "an address as path",
      "GET http://other.example/api/v1/objects HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      401,
    ],
    ["a star as path", "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404],
  ])("a request – %s – gets the documented error and the connection ends", async (_what, text, wanted) => {
    const { status, headers, body } = await exchangeBytes(hostile.port, Buffer.from(text, "latin1"));
    expect([status, headers["content-type"]]).toEqual([wanted, "application/json; charset=utf-8"]);
    expect(JSON.parse(body.toString())).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
  });
});

test("afterwards – every GET answers as before, and each account finds all that it found and nothing that is hidden", async () => {
  for (const [as, before] of baseline) {
    const now = await hostile.ids(as);
    expect([...before].filter((id) => !now.has(id) && id !== hostile.params.doomed)).toEqual([]);
    expect([...now].filter((id) => hostile.hidden(as).has(id))).toEqual([]);
  }
  for (const route of routes().filter(({ method }) => method === "GET")) {
    const headers = hostile.headersOf(ableFor(route));
    const { status } = await exchange(hostile.port, { method: "GET", path: hostile.path(route), headers });
    expect([route.path, status]).toEqual([route.path, 200]);
  }
  expect([...hostile.statuses.keys()].filter((status) => status >= 500 || status === 0)).toEqual([]);
  expect({} as Record<string, unknown>).not.toHaveProperty("admin");
});
