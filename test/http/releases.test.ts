import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { Reviews } from "../../server/storage/collections.ts";
import type { AccountDoc } from "../../server/storage/documents.ts";
import { person } from "../support/people.ts";
import { refusedAt } from "../support/refused-at.ts";
import { row, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Ask, type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const JAPAN = row("TRI", ["JPN"]);
const KOREA = row("TRI", ["KOR"]);
const HOME = row("TRI", ["USA"]);

/** Beside the demonstration's people: those whom the second-person rule tells apart. */
const PEOPLE: AccountDoc[] = [
  person("rev", "reviewer"),
  person("rel2", "releaser"),
  person("rel-promoted", "releaser", { vouchedBy: ["u3"] }),
  person("rel-delegate", "releaser", { delegateOf: ["demo-person-u3"] }),
  person("rel-twin", "releaser", { person: "demo-person-u3" }),
  person("rel-signs", "releaser", { person: "signing" }),
  person("rel-low", "releaser", { clearance: "U", pii: false }),
  { ...person("signs", "signer", { person: "signing", country: "USA" }), agency: undefined },
].map(({ agency, ...rest }) => (agency === undefined ? rest : { ...rest, agency }));

let world: TemporaryWorld;
let now = START;
let asked = 0;
beforeAll(async () => {
  world = await TemporaryWorld.open();
  await world.addDirectory({ accounts: PEOPLE });
});
afterAll(() => world.close());

const send = (as: string, what: Ask): Promise<Reply> => {
  asked += 1;
  now += 1000;
  world.at(now, `request ${asked}`);
  return world.ask(as, what);
};
const get = (as: string, path: string): Promise<Reply> => send(as, { method: "GET", path });
const put = (as: string, path: string, body: unknown): Promise<Reply> => send(as, { method: "POST", path, body });
interface Body {
  readonly release?: string;
  readonly hash?: string;
  readonly status?: string;
  readonly requests?: string[];
  readonly error?: { readonly code: string; readonly path?: string };
  readonly [key: string]: unknown;
}
const body = ({ json }: Reply): Body => (json ?? {}) as Body;
const failed = (reply: Reply): unknown[] => [reply.status, body(reply).error?.code];

const posted = async (as: string, object: StixJson, label: object): Promise<string> => {
  now += 1000;
  world.at(now, `post ${++asked}`);
  const reply = await world.post(as, object, { label: label as LabelRequest });
  expect(reply.json).toMatchObject({ counts: { created: 1 } });
  return String(object.id);
};
const reads = async (id: string, who: readonly string[]): Promise<Record<string, number>> => {
  const found: Record<string, number> = {};
  for (const one of who) found[one] = (await get(one, `/api/v1/objects/${id}`)).status;
  return found;
};
const hashOf = async (as: string, id: string): Promise<string> =>
  body(await get(as, `/api/v1/objects/${id}`)).hash ?? "none";
const propose = async (as: string, id: string, ask: object): Promise<Reply> =>
  put(as, `/api/v1/objects/${id}/releases`, { reason: "asked for", hash: await hashOf(as, id), ...ask });
const proposed = async (as: string, id: string, ask: object): Promise<string> => {
  const reply = await propose(as, id, ask);
  expect([reply.status, body(reply).error]).toEqual([202, undefined]);
  return body(reply).release ?? "";
};
const show = async (as: string, release: string): Promise<Body> => body(await get(as, `/api/v1/releases/${release}`));
const act = async (as: string, release: string, verb: string, more: object = {}): Promise<Reply> =>
  put(as, `/api/v1/releases/${release}/${verb}`, {
    reason: "looked at",
    hash: (await show(as, release)).hash ?? "none",
    ...more,
  });
const listed = async (as: string, status: string): Promise<Body[]> =>
  (body(await get(as, `/api/v1/releases?status=${status}`)).releases ?? []) as Body[];

describe("the second person", () => {
  let release = "";
  let id = "";
  beforeAll(async () => {
    id = await posted("u3", tool("for Japan"), { tlp: "GREEN", releases: [JAPAN, HOME] });
    release = await proposed("u3", id, { row: JAPAN });
  });

  test.each([
    ["the author's other account", "rel-twin", 403, "release.same_person"],
    ["whom the proposer promoted", "rel-promoted", 403, "release.own_promotion"],
    ["a delegate of the proposer", "rel-delegate", 403, "release.delegate"],
    ["a releaser who signs agreements", "rel-signs", 403, "release.signer"],
    ["a reviewer, across a border", "rev", 403, "release.not_releaser"],
    ["an analyst", "u1", 403, "forbidden.verb"],
    ["a releaser of the country that would gain", "rel-JP-NPA", 404, "not_found"],
    ["a releaser of a third country", "rel-KR-NIS", 404, "not_found"],
  ])("approve – by %s – refused, and nobody abroad gains", async (_, who, status, code) => {
    expect(failed(await act(who, release, "approve"))).toEqual([status, code]);
    expect(await reads(id, ["j1", "k1"])).toEqual({ j1: 404, k1: 404 });
  });

  test("clear, approve – by a releaser of the country – in clearance, then released; each binds to what was looked at", async () => {
    const before = await show("rel2", release);
    expect(before).toMatchObject({ status: "proposed", kind: "row", whole: true, code: "need-to-know" });
    expect(body(await act("rel2", release, "clear", { code: "asks-legal" })).status).toBe("in-clearance");
    expect(failed(await act("rel2", release, "clear"))).toEqual([409, "release.decided"]);
    expect(failed(await act("rel2", release, "approve", { hash: before.hash }))).toEqual([409, "release.stale"]);
    expect(failed(await act("rel2", release, "approve", { code: "because" }))).toEqual([422, "release.reason_code"]);
    const done = await act("u4", release, "approve");
    expect([done.status, body(done).status, body(done).decidedBy]).toEqual([200, "released", "u4"]);
    expect(await reads(id, ["j1", "j3", "k1"])).toEqual({ j1: 200, j3: 200, k1: 404 });
  });

  test("propose – by an analyst who is not its author – 403; by a reviewer – proposed", async () => {
    const other = await posted("rel2", tool("a releaser's"), { tlp: "GREEN" });
    expect(failed(await propose("u3", other, { row: JAPAN }))).toEqual([403, "release.not_author"]);
    expect((await propose("rev", other, { row: JAPAN })).status).toBe(202);
  });

  test("approve – by a releaser to whom a part is withheld – 403 in words, and the whole is approved by one who sees it", async () => {
    const object = tool("with a name", { x_person: "Somebody" });
    const hidden = await posted("u3", object, {
      tlp: "GREEN",
      releases: [HOME],
      fieldRules: [{ selectors: ["x_person"], classification: "R" }],
    });
    const asked = await proposed("u3", hidden, { row: JAPAN });
    expect(await show("rel-low", asked)).toMatchObject({ whole: false, status: "proposed" });
    expect(failed(await act("rel-low", asked, "approve"))).toEqual([403, "release.not_whole"]);
    expect(body(await act("rel2", asked, "approve")).status).toBe("released");
  });

  test("AMBER from a feed, shared at home – approved by a reviewer of the country, and not by an analyst", async () => {
    const shared = await posted("feed-US-CISA", tool("amber at home"), { tlp: "AMBER", releases: [HOME] });
    expect(await reads(shared, ["u1", "u3"])).toEqual({ u1: 404, u3: 200 });
    const asked = await proposed("u3", shared, { row: HOME });
    expect(failed(await act("u3", asked, "approve"))).toEqual([403, "forbidden.verb"]);
    expect(body(await act("rev", asked, "approve")).status).toBe("released");
    expect(await reads(shared, ["u1", "j1"])).toEqual({ u1: 200, j1: 404 });
  });

  test("a proposal – after a fortnight – expired: nobody approves it, and it is listed as expired", async () => {
    const late = await proposed("u3", id, { row: KOREA });
    now += 14 * DAY;
    expect(failed(await act("rel2", late, "approve"))).toEqual([409, "release.decided"]);
    expect((await listed("rel2", "expired")).map((one) => one.release)).toContain(late);
    expect((await listed("rel2", "proposed")).map((one) => one.release)).not.toContain(late);
    expect(await reads(id, ["k1"])).toEqual({ k1: 404 });
  });

  test("two approvals of one hash at once – one released, the other 409", async () => {
    const once = await posted("u3", tool("once"), { tlp: "GREEN" });
    const asked = await proposed("u3", once, { row: JAPAN });
    const replies = await Promise.all([act("rel2", asked, "approve"), act("rel-US-CISA", asked, "approve")]);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test("a change of the agreement concerned between look and approval – 409; of another agreement – not", async () => {
    const bound = await posted("u3", tool("bound"), { tlp: "GREEN" });
    const asked = await proposed("u3", bound, { row: JAPAN });
    const { hash } = await show("rel2", asked);
    await world.changeAgreement("JP-KR", { title: "renamed" });
    expect((await show("rel2", asked)).hash).toBe(hash);
    await world.changeAgreement("TRI", { title: "Working group, amended" });
    expect(failed(await act("rel2", asked, "approve", { hash }))).toEqual([409, "release.stale"]);
    expect(body(await act("rel2", asked, "approve")).status).toBe("released");
  });
});

describe("PUBLIC", () => {
  const PUBLIC = row("PUBLIC", []);
  const value = { type: "ipv4-addr", spec_version: "2.1", id: "", value: "203.0.113.77" };
  const address = { ...value, id: "ipv4-addr--f3e7ab1c-8d4b-5e5e-9d8e-0f0f0f0f0f0f" };

  test("the agency's own – approved by one person of its country – everybody reads it", async () => {
    const id = await posted("u3", tool("to be public"), { tlp: "CLEAR" });
    const asked = await proposed("u3", id, { row: PUBLIC });
    expect(body(await act("rel2", asked, "approve")).status).toBe("released");
    expect(await reads(id, ["k1", "j1"])).toEqual({ k1: 200, j1: 200 });
  });

  test("with what Japan contributed inside – each country's approver – nothing is public before the last one", async () => {
    const TRI = row("TRI", ["JPN", "KOR", "USA"]);
    await posted("feed-US-CISA", address, { tlp: "CLEAR", releases: [TRI] });
    await posted("feed-JP-NCO", address, { tlp: "CLEAR", releases: [TRI] });
    const seen = await get("u3", "/api/v1/objects?value=203.0.113.77");
    const id = String((body(seen).objects as { id: string }[])[0]?.id);
    const asked = await proposed("u3", id, { row: PUBLIC, inside: "all" });
    // The other country's part is its own release, and shows an agency where a foreign person would stand.
    const [theirs] = (await listed("rel-JP-NCO", "proposed")).filter((one) => one.kind === "public");
    expect(theirs).toMatchObject({ proposedBy: "US-CISA", status: "proposed" });
    expect(theirs?.release).not.toBe(asked);
    expect((await get("rel-JP-NCO", `/api/v1/releases/${asked}`)).status).toBe(404);
    const first = await act("rel2", asked, "approve");
    expect([first.status, body(first).status, body(first).approvedBy]).toEqual([200, "in-clearance", "rel2"]);
    expect(body(await act("rel-JP-NCO", String(theirs?.release), "approve")).status).toBe("released");
    expect(await show("rel2", asked)).toMatchObject({ status: "released", decidedBy: "rel2" });
  });

  test("with a part that changed after its country approved it – the last approval turns on nothing, and the changed part is proposed again", async () => {
    const other = { ...value, id: "ipv4-addr--b3e7ab1c-8d4b-5e5e-9d8e-0f0f0f0f0f0f", value: "203.0.113.79" };
    await posted("feed-US-CISA", other, { tlp: "CLEAR", releases: [row("TRI", ["JPN", "USA"])] });
    await posted("feed-JP-NCO", other, { tlp: "CLEAR", releases: [row("TRI", ["JPN", "USA"])] });
    const seen = await get("u3", "/api/v1/objects?value=203.0.113.79");
    const id = String((body(seen).objects as { id: string }[])[0]?.id);
    const asked = await proposed("u3", id, { row: PUBLIC, inside: "all" });
    const [theirs] = (await listed("rel-JP-NCO", "proposed")).filter((one) => one.kind === "public");
    expect(body(await act("rel2", asked, "approve")).status).toBe("in-clearance");
    const korea = await proposed("u3", id, { row: KOREA });
    expect(body(await act("rel2", korea, "approve")).status).toBe("released");
    expect(body(await act("rel-JP-NCO", String(theirs?.release), "approve")).status).toBe("in-clearance");
    expect(await show("rel2", asked)).toMatchObject({ status: "proposed" });
    expect(JSON.stringify(body(await get("u3", `/api/v1/objects/${id}`)).label)).not.toContain("PUBLIC");
    expect(body(await act("rel2", asked, "approve")).status).toBe("released");
    expect(JSON.stringify(body(await get("u3", `/api/v1/objects/${id}`)).label)).toContain("PUBLIC");
  });

  test("with one country silent – after a fortnight – nothing is public, and both parts are expired", async () => {
    const other = { ...value, id: "ipv4-addr--a3e7ab1c-8d4b-5e5e-9d8e-0f0f0f0f0f0f", value: "203.0.113.78" };
    const TRI = row("TRI", ["JPN", "KOR", "USA"]);
    await posted("feed-US-CISA", other, { tlp: "CLEAR", releases: [TRI] });
    await posted("feed-KR-NIS", other, { tlp: "CLEAR", releases: [TRI] });
    const seen = await get("u3", "/api/v1/objects?value=203.0.113.78");
    const id = String((body(seen).objects as { id: string }[])[0]?.id);
    const asked = await proposed("u3", id, { row: PUBLIC, inside: "all" });
    expect(body(await act("rel2", asked, "approve")).status).toBe("in-clearance");
    now += 15 * DAY;
    const [theirs] = (await listed("rel-KR-NIS", "expired")).filter((one) => one.kind === "public");
    expect(failed(await act("rel-KR-NIS", String(theirs?.release), "approve"))).toEqual([409, "release.decided"]);
    expect((await show("rel2", asked)).status).toBe("expired");
    const public_ = await get("u3", `/api/v1/objects/${id}`);
    expect(JSON.stringify(body(public_).label)).not.toContain("PUBLIC");
  });

  test("inside: all – for a row that is not PUBLIC – 422", async () => {
    const id = await posted("u3", tool("not for others to give"), { tlp: "GREEN" });
    expect(failed(await propose("u3", id, { row: JAPAN, inside: "all" }))).toEqual([422, "release.inside"]);
  });
});

describe("taking back", () => {
  test("recall – by one person of the agency – at once; a second one confirms", async () => {
    const id = await posted("u3", tool("recalled"), { tlp: "GREEN" });
    const release = await proposed("u3", id, { row: JAPAN });
    await act("rel2", release, "approve");
    expect(await reads(id, ["j1"])).toEqual({ j1: 200 });
    expect(failed(await act("u4", release, "recall"))).toEqual([404, "not_found"]);
    const recalled = await act("u3", release, "recall", { code: "wrong-content" });
    expect([recalled.status, body(recalled).status]).toEqual([200, "recalled"]);
    expect(body(recalled).back).toMatchObject({ verb: "recall", by: "u3", code: "wrong-content" });
    expect(await reads(id, ["j1"])).toEqual({ j1: 404 });
    expect(failed(await act("u3", release, "recall"))).toEqual([409, "release.decided"]);
    const { confirmation } = body(recalled).back as { confirmation: string };
    expect(failed(await put("u3", `/api/v1/confirmations/${confirmation}/confirm`, undefined))).toEqual([
      403,
      "confirm.same_person",
    ]);
    expect((await put("rel2", `/api/v1/confirmations/${confirmation}/confirm`, undefined)).status).toBe(200);
    expect((await show("u3", release)).back).toMatchObject({ confirmedBy: "rel2" });
  });

  test("narrow – to fewer agencies – at once; to more, or from everyone to a list under AMBER+STRICT – 422", async () => {
    const id = await posted("u3", tool("narrowed"), { tlp: "GREEN" });
    const release = await proposed("u3", id, { row: row("TRI", ["JPN", "KOR"]) });
    await act("rel2", release, "approve");
    const wider = { to: row("TRI", ["JPN", "KOR", "USA"]) };
    expect(failed(await act("u3", release, "narrow", wider))).toEqual([422, "release.not_narrower"]);
    const narrowed = await act("u3", release, "narrow", { to: row("TRI", ["JPN"], ["JP-NPA"]) });
    expect([narrowed.status, body(narrowed).status]).toEqual([200, "narrowed"]);
    expect(await reads(id, ["j1", "j3", "k1"])).toEqual({ j1: 200, j3: 404, k1: 404 });
    expect(failed(await act("u3", release, "narrow", { to: JAPAN }))).toEqual([422, "release.not_narrower"]);
    expect(body(await act("u3", release, "recall")).status).toBe("recalled");
    expect(await reads(id, ["j1"])).toEqual({ j1: 404 });

    const strict = await posted("u3", tool("strict"), { tlp: "AMBER+STRICT" });
    const everyone = await proposed("u3", strict, { row: JAPAN });
    await act("rel2", everyone, "approve");
    expect(failed(await act("u3", everyone, "narrow", { to: row("TRI", ["JPN"], ["JP-NPA"]) }))).toEqual([
      422,
      "release.not_narrower",
    ]);
  });

  test("a row that a standing order turned on – taken back by a person – gone; one that is not on – 422; another agency's – 403", async () => {
    const TRI = row("TRI", ["JPN", "KOR", "USA"]);
    const id = await posted("feed-US-CISA", tool("by an order"), { tlp: "GREEN", releases: [TRI] });
    expect(await reads(id, ["j1", "k1"])).toEqual({ j1: 200, k1: 200 });
    const ask = { row: JAPAN, reason: "not for Japan", hash: await hashOf("u3", id) };
    expect(failed(await put("u1", `/api/v1/objects/${id}/recalls`, ask))).toEqual([403, "originator-control"]);
    expect(body(await put("u3", `/api/v1/objects/${id}/recalls`, ask)).status).toBe("recalled");
    expect(await reads(id, ["j1", "k1"])).toEqual({ j1: 404, k1: 200 });
    expect(failed(await put("u3", `/api/v1/objects/${id}/recalls`, ask))).toEqual([409, "release.stale"]);
    const again = { ...ask, hash: await hashOf("u3", id) };
    expect(failed(await put("u3", `/api/v1/objects/${id}/recalls`, again))).toEqual([422, "release.not_on"]);
  });
});

describe("taking back is no way to give", () => {
  test("recalls – where a later version stands that nobody abroad has – the version that they read goes", async () => {
    const TRI = row("TRI", ["JPN", "KOR", "USA"]);
    const id = await posted("feed-US-CISA", tool("two versions"), { tlp: "GREEN", releases: [TRI] });
    const later = tool("two versions", { modified: "2026-03-02T00:00:00.000Z", description: "more" });
    now += 1000;
    world.at(now, "a later version");
    await world.post("feed-US-CISA", later, { label: { tlp: "AMBER", releases: [TRI] } });
    expect(await reads(id, ["j1", "k1"])).toEqual({ j1: 200, k1: 200 });
    const ask = { row: JAPAN, reason: "not for Japan", hash: await hashOf("u3", id) };
    expect(body(await put("u3", `/api/v1/objects/${id}/recalls`, ask)).status).toBe("recalled");
    expect(await reads(id, ["j1", "k1"])).toEqual({ j1: 404, k1: 200 });
  });

  test("recalls with what is left – more countries than are on – 422, and nobody gains", async () => {
    const both = row("TRI", ["KOR", "USA"]);
    const id = await posted("u3", tool("on at home alone"), { tlp: "GREEN", releases: [both] });
    const hash = await hashOf("u3", id);
    const reply = await put("u3", `/api/v1/objects/${id}/recalls`, { row: both, to: both, reason: "tidying", hash });
    expect(failed(reply)).toEqual([422, "release.not_narrower"]);
    expect(await reads(id, ["k1", "u1"])).toEqual({ k1: 404, u1: 200 });
  });
});

describe("onward release", () => {
  // Long after all that this file plays: time is judged forwards only.
  const until = formatInstant(START + 400 * DAY);
  const TO_KOREA = { ...row("HUB", ["KOR"], ["KR-NIS"]), until };
  const shared = async (name: string, caveats: LabelRequest["caveats"] = []): Promise<string> => {
    const id = await posted("u3", tool(name), { tlp: "GREEN", caveats });
    const release = await proposed("u3", id, { row: JAPAN });
    await act("rel2", release, "approve");
    return id;
  };
  const request = (as: string, object: string, ask: object = TO_KOREA): Promise<Reply> =>
    put(as, "/api/v1/releases/onward", { object, row: ask, reason: "they work on it" });
  const mine = async (as: string): Promise<Body[]> =>
    (body(await get(as, "/api/v1/releases/onward")).requests ?? []) as unknown as Body[];

  test("a receiver who would release it herself – 403; who asks – the originator's releaser grants it until a date", async () => {
    const id = await shared("onward granted");
    expect(failed(await put("j1", `/api/v1/objects/${id}/releases`, { row: KOREA, reason: "x", hash: "x" }))).toEqual([
      403,
      "originator-control",
    ]);
    const end = now + 30 * DAY;
    const reply = await request("j1", id, { ...TO_KOREA, until: formatInstant(end) });
    expect(reply.status).toBe(202);
    const [asked = ""] = body(reply).requests ?? [];
    // Once is enough while it waits; a colleague's asking is another's.
    expect(await request("j1", id, { ...TO_KOREA, until: formatInstant(end) })).toMatchObject(
      refusedAt(409, "onward.open", "object"),
    );
    expect((await mine("j1")).find((one) => one.request === asked)).toMatchObject({ outcome: "waiting", object: id });
    expect(await mine("j2")).toEqual([]);
    expect(await show("rel2", asked)).toMatchObject({
      kind: "onward",
      proposedBy: "JP-NPA",
      gains: ["KR-NIS"],
      reminders: 0,
    });
    expect(failed(await act("rel-JP-NPA", asked, "approve"))).toEqual([404, "not_found"]);
    expect(body(await act("rel2", asked, "approve", { say: "until the end of June" })).status).toBe("released");
    expect((await mine("j1")).find((one) => one.request === asked)).toMatchObject({
      outcome: "granted",
      say: "until the end of June",
    });
    expect(await reads(id, ["k1", "k3"])).toEqual({ k1: 200, k3: 404 });
    now = end;
    expect(await reads(id, ["k1", "j1"])).toEqual({ k1: 404, j1: 200 });
  });

  test("refused and unanswered – the asker reads the same words, and no reason that the originator did not add", async () => {
    const id = await shared("onward refused");
    const [refused = ""] = body(await request("j1", id)).requests ?? [];
    await act("rel2", refused, "refuse", { reason: "our source would be burnt", code: "source-at-risk" });
    const [silent = ""] = body(await request("j1", id)).requests ?? [];
    const { request: _, askedAt: __, ...told } = (await mine("j1")).find((one) => one.request === refused) ?? {};
    expect(told.outcome).toBe("not granted");
    expect(JSON.stringify(told)).not.toContain("burnt");
    now += 2 * DAY;
    expect((await show("rel2", silent)).reminders).toBeGreaterThanOrEqual(1);
    now += 8 * DAY;
    const { request: ___, askedAt: ____, ...quiet } = (await mine("j1")).find((one) => one.request === silent) ?? {};
    expect(quiet).toEqual(told);
    expect(failed(await act("rel2", silent, "approve"))).toEqual([409, "release.decided"]);
  });

  test("a request that waits – after one and after three working days – is on the list of what is due, taken up or not, of who may answer it, until it is answered or over", async () => {
    const [first, second] = [await shared("onward reminded"), await shared("onward taken up")];
    const asked: string[] = [];
    for (const id of [first, second]) asked.push(body(await request("j1", id)).requests?.[0] ?? "");
    const [waits = "", taken = ""] = asked;
    const due = async (as: string): Promise<unknown[]> =>
      ((body(await get(as, "/api/v1/releases?due=true")).releases ?? []) as Body[])
        .filter(({ release }) => asked.includes(release ?? ""))
        .map(({ release, reminders }) => [release === waits ? "waits" : "taken", reminders]);
    const begun = now;
    expect(await due("rel2")).toEqual([]);
    await act("rel-US-CISA", taken, "clear");
    // A working day ends at the latest four days on: weekends, and holidays beside them.
    now = begun + 5 * DAY;
    const reminded = await due("rel2");
    expect(reminded.map((one) => (one as unknown[])[0]).sort()).toEqual(["taken", "waits"]);
    expect((await show("rel2", waits)).reminders).toBeGreaterThanOrEqual(1);
    // The asker's side has no such list, nor does a third country.
    expect([await due("rel-JP-NPA"), await due("rel-KR-NIS")]).toEqual([[], []]);
    await act("rel2", taken, "refuse");
    expect((await due("rel2")).map((one) => (one as unknown[])[0])).toEqual(["waits"]);
    now = begun + 14 * DAY;
    expect(await due("rel2")).toEqual([]);
    expect((await show("rel2", waits)).status).toBe("expired");
    expect(failed(await get("rel2", "/api/v1/releases?due=true&status=proposed"))).toEqual([400, "query.due"]);
  });

  test.each<[string, string, object, number, string]>([
    ["without an end", "j1", row("HUB", ["KOR"], ["KR-NIS"]), 422, "onward.until"],
    ["for PUBLIC", "j1", { ...row("PUBLIC", []), until }, 422, "onward.public"],
    ["to an agency that nobody knows", "j1", { ...TO_KOREA, agencies: ["KR-NOBODY"] }, 422, "label.unknown_agency"],
    [
      "under an agreement without the country",
      "j1",
      { ...TO_KOREA, agreement: "US-JP" },
      422,
      "label.country_not_party",
    ],
    ["by somebody who sees nothing", "k1", TO_KOREA, 404, "not_found"],
    ["by its own agency", "u3", TO_KOREA, 422, "onward.own"],
    ["by a feed", "feed-JP-NPA", TO_KOREA, 403, "forbidden.verb"],
  ])("asked %s – refused", async (what, who, ask, status, code) => {
    const id = await shared(`onward ${what}`);
    expect(failed(await request(who, id, ask))).toEqual([status, code]);
  });

  test("of what withholds its source – asked under an agreement of another pair – taken, since a refusal would tell whose it is", async () => {
    const id = await shared("onward withheld", ["NOATTRIB"]);
    expect((await request("j1", id, { ...row("JP-KR", ["KOR"]), until })).status).toBe(202);
    const [last] = (await mine("j1")).slice(-1);
    expect(JSON.stringify(last)).not.toContain("US");
  });
});

describe("emergency", () => {
  const urgent = (name: string): StixJson => ({
    ...{ type: "campaign", spec_version: "2.1", id: tool(name).id?.toString().replace("tool", "campaign") ?? "" },
    ...{ created: "2026-03-01T00:00:00.000Z", modified: "2026-03-01T00:00:00.000Z", name, labels: ["funds-moving"] },
  });
  const TO = row("TRI", ["JPN"], ["JP-NPA"]);
  const begin = async (as: string, id: string, more: object = {}): Promise<Reply> =>
    put(as, `/api/v1/objects/${id}/emergency`, {
      ...{ row: TO, reason: "leaving the exchange now", code: "funds-moving", hash: await hashOf(as, id) },
      ...more,
    });

  test("by one person – on for an hour to those listed; a second is called; without a countersign it ends by itself", async () => {
    const id = await posted("u3", urgent("theft under way"), { tlp: "GREEN" });
    const begun = await begin("rel2", id);
    expect([begun.status, body(begun).status, body(begun).kind]).toEqual([200, "proposed", "emergency"]);
    expect(body(begun).called).toContain("rel-US-CISA");
    expect(body(begun).called).not.toContain("rel2");
    expect(await reads(id, ["j1", "j3", "k1"])).toEqual({ j1: 200, j3: 404, k1: 404 });
    const release = body(begun).release ?? "";
    expect((await listed("rel-US-CISA", "proposed")).map((one) => one.release)).toContain(release);
    expect(failed(await act("rel2", release, "approve"))).toEqual([403, "release.same_person"]);
    now += HOUR;
    expect(await reads(id, ["j1"])).toEqual({ j1: 404 });
    expect(failed(await act("rel-US-CISA", release, "approve"))).toEqual([409, "release.decided"]);
    expect((await listed("rel2", "expired")).map((one) => one.release)).toContain(release);
    expect(failed(await begin("rel2", id))).toEqual([409, "emergency.again"]);
  });

  test("countersigned – within the hour – the row that was asked for takes its place", async () => {
    const id = await posted("u3", urgent("theft countersigned"), { tlp: "GREEN" });
    const release = body(await begin("rel2", id)).release ?? "";
    expect(body(await act("rel-US-CISA", release, "approve")).status).toBe("released");
    now += 2 * HOUR;
    expect(await reads(id, ["j1", "j3"])).toEqual({ j1: 200, j3: 404 });
    const { label } = body(await get("u3", `/api/v1/objects/${id}`)) as { label?: { releases: unknown[] } };
    expect(label?.releases).toEqual([{ ...TO, status: "on" }]);
  });

  test("refused by the second – within the hour – it ends at once", async () => {
    const id = await posted("u3", urgent("theft refused"), { tlp: "GREEN" });
    const release = body(await begin("rev", id)).release ?? "";
    expect(body(await act("rel2", release, "refuse")).status).toBe("refused");
    expect(await reads(id, ["j1"])).toEqual({ j1: 404 });
  });

  test("a person's fourth of a day – 409, and nobody gains", async () => {
    now += DAY;
    for (let n = 0; n < 3; n++) {
      const id = await posted("u3", urgent(`many ${n}`), { tlp: "GREEN" });
      expect((await begin("rel-US-CISA", id)).status).toBe(200);
    }
    const id = await posted("u3", urgent("many 3"), { tlp: "GREEN" });
    expect(failed(await begin("rel-US-CISA", id))).toEqual([409, "emergency.quota"]);
    expect(await reads(id, ["j1"])).toEqual({ j1: 404 });
    expect((await begin("rel2", id)).status).toBe(200);
  });

  test.each<[string, string, object, number, string]>([
    ["to everyone of a country", "rev", { row: JAPAN }, 422, "emergency.agencies"],
    ["to the public", "rev", { row: row("PUBLIC", []) }, 422, "emergency.agencies"],
    ["for a reason that is none of P0", "rev", { code: "need-to-know" }, 422, "release.reason_code"],
    ["on another hash", "rev", { hash: "stale" }, 409, "release.stale"],
    ["by an analyst", "u3", {}, 403, "forbidden.verb"],
    ["by another agency's releaser", "u4", {}, 404, "not_found"],
    ["by a releaser who signs", "rel-signs", {}, 403, "release.signer"],
  ])("begun %s – refused", async (what, who, more, status, code) => {
    const id = await posted("u3", urgent(`refused ${what}`), { tlp: "GREEN" });
    expect(failed(await begin(who, id, more))).toEqual([status, code]);
    expect(await reads(id, ["j1"])).toEqual({ j1: 404 });
  });

  test("of what the quality review rejected – refused: it is no emergency", async () => {
    const id = await posted("u3", urgent("a false alarm"), { tlp: "GREEN" });
    const reviews = world.storage.collection(Reviews);
    const review = (await reviews.all({ limit: 1000 })).reduce((a, b) => (b.received >= a.received ? b : a));
    await reviews.put({ ...review, state: "rejected" });
    expect(failed(await begin("rel2", id))).toEqual([422, "emergency.not_p0"]);
    expect(await reads(id, ["j1"])).toEqual({ j1: 404 });
  });

  test("of what is not class P0 – refused; of class S by a reviewer – refused", async () => {
    const plain = await posted("u3", tool("no emergency"), { tlp: "GREEN" });
    expect(failed(await begin("rev", plain))).toEqual([422, "emergency.not_p0"]);
    const secret = await posted("u1", urgent("secret"), { tlp: "AMBER", classification: "S" });
    expect(failed(await begin("rel2", secret))).toEqual([404, "not_found"]);
  });
});

describe("lists and bad input", () => {
  test("releases – a page of two at a time – each once, in order, and the cursor is good for its question only", async () => {
    for (let n = 0; n < 5; n++) {
      const id = await posted("u3", tool(`listed ${n}`), { tlp: "GREEN" });
      await proposed("u3", id, { row: JAPAN });
    }
    const whole = (await listed("rel2", "proposed")).map((one) => one.release);
    const paged: unknown[] = [];
    let next: string | undefined;
    let first: string | undefined;
    do {
      const page = body(await get("rel2", `/api/v1/releases?limit=2${next === undefined ? "" : `&next=${next}`}`));
      paged.push(...((page.releases ?? []) as Body[]).map((one) => one.release));
      next = page.next as string | undefined;
      first ??= next;
    } while (next !== undefined);
    expect(paged).toEqual(whole);
    expect(new Set(paged).size).toBe(paged.length);
    for (const [who, query] of [
      ["u4", `next=${first}`],
      ["rel2", `status=released&next=${first}`],
      ["rel2", `next=${first?.slice(0, -4)}`],
      ["rel2", "next=nonsense"],
    ] as const)
      expect(failed(await get(who, `/api/v1/releases?${query}`))).toEqual([400, "cursor.invalid"]);
  });

  test.each<[string, string, unknown]>([
    ["propose without a hash", "/api/v1/objects/{id}/releases", { row: JAPAN, reason: "x" }],
    [
      "propose with a member too many",
      "/api/v1/objects/{id}/releases",
      { row: JAPAN, reason: "x", hash: "x", force: true },
    ],
    [
      "propose with a code that is no word",
      "/api/v1/objects/{id}/releases",
      { row: JAPAN, reason: "x", hash: "x", code: "A B" },
    ],
    ["approve with nothing", "/api/v1/releases/none/approve", {}],
    ["narrow without to", "/api/v1/releases/none/narrow", { reason: "x", hash: "x" }],
    ["recall with to", "/api/v1/releases/none/recall", { reason: "x", hash: "x", to: JAPAN }],
    ["recalls without a row", "/api/v1/objects/{id}/recalls", { reason: "x", hash: "x" }],
    ["an emergency without a code", "/api/v1/objects/{id}/emergency", { row: JAPAN, reason: "x", hash: "x" }],
    ["onward for no object", "/api/v1/releases/onward", { object: "x", row: JAPAN, reason: "x" }],
    ["clear with a list", "/api/v1/releases/none/clear", []],
  ])("%s – 400", async (_, path, ask) => {
    const id = tool("bad input").id;
    expect((await put("rel2", path.replace("{id}", String(id)), ask)).status).toBe(400);
  });

  test.each([
    ["/api/v1/releases/none/clear", { reason: "x", hash: "x" }],
    ["/api/v1/releases/none/recall", { reason: "x", hash: "x" }],
    ["/api/v1/releases/none/narrow", { to: JAPAN, reason: "x", hash: "x" }],
  ])("%s – no such release – 404", async (path, ask) => {
    expect(failed(await put("rel2", path, ask))).toEqual([404, "not_found"]);
  });

  test.each(["limit=0", "limit=99999", "status=done", "sort=up"])("GET releases?%s – 400", async (query) => {
    expect((await get("rel2", `/api/v1/releases?${query}`)).status).toBe(400);
  });
});
