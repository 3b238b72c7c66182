import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { AccountDoc } from "../../server/storage/documents.ts";
import { answer, Compound, failed, idsIn } from "../support/compound.ts";
import { row, TRI, tool } from "../support/samples.ts";

/** Threats of docs/security.md that no other file plays: an administrator who would read or release, an agency whose people turned, a flood of recalls. */
const GREEN: LabelRequest = { tlp: "GREEN", releases: [TRI] };
const DAY = 86_400_000;
jest.setTimeout(120_000);

describe("an administrator", () => {
  let world: Compound;
  const root: AccountDoc = {
    ...{ id: "root", name: "root", role: "admin", clearance: "U", topics: [], pii: false, scope: "write" },
    person: "p-root",
  };
  const [open, classed, red] = [tool("of class U"), tool("of class R"), tool("RED")];
  beforeAll(async () => {
    world = await Compound.open();
    await world.world.addDirectory({ accounts: [root] });
    await world.put("feed-US-FBI", open, GREEN);
    await world.put("u1", classed, { ...GREEN, classification: "R" });
    await world.put("u1", red, { tlp: "RED" });
  });
  afterAll(() => world.close());

  test("an administrator – with its own account – reads nothing, over any way, and signs, releases and audits nothing", async () => {
    for (const path of ["objects", `objects/${open.id}`, "mine", "export", "triage/queue", "releases", "recalls"])
      expect([path, failed(await world.ask("root", `/api/v1/${path}`))]).toEqual([path, [403, "forbidden.verb"]]);
    expect(failed(await world.send("root", "/api/v1/lookup", { values: ["192.0.2.1"] }))).toEqual([
      403,
      "forbidden.verb",
    ]);
    for (const name of ["originals", "consolidated", "recalls"])
      expect([name, (await world.page("root", name as "originals")).status]).toEqual([name, 404]);
    const raise = { change: { account: "u3", to: { clearance: "S" } }, reason: "needed" };
    const asked = await world.send("root", "/api/v1/policy-changes", raise);
    const { change, hash } = asked.json as { change: string; hash?: string };
    expect(asked.status).toBe(201);
    const signing = { reason: "mine", hash: hash ?? "none" };
    expect(failed(await world.send("root", `/api/v1/policy-changes/${change}/sign`, signing))).toEqual([
      403,
      "forbidden.verb",
    ]);
  });

  test("an administrator – by accounts that it makes – gets what is class U and without topic of that agency, and nobody who decides: that takes another administrator, a day, and somebody else's proposal", async () => {
    const puppet = { account: "puppet", name: "P", agency: "US-FBI", person: "p-puppet" };
    for (const role of ["reviewer", "releaser", "admin", "signer", "auditor"])
      expect([role, (await world.send("root", "/api/v1/accounts", { ...puppet, role })).status]).toEqual([role, 400]);
    const password = "a long enough password of a puppet";
    expect((await world.send("root", "/api/v1/accounts", { ...puppet, role: "analyst", password })).status).toBe(201);
    world.tick();
    const login = await world.world.ask(
      "",
      { method: "POST", path: "/api/v1/auth/login", body: { username: "puppet", password } },
      "none",
    );
    const { accessToken } = login.json as { accessToken: string };
    const reads = async (id: string): Promise<number> => {
      world.tick();
      const headers = { Authorization: `Bearer ${accessToken}` };
      return (await world.world.ask("", { method: "GET", path: `/api/v1/objects/${id}`, headers }, "none")).status;
    };
    expect([await reads(open.id), await reads(classed.id), await reads(red.id)]).toEqual([200, 404, 404]);
    const confirm = "/api/v1/promotions/puppet/confirm";
    for (const role of ["reviewer", "releaser"]) {
      expect((await world.send("root", "/api/v1/promotions", { account: "puppet", role })).status).toBe(201);
      world.tick(2 * DAY);
      expect(failed(await world.send("root", confirm))).toEqual([403, "promotion.same_person"]);
      await world.ask("root", { method: "DELETE", path: "/api/v1/promotions/puppet" });
    }
    expect(failed(await world.send("root", "/api/v1/promotions", { account: "root" }))).toEqual([
      422,
      "promotion.role",
    ]);
    const lift = { method: "PATCH" as const, path: "/api/v1/accounts/puppet", body: { clearance: "S" } };
    expect(failed(await world.ask("root", lift))).toEqual([422, "account.widens"]);
  });
});

describe("an agency whose people turned", () => {
  let world: Compound;
  beforeAll(async () => {
    world = await Compound.open();
  });
  afterAll(() => world.close());

  test("its analyst and its releaser together – release what others said, withdraw it or post over it – 403, and no partner's object changes by a byte", async () => {
    const one = tool("of the FBI", { description: "as it was" });
    await world.put("feed-US-FBI", one, GREEN);
    const before = answer(await world.ask("k1", `/api/v1/objects/${one.id}`));
    for (const as of ["j1", "rel-JP-NPA"]) {
      const ask = { row: row("JP-KR", ["KOR"]), reason: "x", hash: "x" };
      expect(failed(await world.send(as, `/api/v1/objects/${one.id}/releases`, ask))[1]).toBe("originator-control");
      expect(failed(await world.send(as, `/api/v1/objects/${one.id}/withdraw`, { reason: "x" }))[1]).toBe(
        "originator-control",
      );
    }
    const shadow = { ...one, modified: "2026-03-09T00:00:00.000Z", description: "as we would have it", revoked: true };
    await world.put("feed-JP-NPA", shadow, GREEN);
    expect(answer(await world.ask("k1", `/api/v1/objects/${one.id}`))).toEqual(before);
    const beside = (await world.list("k1", "?type=tool&view=originals")).filter(
      ({ x_tricord_claimed_id: claimed }) => claimed === one.id,
    );
    expect(beside.map(({ description }) => description)).toEqual(["as we would have it"]);
  });
});

describe("a flood of recalls", () => {
  const MANY = 10_000;
  let world: Compound;
  beforeAll(async () => {
    world = await Compound.open();
    for (let n = 0; n < MANY; n += 1000) {
      const batch = Array.from({ length: 1000 }, (_, i) => tool(`flood ${n + i}`));
      await world.put("feed-US-FBI", batch, { tlp: "GREEN", releases: [row("US-KR", ["KOR"])] });
    }
    await world.put("feed-US-FBI", tool("for all three"), GREEN);
  });
  afterAll(() => world.close());

  /** All pages of a collection by `next`: the ids that it names, and in how many pages. */
  const followed = async (as: string, collection: "originals" | "recalls"): Promise<[ids: string[], pages: number]> => {
    const ids: string[] = [];
    let pages = 0;
    for (let next = ""; ; ) {
      const reply = await world.page(as, collection, `?limit=1000${next}`);
      const page = reply.json as {
        more?: boolean;
        next?: string;
        objects?: { id: string; type: string; object_refs?: unknown }[];
      };
      pages += 1;
      for (const { id, type, object_refs } of page.objects ?? [])
        if (collection === "recalls") ids.push(...idsIn(object_refs));
        else if (type === "tool") ids.push(id);
      if (page.more !== true) return [ids, pages];
      next = `&next=${encodeURIComponent(page.next ?? "")}`;
    }
  };

  test("10,000 objects recalled at once – a feed gets each once, in pages, and a reader who lost nothing not a byte; no request waits for all of it", async () => {
    const [had] = await followed("f3", "originals");
    expect(had).toHaveLength(MANY + 1);
    const other = async (): Promise<unknown> => [
      answer(await world.page("feed-JP-NPA", "originals")),
      answer(await world.page("feed-JP-NPA", "recalls")),
    ];
    const before = await other();
    await world.world.changeAgreement("US-KR", { status: "suspended" });
    // The first page of each costs what it holds, not all that was lost.
    const began = process.cpuUsage();
    expect((await world.polled("f3", "originals")).map(({ name }) => name)).toEqual(["for all three"]);
    expect((await world.list("k3", "?type=tool")).map(({ name }) => name)).toEqual(["for all three"]);
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1e6).toBeLessThan(5);
    const [recalled, pages] = await followed("f3", "recalls");
    // A tie is not split across two pages, so that there may be one more.
    expect([recalled.length, new Set(recalled).size, pages <= 11]).toEqual([MANY, MANY, true]);
    expect(new Set(recalled)).toEqual(new Set(had.filter((id) => id !== tool("for all three").id)));
    expect(await other()).toEqual(before);
    await world.world.changeAgreement("US-KR", { status: "in-force" });
    const [again] = await followed("f3", "originals");
    expect(new Set(again)).toEqual(new Set(had));
  });
});
