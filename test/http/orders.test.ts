import { composeIngest } from "../../server/compose.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { Orders } from "../../server/storage/collections.ts";
import type { AccountDoc } from "../../server/storage/documents.ts";
import { ingestPost } from "../../server/usecases/ingest-post.ts";
import { person } from "../support/people.ts";
import { refusedAt } from "../support/refused-at.ts";
import { row, tool } from "../support/samples.ts";
import { momentOf, START } from "../support/steering.ts";
import { type Ask, bundleOf, type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const DAY = 86_400_000;
const TRI = row("TRI", ["JPN", "KOR", "USA"]);
const GREEN = { tlp: "GREEN", releases: [TRI] };
const feed = (id: string): AccountDoc => {
  const { person: _, ...rest } = person(id, "feed");
  return rest;
};

let world: TemporaryWorld;
let now = START;
let asked = 0;
beforeAll(async () => {
  world = await TemporaryWorld.open();
  await world.addDirectory({
    accounts: [
      ...["bulk", "bulk2", "bulk3", "bulk4"].map(feed),
      person("rev", "reviewer"),
      person("rel2", "releaser"),
      person("rel-twin", "releaser", { person: "demo-person-u3" }),
      person("rel-promoted", "releaser", { vouchedBy: ["demo-person-u3"] }),
    ],
  });
});
afterAll(() => world.close());

interface Body {
  readonly error?: { readonly code: string };
  readonly [key: string]: unknown;
}
const send = (as: string, what: Ask): Promise<Reply> => {
  asked += 1;
  now += 1000;
  world.at(now, `request ${asked}`);
  return world.ask(as, what);
};
const get = (as: string, path: string): Promise<Reply> => send(as, { method: "GET", path });
const put = (as: string, path: string, ask: unknown): Promise<Reply> => send(as, { method: "POST", path, body: ask });
const body = ({ json }: Reply): Body => (json ?? {}) as Body;
const failed = (reply: Reply): unknown[] => [reply.status, body(reply).error?.code];
const post = async (as: string, objects: readonly StixJson[], label = GREEN): Promise<void> => {
  asked += 1;
  now += 1000;
  world.at(now, `post ${asked}`);
  const { status } = await world.ask(as, {
    ...{ method: "POST", path: "/api/v1/ingest", body: JSON.stringify(bundleOf(objects)) },
    headers: { "Tricord-Label": JSON.stringify(label) },
  });
  expect(status).toBe(200);
};
const tools = (word: string, n: number): (StixJson & { id: string })[] =>
  Array.from({ length: n }, (_, i) => tool(`${word} ${i}`));
const names = async (as: string, word: string): Promise<string[]> => {
  const found: string[] = [];
  let next: unknown;
  do {
    const page = body(
      await get(as, `/api/v1/objects?limit=1000&type=tool${next === undefined ? "" : `&next=${next}`}`),
    );
    found.push(...(page.objects as { name: string }[]).map(({ name }) => name));
    next = page.next;
  } while (next !== undefined);
  return found.filter((name) => name.startsWith(`${word} `));
};

const ASK = { tlpUpTo: "GREEN", agreements: ["TRI"], days: 90, ceiling: 1000, reason: "a feed for all three" };
const propose = (as: string, accounts: readonly string[], more: object = {}): Promise<Reply> =>
  put(as, "/api/v1/orders", { ...ASK, accounts, ...more });
const show = async (as: string, order: unknown): Promise<Body> => body(await get(as, `/api/v1/orders/${order}`));
const decide = async (as: string, order: unknown, verb = "sign"): Promise<Reply> =>
  put(as, `/api/v1/orders/${order}/${verb}`, { reason: "read it", hash: (await show(as, order)).hash ?? "none" });
const signed = async (accounts: readonly string[], more: object = {}): Promise<unknown> => {
  const proposed = await propose("u3", accounts, more);
  expect([proposed.status, body(proposed).error]).toEqual([201, undefined]);
  const { order } = body(proposed);
  expect(body(await decide("rel2", order)).status).toBe("in-force");
  return order;
};
const waiting = async (as = "rev", status = "waiting"): Promise<Body[]> => {
  const found: Body[] = [];
  let next: unknown;
  do {
    const query = `status=${status}&limit=7${next === undefined ? "" : `&next=${next}`}`;
    const page = body(await get(as, `/api/v1/samples?${query}`));
    found.push(...(page.samples as Body[]));
    next = page.next;
  } while (next !== undefined);
  return found;
};
const look = (as: string, sample: Body, verb: "pass" | "fail", more: object = {}): Promise<Reply> =>
  put(as, `/api/v1/samples/${sample.sample}/${verb}`, { reason: "looked", hash: sample.hash, ...more });

describe("an order and its two persons", () => {
  test("proposed – by an analyst – turns on nothing before it is signed by another human, a releaser of the agency", async () => {
    const { order } = body(await propose("u3", ["bulk"]));
    expect(await show("rel2", order)).toMatchObject({ status: "proposed", sampledPercent: 2, classificationUpTo: "U" });
    await post("bulk", tools("unsigned", 3));
    expect(await names("j1", "unsigned")).toEqual([]);
    expect(failed(await decide("u3", order))).toEqual([403, "forbidden.verb"]);
    expect(failed(await decide("rev", order))).toEqual([403, "forbidden.verb"]);
    expect(failed(await decide("rel-twin", order))).toEqual([403, "release.same_person"]);
    expect(failed(await decide("rel-promoted", order))).toEqual([403, "release.own_promotion"]);
    expect(failed(await decide("u4", order))).toEqual([404, "not_found"]);
    expect(failed(await decide("rel-JP-NPA", order))).toEqual([404, "not_found"]);
    expect(failed(await put("rel2", `/api/v1/orders/${order}/sign`, { reason: "x", hash: "guess" }))).toEqual([
      409,
      "order.stale",
    ]);
    expect(body(await decide("rel2", order))).toMatchObject({ status: "in-force", signedBy: "rel2" });
    expect(await decide("rel2", order)).toMatchObject(refusedAt(409, "order.decided", "status"));
    await post("bulk", tools("signed", 1));
    expect(await names("j1", "signed")).toEqual(["signed 0"]);
    expect((await show("u3", order)).today).toEqual({ JPN: 1, KOR: 1 });
  });

  test("stopped – by one person – nothing from that instant; what was released stays", async () => {
    const order = await signed(["bulk"]);
    await post("bulk", tools("before stop", 2));
    const before = await names("k1", "before stop");
    expect(failed(await put("u1", `/api/v1/orders/${order}/stop`, { reason: "not mine" }))).toEqual([404, "not_found"]);
    expect(body(await put("u3", `/api/v1/orders/${order}/stop`, { reason: "noise" })).status).toBe("stopped");
    await post("bulk", tools("after stop", 2));
    expect(await names("k1", "after stop")).toEqual([]);
    expect(await names("k1", "before stop")).toEqual(before);
    expect(await put("u3", `/api/v1/orders/${order}/stop`, { reason: "again" })).toMatchObject(
      refusedAt(409, "order.decided", "status"),
    );
  });

  test("refused, and left for a fortnight – never in force", async () => {
    const { order: refused } = body(await propose("u3", ["bulk2"]));
    expect(body(await decide("rel2", refused, "refuse")).status).toBe("refused");
    const { order: left } = body(await propose("u3", ["bulk2"]));
    now += 14 * DAY;
    expect(await decide("rel2", left)).toMatchObject(refusedAt(409, "order.expired", "status"));
    await post("bulk2", tools("never in force", 2));
    expect(await names("j1", "never in force")).toEqual([]);
  });

  test("signed for one day – a day later – over: nothing more, and a sample of it can't be passed", async () => {
    const order = await signed(["bulk2"], { days: 1 });
    await world.change(async (unit) => {
      const held = await unit.collection(Orders).get(String(order));
      if (held !== undefined) await unit.collection(Orders).put({ ...held, sample: 100 });
    });
    await post("bulk2", tools("held to the end", 1));
    const [sample] = (await waiting()).filter((one) => one.order === order);
    now += DAY;
    expect((await show("u3", order)).status).toBe("over");
    await post("bulk2", tools("after the end", 2));
    expect(await names("j1", "after the end")).toEqual([]);
    expect(await look("rev", sample ?? {}, "pass")).toMatchObject(refusedAt(409, "order.over", "verb"));
  });

  test.each<[string, string, object, number, string]>([
    ["for a person's account", "u3", { accounts: ["u3"] }, 422, "order.account"],
    ["for another agency's feed", "u3", { accounts: ["feed-JP-NPA"] }, 422, "order.account"],
    ["for nobody that there is", "u3", { accounts: ["nobody"] }, 422, "order.account"],
    ["for PUBLIC", "u3", { agreements: ["PUBLIC"] }, 422, "order.public"],
    ["under no agreement that there is", "u3", { agreements: ["NATO"] }, 422, "label.unknown_agreement"],
    ["under an agreement of two others", "u3", { agreements: ["JP-KR"] }, 422, "label.country_not_party"],
    ["by a feed", "bulk", {}, 403, "forbidden.verb"],
  ])("proposed %s – refused", async (_, who, more, status, code) => {
    expect(failed(await put(who, "/api/v1/orders", { ...ASK, accounts: ["bulk"], ...more }))).toEqual([status, code]);
  });

  test.each<[string, object]>([
    ["91 days", { days: 91 }],
    ["AMBER", { tlpUpTo: "AMBER" }],
    ["class R", { classificationUpTo: "R" }],
    ["no ceiling", { ceiling: undefined }],
    ["a ceiling of nothing", { ceiling: 0 }],
    ["a kind that is none", { kinds: ["Not A Kind"] }],
    ["no accounts", { accounts: [] }],
    ["no sampling", { sample: 0 }],
  ])("proposed with %s – 400", async (_, more) => {
    expect((await put("u3", "/api/v1/orders", { ...ASK, accounts: ["bulk"], ...more })).status).toBe(400);
  });

  test("orders of others – asked for – 404, and not in the list", async () => {
    const order = await signed(["bulk"]);
    for (const who of ["u1", "j1", "rel-JP-NPA"]) {
      expect((await get(who, `/api/v1/orders/${order}`)).status).toBe(404);
      const list = body(await get(who, "/api/v1/orders")).orders as Body[];
      expect(list.map((one) => one.order)).not.toContain(order);
    }
    const own = body(await get("rev", "/api/v1/orders")).orders as Body[];
    expect(own.map((one) => one.order)).toContain(order);
  });
});

describe("scope, ceiling and samples", () => {
  test("kinds – an object of another kind, and AMBER – stays", async () => {
    await signed(["bulk3"], { kinds: ["malware"] });
    await post("bulk3", tools("out of scope", 2));
    expect(await names("j1", "out of scope")).toEqual([]);
    await signed(["bulk3"], { kinds: ["tool"] });
    await post("bulk3", tools("in scope", 1));
    expect(await names("j1", "in scope")).toEqual(["in scope 0"]);
    await post("bulk3", tools("too tight", 1), { ...GREEN, tlp: "AMBER" });
    expect(await names("j1", "too tight")).toEqual([]);
  });

  test("a ceiling of five a day – eight posted in two batches – five for each country, and the next day goes on", async () => {
    const order = await signed(["bulk3"], { ceiling: 5 });
    await world.change(async (unit) => {
      const held = await unit.collection(Orders).get(String(order));
      if (held !== undefined) await unit.collection(Orders).put({ ...held, sample: 0 });
    });
    await post("bulk3", tools("many", 4));
    await post("bulk3", tools("more", 4));
    expect([...(await names("j1", "many")), ...(await names("j1", "more"))]).toHaveLength(5);
    expect((await show("u3", order)).today).toEqual({ JPN: 5, KOR: 5 });
    await post("bulk3", tools("more", 4));
    expect(await names("k1", "more")).toHaveLength(1);
    now += DAY;
    await post("bulk3", tools("tomorrow", 2));
    expect(await names("j1", "tomorrow")).toHaveLength(2);
  });

  test("a ceiling of five – two batches of four at once – five in all: the one that comes second is bound again", async () => {
    const order = await signed(["bulk3"], { ceiling: 5 });
    await world.change(async (unit) => {
      const held = await unit.collection(Orders).get(String(order));
      if (held !== undefined) await unit.collection(Orders).put({ ...held, sample: 0 });
    });
    // Each with chance of its own, as on a server.
    const parts = composeIngest(world.core);
    const ask = { account: "bulk3", format: "stix" as const, label: JSON.stringify(GREEN), dryRun: false };
    now += 1000;
    const sent = ["left", "right"].map((word) =>
      ingestPost(parts, Buffer.from(JSON.stringify(tools(word, 4))), ask, momentOf(now, word)),
    );
    await Promise.all(sent);
    expect([...(await names("j1", "left")), ...(await names("j1", "right"))]).toHaveLength(5);
    expect((await show("u3", order)).today).toEqual({ JPN: 5, KOR: 5 });
  });

  test("a thousand posted – about one in fifty is held until a human sees it, the same ones each time they are sent", async () => {
    const order = await signed(["bulk4"], { ceiling: 100_000 });
    const sent = tools("sampled", 1000);
    await post("bulk4", sent);
    const held = (await waiting()).filter((one) => one.order === order);
    expect(held.length).toBeGreaterThan(3);
    expect(held.length).toBeLessThan(50);
    const seen = await names("j1", "sampled");
    expect(seen.length + held.length).toBe(1000);
    await post("bulk4", sent);
    expect((await waiting()).filter((one) => one.order === order).map((one) => one.sample)).toEqual(
      held.map((one) => one.sample),
    );
    expect(await names("j1", "sampled")).toHaveLength(seen.length);
    // At home it is read, and nobody else's samples are anybody's business.
    expect(await names("u3", "sampled")).toHaveLength(1000);
    expect((await waiting("rel-US-FBI")).length).toBe(0);
    expect(await show("u3", order)).toMatchObject({ samplesWaiting: held.length, failures: 0 });

    const [first, second, third, fourth, fifth] = held;
    expect(failed(await put("u3", `/api/v1/samples/${first?.sample}/pass`, { reason: "x", hash: "x" }))).toEqual([
      403,
      "forbidden.verb",
    ]);
    expect(failed(await look("u4", first ?? {}, "pass"))).toEqual([404, "not_found"]);
    expect(failed(await look("rev", first ?? {}, "pass", { hash: "guess" }))).toEqual([409, "sample.stale"]);
    const passed = await look("rev", first ?? {}, "pass");
    expect([passed.status, body(passed).status, body(passed).decidedBy]).toEqual([200, "passed", "rev"]);
    expect((await get("j1", `/api/v1/objects/${first?.object}`)).status).toBe(200);
    expect(await look("rev", { ...first, hash: body(passed).hash }, "fail")).toMatchObject(
      refusedAt(409, "sample.decided", "status"),
    );

    // Three failures, counted on through a renewal, stop the order.
    for (const sample of [second, third]) expect(body(await look("rel2", sample ?? {}, "fail")).status).toBe("failed");
    expect((await show("u3", order)).failures).toBe(2);
    const renewal = await signed(["bulk4"], { ceiling: 50 });
    expect(await show("u3", order)).toMatchObject({ status: "stopped", stopReason: `replaced by ${renewal}` });
    expect((await show("u3", renewal)).failures).toBe(2);
    expect(body(await look("rel2", fourth ?? {}, "fail")).status).toBe("failed");
    expect(await show("u3", renewal)).toMatchObject({ status: "stopped", failures: 3, stoppedBy: "samples" });
    await post("bulk4", tools("after failures", 5));
    expect(await names("j1", "after failures")).toEqual([]);
    expect(await look("rev", fifth ?? {}, "pass")).toMatchObject(refusedAt(409, "order.over", "verb"));
    for (const sample of [second, third, fourth])
      expect((await get("j1", `/api/v1/objects/${sample?.object}`)).status).toBe(404);
    // What two persons sign after that begins a count of its own.
    expect((await show("u3", await signed(["bulk4"]))).failures).toBe(0);
  });

  test.each([
    ["/api/v1/samples?status=all", 400],
    ["/api/v1/samples?limit=0", 400],
    ["/api/v1/samples?next=nonsense", 400],
    ["/api/v1/orders/none", 404],
  ])("GET %s – %i", async (path, status) => {
    expect((await get("rev", path)).status).toBe(status);
  });

  test("samples – decided with nothing, or of none that there is – 400 and 404", async () => {
    expect((await put("rev", "/api/v1/samples/none/pass", {})).status).toBe(400);
    expect(failed(await put("rev", "/api/v1/samples/none/fail", { reason: "x", hash: "x" }))).toEqual([
      404,
      "not_found",
    ]);
  });
});
