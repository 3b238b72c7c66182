import type { OrderReply } from "../../schemas/api/orders.ts";
import type { QueuePage } from "../../schemas/api/triage.ts";
import { AgreementsIn, Jobs, Rows } from "../../server/storage/collections.ts";
import { putPolicy } from "../../server/usecases/policy-history.ts";
import { CursorPoller, DatePoller, manifests, taxii } from "../support/pollers.ts";
import { command, dataFolder, endAll, openStoreOf, RealServer } from "../support/real-server.ts";
import { bundle, indicator, row, sampleUuid, TRI, tool } from "../support/samples.ts";
import type { Reply, ReplyBody } from "../support/send.ts";
import { foundIn } from "../support/sound-store.ts";

jest.setTimeout(600_000);
afterAll(endAll);

const GREEN = { tlp: "GREEN", releases: [TRI] };
const HOME = { tlp: "GREEN", releases: [row("TRI", ["USA"])] };
const TO_JAPAN = row("TRI", ["JPN"]);
const SETTINGS = { MAX_INLINE_BYTES: "262144" };
const told = ({ status, body }: Reply): unknown => [status, body.error?.code];
async function done<T = ReplyBody>(asked: Promise<Reply>, wanted = 200): Promise<T> {
  const { status, body, text } = await asked;
  expect([status, status === wanted ? "" : text]).toEqual([wanted, ""]);
  return body as T;
}

const folder = dataFolder();
let [a, b]: RealServer[] = [];
const servers = (): [RealServer, RealServer] => {
  if (a === undefined || b === undefined) throw new Error("the two servers do not run");
  return [a, b];
};
const start = (): Promise<RealServer> => RealServer.start({ folder, env: SETTINGS });
const both = <T>(ask: (server: RealServer) => Promise<T>): Promise<[T, T]> => {
  const [first, second] = servers();
  return Promise.all([ask(first), ask(second)]);
};

beforeAll(async () => {
  [a, b] = await Promise.all([start(), start()]);
});

test("two servers – started at once on an empty store – one loads the demonstration, both serve it with the passwords of the one file", async () => {
  const seeding = servers().map(({ stdout }) => stdout.includes("Seeding"));
  expect(seeding.sort()).toEqual([false, true]);
  const [first, second] = await both((server) => server.objects("j1"));
  expect(first.length).toBeGreaterThan(100);
  expect(second).toEqual(first);
  const { password } = servers()[0].account("u1");
  for (const server of servers())
    await done(server.send("POST", "/api/v1/auth/login", { body: { username: "u1", password } }));
});

test("TAXII – the same pages of both, and a cursor of one sent to the other – equal byte for byte, each object once", async () => {
  const [one, other] = await both((server) => manifests(server, "j2"));
  expect(other).toEqual(one);
  const [first, second] = servers();
  const path = "collections/originals/objects/";
  const seen: string[] = [];
  for (let [next, turn]: [string | undefined, number] = [undefined, 0]; ; turn++) {
    const query: Record<string, string> = { limit: "7", ...(next === undefined ? {} : { next }) };
    const [here, there] = turn % 2 === 0 ? [first, second] : [second, first];
    const [got, again] = [await taxii(here, "j2", path, { query }), await taxii(there, "j2", path, { query })];
    expect([got.status, again.json.objects, again.last]).toEqual([200, got.json.objects, got.last]);
    seen.push(...(got.json.objects ?? []).map(({ id, modified = "" }) => `${id} ${modified}`));
    if (got.json.more !== true || turn === 30) break;
    next = got.json.next;
  }
  expect(seen.length).toBeGreaterThan(50);
  expect(new Set(seen).size).toBe(seen.length);
});

describe("sessions", () => {
  interface Pair {
    readonly accessToken: string;
    readonly refreshToken: string;
  }
  const signIn = (server: RealServer): Promise<Pair> =>
    done(
      server.send("POST", "/api/v1/auth/login", { body: { username: "u2", password: server.account("u2").password } }),
    );
  const me = (server: RealServer, { accessToken }: Pair): Promise<Reply> =>
    server.send("GET", "/api/v1/me", { headers: { Authorization: `Bearer ${accessToken}` } });
  const refresh = (server: RealServer, { refreshToken }: Pair): Promise<Reply> =>
    server.send("POST", "/api/v1/auth/refresh", { body: { refreshToken } });

  test("signed in on one – signed out on the other – good on both before, refused on both after", async () => {
    const [first, second] = servers();
    const pair = await signIn(first);
    expect((await both((server) => me(server, pair))).map(({ status }) => status)).toEqual([200, 200]);
    await done(
      second.send("POST", "/api/v1/auth/logout", { headers: { Authorization: `Bearer ${pair.accessToken}` } }),
      204,
    );
    expect((await both((server) => me(server, pair))).map(told)).toEqual(Array(2).fill([401, "token.refused"]));
    expect(told(await refresh(first, pair))).toEqual([401, "session.refused"]);
  });

  test("a refresh token – used on one, then again on the other – the second use ends the session on both", async () => {
    const [first, second] = servers();
    const old = await signIn(first);
    const fresh = await done<Pair>(refresh(second, old));
    expect((await me(first, fresh)).status).toBe(200);
    expect(told(await refresh(first, old))).toEqual([401, "session.refused"]);
    expect((await both((server) => me(server, fresh))).map(told)).toEqual(Array(2).fill([401, "token.refused"]));
    expect(told(await refresh(second, fresh))).toEqual([401, "session.refused"]);
  });

  test("a refresh token – used on both at once – one pair at most is good, and none of it stays so", async () => {
    const [first] = servers();
    const old = await signIn(first);
    const replies = await both((server) => refresh(server, old));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 401]);
    const fresh = replies.find(({ status }) => status === 200)?.body as unknown as Pair;
    expect((await both((server) => me(server, fresh))).map(told)).toEqual(Array(2).fill([401, "token.refused"]));
  });

  test("wrong passwords of one name – tried on both in turn – counted together: the fifth locks the name on both", async () => {
    const attempt = (server: RealServer, password: string): Promise<Reply> =>
      server.send("POST", "/api/v1/auth/login", { body: { username: "au", password } });
    const [first, second] = servers();
    for (const server of [first, second, first, second, first])
      expect(told(await attempt(server, "no such password"))).toEqual([401, "sign_in.refused"]);
    const right = first.account("au").password;
    expect((await both((server) => attempt(server, right))).map(told)).toEqual(Array(2).fill([429, "sign_in.locked"]));
  });
});

describe("a policy change", () => {
  const objectsOf = (as: string): Promise<[number, number]> =>
    both(async (server) => (await server.objects(as)).length);

  test("an account ended by a third process – asked for on both – refused at the next request, with its key and its password", async () => {
    expect((await both((server) => server.get("/api/v1/me", "j4"))).map(({ status }) => status)).toEqual([200, 200]);
    expect((await command(["accounts", "end", "j4"], { folder })).code).toBe(0);
    const replies = await both((server) => server.get("/api/v1/me", "j4"));
    expect(replies.map(({ status }) => status)).toEqual([401, 401]);
    const key = servers()[0].credentials("f3");
    expect(Object.keys(key)).toEqual(["X-Api-Key"]);
    expect((await command(["accounts", "key", "f3", "--revoke-all"], { folder })).code).toBe(0);
    const machine = await both((server) => server.get("/api/v1/me", "f3"));
    expect(machine.map(told)).toEqual(Array(2).fill([401, "key.refused"]));
  });

  test("an agreement suspended and resumed beside them – read on both – nothing under it at the next request, all of it at the one after", async () => {
    const store = await openStoreOf(folder);
    const set = (status: "suspended" | "in-force"): Promise<void> =>
      store.transaction(async (unit) => {
        for (const held of await unit.collection(AgreementsIn).all({ limit: 100 }))
          await putPolicy(unit, { kind: "agreement", doc: { ...held, status }, at: Date.now() });
      });
    const poller = new DatePoller("k1", "originals");
    const told = (await poller.poll(servers()[0])).length;
    const before = await objectsOf("k1");
    await set("suspended");
    const [one, other] = await objectsOf("k1");
    expect([one, other < before[0], one]).toEqual([other, true, one]);
    // What another source had kept from sight is given now.
    const left = (await poller.poll(servers()[1])).length;
    expect([left < told, await poller.poll(servers()[0])]).toEqual([true, []]);
    await set("in-force");
    expect(await objectsOf("k1")).toEqual(before);
    const again = (await poller.poll(servers()[0])).length;
    expect([again > 0, again <= told, await poller.poll(servers()[1])]).toEqual([true, true, []]);
    await store.close();
  });
});

describe("ingest", () => {
  const many = (name: string, count: number) =>
    Array.from({ length: count }, (_, n) =>
      indicator(`${name} ${n}`, `[ipv4-addr:value = '10.9.${n >> 8}.${n & 255}']`),
    );

  test("the same bundles sent to both at once – five times – each contribution is there once, and each is `created` for one of the two", async () => {
    const pollers = [new DatePoller("j2", "originals"), new CursorPoller("j2", "originals")] as const;
    for (const [i, poller] of pollers.entries()) await poller.poll(servers()[i] ?? servers()[0], 1000);
    const ids = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const objects = many(`both ${round}`, 60);
      for (const { id } of objects) ids.add(id);
      const replies = await both((server) => done(server.ingest("feed-US-CISA", bundle(...objects), GREEN)));
      const counts = replies.map(({ counts: one }) => [one?.created ?? -1, one?.unchanged ?? -1]);
      expect(counts.map(([created = 0, unchanged = 0]) => created + unchanged)).toEqual([60, 60]);
      expect(counts.reduce((sum, [created = 0]) => sum + created, 0)).toBe(60);
    }
    const posts = (await servers()[0].mine("feed-US-CISA")).flatMap(({ id }) => (ids.has(id) ? [id] : []));
    expect([posts.length, new Set(posts).size]).toEqual([300, 300]);
    for (const [i, poller] of pollers.entries()) {
      const got = (await poller.poll(servers()[1 - i] ?? servers()[0], 100)).flatMap(({ id }) =>
        ids.has(id) ? [id] : [],
      );
      expect([got.length, new Set(got).size]).toEqual([300, 300]);
    }
  });

  test("other bundles sent to both at once – two readers that poll the other server meanwhile – each has each object once", async () => {
    const pollers = [new DatePoller("k1", "originals"), new DatePoller("j1", "originals")];
    for (const poller of pollers) await poller.poll(servers()[0]);
    const names = ["one", "other"].map((name) => Array.from({ length: 8 }, (_, n) => many(`${name} ${n}`, 25)));
    const got: string[][] = [[], []];
    let posting = 2;
    const post = async (server: RealServer, batches: readonly ReturnType<typeof many>[], as: string): Promise<void> => {
      for (const objects of batches) await done(server.ingest(as, bundle(...objects), GREEN));
      posting--;
    };
    const follow = async (poller: DatePoller, mine: string[], turn: number): Promise<void> => {
      for (let [i, last]: [number, boolean] = [turn, false]; ; i++) {
        const ending = posting === 0;
        const items = await poller.poll(servers()[i % 2] ?? servers()[0], 9);
        mine.push(...items.map(({ id }) => id));
        if (last && items.length === 0) return;
        last = ending;
      }
    };
    await Promise.all([
      ...servers().map((server, i) => post(server, names[i] ?? [], ["feed-US-CISA", "feed-US-FBI"][i] ?? "")),
      ...pollers.map((poller, i) => follow(poller, got[i] ?? [], i)),
    ]);
    const wanted = names.flat(2).map(({ id }) => id);
    for (const mine of got) {
      const indicators = mine.filter((id) => id.startsWith("indicator--"));
      expect(indicators.sort()).toEqual([...wanted].sort());
    }
  });

  test("a large post to one that is killed – the job asked for on the other – that one ends it, each object once", async () => {
    const [first, second] = servers();
    const objects = many("left behind", 4000);
    const reply = await first.ingest("feed-US-TREAS", bundle(...objects), GREEN);
    const job = reply.body.job ?? "";
    expect(reply.status).toBe(202);
    const ask = (): Promise<Reply> => second.get(`/api/v1/jobs/${job}`, "feed-US-TREAS");
    for (let begun = false; !begun; ) {
      const { body } = await ask();
      begun = (body.counts?.received ?? 0) > 0;
    }
    expect((await first.stop("SIGKILL")).signal).toBe("SIGKILL");
    const store = await openStoreOf(folder);
    const holder = (await store.collection(Jobs).get(job))?.leaseHolder;
    let end = await ask();
    for (; end.body.status !== "done" && end.body.status !== "failed"; end = await ask())
      await new Promise((turn) => setTimeout(turn, 100));
    expect([end.body.status, end.body.counts?.received, end.body.counts?.rejected]).toEqual(["done", 4000, 0]);
    expect((await store.collection(Jobs).get(job))?.leaseHolder).not.toBe(holder);
    const ids = objects.map(({ id }) => id);
    const rows = (await store.collection(Rows).find({ index: "stix", values: ids })).filter(
      (one) => one.id === one.contribution,
    );
    expect([rows.length, new Set(rows.map(({ stixId }) => stixId)).size]).toEqual([4000, 4000]);
    await store.close();
    a = await start();
  });
});

describe("two persons on two servers", () => {
  const propose = async (server: RealServer, object: string): Promise<string> => {
    const { hash } = await done(server.get(`/api/v1/objects/${object}`, "u1"));
    const body = { row: TO_JAPAN, reason: "Japan asked for it", hash };
    const { release } = await done<{ release: string }>(
      server.post(`/api/v1/objects/${object}/releases`, "u1", body),
      202,
    );
    return release;
  };
  const post = async (server: RealServer, name: string): Promise<string> => {
    const object = tool(name);
    expect((await done(server.ingest("u1", bundle(object), HOME))).counts?.created).toBe(1);
    return object.id;
  };
  const approve = async (server: RealServer, release: string, as: string, verb = "approve"): Promise<Reply> => {
    const { hash } = await done(server.get(`/api/v1/releases/${release}`, as));
    return server.post(`/api/v1/releases/${release}/${verb}`, as, { reason: "looked at it", hash });
  };

  test("a release – proposed on one, approved on the other – Japan sees it on the first, and its feed has it once", async () => {
    const [first, second] = servers();
    const poller = new DatePoller("j1", "originals");
    await poller.poll(first);
    const object = await post(first, "released across");
    const release = await propose(first, object);
    expect((await both((server) => server.get(`/api/v1/objects/${object}`, "j1"))).map(({ status }) => status)).toEqual(
      [404, 404],
    );
    expect((await done(approve(second, release, "u4"))).status).toBe("released");
    expect((await both((server) => server.get(`/api/v1/objects/${object}`, "j1"))).map(({ status }) => status)).toEqual(
      [200, 200],
    );
    expect((await poller.poll(first)).map(({ id }) => id)).toContain(object);
    expect((await poller.poll(second)).map(({ id }) => id)).not.toContain(object);
  });

  test("the same release – approved on one and refused on the other at once – one wins, the other is told so", async () => {
    for (let round = 0; round < 4; round++) {
      const [first, second] = servers();
      const object = await post(first, `decided twice ${round}`);
      const release = await propose(second, object);
      const hashes = await Promise.all(
        (["u4", "rel-US-FBI"] as const).map(
          async (as) => (await done(first.get(`/api/v1/releases/${release}`, as))).hash,
        ),
      );
      const ask = (server: RealServer, as: string, verb: string, hash: unknown): Promise<Reply> =>
        server.post(`/api/v1/releases/${release}/${verb}`, as, { reason: "looked at it", hash });
      const replies = await Promise.all([
        ask(first, "u4", "approve", hashes[0]),
        ask(second, "rel-US-FBI", "refuse", hashes[1]),
      ]);
      expect(replies.map(({ status }) => status).sort()).toEqual([200, 409]);
      const [won, lost] = replies[0]?.status === 200 ? replies : [...replies].reverse();
      expect(lost?.body.error?.code).toMatch(/^release\./);
      expect(lost?.body.error?.message.length).toBeGreaterThan(15);
      const seen = won?.body.status === "released" ? 200 : 404;
      expect(
        (await both((server) => server.get(`/api/v1/objects/${object}`, "j1"))).map(({ status }) => status),
      ).toEqual([seen, seen]);
    }
  });

  test("the same review – claimed on both at once – one holds it, the other is told so", async () => {
    const [first, second] = servers();
    const object = await post(first, "what it is about");
    const report = {
      ...{ ...tool("claimed twice"), type: "report", id: `report--${sampleUuid("claimed twice")}` },
      ...{ report_types: ["threat-report"], published: "2026-03-01T00:00:00Z", object_refs: [object] },
    };
    expect((await done(first.ingest("u1", bundle(report), HOME))).counts?.created).toBe(1);
    const queue = await done<QueuePage>(second.get("/api/v1/triage/queue", "u4", { type: "report", limit: "200" }));
    const review = queue.items.find(({ title }) => title === "claimed twice")?.review;
    const claim = (server: RealServer, as: string): Promise<Reply> =>
      server.post(`/api/v1/triage/reviews/${review}/claim`, as, undefined);
    const replies = await Promise.all([claim(first, "u4"), claim(second, "rel-US-FBI")]);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(replies.find(({ status }) => status === 409)?.body.error?.message.length).toBeGreaterThan(15);
  });

  test("the same standing order – signed on one and refused on the other at once – one wins, the other is told so", async () => {
    const [first, second] = servers();
    const body = {
      ...{
        accounts: ["feed-US-FBI"],
        tlpUpTo: "GREEN",
        agreements: ["TRI"],
        days: 30,
        ceiling: 1000,
        reason: "a feed",
      },
    };
    const { order, hash } = await done<OrderReply & { hash: string }>(first.post("/api/v1/orders", "u4", body), 201);
    const ask = (server: RealServer, verb: string): Promise<Reply> =>
      server.post(`/api/v1/orders/${order}/${verb}`, "rel-US-FBI", { reason: "looked at it", hash });
    const replies = await Promise.all([ask(first, "sign"), ask(second, "refuse")]);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409]);
    const shown = await both((server) => done<OrderReply>(server.get(`/api/v1/orders/${order}`, "u4")));
    expect(shown[0].status).toBe(shown[1].status);
  });
});

test("after all of it – both told to end – they end well, and nothing is found in the store", async () => {
  const ended = await both((server) => server.stop());
  expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ""],
    [0, ""],
  ]);
  expect(await foundIn(folder)).toEqual([]);
});
