import type { AccountDoc } from "../../server/storage/documents.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const DAY = 86_400_000;
const admin = (id: string): AccountDoc => ({
  ...{ id, name: id, role: "admin", clearance: "U", topics: [], pii: false, scope: "write", person: `p-${id}` },
});
let world: TemporaryWorld;
let now = START;
let asked = 0;
beforeAll(async () => {
  world = await TemporaryWorld.open();
  await world.addDirectory({ accounts: [admin("root"), admin("deputy")] });
});
afterAll(() => world.close());

const send = (as: string, method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<Reply> => {
  now += 1000;
  world.at(now, `request ${++asked}`);
  return world.ask(as, { method, path, ...(body === undefined ? {} : { body }) });
};
const failed = ({ status, json }: Reply): unknown[] => [
  status,
  (json as { error?: { code: string } } | undefined)?.error?.code,
];
const PATH = "/api/v1/promotions";
const roleOf = async (id: string): Promise<unknown> =>
  ((await send(id, "GET", "/api/v1/me")).json as { role?: string } | undefined)?.role;

describe("promotions over HTTP", () => {
  test.each(["u1", "rel-US-FBI", "sign-usa", "feed-US-FBI"])("asked by %s – who does not manage – 403", async (who) => {
    for (const [method, path, body] of [
      ["GET", PATH, undefined],
      ["POST", PATH, { account: "u3" }],
      ["POST", `${PATH}/u3/confirm`, undefined],
      ["DELETE", `${PATH}/u3`, undefined],
    ] as const)
      expect(failed(await send(who, method, path, body))).toEqual([403, "forbidden.verb"]);
  });

  test("an analyst – proposed by one, confirmed by another a day later – is a releaser, and approves nothing that they propose", async () => {
    const { status, json } = await send("root", "POST", PATH, { account: "u3" });
    expect([status, json]).toMatchObject([201, { account: "u3", role: "releaser", proposedBy: "root" }]);
    expect(failed(await send("deputy", "POST", PATH, { account: "u3" }))).toEqual([409, "promotion.exists"]);
    expect((await send("deputy", "GET", PATH)).json).toMatchObject({ promotions: [{ account: "u3" }] });
    expect(failed(await send("deputy", "POST", `${PATH}/u3/confirm`))).toEqual([409, "promotion.too_early"]);
    now += DAY;
    expect(failed(await send("root", "POST", `${PATH}/u3/confirm`))).toEqual([403, "promotion.same_person"]);
    expect(await roleOf("u3")).toBe("analyst");
    expect((await send("deputy", "POST", `${PATH}/u3/confirm`)).status).toBe(204);
    // Its sessions ended with the promotion: it signs in again as what it is now.
    expect((await send("u3", "GET", "/api/v1/me")).status).toBe(401);
    expect((await send("deputy", "GET", PATH)).json).toEqual({ promotions: [] });
  });

  test("a promotion – dropped – is there no more", async () => {
    await send("root", "POST", PATH, { account: "u2" });
    expect((await send("deputy", "DELETE", `${PATH}/u2`)).status).toBe(204);
    expect(failed(await send("deputy", "DELETE", `${PATH}/u2`))).toEqual([404, "not_found"]);
    expect(failed(await send("deputy", "POST", `${PATH}/u2/confirm`))).toEqual([404, "not_found"]);
  });

  test.each<[string, unknown, number, string?]>([
    ["nobody that there is", { account: "nobody" }, 422, "promotion.unknown"],
    ["a feed", { account: "feed-US-FBI" }, 422, "promotion.role"],
    ["a releaser", { account: "rel-US-FBI" }, 422, "promotion.releaser"],
    ["a name that can't be", { account: "../x" }, 400],
    ["nothing", {}, 400],
    ["a role of one's choice", { account: "u2", role: "admin" }, 400],
  ])("proposing %s – refused", async (...[, body, status, code]) => {
    const reply = await send("root", "POST", PATH, body);
    expect(reply.status).toBe(status);
    if (code !== undefined) expect(failed(reply)).toEqual([status, code]);
  });
});
