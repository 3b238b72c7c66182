import { existsSync, readFileSync } from "node:fs";
import { openCore } from "../../server/compose.ts";
import { composeRoutes } from "../../server/compose-http.ts";
import { readConfig } from "../../server/config.ts";
import { openapiText } from "../../server/http/openapi.ts";
import { NEEDS, type Route } from "../../server/http/route.ts";
import { routeFaults } from "../../server/http/router.ts";
import { testWorld } from "../support/temporary-app.ts";
import { temporaryFolder } from "../support/temporary-store.ts";

const FILE = "docs/openapi.json";
const COMMAND = `npm run -s tricord -- openapi > ${FILE}`;

describe("the routes of the whole server", () => {
  const { folder, remove } = temporaryFolder();
  let routes: readonly Route[] = [];
  beforeAll(async () => {
    const core = await openCore(readConfig({ DATA_DIR: folder }), testWorld().moments);
    const runner = { post: () => Promise.reject(new Error("no posts here")), wake: () => {} };
    ({ routes } = composeRoutes(core, { runner, moments: testWorld().moments }));
    await core.storage.close();
  });
  afterAll(remove);

  test("each record – of the whole list – is right, and needs what is in the table of verbs", () => {
    expect(routes.length).toBeGreaterThan(15);
    expect(routeFaults(routes)).toEqual([]);
    expect(routes.filter(({ needs }) => !NEEDS.includes(needs))).toEqual([]);
  });

  test("what anyone may ask without signing in – of the whole list – is these routes and no other", () => {
    const open = routes.filter(({ needs }) => needs === "anyone").map(({ method, path }) => `${method} ${path}`);
    expect(open.sort()).toEqual([
      ...["GET /api/v1/openapi.json", "GET /docs", "GET /docs/", "GET /docs/{file}", "GET /healthz", "GET /readyz"],
      ...["POST /api/v1/auth/login", "POST /api/v1/auth/refresh"],
    ]);
  });

  test("every reference – of the whole document – leads somewhere, and no key of another vocabulary is left", () => {
    const text = openapiText(routes);
    const { components } = JSON.parse(text) as { components: { schemas: Record<string, object> } };
    const refs = new Set([...text.matchAll(/"\$ref": "([^"]+)"/g)].map((match) => match[1] ?? ""));
    const known = new Set(Object.keys(components.schemas).map((name) => `#/components/schemas/${name}`));
    expect([...refs].filter((ref) => !known.has(ref))).toEqual([]);
    expect(known.size).toBeGreaterThan(30);
    expect(text).not.toMatch(/"\$defs"|"\$schema"|"\$id"/);
  });

  test("docs/openapi.json – beside the code – is what the records say", () => {
    const held = existsSync(FILE) ? readFileSync(FILE, "utf8") : "";
    // The command is in the value, so that a failure names it.
    expect({ same: held === openapiText(routes), ifNot: COMMAND }).toEqual({ same: true, ifNot: COMMAND });
  });
});
