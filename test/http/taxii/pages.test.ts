import request from "supertest";
import { openCore } from "../../../server/compose.ts";
import { composeApp } from "../../../server/compose-http.ts";
import type { StixJson } from "../../../server/pipeline/steps.ts";
import { makeLog } from "../../../server/shared/log.ts";
import type { Storage, Unit } from "../../../server/storage/port.ts";
import { indicator, sampleUuid, TRI, tool } from "../../support/samples.ts";
import { type Got, MANIFEST, OBJECTS, type Page, TaxiiWorld } from "./taxii-world.ts";

/** Envelopes, dates, paging (reference sections 6 and 7). */
jest.setTimeout(600_000);
const COUNT = 23;
const GREEN = { tlp: "GREEN", releases: [TRI] };
let taxii: TaxiiWorld;
const named = (n: number): StixJson & { readonly id: string } => tool(`page ${n}`, { description: `number ${n}` });
beforeAll(async () => {
  taxii = await TaxiiWorld.open();
  // Of another agency under two labels, so that readers have labels' markings among what they get.
  await taxii.put("feed-US-CISA", [0, 1, 2, 3, 4, 5, 6].map(named), GREEN);
  await taxii.put("feed-KR-KISA", [7, 8, 9].map(named), GREEN);
  for (let n = 10; n < 15; n++) await taxii.put("u1", [named(n)], { tlp: "GREEN" });
  await taxii.put(
    "feed-US-CISA",
    Array.from({ length: COUNT - 15 }, (_, i) => named(15 + i)),
    GREEN,
  );
  await taxii.put("feed-US-CISA", [{ ...named(0), modified: "2026-03-09T00:00:00.000Z" }], GREEN);
});
afterAll(() => taxii.close());

interface Record {
  readonly id: string;
  readonly version: string;
  readonly date_added: string;
}
const manifest = (as: string, query = "?match[version]=all"): Promise<Record[]> =>
  taxii.all(as, query, MANIFEST) as unknown as Promise<Record[]>;
const keyOf = ({ id, version, modified, created }: StixJson): string => `${id} ${version ?? modified ?? created}`;
const dates = ({ headers }: Got): [string | undefined, string | undefined] => [
  headers["x-taxii-date-added-first"],
  headers["x-taxii-date-added-last"],
];

test("T-066 and T-068 nothing to return – recalls of who lost nothing, filters that leave nothing – is a 200 with {} and no dates", async () => {
  for (const path of [
    OBJECTS.replace("originals", "recalls"),
    MANIFEST.replace("originals", "recalls"),
    `${OBJECTS}?match[id]=tool--${sampleUuid("none")}`,
    `${MANIFEST}?added_after=2099-01-01T00:00:00Z`,
    `${OBJECTS}${named(1).id}/?match[version]=2020-01-01T00:00:00Z`,
    `${OBJECTS}${named(1).id}/versions/?added_after=2099-01-01T00:00:00Z`,
  ]) {
    const got = await taxii.ask("u1", path);
    expect([path, got.status, got.body.toString(), dates(got)]).toEqual([path, 200, "{}", [undefined, undefined]]);
  }
});

test("T-066 an envelope – with items, with more to come – has more, next and objects, and nothing else", async () => {
  expect(Object.keys((await taxii.page("u1")) as object)).toEqual(["more", "objects"]);
  const first = await taxii.page("u1", "?limit=2");
  expect(first).toEqual({ more: true, next: expect.any(String), objects: [expect.anything(), expect.anything()] });
});

test("T-067 dates of a page – on the four endpoints – are those of its first and last item", async () => {
  const records = await manifest("k3");
  for (const query of ["?match[version]=all", "?match[version]=all&limit=1", "?match[version]=all&limit=5"])
    for (const path of [OBJECTS, MANIFEST]) {
      const got = await taxii.ask("k3", `${path}${query}`);
      const { length } = got.json.objects as unknown[];
      expect([path, query, ...dates(got)]).toEqual([
        path,
        query,
        records[0]?.date_added,
        records[length - 1]?.date_added,
      ]);
    }
  const both = records.filter(({ id }) => id === named(0).id).map(({ date_added: date }) => date);
  expect(both.length).toBe(2);
  expect(dates(await taxii.ask("k3", `${OBJECTS}${named(0).id}/versions/`))).toEqual(both);
  expect(dates(await taxii.ask("k3", `${OBJECTS}${named(0).id}/`))).toEqual([both[1], both[1]]);
});

test("T-069, T-070 and T-106 objects and manifest – read whole by readers of several agencies – are oldest first, in one order, each with a date of its own", async () => {
  for (const as of ["u1", "k3", "f3", "j1", "r3"])
    for (const collection of ["originals", "consolidated"]) {
      const at = (path: string): string => path.replace("originals", collection);
      for (const query of ["?match[version]=all", "", "?match[type]=tool"]) {
        const records = (await taxii.all(as, query, at(MANIFEST))) as unknown as Record[];
        const objects = await taxii.all(as, query, at(OBJECTS));
        expect(objects.map(keyOf)).toEqual(records.map(keyOf as never));
        const order = records.map(({ date_added: date }) => date);
        expect(order).toEqual([...order].sort());
        expect(new Set(records.map(keyOf as never)).size).toBe(records.length);
      }
    }
});

test("T-070 dates within one POST – of an agency's own objects – are strictly increasing", async () => {
  await taxii.put("u1", [tool("one post 1"), tool("one post 2"), tool("one post 3")], { tlp: "GREEN" });
  const ids = [1, 2, 3].map((n) => tool(`one post ${n}`).id);
  const order = (await manifest("u1")).filter(({ id }) => ids.includes(id)).map(({ date_added: date }) => date);
  expect([order.length, new Set(order).size]).toEqual([3, 3]);
});

test("T-071 what becomes visible – after a reader has read to the end – has a date after all that it was given", async () => {
  const last = (await manifest("k3")).at(-1)?.date_added ?? "";
  await taxii.put("feed-US-FBI", [tool("later one")], { ...GREEN, tlp: "CLEAR" });
  const fresh = (await manifest("k3", `?added_after=${last}`)).map(({ id }) => id);
  expect(fresh).toContain(tool("later one").id);
  expect((await manifest("k3")).find(({ id }) => id === tool("later one").id)?.date_added ?? "").toMatch(/./);
  expect((await manifest("k3")).filter(({ date_added: date }) => date <= last).map(({ id }) => id)).not.toContain(
    tool("later one").id,
  );
});

test.each(["0", "-1", "1.5", "", "abc", "1e3", "+5", "0x10", "١", "99999999999999999999", "1,2", " 1", "null", "1%00"])(
  "T-072 limit – %s – is a 400",
  async (limit) => {
    for (const path of [OBJECTS, MANIFEST, `${OBJECTS}${named(1).id}/`, `${OBJECTS}${named(1).id}/versions/`]) {
      const { status, json } = await taxii.ask("u1", `${path}?limit=${encodeURIComponent(limit)}`);
      expect([path, status, json.error_code, json.details]).toEqual([path, 400, "query.limit", { path: "limit" }]);
    }
  },
);

test("T-072 a limit – of 1 to 7, of 5,000, of more than the server gives – is never passed, and never too large", async () => {
  for (const limit of [1, 2, 3, 7]) {
    const { objects = [] } = await taxii.page("u1", `?limit=${limit}`);
    expect(objects.length).toBeLessThanOrEqual(limit);
  }
  for (const limit of [5000, 5001, 1_000_000_000, 9_007_199_254_740_991])
    expect((await taxii.page("u1", `?limit=${limit}`)).more).toBe(false);
});

test("T-073 more – with a limit at, above and below what there is – is false, false and true", async () => {
  const { length } = await taxii.all("k3");
  expect((await taxii.page("k3", `?limit=${length}`)).more).toBe(false);
  expect((await taxii.page("k3", `?limit=${length + 1}`)).more).toBe(false);
  expect((await taxii.page("k3", `?limit=${length - 1}`)).more).toBe(true);
});

test("T-074, T-075 and T-076 next – followed on objects, manifest and versions with limits of 1 to 10 – is text, gives each match once and in order, and ends", async () => {
  const versions = `${OBJECTS}${named(0).id}/versions/`;
  for (const as of ["u1", "k3"])
    for (const path of [OBJECTS, MANIFEST])
      for (const filter of ["match[version]=all", "match[type]=tool&match[version]=first,last"]) {
        const whole = (await taxii.all(as, `?${filter}`, path)).map(keyOf);
        for (const limit of [1, 2, 3, 7, 10])
          expect((await taxii.all(as, `?${filter}&limit=${limit}`, path)).map(keyOf)).toEqual(whole);
      }
  const first = (await taxii.ask("k3", `${versions}?limit=1`)).json;
  expect(first).toEqual({ more: true, next: expect.stringMatching(/.+/), versions: [named(0).modified] });
  const second = (await taxii.ask("k3", `${versions}?limit=1&next=${first.next}`)).json;
  expect(second).toEqual({ more: false, versions: ["2026-03-09T00:00:00.000Z"] });
});

describe("T-077 next as input", () => {
  const cursor = async (as: string, query = "?limit=2", path = OBJECTS): Promise<string> =>
    (await taxii.page(as, query, path)).next ?? "none";
  const send = (as: string, next: string, query = "limit=2", path = OBJECTS): Promise<Got> =>
    taxii.ask(as, `${path}?${query}&next=${encodeURIComponent(next)}`);

  test("T-077 a cursor – cut, changed by a character, made up, empty, of 10 kB – is a 400", async () => {
    const good = await cursor("k3");
    const cut = [good.slice(0, -1), good.slice(1), good.slice(0, 10), `${good}A`, good.toUpperCase()];
    const changed = [...good].map((c, i) => `${good.slice(0, i)}${c === "A" ? "B" : "A"}${good.slice(i + 1)}`);
    const made = [
      "x",
      "0",
      "null",
      "1",
      "2026-03-01T00:00:00Z",
      "eyJhIjoxfQ",
      "\u0000",
      "../..",
      "__proto__",
      "a".repeat(10_000),
      "",
    ];
    for (const next of [...cut, ...changed.filter((one) => one !== good), ...made]) {
      const { status, json } = await send("k3", next);
      expect([next, status, json.error_code]).toEqual([next, 400, "cursor.invalid"]);
    }
    expect((await send("k3", good)).status).toBe(200);
  });

  test("T-077 a cursor – of another account, collection, or of other filters – is a 400, never rows outside them", async () => {
    const good = await cursor("k3");
    for (const other of ["u1", "f3", "j1", "k1"])
      expect([other, (await send(other, good)).status]).toEqual([other, 400]);
    for (const name of ["consolidated", "recalls"])
      expect((await send("k3", good, "limit=2", OBJECTS.replace("originals", name))).status).toBe(400);
    for (const filters of [
      "match[type]=indicator",
      "match[version]=all",
      `match[id]=${named(1).id}`,
      "added_after=2026-01-01T00:00:00Z",
    ])
      expect([filters, (await send("k3", good, filters)).status]).toEqual([filters, 400]);
    expect((await send("k3", good, "limit=2", `${OBJECTS}${named(0).id}/`)).status).toBe(400);
    const api = (await taxii.ask("k3", "/api/v1/objects?limit=1")).json.next as string;
    expect((await send("k3", api)).status).toBe(400);
    const back = await taxii.ask("k3", `/api/v1/objects?limit=1&next=${good}`);
    expect(back.status).toBe(400);
  });

  test("T-077 a cursor – after its account was narrowed – gives nothing that the account may not see any more", async () => {
    const good = await cursor("j2");
    expect((await send("j2", good)).status).toBe(200);
    await taxii.world.changeAccount("j2", { until: "2026-04-01T00:00:00Z" });
    expect((await send("j2", good)).status).toBe(401);
  });
});

test("T-078 added_after – with the date of each page's last item – goes on where next would", async () => {
  for (const as of ["u1", "k3"])
    for (const limit of [3, 5, 10]) {
      const found: string[] = [];
      let after = "";
      for (let page = 0; page < 100; page++) {
        const got = await taxii.ask(
          as,
          `${OBJECTS}?match[version]=all&limit=${limit}${after && `&added_after=${after}`}`,
        );
        found.push(...((got.json as Page).objects ?? []).map(keyOf));
        if (got.json.more !== true) break;
        after = dates(got)[1] ?? "";
      }
      expect(found).toEqual((await taxii.all(as, "?match[version]=all")).map(keyOf));
    }
});

test("T-079 a cursor – sent twice, by five at once, with another limit – gives the same again", async () => {
  const { next = "" } = await taxii.page("k3", "?limit=3");
  const path = `${OBJECTS}?limit=3&next=${next}`;
  const [first, ...others] = await Promise.all([0, 1, 2, 3, 4].map(() => taxii.ask("k3", path)));
  for (const other of others) expect(other.body.toString()).toBe(first?.body.toString());
  const more = await taxii.page("k3", `?limit=4&next=${next}`);
  expect(more.objects?.slice(0, 3)).toEqual((first?.json as Page | undefined)?.objects);
});

test("T-079 a cursor – after the server has been started again over its store – goes on", async () => {
  const { next = "" } = await taxii.page("k3", "?limit=3");
  const before = await taxii.page("k3", `?limit=3&next=${next}`);
  const { core, steer } = taxii.world;
  const again = await openCore(core.config, steer.moments);
  const runner = { post: () => Promise.reject(new Error("no posts here")), wake: () => undefined };
  const app = composeApp(again, { runner, moments: steer.moments, log: makeLog("silent") });
  const after = await request(app).get(`${OBJECTS}?limit=3&next=${next}`).set(taxii.world.credentials("k3", "key"));
  expect(JSON.parse(after.text)).toEqual(before);
  await again.storage.close();
});

test("T-080 objects that arrive between two pages – under the same and other labels – shift nothing and come at the end", async () => {
  const whole = (await taxii.all("k3")).map(keyOf);
  const half = await taxii.page("k3", "?limit=9");
  await taxii.put("feed-US-CISA", [tool("between 1")], GREEN);
  await taxii.put("feed-JP-NPA", [tool("between 2")], GREEN);
  await taxii.put("u1", [tool("hidden between")], { tlp: "AMBER" });
  const rest: string[] = [];
  for (let next = half.next; next !== undefined; ) {
    const page: Page = await taxii.page("k3", `?limit=4&next=${next}`);
    rest.push(...(page.objects ?? []).filter(({ type }) => type !== "marking-definition").map(keyOf));
    next = page.next;
  }
  const seen = [...(half.objects ?? []).map(keyOf), ...rest];
  const tools = (list: readonly string[]): string[] => list.filter((key) => key.startsWith("tool"));
  expect(tools(seen).slice(0, tools(whole).length)).toEqual(tools(whole));
  expect(tools(seen).slice(tools(whole).length)).toEqual([keyOf(tool("between 1")), keyOf(tool("between 2"))]);
});

test("T-080 an object withdrawn between two pages – by its owner – is left out, and hides and repeats no other", async () => {
  const whole = (await taxii.all("u1", "?match[type]=tool")).map(keyOf);
  const { next = "", objects = [] } = await taxii.page("u1", "?match[type]=tool&limit=5");
  const gone = tool("one post 2").id;
  expect((await taxii.ask("u1", `${OBJECTS}${gone}/`, { method: "DELETE" })).status).toBe(200);
  const rest: string[] = [];
  for (let at: string | undefined = next; at !== undefined; ) {
    const page: Page = await taxii.page("u1", `?match[type]=tool&limit=5&next=${at}`);
    rest.push(...(page.objects ?? []).map(keyOf));
    at = page.next;
  }
  expect([...objects.map(keyOf), ...rest]).toEqual(whole.filter((key) => !key.startsWith(gone)));
});

test("consolidated – of a value that two agencies report – has one object for it, and a later source moves it to the end", async () => {
  const at = OBJECTS.replace("originals", "consolidated");
  const pattern = "[domain-name:value = 'shared.example.net']";
  await taxii.put("feed-US-CISA", [indicator("ours", pattern)], GREEN);
  const [first] = (await taxii.all("k3", "?match[type]=indicator", at)).slice(-1);
  await taxii.put("feed-JP-NPA", [indicator("theirs", pattern)], GREEN);
  const [second] = (await taxii.all("k3", "?match[type]=indicator", at)).slice(-1);
  expect(second?.id).toBe(first?.id);
  expect(String(second?.modified) > String(first?.modified)).toBe(true);
});

/** Counts the documents that come out of the store. */
function counting(): { wrapStorage: (storage: Storage) => Storage; read: number } {
  const count = { read: 0 };
  const collection = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (held, name) => {
        const value: unknown = Reflect.get(held, name);
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          const result: unknown = await value.apply(held, args);
          count.read += Array.isArray(result) ? result.length : 1;
          return result;
        };
      },
    });
  const unit = <T extends Unit>(target: T): T =>
    new Proxy(target, {
      get: (held, name) => {
        const value: unknown = Reflect.get(held, name);
        if (name === "collection") return (spec: never) => collection(held.collection(spec));
        if (name === "snapshot" || name === "transaction")
          return (work: (inner: Unit) => Promise<unknown>) =>
            (held as unknown as Storage)[name]((inner) => work(unit(inner)));
        return typeof value === "function" ? value.bind(held) : value;
      },
    });
  return Object.assign(count, { wrapStorage: (storage: Storage): Storage => unit(storage) });
}

test("T-081 the documents read for a page – the first, deep ones and the last, of 300 objects and of 1,200 – are about as many", async () => {
  const count = counting();
  const other = await TaxiiWorld.open({ wrapStorage: count.wrapStorage });
  const most = async (from: number, to: number): Promise<number> => {
    for (let n = from; n < to; n += 100)
      await other.put(
        "feed-US-CISA",
        Array.from({ length: 100 }, (_, i) => tool(`deep ${n + i}`)),
        GREEN,
      );
    const reads: number[] = [];
    for (let next: string | undefined = ""; next !== undefined; ) {
      count.read = 0;
      const page: Page = await other.page("k3", `?limit=20${next === "" ? "" : `&next=${next}`}`);
      reads.push(count.read);
      next = page.next;
    }
    expect(reads.length).toBeGreaterThan(to / 20 - 1);
    // The first request of a reader observes what it is admitted to.
    return Math.max(...reads.slice(1));
  };
  const few = await most(0, 300);
  const many = await most(300, 1200);
  expect(few).toBeGreaterThan(20);
  expect(many).toBeLessThan(few * 1.5);
  await other.close();
});
