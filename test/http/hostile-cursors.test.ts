import type { Route } from "../../server/http/route.ts";
import { parametersOf } from "../support/hostile-attacks.ts";
import { AMERICAN, HostileWorld, KOREAN } from "../support/hostile-world.ts";

/** Cursors on every route that has any: cut, forged, of another account, of another collection, of another route, of another question. */
jest.setTimeout(600_000);

const ACCOUNTS = [AMERICAN, KOREAN, "u3"];
let hostile: HostileWorld;
beforeAll(async () => {
  hostile = await HostileWorld.open();
});
afterAll(() => hostile.close());

/** A list as an account asks for it: `key` tells lists apart whose cursors are not each other's. */
interface List {
  readonly key: string;
  readonly as: string;
  readonly path: string;
}
interface Cursor extends List {
  readonly next: string;
}

const takesCursor = (route: Route): boolean => parametersOf(route).includes("next");
/** Each route that takes a cursor, TAXII's for each collection. Objects and their manifest are one question (TAXII 2.1 section 5.3). */
function listsOf(as: string): List[] {
  return hostile.routes.filter(takesCursor).flatMap((route): List[] => {
    const of = route.path.includes("{collection}") ? ["originals", "consolidated", "recalls"] : [""];
    return of.map((collection) => ({
      key: `${as} ${collection} ${route.path.replace(/(?:objects|manifest)\/$/, "all/")}`,
      as,
      path: hostile.path(route, collection === "" ? {} : { collection }),
    }));
  });
}

async function ask(
  { as, path }: List,
  query: string,
): Promise<{ status: number; code: unknown; next: unknown; text: string }> {
  const { status, body } = await hostile.attack("a cursor", as, { method: "GET", path: `${path}?${query}` });
  const json = JSON.parse(body.toString()) as { next?: unknown; error?: { code?: unknown }; error_code?: unknown };
  return { status, code: json.error?.code ?? json.error_code, next: json.next, text: body.toString() };
}

let cursors: Cursor[];
test("cursors – asked for on every list that takes any – are given where there is more than one item", async () => {
  cursors = [];
  for (const list of ACCOUNTS.flatMap(listsOf)) {
    const { status, next } = await ask(list, "limit=1");
    // Those who have not the verb, and things that are not there for them.
    if (status !== 200) expect([403, 404]).toContain(status);
    if (typeof next === "string") cursors.push({ ...list, next });
  }
  const routesWithCursors = new Set(cursors.map(({ key }) => key.split(" ").slice(1).join(" ")));
  expect([...routesWithCursors].sort()).toEqual(
    expect.arrayContaining([
      ...[" /api/v1/mine", " /api/v1/objects", " /api/v1/quarantine", " /api/v1/releases", " /api/v1/triage/queue"],
      "consolidated /taxii2/{root}/collections/{collection}/all/",
      "originals /taxii2/{root}/collections/{collection}/all/",
    ]),
  );
  expect(hostile.faults).toEqual([]);
});

test("a cursor – on its own list – goes on; on any other list, or as anybody else – is a 400 that says so, and a 404 or 403 where the list is not theirs", async () => {
  const wrong: unknown[] = [];
  let refused = 0;
  for (const cursor of cursors)
    for (const list of ACCOUNTS.flatMap(listsOf)) {
      const { status, code } = await ask(list, `limit=1&next=${cursor.next}`);
      const own = list.key === cursor.key;
      if (own && status === 200) continue;
      if (!own && ((status === 400 && code === "cursor.invalid") || status === 403 || status === 404)) refused++;
      else wrong.push([cursor.key, list.key, list.path, status, code]);
    }
  expect(wrong).toEqual([]);
  expect(refused).toBeGreaterThan(cursors.length * 15);
  expect(hostile.faults).toEqual([]);
});

test("a cursor – on its own list with another question – is a 400", async () => {
  const other = (path: string): string =>
    path.startsWith("/taxii2/")
      ? "match[type]=tool"
      : ({ "/api/v1/objects": "type=tool", "/api/v1/releases": "status=refused", "/api/v1/triage/queue": "class=P3" }[
          path
        ] ?? "");
  const asked = cursors.filter(({ path }) => other(path) !== "");
  expect(asked.length).toBeGreaterThan(8);
  for (const cursor of asked) {
    const { status, code } = await ask(cursor, `${other(cursor.path)}&next=${cursor.next}`);
    expect([cursor.key, status, code]).toEqual([cursor.key, 400, "cursor.invalid"]);
  }
});

test("a cursor – cut, forged, lengthened, spelt otherwise – is a 400, and the one it was made of still goes on", async () => {
  for (const cursor of new Map(cursors.map((one) => [one.path, one])).values()) {
    const { next } = cursor;
    const flip = (at: number): string => `${next.slice(0, at)}${next[at] === "A" ? "B" : "A"}${next.slice(at + 1)}`;
    const swapped = next.replace(/[a-z]/gi, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()));
    const bad = [
      ...[0, 1, 12, Math.floor(next.length / 2), next.length - 2, next.length - 1].map(flip),
      ...[1, 4, 28, Math.floor(next.length / 2), next.length - 1].map((length) => next.slice(0, length)),
      ...[`${next}A`, `${next}=`, `${next}${next}`, `A${next}`, `${next}%00`, `%20${next}`, next.slice(1), swapped],
      ...[`${next},${next}`, "A".repeat(3000), "eyJzdGFtcCI6MH0", "0", "%00", "__proto__", "null"],
    ];
    const before = await ask(cursor, `limit=1&next=${next}`);
    for (const text of bad) {
      const { status, code } = await ask(cursor, `limit=1&next=${text}`);
      expect([cursor.path, text, status, String(code)]).toEqual([
        cursor.path,
        text,
        400,
        expect.stringMatching(/^(?:cursor\.invalid|query\.[a-z_]+)$/),
      ]);
    }
    const after = await ask(cursor, `limit=1&next=${next}`);
    expect([after.status, after.text]).toEqual([200, before.text]);
  }
  expect(hostile.faults).toEqual([]);
});
