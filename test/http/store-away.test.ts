import fc from "fast-check";
import { hashPassword } from "../../server/usecases/password.ts";
import { drawn } from "../support/drawn.ts";
import { DRIVER_WORDS, type Mode, makeFaults } from "../support/faulty-storage.ts";
import { START } from "../support/steering.ts";
import { type Ask, type Credential, type Reply, TemporaryWorld } from "../support/temporary-world.ts";
import { routeOf } from "../twin/compare.ts";
import { INLINE_LIMIT, noTraces, play } from "../twin/play.ts";
import { type AskBoth, json, type Known } from "../twin/recipe.ts";
import { READS, WRITES } from "../twin/recipes.ts";
import { CAST, SEATS, type Seat } from "../twin/seats.ts";
import { stories } from "../twin/story.ts";
import { documentedRoutes, guesses } from "../twin/twin-pair.ts";

jest.setTimeout(600_000);

/** Requests of a route that are tried at every step of the store; the others are sent as they are. */
const TRIED = drawn(3, 3, 2);
/** The steps that fail: few by few at first, then further apart, to the end of the request. */
function* places(): Generator<number> {
  for (let [a, b] = [1, 2]; ; [a, b] = [b, a + Math.max(1, Math.floor(b / 2))]) yield a;
}

/** Routes that ask the store no more than who it is, or nothing at all. */
const ASK_NO_MORE: readonly string[] = [
  ...["GET /api/v1/me", "GET /api/v1/openapi.json", "GET /docs", "GET /docs/", "GET /docs/{file}"],
  ...["GET /healthz", "GET /readyz"],
  ...["GET /taxii2/", "GET /taxii2/{root}/", "GET /taxii2/{root}/collections/{collection}/"],
  ...["id", "pattern/equivalent", "pattern/match", "pattern/validate", "validate"].map(
    (of) => `POST /api/v1/stix/${of}`,
  ),
];
const PASSWORD = "correct horse battery";

interface Tried {
  readonly route: string;
  readonly step: number;
  readonly mode: Mode;
  readonly reply: Reply;
}

const bodyOf = ({ json }: Reply): { code?: string; message?: string } => {
  const body = json as
    | { error?: { code: string; message: string }; error_code?: string; description?: string }
    | undefined;
  return {
    ...(body?.error ?? {}),
    ...(body?.error_code === undefined ? {} : { code: body.error_code, message: body.description ?? "" }),
  };
};

/** Signs in, trades the token in and signs out: what failed on the way has used up nothing. */
async function session(ask: AskBoth, { id }: Seat): Promise<void> {
  const signedIn = await ask(json("/api/v1/auth/login", { username: id, password: PASSWORD }), "none");
  const { refreshToken } = signedIn.json as { refreshToken: string };
  const traded = await ask(json("/api/v1/auth/refresh", { refreshToken }), "none");
  const { accessToken } = traded.json as { accessToken: string };
  const headers = { Authorization: `Bearer ${accessToken}` };
  const ended = await ask({ method: "POST", path: "/api/v1/auth/logout", headers }, "none");
  expect([signedIn, traded, ended].map(({ status }) => status)).toEqual([200, 200, 204]);
}

/** Reads and writes of one seat in a world with content, each tried at every step. */
async function sweep(seat: Seat, routesOf: RegExp = /./): Promise<{ tried: Tried[]; routes: string[] }> {
  const faults = makeFaults();
  const world = await TemporaryWorld.open({
    settings: { MAX_INLINE_BYTES: String(INLINE_LIMIT) },
    wrapStorage: faults.wrap,
    // The faults are planted before the store, whatever it is, and counted by its steps.
    engine: "sqlite",
  });
  try {
    await world.addDirectory(CAST);
    await world.changeAccount(seat.id, { password: await hashPassword(PASSWORD, world.steer.moments()) });
    const [story] = fc.sample(stories(seat), { seed: 20260411, numRuns: 1 });
    const traces = noTraces();
    for (const [i, slot] of (story?.slots ?? []).entries())
      for (const [j, one] of slot.a.entries()) {
        const left = await play(world, one, START + i * 10_000 + j * 1000, `${i}/${j}`);
        traces.jobs.push(...left.jobs);
        traces.releases.push(...left.releases);
        traces.changes.push(...left.changes);
      }
    const routes = await documentedRoutes(world);
    const known: Known = {
      ...(await guesses(world)),
      ...traces,
      ...{ seat, round: "first", secrets: [], turn: 0 },
    };
    const tried: Tried[] = [];
    const times = new Map<string, number>();
    let requests = 0;
    const send: AskBoth = async (ask: Ask, credential: Credential = seat.credential) => {
      requests += 1;
      world.at(START + 3_600_000 + requests * 1000, `sweep/${requests}`);
      const route = routeOf(routes, ask) ?? "";
      const before = times.get(route) ?? 0;
      times.set(route, before + 1);
      if (before < TRIED)
        for (const at of places()) {
          const mode: Mode = at % 2 === 0 ? "once" : "away";
          faults.arm(at, mode);
          const reply = await world.ask(seat.id, ask, credential).catch((cut: unknown) => {
            throw new Error(`${route} was cut at step ${at}: ${String(cut)}`);
          });
          const { fired } = faults;
          faults.arm(Number.POSITIVE_INFINITY, "once");
          if (!fired) return reply;
          tried.push({ route, step: at, mode, reply });
        }
      return world.ask(seat.id, ask, credential);
    };
    await session(send, seat);
    for (const [route, recipe] of Object.entries({ ...READS, ...WRITES }))
      if (routesOf.test(route)) await recipe(send, known);
    return { tried, routes };
  } finally {
    faults.arm(Number.POSITIVE_INFINITY, "once");
    await world.close();
  }
}

function seatOf(id: string): Seat {
  const seat = SEATS.find((one) => one.id === id);
  if (seat === undefined) throw new Error(`there is no seat ${id}`);
  return seat;
}

describe("a store that goes away", () => {
  const found: Awaited<ReturnType<typeof sweep>>[] = [];
  const all = (): Tried[] => found.flatMap(({ tried }) => tried);

  test.each(["u1", "rel-JP-NPA"])("every route as %s – at every step of the store – is answered", async (id) => {
    found.push(await sweep(seatOf(id)));
    expect(found.at(-1)?.tried.length).toBeGreaterThan(drawn(500, 500, 200));
  });

  test.each([
    ["administrators", "ad", / \/api\/v1\/(promotions|accounts|agencies|agreements|policy-changes|quarantines)/, 40],
    ["signers", "sign-usa", / \/api\/v1\/(agencies|agreements|policy-changes|quarantines)/, 20],
    ["the auditor", "au", / \/api\/v1\/deconfliction\/report/, 5],
  ] as const)("the routes of %s – at every step of the store – are answered", async (_, id, routes, least) => {
    found.push(await sweep(seatOf(id), routes));
    expect(found.at(-1)?.tried.length).toBeGreaterThan(least);
  });

  test("every answer – taken together – is 503 with Retry-After, a code and plain words, and nothing of the driver's", () => {
    const told = all().map(({ route, step, mode, reply }) => {
      const { code, message } = bodyOf(reply);
      const words = [JSON.stringify(reply.headers), reply.body.toString("latin1")].join();
      const leaks = ["ECONNREFUSED", "hunter2", "db-7", DRIVER_WORDS].filter((word) => words.includes(word));
      return {
        ...{ route, step, mode, status: reply.status, code, message, leaks },
        retry: /^[1-9]\d*$/.test(reply.headers["retry-after"] ?? ""),
      };
    });
    const wrong = told.filter(
      ({ status, retry, code, message, leaks }) =>
        status !== 503 ||
        !retry ||
        code !== "store.away" ||
        message !== "The store is away. Try again." ||
        leaks.length > 0,
    );
    expect(wrong).toEqual([]);
  });

  test("every route – taken together – was tried at a step past who it is, but for those that ask no more", () => {
    const routes = found[0]?.routes ?? [];
    const furthest = (route: string): number =>
      Math.max(0, ...all().flatMap((one) => (one.route === route ? one.step : [])));
    expect(routes.filter((route) => furthest(route) <= furthest("GET /api/v1/me")).sort()).toEqual(ASK_NO_MORE);
  });
});
