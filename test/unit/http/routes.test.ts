import { z } from "zod";
import { Role } from "../../../schemas/policy/vocabulary.ts";
import { openapiText } from "../../../server/http/openapi.ts";
import { NEEDS, type Needs, type Route, route } from "../../../server/http/route.ts";
import { makeApp, routeFaults } from "../../../server/http/router.ts";
import { grantedVerbs, ROLE_VERBS, VERB_SCOPE, VERBS } from "../../../server/http/verbs.ts";
import { makeLog } from "../../../server/shared/log.ts";
import { type TemporaryApp, temporaryApp, testWorld } from "../../support/temporary-app.ts";

const plain = (changes: object = {}): Route =>
  route({
    ...{ method: "GET", path: "/a/{id}", summary: "A", tag: "t", needs: "read", replies: { 200: z.object({}) } },
    handler: async () => ({ status: 200, body: {} }),
    ...changes,
  });

describe("verbs", () => {
  test("the table – of every role – has the verbs of policy 3", () => {
    expect(ROLE_VERBS).toEqual({
      analyst: ["read", "post", "propose"],
      reviewer: ["read", "post", "propose", "triage"],
      releaser: ["read", "post", "propose", "triage", "approve"],
      feed: ["read", "post"],
      client: ["read"],
      liaison: ["read"],
      admin: ["manage", "govern"],
      auditor: ["audit"],
      signer: ["sign", "govern"],
      public: [],
    });
    expect(Object.keys(ROLE_VERBS).sort()).toEqual([...Role.options].sort());
    expect(Object.keys(VERB_SCOPE).sort()).toEqual([...VERBS].sort());
  });

  test("scopes – on every role – narrow and never add", () => {
    for (const role of Role.options) {
      const all = [...grantedVerbs(role, ["read", "post"])];
      expect(all).toEqual(ROLE_VERBS[role]);
      expect([...grantedVerbs(role, ["read"])]).toEqual(all.filter((verb) => VERB_SCOPE[verb] === "read"));
      expect([...grantedVerbs(role, [])]).toEqual([]);
    }
  });
});

describe("route records", () => {
  test.each([
    ["two of one method and path", [plain(), plain({ path: "/a/{other}" })], "there are two of it"],
    ["no needs", [plain({ needs: undefined })], "not in the table of verbs"],
    ["unknown needs", [plain({ needs: "own" })], 'needs "own"'],
    ["a query that is not strict", [plain({ query: z.object({}) })], "no z.strictObject"],
    [
      "params other than its path's",
      [plain({ params: z.strictObject({ other: z.string() }) })],
      "its path and its params differ",
    ],
    ["no replies", [plain({ replies: {} })], "no replies"],
  ])("an app – with a route that has %s – does not start", (_what, routes, words) => {
    expect(routeFaults(routes).join()).toContain(words);
    const parts = { routes, moments: testWorld().moments, log: makeLog("silent") };
    expect(() => makeApp({ ...parts, authenticate: () => Promise.reject(new Error("unused")) })).toThrow(words);
  });

  test("two methods of one path, a word beside a parameter – are no fault", () => {
    expect(routeFaults([plain(), plain({ method: "DELETE" }), plain({ path: "/a/mine" })])).toEqual([]);
  });
});

describe("the routes there are", () => {
  let made: TemporaryApp;
  beforeAll(async () => {
    made = await temporaryApp({ routes: [plain({ query: z.strictObject({ limit: z.string().optional() }) })] });
  });
  afterAll(() => made.close());

  test("each record – of the spine – needs what is in the table", () => {
    expect(made.routes.filter(({ needs }) => !NEEDS.includes(needs))).toEqual([]);
    expect(made.routes.length).toBeGreaterThan(9);
  });

  test("the OpenAPI document – of the records – has each route with its needs, and names each component it refers to", () => {
    const text = openapiText(made.routes);
    const document = JSON.parse(text) as {
      openapi: string;
      paths: Record<string, Record<string, { "x-needs": Needs; responses: object; operationId: string }>>;
      components: { schemas: Record<string, object> };
    };
    const found = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { "x-needs": needs }]) => `${method.toUpperCase()} ${path} ${needs}`),
    );
    expect(found.sort()).toEqual(made.routes.map(({ method, path, needs }) => `${method} ${path} ${needs}`).sort());
    const named = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] ?? "");
    expect([...new Set(named)].filter((name) => !Object.hasOwn(document.components.schemas, name))).toEqual([]);
    expect(named).toContain("FaultReply");
    expect(text).not.toMatch(/\$defs|"\$schema"|"#"/);
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("the OpenAPI document – of the same records in another order – is the same bytes", () => {
    expect(openapiText([...made.routes].reverse())).toBe(openapiText(made.routes));
  });
});
