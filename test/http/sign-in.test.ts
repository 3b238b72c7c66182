import jsonwebtoken from "jsonwebtoken";
import request from "supertest";
import { z } from "zod";
import { route } from "../../server/http/route.ts";
import { Audit, Sessions } from "../../server/storage/collections.ts";
import type { AuditDoc } from "../../server/storage/documents.ts";
import { verifyChain } from "../../server/usecases/audit-chain.ts";
import { PASSWORD, type TemporaryApp, temporaryApp } from "../support/temporary-app.ts";

const verbs = (["read", "post", "approve"] as const).map((verb) =>
  route({
    method: "GET",
    path: `/may/${verb}`,
    summary: "A verb",
    tag: "test",
    needs: verb,
    query: z.strictObject({ n: z.string().regex(/^\d$/).optional() }),
    replies: { 200: z.object({ ok: z.boolean(), revision: z.int() }) },
    handler: async ({ revision }) => ({ status: 200, body: { ok: true, revision } }),
  }),
);

const MINUTE = 60_000;

describe("sign-in over HTTP", () => {
  let made: TemporaryApp;
  beforeEach(async () => {
    made = await temporaryApp({ routes: verbs });
    await made.account({ id: "j1", name: "J. One", clearance: "S", topics: ["*"], pii: true });
  });
  afterEach(() => made.close());

  const ask = () => request(made.app);
  const login = (username: string, password: string = PASSWORD) =>
    ask().post("/api/v1/auth/login").send({ username, password });
  const tokens = async (username = "j1"): Promise<{ accessToken: string; refreshToken: string; expiresIn: number }> =>
    (await login(username)).body;
  const me = (token: string) => ask().get("/api/v1/me").set("Authorization", `Bearer ${token}`);
  const refresh = (refreshToken: string) => ask().post("/api/v1/auth/refresh").send({ refreshToken });
  const chainOf = async (): Promise<AuditDoc[]> => {
    const rows = await made.storage.collection(Audit).all({ limit: 1000 });
    return rows.map(({ rev: _, ...row }) => row).sort((a, b) => a.n - b.n);
  };
  const told = async (): Promise<string[]> => (await chainOf()).map(({ actor, what }) => `${actor} ${what}`);

  test("login – with the right password – gives tokens that say who it is", async () => {
    const reply = await login("j1");
    expect([reply.status, Object.keys(reply.body).sort(), reply.body.expiresIn]).toEqual([
      ...[200, ["accessToken", "expiresIn", "refreshToken"], 900],
    ]);
    expect((await me(reply.body.accessToken)).body).toEqual({
      ...{ username: "j1", name: "J. One", role: "analyst", agency: "JP-NPA", country: "JPN", categories: ["LE"] },
      ...{ clearance: "S", topics: ["*"], pii: true, verbs: ["post", "propose", "read"] },
    });
  });

  test("login – with a wrong password, an unknown name, an impossible name, an account that ended – has one answer", async () => {
    await made.account({ id: "j9" });
    await made.identity.accounts.end("j9", "operator", made.world.moments());
    const replies = [
      await login("j1", "a wrong password"),
      await login("nobody"),
      await login("../../etc\u0000passwd"),
      await login("j9"),
    ];
    expect(replies.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(replies[0]?.headers["www-authenticate"]).toContain("Bearer");
  });

  test("login – failing five times – locks the name for 1, 2, 4 … seconds, known or not", async () => {
    for (const name of ["j1", "nobody"]) {
      for (let i = 0; i < 4; i++) expect((await login(name, "wrong wrong wrong")).status).toBe(401);
      const waits: string[] = [];
      for (const seconds of [1, 2, 4]) {
        expect((await login(name, "wrong wrong wrong")).status).toBe(401);
        const locked = await login(name);
        expect([locked.status, locked.body.error.code]).toEqual([429, "sign_in.locked"]);
        waits.push(locked.headers["retry-after"] ?? "");
        made.world.now += seconds * 1000;
      }
      expect(waits).toEqual(["1", "2", "4"]);
    }
    expect((await login("j1")).status).toBe(200);
    expect((await login("j1", "wrong wrong wrong")).status).toBe(401);
    expect((await login("j1")).status).toBe(200);
  });

  test("login – tried twenty times at once with wrong passwords – gets five tries, not twenty", async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, (_, i) => login("j1", `wrong wrong ${i}`)));
    expect(replies.filter(({ status }) => status === 401).length).toBe(5);
    expect(replies.filter(({ status }) => status === 429).length).toBe(15);
  });

  test("a bearer token – expired, of another key, alg none, other issuer, without session, cut, none – is a 401", async () => {
    const { accessToken } = await tokens();
    const claims = jsonwebtoken.decode(accessToken) as Record<string, unknown>;
    const key = Buffer.from(made.keys.jwt);
    const sign = (changes: object, secret = key) =>
      jsonwebtoken.sign({ ...claims, ...changes }, secret, { algorithm: "HS256" });
    const none = jsonwebtoken.sign(claims, "", { algorithm: "none" });
    const other = jsonwebtoken.sign(claims, key, { algorithm: "HS512" });
    expect((await me(sign({}))).status).toBe(200);
    const bad = [
      ...[sign({}, Buffer.alloc(32, 7)), none, other, sign({ iss: "other" }), sign({ aud: "other" })],
      ...[sign({ sid: "none" }), sign({ sub: "u1" }), sign({}).slice(0, -2), "x", "", "a.b.c"],
    ];
    const statuses = [];
    for (const token of bad) statuses.push((await me(token)).status);
    expect(statuses).toEqual(bad.map(() => 401));
    made.world.now += 15 * MINUTE;
    const expired = await me(accessToken);
    expect([expired.status, expired.body.error.code]).toEqual([401, "token.expired"]);
  });

  test("a request – with no credential, an unknown scheme, two credentials – is refused", async () => {
    const replies = [
      await ask().get("/api/v1/me"),
      await ask().get("/api/v1/me").set("Authorization", "Digest x"),
      await ask().get("/api/v1/me").set("Authorization", "Bearer x").set("X-Api-Key", "tri_x"),
    ];
    expect(replies.map(({ status, body }) => [status, body.error.code])).toEqual([
      ...[
        [401, "credentials.missing"],
        [401, "credentials.missing"],
        [400, "credentials.two"],
      ],
    ]);
  });

  test("the order of checks – a stranger's bad request – is a 401 before its schema is looked at", async () => {
    expect((await ask().get("/may/read?n=bad")).status).toBe(401);
    const { accessToken } = await tokens();
    const mine = (path: string) => ask().get(path).set("Authorization", `Bearer ${accessToken}`);
    expect((await mine("/may/read?n=bad")).status).toBe(400);
    expect((await mine("/may/approve?n=bad")).status).toBe(403);
  });

  test("refresh – once – rotates; the old one used again ends the session for both", async () => {
    const first = await tokens();
    made.world.now += MINUTE;
    const second = (await refresh(first.refreshToken)).body;
    expect((await me(second.accessToken)).status).toBe(200);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect((await refresh(first.refreshToken)).status).toBe(401);
    expect((await refresh(second.refreshToken)).status).toBe(401);
    expect((await me(second.accessToken)).status).toBe(401);
    expect(await told()).toContain("j1 session.token-used-twice");
  });

  test("refresh – with a token that we never made – harms no session", async () => {
    const { accessToken, refreshToken } = await tokens();
    const [session] = refreshToken.split(".");
    for (const forged of [`${session}.AAAA.BBBB`, "x", `${refreshToken}x`])
      expect((await refresh(forged)).status).toBe(401);
    expect((await me(accessToken)).status).toBe(200);
  });

  test("refresh – a day after the last, or a week after sign-in – is too late", async () => {
    let { refreshToken } = await tokens();
    for (let day = 0; day < 7; day++) {
      made.world.now += 23 * 60 * MINUTE;
      ({ refreshToken } = (await refresh(refreshToken)).body);
    }
    made.world.now += 23 * 60 * MINUTE;
    expect((await refresh(refreshToken)).status).toBe(401);
    await tokens();
    expect((await made.storage.collection(Sessions).all({ limit: 10 })).length).toBe(1);
  });

  test("logout – with a bearer token – ends its session, and another's only if it is one's own", async () => {
    await made.account({ id: "j2" });
    const [mine, second, other] = [await tokens(), await tokens(), await tokens("j2")];
    const logout = (token: string) => ask().post("/api/v1/auth/logout").set("Authorization", `Bearer ${token}`);
    expect((await logout(mine.accessToken)).status).toBe(204);
    expect((await me(mine.accessToken)).status).toBe(401);
    expect((await refresh(mine.refreshToken)).status).toBe(401);
    const third = await tokens();
    await logout(third.accessToken).send({ refreshToken: other.refreshToken });
    expect((await me(other.accessToken)).status).toBe(200);
    const fourth = await tokens();
    await logout(fourth.accessToken).send({ refreshToken: second.refreshToken });
    expect((await me(second.accessToken)).status).toBe(401);
  });

  test("logout – with a key – says that there is no session", async () => {
    const { key } = await made.identity.apiKeys.make(
      { account: "j1", name: "k", scopes: ["read"], days: 1 },
      "operator",
      made.world.moments(),
    );
    const reply = await ask().post("/api/v1/auth/logout").set("X-Api-Key", key);
    expect([reply.status, reply.body.error.code]).toEqual([400, "session.none"]);
  });

  test("an API key – in its scope, out of it, revoked, expired, of an ended account – is taken or refused", async () => {
    await made.account({ id: "f3", role: "feed" });
    await made.account({ id: "r3", role: "feed", agency: "US-CISA", scope: "read" });
    const make = async (account: string, scopes: ("read" | "post")[], days = 30) =>
      (
        await made.identity.apiKeys.make(
          { account, name: scopes.join(), scopes, days },
          "operator",
          made.world.moments(),
        )
      ).key;
    const [reads, posts, both] = [
      await make("f3", ["read"]),
      await make("f3", ["post"], 1),
      await make("r3", ["read", "post"]),
    ];
    const may = async (key: string) => {
      const statuses = [];
      for (const verb of ["read", "post", "approve"])
        statuses.push((await ask().get(`/may/${verb}`).set("X-Api-Key", key)).status);
      return statuses;
    };
    expect(reads).toMatch(/^tri_[A-Za-z0-9_-]{43}$/);
    expect([await may(reads), await may(posts), await may(both)]).toEqual([
      ...[
        [200, 403, 403],
        [403, 200, 403],
        [200, 403, 403],
      ],
    ]);
    made.world.now += 86_400_000;
    expect(await may(posts)).toEqual([401, 401, 401]);
    expect(await made.identity.apiKeys.revoke({ account: "f3", name: "read" }, "operator", made.world.moments())).toBe(
      1,
    );
    expect(await may(reads)).toEqual([401, 401, 401]);
    await made.identity.accounts.end("r3", "operator", made.world.moments());
    expect(await may(both)).toEqual([401, 401, 401]);
    expect(await may("tri_")).toEqual([401, 401, 401]);
  });

  test("HTTP Basic – with a colon in the password – is taken; wrong, malformed, empty is a 401", async () => {
    const password = "with:colons:in:it é 비밀";
    await made.identity.accounts.setPassword("j1", password, "operator", made.world.moments());
    const basic = (pair: string) =>
      ask()
        .get("/api/v1/me")
        .set("Authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
    expect((await basic(`j1:${password}`)).status).toBe(200);
    const statuses = [];
    for (const pair of ["j1:with", `j1:${password}x`, "j1", ":", "j1:", "", "\u00ff:x"])
      statuses.push((await basic(pair)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 401]);
  });

  test("HTTP Basic – within a minute of the last – pays for no password hash; a change of the account ends that", async () => {
    const basic = () => ask().get("/api/v1/me").auth("j1", PASSWORD);
    const signedIn = async () => (await told()).filter((line) => line === "j1 sign-in.success").length;
    for (let i = 0; i < 5; i++) expect((await basic()).status).toBe(200);
    expect(await signedIn()).toBe(1);
    made.world.now += MINUTE;
    expect([(await basic()).status, await signedIn()]).toEqual([200, 2]);
    await made.account({ id: "j3" });
    expect([(await basic()).status, await signedIn()]).toEqual([200, 3]);
    await made.identity.accounts.setPassword("j1", "another password", "operator", made.world.moments());
    expect((await basic()).status).toBe(401);
  });

  test("an account – before its first day, and from its last on – signs in no more and has no request answered", async () => {
    await made.account({ id: "j4", from: "2026-04-11T10:00:00Z", until: "2026-04-11T10:05:00Z" });
    expect((await login("j4")).status).toBe(401);
    made.world.now = Date.UTC(2026, 3, 11, 10);
    const { accessToken } = await tokens("j4");
    expect((await me(accessToken)).status).toBe(200);
    made.world.now += 5 * MINUTE;
    expect([(await me(accessToken)).status, (await login("j4")).status]).toEqual([401, 401]);
  });

  test("the policy revision – after an account is made – is one more on the next request", async () => {
    const { accessToken } = await tokens();
    const revision = async () =>
      (await ask().get("/may/read").set("Authorization", `Bearer ${accessToken}`)).body.revision;
    const before = await revision();
    await made.account({ id: "j5" });
    expect(await revision()).toBe(before + 1);
  });

  test("audit – of sign-ins, failures and account changes – is one whole chain without passwords", async () => {
    await login("j1", "wrong wrong wrong");
    await login("nobody");
    await tokens();
    expect(await told()).toEqual([
      ...["operator account.created", "j1 sign-in.failure", "unknown sign-in.failure", "j1 sign-in.success"],
    ]);
    const rows = await chainOf();
    expect(verifyChain(rows)).toBeUndefined();
    expect(JSON.stringify(rows)).not.toContain(PASSWORD);
  });
});

describe("limits", () => {
  test("an account – past its requests a minute – gets 429 with Retry-After; another account does not", async () => {
    const made = await temporaryApp({ routes: verbs, limits: { perMinute: 3 } });
    await made.account({ id: "j1" });
    await made.account({ id: "j2" });
    const get = (name: string) => request(made.app).get("/may/read").auth(name, PASSWORD);
    for (let i = 0; i < 3; i++) expect((await get("j1")).status).toBe(200);
    const past = await get("j1");
    expect([past.status, past.body.error.code]).toEqual([429, "limit.requests"]);
    expect(Number(past.headers["retry-after"])).toBeGreaterThan(50);
    expect((await get("j2")).status).toBe(200);
    await made.close();
  });

  test("an address – past its failed sign-ins – gets 429; successes are not charged, however many at once", async () => {
    const made = await temporaryApp({ limits: { signInFailuresPerMinute: 3 } });
    const names = Array.from({ length: 12 }, (_, i) => `j${i}`);
    for (const id of names) await made.account({ id });
    const login = (username: string, password = PASSWORD) =>
      request(made.app).post("/api/v1/auth/login").send({ username, password });
    expect((await Promise.all(names.map((name) => login(name)))).map(({ status }) => status)).toEqual(
      names.map(() => 200),
    );
    for (let i = 0; i < 3; i++) expect((await login(`x${i}`)).status).toBe(401);
    const past = await login("j1");
    expect([past.status, past.body.error.code]).toEqual([429, "limit.sign_in"]);
    await made.close();
  });
});
