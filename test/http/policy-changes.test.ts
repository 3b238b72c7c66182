import type { StixJson } from "../../server/pipeline/steps.ts";
import type { AccountDoc } from "../../server/storage/documents.ts";
import { row, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Ask, type Reply, TemporaryWorld } from "../support/temporary-world.ts";

/** Agreements, agencies and people, live: REST and TAXII on the request after each act. */
const DAY = 86_400_000;
const CHANGES = "/api/v1/policy-changes";
const ROOT = "/taxii2/dprk/collections";
const admin: AccountDoc = {
  ...{ id: "root", name: "root", role: "admin", clearance: "U", topics: [], pii: false, scope: "write" },
  person: "p-root",
};

let world: TemporaryWorld;
let now = START;
let asked = 0;
beforeEach(async () => {
  now = START;
  asked = 0;
  world = await TemporaryWorld.open();
  await world.addDirectory({ accounts: [admin] });
});
afterEach(() => world.close());

const send = (as: string, what: Ask): Promise<Reply> => {
  asked += 1;
  now += 1000;
  world.at(now, `request ${asked}`);
  return world.ask(as, what);
};
const get = (as: string, path: string): Promise<Reply> => send(as, { method: "GET", path });
const put = (as: string, path: string, body: unknown): Promise<Reply> => send(as, { method: "POST", path, body });

interface Body {
  readonly change?: string;
  readonly status?: string;
  readonly hash?: string;
  readonly error?: { readonly code: string };
  readonly [key: string]: unknown;
}
const body = ({ json }: Reply): Body => (json ?? {}) as Body;
const failed = (reply: Reply): unknown[] => [reply.status, body(reply).error?.code];

const posted = async (as: string, object: StixJson, label: object): Promise<string> => {
  now += 1000;
  world.at(now, `post ${++asked}`);
  const reply = await world.post(as, object, { label: label as never });
  expect(reply.json).toMatchObject({ counts: { created: 1 } });
  return String(object.id);
};
const change = (as: string, what: object): Promise<Reply> => put(as, CHANGES, { change: what, reason: "for the test" });
const proposed = async (as: string, what: object): Promise<string> => {
  const reply = await change(as, what);
  expect([reply.status, body(reply).status, body(reply).error]).toEqual([201, "proposed", undefined]);
  return body(reply).change ?? "";
};
const done = async (as: string, what: object): Promise<void> => {
  const reply = await change(as, what);
  expect([reply.status, body(reply).status, body(reply).error]).toEqual([201, "applied", undefined]);
};
const shown = async (as: string, id: string): Promise<Body> => body(await get(as, `${CHANGES}/${id}`));
const decide = async (as: string, id: string, verb = "sign", hash?: string): Promise<Reply> =>
  put(as, `${CHANGES}/${id}/${verb}`, { reason: "looked at", hash: hash ?? (await shown(as, id)).hash ?? "none" });
const signed = async (id: string, ...signers: string[]): Promise<(string | undefined)[]> => {
  const states: (string | undefined)[] = [];
  for (const as of signers) {
    const reply = await decide(as, id);
    expect([as, reply.status, body(reply).error]).toEqual([as, 200, undefined]);
    states.push(body(reply).status);
  }
  return states;
};

/** An object over REST. */
const sees = async (as: string, id: string): Promise<number> => (await get(as, `/api/v1/objects/${id}`)).status;
/** A TAXII poller: what comes after what it had. */
class Poller {
  readonly #as: string;
  readonly #after = new Map<string, string>();
  constructor(as: string) {
    this.#as = as;
  }
  async poll(collection: "originals" | "recalls"): Promise<string[]> {
    const after = this.#after.get(collection);
    const reply = await send(this.#as, {
      method: "GET",
      path: `${ROOT}/${collection}/objects/${after === undefined ? "" : `?added_after=${after}`}`,
      headers: { Accept: "application/taxii+json;version=2.1" },
    });
    expect([this.#as, reply.status]).toEqual([this.#as, 200]);
    const last = reply.headers["x-taxii-date-added-last"];
    if (last !== undefined) this.#after.set(collection, last);
    const objects = (reply.json as { objects?: { id: string; type: string; object_refs?: string[] }[] }).objects ?? [];
    return collection === "recalls"
      ? objects.flatMap((object) => object.object_refs ?? [object.id])
      : objects.filter(({ type }) => type === "tool").map(({ id }) => id);
  }
}

describe("agreements", () => {
  test("JP-KR – suspended by one signer and resumed by both (Q43) – hides on the next request, recalls to whom had it, and is delivered again", async () => {
    const id = await posted("feed-JP-NPA", tool("for Korea"), { tlp: "GREEN", releases: [row("JP-KR", ["KOR"])] });
    const release = await world.propose("j1", id, row("JP-KR", ["KOR"])).catch(() => undefined);
    if (release !== undefined) await world.decide("rel-JP-NPA", release);
    const [korea, usa] = [new Poller("k1"), new Poller("u1")];
    expect([await sees("k1", id), await korea.poll("originals"), await korea.poll("recalls")]).toEqual([200, [id], []]);
    await usa.poll("originals");

    await done("sign-kor", { agreement: "JP-KR", to: { status: "suspended" } });
    expect([await sees("k1", id), await sees("j1", id)]).toEqual([404, 200]);
    expect([await korea.poll("originals"), await korea.poll("recalls")]).toEqual([[], [id]]);
    expect([await usa.poll("originals"), await usa.poll("recalls")]).toEqual([[], []]);

    const resume = await proposed("sign-jpn", { agreement: "JP-KR", to: { status: "in-force" } });
    expect(await shown("sign-jpn", resume)).toMatchObject({
      countries: ["JPN", "KOR"],
      gains: [
        { agency: "KR-KISA", tlp: "GREEN", classification: "U" },
        { agency: "KR-KNPA", tlp: "GREEN", classification: "U" },
        { agency: "KR-NIS", tlp: "GREEN", classification: "U" },
      ],
    });
    // Of Japan's content Korea's signer is told nothing, and of Korea's own there is none.
    expect(await shown("sign-kor", resume)).toMatchObject({ by: "JPN", gains: [] });
    expect(await signed(resume, "sign-jpn")).toEqual(["proposed"]);
    expect(await sees("k1", id)).toBe(404);
    expect(await signed(resume, "sign-kor")).toEqual(["applied"]);
    expect(await sees("k1", id)).toBe(200);
    expect([await korea.poll("originals"), await korea.poll("recalls")]).toEqual([[id], []]);
    expect(await usa.poll("originals")).toEqual([]);
  });

  test("JP-KR and its changes – for the signer of the USA – do not exist", async () => {
    await done("sign-kor", { agreement: "JP-KR", to: { ceiling: "U" } });
    const id = await proposed("sign-jpn", { agreement: "JP-KR", to: { ceiling: "S" } });
    expect(failed(await change("sign-usa", { agreement: "JP-KR", to: { status: "suspended" } }))).toEqual([
      404,
      "not_found",
    ]);
    const unknown = await change("sign-usa", { agreement: "NO-SUCH", to: { status: "suspended" } });
    expect(unknown.body).toEqual((await change("sign-usa", { agreement: "JP-KR", to: { ceiling: "U" } })).body);
    for (const verb of ["sign", "refuse"])
      expect(failed(await decide("sign-usa", id, verb, "guess"))).toEqual([404, "not_found"]);
    expect(failed(await get("sign-usa", `${CHANGES}/${id}`))).toEqual([404, "not_found"]);
    expect((await get("sign-usa", CHANGES)).json).toEqual({ changes: [] });
    const names = ((await get("sign-usa", "/api/v1/agreements")).json as { agreements: { agreement: string }[] })
      .agreements;
    expect(names.map(({ agreement }) => agreement)).toEqual(["HUB", "PUBLIC", "TRI", "US-JP", "US-KR"]);
    expect((await get("sign-kor", CHANGES)).json).toMatchObject({ changes: [{ change: id }, { status: "applied" }] });
  });

  test("TRI without a party and below its content's class – by one signer – hides at once; both back take all three", async () => {
    const id = await posted("u3", tool("class R"), {
      ...{ tlp: "GREEN", classification: "R", releases: [row("TRI", ["JPN"])] },
    });
    await world.decide("rel-US-CISA", await world.propose("u3", id, row("TRI", ["JPN"])));
    const japan = new Poller("j1");
    expect([await sees("j1", id), await japan.poll("originals")]).toEqual([200, [id]]);
    await done("sign-jpn", { agreement: "TRI", to: { ceiling: "U" } });
    expect([await sees("j1", id), await japan.poll("recalls")]).toEqual([404, [id]]);
    await done("sign-usa", { agreement: "TRI", to: { parties: ["KOR", "USA"] } });
    // Japan is a party no more: what TRI is now is not for its signer, but what it has to sign is.
    expect(failed(await change("sign-jpn", { agreement: "TRI", to: { ceiling: "S" } }))).toEqual([404, "not_found"]);
    const up = await proposed("sign-usa", { agreement: "TRI", to: { ceiling: "C", parties: ["JPN", "KOR", "USA"] } });
    expect(await signed(up, "sign-kor", "sign-jpn")).toEqual(["proposed", "proposed"]);
    expect(await sees("j1", id)).toBe(404);
    expect(await signed(up, "sign-usa")).toEqual(["applied"]);
    expect([await sees("j1", id), await japan.poll("originals")]).toEqual([200, [id]]);
  });

  test("a proposal – stale, refused, signed twice, over – is 409, and nothing changes", async () => {
    await done("sign-usa", { agreement: "US-JP", to: { status: "suspended" } });
    const first = await proposed("sign-usa", { agreement: "US-JP", to: { status: "in-force" } });
    const second = await proposed("sign-jpn", { agreement: "US-JP", to: { ceiling: "U", status: "in-force" } });
    expect(failed(await decide("sign-usa", first, "sign", "guess"))).toEqual([409, "change.stale"]);
    expect(await signed(first, "sign-usa")).toEqual(["proposed"]);
    expect(failed(await decide("sign-usa", first))).toEqual([409, "change.signed"]);
    expect(body(await decide("sign-jpn", first, "refuse")).status).toBe("refused");
    expect(failed(await decide("sign-jpn", first, "sign", "any"))).toEqual([409, "change.decided"]);
    await done("sign-jpn", { agreement: "US-JP", to: { ceiling: "C" } });
    expect(await shown("sign-usa", second)).toMatchObject({ status: "stale" });
    expect(failed(await decide("sign-usa", second, "sign", "any"))).toEqual([409, "change.stale"]);
    const third = await proposed("sign-jpn", { agreement: "US-JP", to: { status: "in-force" } });
    const { hash } = await shown("sign-usa", third);
    now += 15 * DAY;
    expect(failed(await decide("sign-usa", third, "sign", hash))).toEqual([409, "change.expired"]);
    const told = ((await get("sign-usa", "/api/v1/agreements")).json as { agreements: object[] }).agreements;
    expect(told).toContainEqual(expect.objectContaining({ agreement: "US-JP", status: "suspended", ceiling: "C" }));
  });

  test("a signature – when whom it would reach has changed since – is asked for again", async () => {
    await done("sign-usa", { agreement: "US-JP", to: { status: "suspended" } });
    const id = await proposed("sign-usa", { agreement: "US-JP", to: { status: "in-force" } });
    expect(await signed(id, "sign-usa")).toEqual(["proposed"]);
    await posted("feed-US-CISA", tool("later"), { tlp: "AMBER", releases: [row("US-JP", ["JPN"])] });
    const later = await posted("u3", tool("later still"), { tlp: "AMBER", releases: [row("US-JP", ["JPN"])] });
    await world.decide("rel-US-CISA", await world.propose("u3", later, row("US-JP", ["JPN"])));
    expect(await signed(id, "sign-jpn")).toEqual(["proposed"]);
    expect(await shown("sign-jpn", id)).toMatchObject({ signed: ["JPN"] });
    expect(await signed(id, "sign-usa")).toEqual(["applied"]);
  });

  test.each([
    ["a country of no agency", { parties: ["JPN", "USA", "FRA"] }, 422, "change.country"],
    ["one party", { parties: ["JPN"] }, 400, undefined],
    ["no such date", { until: "2026-02-30T00:00:00Z" }, 422, "change.date"],
    ["what it is", { status: "in-force" }, 422, "change.nothing"],
    ["nothing", {}, 422, "change.nothing"],
    ["another's member", { title: "mine" }, 400, undefined],
  ])("an agreement – changed to %s – refused", async (...[, to, status, code]) => {
    const reply = await change("sign-usa", { agreement: "US-JP", to });
    expect(reply.status).toBe(status);
    if (code !== undefined) expect(failed(reply)).toEqual([status, code]);
  });
});

describe("agencies", () => {
  test("a new agency and a category – signed by every country, with the audience shown – reads on the next request", async () => {
    const id = await posted("feed-US-CISA", tool("for all"), {
      tlp: "GREEN",
      releases: [row("TRI", ["JPN", "KOR", "USA"])],
    });
    const les = await posted("u1", tool("for police"), {
      ...{ tlp: "GREEN", caveats: ["LES"], releases: [row("TRI", ["JPN"])] },
    });
    const to = { name: "Coast guard", country: "JPN", categories: [] };
    const make = await proposed("sign-jpn", { agency: "JP-JCG", to });
    expect(await shown("sign-usa", make)).toMatchObject({
      countries: ["JPN", "KOR", "USA"],
      gains: [{ agency: "JP-JCG", tlp: "GREEN", classification: "U" }],
    });
    expect(await shown("sign-kor", make)).toMatchObject({ gains: [] });
    expect(
      failed(await put("root", "/api/v1/accounts", { account: "jc", name: "C", role: "analyst", agency: "JP-JCG" })),
    ).toEqual([422, "account.unknown_agency"]);
    expect(await signed(make, "sign-usa", "sign-kor", "sign-jpn")).toEqual(["proposed", "proposed", "applied"]);
    await world.addDirectory({
      accounts: [
        {
          id: "jc",
          name: "C",
          role: "analyst",
          agency: "JP-JCG",
          clearance: "U",
          topics: [],
          pii: false,
          scope: "write",
          person: "p-jc",
        },
      ],
    });
    expect([await sees("jc", id), await sees("jc", les)]).toEqual([200, 404]);
    await world.decide("rel-US-FBI", await world.propose("u1", les, row("TRI", ["JPN"])));
    expect([await sees("jc", les), await sees("j1", les)]).toEqual([404, 200]);
    const police = await proposed("sign-jpn", { agency: "JP-JCG", to: { categories: ["LE"] } });
    expect(await shown("sign-usa", police)).toMatchObject({ gains: [{ agency: "JP-JCG" }] });
    expect(await signed(police, "sign-usa", "sign-kor")).toEqual(["proposed", "proposed"]);
    expect(await sees("jc", les)).toBe(404);
    expect(await signed(police, "sign-jpn")).toEqual(["applied"]);
    expect(await sees("jc", les)).toBe(200);
    expect(failed(await change("sign-usa", { agency: "JP-JCG", to: { categories: [] } }))).toEqual([
      403,
      "change.other_country",
    ]);
    await done("sign-jpn", { agency: "JP-JCG", to: { categories: [] } });
    expect(await sees("jc", les)).toBe(404);
  });

  test("an agency off – in one request – answers none of its people and machines, and its content stays; on again takes every country", async () => {
    const mine = await posted("feed-KR-KISA", tool("of KISA"), {
      tlp: "GREEN",
      releases: [row("TRI", ["JPN", "KOR", "USA"])],
    });
    const waiting = await posted("k3", tool("proposed before"), {
      ...{ tlp: "AMBER", releases: [row("TRI", ["JPN"]), row("TRI", ["KOR"])] },
    });
    const release = await world.propose("k3", waiting, row("TRI", ["JPN"]));
    const poller = new Poller("f3");
    await poller.poll("originals");
    expect(failed(await put("sign-usa", "/api/v1/agencies/KR-KISA/off", { reason: "compromised" }))).toEqual([
      403,
      "change.other_country",
    ]);
    expect((await put("sign-kor", "/api/v1/agencies/KR-KISA/off", { reason: "compromised" })).status).toBe(201);
    for (const credential of ["token", "key"] as const)
      for (const who of ["k3", "f3", "feed-KR-KISA", "rel-KR-KISA"]) {
        now += 1000;
        world.at(now, `off ${who} ${credential}`);
        expect([who, (await world.ask(who, { method: "GET", path: "/api/v1/objects" }, credential)).status]).toEqual([
          who,
          401,
        ]);
      }
    expect([await sees("u3", mine), await sees("k1", mine)]).toEqual([200, 200]);
    // A releaser next door could approve what waits.
    const { hash } = body(await get("rel-KR-NIS", `/api/v1/releases/${release}`));
    const approved = await put("rel-KR-NIS", `/api/v1/releases/${release}/approve`, {
      reason: "seen",
      hash: hash ?? "none",
    });
    expect([approved.status, body(approved).error?.code, await sees("j1", waiting)]).toEqual([
      403,
      "release.agency_off",
      404,
    ]);
    expect(failed(await put("sign-kor", "/api/v1/agencies/KR-KISA/off", { reason: "again" }))).toEqual([
      409,
      "change.off",
    ]);
    const added = await put("root", "/api/v1/accounts", {
      account: "kx",
      name: "X",
      role: "analyst",
      agency: "KR-KISA",
    });
    expect(failed(added)).toEqual([422, "account.agency"]);
    const back = await change("root", { account: "k3", to: { until: null } });
    expect(failed(back)).toEqual([422, "change.agency"]);

    const on = await proposed("sign-kor", { agency: "KR-KISA", to: { off: false } });
    expect(await signed(on, "sign-kor", "sign-jpn", "sign-usa")).toEqual(["proposed", "proposed", "applied"]);
    expect((await get("root", "/api/v1/accounts/k3")).json).toMatchObject({ inForce: true });
    // What they signed in with is gone for good.
    expect((await get("k3", "/api/v1/me")).status).toBe(401);
    now += 1000;
    world.at(now, "a key of before");
    expect((await world.ask("f3", { method: "GET", path: "/api/v1/me" }, "key")).status).toBe(401);
    const orders = await get("root", "/api/v1/agencies");
    expect(
      (orders.json as { agencies: { agency: string; off?: string }[] }).agencies.filter(({ off }) => off !== undefined),
    ).toEqual([]);
  });
});

describe("people", () => {
  test("a person who moves (Q44) – signed by the country – decides by the new agency from then on, and is named on RED no more until named anew", async () => {
    const label = { tlp: "RED", recipients: ["j1"], releases: [row("TRI", ["JPN"])] };
    const red = await posted("u4", tool("for one person"), label);
    const inside = await posted("j4", tool("of NPA"), { tlp: "GREEN" });
    await world.addDirectory({
      accounts: [
        {
          id: "rel-2",
          name: "r",
          role: "releaser",
          agency: "US-FBI",
          clearance: "S",
          topics: ["*"],
          pii: true,
          scope: "write",
          person: "p-rel-2",
        },
      ],
    });
    await world.decide("rel-2", await world.propose("u4", red, row("TRI", ["JPN"])));
    const poller = new Poller("j1");
    expect([await sees("j1", red), await sees("j1", inside), await poller.poll("originals")]).toEqual([
      200,
      200,
      [inside],
    ]);

    const move = await proposed("root", { account: "j1", to: { agency: "JP-NCO" } });
    expect(failed(await decide("sign-usa", move, "sign", "guess"))).toEqual([404, "not_found"]);
    expect(await shown("sign-jpn", move)).toMatchObject({
      by: "administrator",
      was: { agency: "JP-NPA" },
      to: { agency: "JP-NCO" },
      countries: ["JPN"],
    });
    expect([await sees("j1", red), await sees("j1", inside)]).toEqual([200, 200]);
    expect(await signed(move, "sign-jpn")).toEqual(["applied"]);
    // Whoever moved signs in anew: the key that a program holds goes on.
    expect((await get("j1", "/api/v1/me")).status).toBe(401);
    const asKey = async (path: string): Promise<Reply> => {
      now += 1000;
      world.at(now, `key ${path} ${++asked}`);
      return world.ask(
        "j1",
        {
          method: "GET",
          path,
          headers: { Accept: path.startsWith("/api") ? "*/*" : "application/taxii+json;version=2.1" },
        },
        "key",
      );
    };
    expect((await asKey("/api/v1/me")).json).toMatchObject({ agency: "JP-NCO" });
    expect([(await asKey(`/api/v1/objects/${red}`)).status, (await asKey(`/api/v1/objects/${inside}`)).status]).toEqual(
      [404, 404],
    );
    expect(((await asKey(`${ROOT}/recalls/objects/`)).json as { objects?: unknown[] }).objects).toHaveLength(1);
    const renewed = await posted("u4", tool("for one person, again"), label);
    await world.decide("rel-2", await world.propose("u4", renewed, row("TRI", ["JPN"])));
    expect((await asKey(`/api/v1/objects/${renewed}`)).status).toBe(200);
  });

  test("an account – made, lowered, ended by one administrator; raised by a signature – is so on the next request", async () => {
    const made = await put("root", "/api/v1/accounts", {
      account: "ux",
      name: "X",
      role: "analyst",
      agency: "US-CISA",
      person: "p-ux",
    });
    expect([made.status, made.json]).toMatchObject([201, { clearance: "U", topics: [], pii: false, inForce: true }]);
    expect(
      (await put("root", "/api/v1/accounts", { account: "uy", name: "Y", role: "releaser", agency: "US-CISA" })).status,
    ).toBe(400);
    expect(
      (
        await put("root", "/api/v1/accounts", {
          account: "uy",
          name: "Y",
          role: "analyst",
          agency: "US-CISA",
          clearance: "S",
        })
      ).status,
    ).toBe(400);
    const id = await posted("rel-US-CISA", tool("class R"), { tlp: "GREEN", classification: "R" });
    expect(await sees("u3", id)).toBe(200);
    const patch = (what: object): Promise<Reply> =>
      send("root", { method: "PATCH", path: "/api/v1/accounts/u3", body: what });
    expect(failed(await patch({ clearance: "S" }))).toEqual([422, "account.widens"]);
    expect((await patch({ clearance: "U" })).status).toBe(200);
    expect(await sees("u3", id)).toBe(404);
    const raise = await proposed("root", { account: "u3", to: { clearance: "R" } });
    expect(await shown("sign-usa", raise)).toMatchObject({
      gains: [{ agency: "US-CISA", tlp: "GREEN", classification: "R" }],
    });
    expect(await signed(raise, "sign-usa")).toEqual(["applied"]);
    expect(await sees("u3", id)).toBe(200);
    expect((await put("root", "/api/v1/accounts/u3/end", undefined)).status).toBe(204);
    expect(await sees("u3", id)).toBe(401);
  });

  test.each([
    ["to another country", { account: "j1", to: { agency: "US-FBI" } }, 422, "change.country"],
    ["to no agency", { account: "j1", to: { agency: "JP-NOBODY" } }, 422, "change.agency"],
    ["a machine", { account: "feed-JP-NPA", to: { agency: "JP-NCO" } }, 422, "change.role"],
    ["who reads by no label", { account: "sign-usa", to: { clearance: "S" } }, 422, "change.role"],
    ["nobody", { account: "nobody", to: { clearance: "S" } }, 404, "not_found"],
  ])("moving %s – refused", async (...[, what, status, code]) => {
    expect(failed(await change("root", what))).toEqual([status, code]);
  });

  test("a signer – where it is not the signer's to do – 403", async () => {
    expect(failed(await change("sign-jpn", { account: "j1", to: { agency: "JP-NCO" } }))).toEqual([403, "change.role"]);
    expect(failed(await change("root", { agreement: "US-JP", to: { status: "suspended" } }))).toEqual([
      403,
      "change.not_signer",
    ]);
    const move = await proposed("root", { account: "j1", to: { agency: "JP-NCO" } });
    expect(failed(await decide("root", move))).toEqual([403, "forbidden.verb"]);
    await world.changeAccount("sign-jpn", { person: "demo-person-j1" });
    expect(failed(await decide("sign-jpn", move))).toEqual([403, "change.same_person"]);
    await world.changeAccount("sign-jpn", { person: "p-root" });
    expect(failed(await decide("sign-jpn", move))).toEqual([403, "change.same_person"]);
    await world.changeAccount("sign-jpn", { person: "p-sign", vouchedBy: ["root"] });
    expect(failed(await decide("sign-jpn", move))).toEqual([403, "change.own_promotion"]);
    expect(await sees("u1", "none")).toBe(400);
  });

  test.each(["u1", "rel-US-FBI", "feed-US-FBI"])("the policy – asked for by %s – 403", async (who) => {
    for (const path of [
      "/api/v1/agreements",
      "/api/v1/agencies",
      CHANGES,
      `${CHANGES}/x`,
      "/api/v1/accounts",
      "/api/v1/accounts/u1",
    ])
      expect(failed(await get(who, path))).toEqual([403, "forbidden.verb"]);
    expect(failed(await change(who, { agreement: "TRI", to: { status: "suspended" } }))).toEqual([
      403,
      "forbidden.verb",
    ]);
  });
});

test("what a signer is shown – in two worlds that differ in an agreement and changes of others – is the same to the byte", async () => {
  const shownIn = async (hidden: boolean): Promise<string[]> => {
    await world.close();
    world = await TemporaryWorld.open();
    await world.addDirectory({ accounts: [admin] });
    [now, asked] = [START, 0];
    const content = { tlp: "GREEN", releases: [row("JP-KR", ["KOR"])] };
    if (hidden) {
      await posted("feed-JP-NPA", tool("hidden"), content);
      await done("sign-kor", { agreement: "JP-KR", to: { status: "suspended" } });
      await proposed("sign-jpn", { agreement: "JP-KR", to: { status: "in-force" } });
      await proposed("root", { account: "j1", to: { agency: "JP-NCO" } });
    }
    [now, asked] = [START + 60_000, 1000];
    const id = await proposed("sign-jpn", {
      agency: "JP-NEW",
      to: { name: "New", country: "JPN", categories: ["LE"] },
    });
    const paths = [CHANGES, `${CHANGES}/${id}`, "/api/v1/agreements", "/api/v1/agencies"];
    const told: string[] = [];
    for (const path of paths) told.push((await get("sign-usa", path)).body.toString());
    told.push((await decide("sign-usa", id)).body.toString());
    return told;
  };
  expect(await shownIn(true)).toEqual(await shownIn(false));
});
