import type { LabelRequest } from "../../schemas/policy/label.ts";
import { RELEASE_LABEL_EXTENSION } from "../../schemas/stix/release-label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { Audit, Disclosures } from "../../server/storage/collections.ts";
import { refusedAt } from "../support/refused-at.ts";
import { START } from "../support/steering.ts";
import { type Ask, type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const DATED = { spec_version: "2.1", created: "2026-04-01T00:00:00.000Z", modified: "2026-04-01T00:00:00.000Z" };
const report = (n: number, change: StixJson = {}): StixJson => ({
  ...{ type: "report", id: `report--${uuid(n)}`, ...DATED, name: `report ${n}`, published: "2026-04-01T00:00:00Z" },
  ...{ object_refs: [`indicator--${uuid(n)}`], ...change },
});
const indicator = (n: number, change: StixJson = {}): StixJson => ({
  ...{ type: "indicator", id: `indicator--${uuid(n)}`, ...DATED, name: `indicator ${n}`, pattern_type: "stix" },
  ...{ pattern: `[ipv4-addr:value = '198.51.100.${n}']`, valid_from: "2026-04-01T00:00:00Z", ...change },
});
const JAPAN: LabelRequest = {
  tlp: "GREEN",
  releases: [{ agreement: "TRI", countries: ["JPN"], agencies: "*" }],
};
const GROUP: LabelRequest = {
  tlp: "GREEN",
  releases: [{ agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" }],
};

interface Item {
  readonly review: string;
  readonly state: string;
  readonly class: string;
  readonly title?: string;
  readonly hash: string;
  readonly [member: string]: unknown;
}

describe("the quality review over HTTP", () => {
  let world: TemporaryWorld;
  let asked = 0;
  beforeEach(async () => {
    world = await TemporaryWorld.open();
    // Reviewers who approve nothing, one in each of two agencies; and a second account of the human behind j1.
    const one = { clearance: "S" as const, topics: ["*"], pii: true, scope: "write" as const };
    await world.addDirectory({
      accounts: [
        { id: "rev-npa", name: "R. One", role: "reviewer", agency: "JP-NPA", person: "p-rev-npa", ...one },
        { id: "rev-nco", name: "R. Two", role: "reviewer", agency: "JP-NCO", person: "p-rev-nco", ...one },
        { id: "rev-kisa", name: "R. Three", role: "reviewer", agency: "KR-KISA", person: "p-rev-kisa", ...one },
        { id: "j1-too", name: "J. One again", role: "reviewer", agency: "JP-NPA", person: "demo-person-j1", ...one },
        {
          id: "adm",
          name: "A",
          role: "admin",
          clearance: "U",
          topics: [],
          pii: false,
          scope: "write",
          person: "p-adm",
        },
      ],
    });
    asked = 0;
  });
  afterEach(() => world.close());

  /** One request, at the world's time, with chance of its own. */
  const ask = (as: string, method: Ask["method"], path: string, body?: unknown): Promise<Reply> => {
    world.at(world.steer.now, `ask ${asked++}`);
    return world.ask(as, { method, path: `/api/v1${path}`, ...(body === undefined ? {} : { body }) });
  };
  const post = async (as: string, objects: readonly StixJson[], label: LabelRequest = JAPAN): Promise<void> => {
    world.at(world.steer.now + 1, `post ${asked++}`);
    const reply = await world.post(as, objects, { label });
    expect([reply.status, reply.body.toString().slice(0, 300)]).toEqual([200, expect.any(String)]);
  };
  const queue = async (as: string, query = ""): Promise<Item[]> => {
    const reply = await ask(as, "GET", `/triage/queue${query}`);
    expect([reply.status, reply.status === 200 ? "" : reply.body.toString()]).toEqual([200, ""]);
    return (reply.json as { items: Item[] }).items;
  };
  const titles = async (as: string, query = ""): Promise<(string | undefined)[]> =>
    (await queue(as, query)).map(({ title }) => title);
  const show = async (as: string, review: string): Promise<Item> =>
    (await ask(as, "GET", `/triage/reviews/${review}`)).json as Item;
  const first = async (as: string): Promise<Item> => {
    const [item] = await queue(as);
    if (item === undefined) throw new Error("nothing waits");
    return show(as, item.review);
  };
  const act = (as: string, { review, hash }: Item, verb: string, body: StixJson = {}): Promise<Reply> =>
    ask(as, "POST", `/triage/reviews/${review}/${verb}`, verb === "answer" ? body : { hash, ...body });
  const outcome = ({ status, json }: Reply): [number, unknown] => [
    status,
    status === 200 ? (json as Item).state : (json as { error: { code: string } }).error.code,
  ];

  test("a post – of a report with what it lists, and more – is an item for the report and one for the rest", async () => {
    await post("j1", [report(1), indicator(1), indicator(2), indicator(3)]);
    const items = await queue("rev-npa");
    const said = items.map(({ title, kinds, objects, class: of, rule, by }) => ({
      title,
      kinds,
      objects,
      of,
      rule,
      by,
    }));
    expect(said.sort((a, b) => (String(a.title) < String(b.title) ? -1 : 1))).toEqual([
      { title: "indicator: indicator 2", kinds: { indicator: 2 }, objects: 2, of: "P2", rule: "indicators", by: "j1" },
      { title: "report 1", kinds: { report: 1, indicator: 1 }, objects: 2, of: "P2", rule: "indicators", by: "j1" },
    ]);
    const item = items.find(({ title }) => title === "report 1");
    expect(item).toMatchObject({
      ...{ state: "submitted", originator: "JP-NPA", sender: "person", received: "2026-04-11T09:30:00.001Z" },
      // A Saturday: Monday and Tuesday are the next working days in Tokyo.
      due: { acknowledge: "2026-04-13T15:00:00.000Z", decide: "2026-04-14T15:00:00.000Z" },
      late: { acknowledge: false, decide: false },
    });
    const page = await show("rev-npa", item?.review ?? "");
    expect(page.contents).toEqual([
      { id: `indicator--${uuid(1)}`, type: "indicator", version: DATED.modified, name: "indicator 1", tlp: "GREEN" },
      { id: `report--${uuid(1)}`, type: "report", version: DATED.modified, name: "report 1", tlp: "GREEN" },
    ]);
    expect([page.verbs, page.history]).toEqual([
      ["claim", "accept", "needs-info", "duplicate", "reject", "supersede", "withdraw"],
      [],
    ]);
  });

  test("reading the queue – by those of the country who may read it, and by others – one list each; hidden and unknown are one 404", async () => {
    await post("j1", [report(1), indicator(1)], { tlp: "AMBER" });
    await post("j1", [report(2), indicator(2)], JAPAN);
    expect((await titles("rev-npa")).sort()).toEqual(["report 1", "report 2"]);
    expect(await titles("rev-nco")).toEqual(["report 2"]);
    expect(await titles("rev-kisa")).toEqual([]);
    const hidden = (await queue("rev-npa")).find(({ title }) => title === "report 1")?.review ?? "";
    const seen = (await queue("rev-nco"))[0]?.review ?? "";
    const unknown = await ask("rev-nco", "GET", `/triage/reviews/${"0".repeat(32)}`);
    expect(outcome(unknown)).toEqual([404, "not_found"]);
    for (const [as, review] of [
      ["rev-nco", hidden],
      ["rev-kisa", seen],
      ["feed-JP-NPA", seen],
      ["k1", seen],
    ] as const) {
      const reply = await ask(as, "GET", `/triage/reviews/${review}`);
      expect([as, reply.status, reply.body.toString()]).toEqual([as, 404, unknown.body.toString()]);
    }
    expect(outcome(await ask("rev-nco", "POST", `/triage/reviews/${hidden}/claim`))).toEqual([404, "not_found"]);
    for (const as of ["j1", "feed-JP-NPA", "adm"]) expect((await ask(as, "GET", "/triage/queue")).status).toBe(403);
  });

  test("another agency's reviewer – of the same country – sees neither who posted nor rows that wait", async () => {
    await post("j1", [report(1), indicator(1)], GROUP);
    const [own, other] = [(await queue("rev-npa"))[0], (await queue("rev-nco"))[0]];
    const waiting = (item: Item | undefined): unknown =>
      (item?.score as { parts?: { countries?: number } } | undefined)?.parts?.countries;
    expect([own?.by, waiting(own)]).toEqual(["j1", 10]);
    expect([other?.by, waiting(other)]).toEqual([undefined, 0]);
  });

  test("claiming – by two at once – one wins, the other is told who has it, until the lease ends", async () => {
    await post("j1", [report(1), indicator(1)]);
    const item = await first("rev-npa");
    const claims = await Promise.all(
      ["rev-npa", "rev-nco"].map((as) => ask(as, "POST", `/triage/reviews/${item.review}/claim`)),
    );
    expect(claims.map(outcome).sort()).toEqual([
      [200, "in-triage"],
      [409, "triage.taken"],
    ]);
    const winner = claims[0]?.status === 200 ? "rev-npa" : "rev-nco";
    const loser = winner === "rev-npa" ? "rev-nco" : "rev-npa";
    expect((await queue(loser))[0]?.claim).toEqual({ by: winner, until: "2026-04-11T09:45:00.001Z" });
    expect(await titles(winner, "?mine=true")).toEqual(["report 1"]);
    expect(await titles(loser, "?mine=true")).toEqual([]);
    expect(outcome(await act(loser, item, "accept", { reason: "as-reported" }))).toEqual([409, "triage.taken"]);
    expect(outcome(await ask(loser, "DELETE", `/triage/reviews/${item.review}/claim`))).toEqual([409, "triage.taken"]);
    // Renewed, the lease runs from then.
    world.steer.now += 10 * MINUTE;
    expect(outcome(await ask(winner, "POST", `/triage/reviews/${item.review}/claim`))).toEqual([200, "in-triage"]);
    world.steer.now += 14 * MINUTE;
    expect(outcome(await ask(loser, "POST", `/triage/reviews/${item.review}/claim`))).toEqual([409, "triage.taken"]);
    world.steer.now += MINUTE;
    expect(outcome(await ask(loser, "POST", `/triage/reviews/${item.review}/claim`))).toEqual([200, "in-triage"]);
    expect(outcome(await ask(loser, "DELETE", `/triage/reviews/${item.review}/claim`))).toEqual([200, "in-triage"]);
    expect((await queue(winner))[0]?.claim).toBe(undefined);
    const { history } = (await show(winner, item.review)) as unknown as { history: { verb: string; by: string }[] };
    expect(history.map(({ verb }) => verb)).toEqual(["claim", "claim"]);
  });

  test("opening – by who has it claimed – renews the lease, once a minute at most; by others, and once it is over, it does not", async () => {
    await post("j1", [report(1), indicator(1)]);
    const { review } = await first("rev-npa");
    const until = async (as: string): Promise<unknown> =>
      ((await show(as, review)).claim as { until: string } | undefined)?.until;
    await ask("rev-npa", "POST", `/triage/reviews/${review}/claim`);
    const claimed = Date.parse(String(await until("rev-npa")));
    const later = (minutes: number): string => new Date(claimed + minutes * MINUTE).toISOString();
    world.steer.now += 14 * MINUTE;
    expect(await until("rev-nco")).toBe(later(0));
    expect(await until("rev-npa")).toBe(later(14));
    world.steer.now += MINUTE / 2;
    expect(await until("rev-npa")).toBe(later(14));
    world.steer.now += 14 * MINUTE;
    expect(outcome(await ask("rev-nco", "POST", `/triage/reviews/${review}/claim`))).toEqual([409, "triage.taken"]);
    world.steer.now += MINUTE;
    expect(await until("rev-npa")).toBe(undefined);
    expect(outcome(await ask("rev-nco", "POST", `/triage/reviews/${review}/claim`))).toEqual([200, "in-triage"]);
    const { history } = (await show("rev-npa", review)) as unknown as { history: { verb: string; by: string }[] };
    expect(history.map(({ verb, by }) => [verb, by])).toEqual([
      ["claim", "rev-npa"],
      ["claim", "rev-nco"],
    ]);
  });

  test("accepting – on what was looked at – leaves the queue, is kept with who, why and when, and changes nobody's reading", async () => {
    await post("j1", [report(1), indicator(1)]);
    const before = await ask("rev-nco", "GET", "/objects");
    const item = await first("rev-npa");
    expect(outcome(await act("rev-npa", item, "accept", { reason: "corroborated", words: "two sources" }))).toEqual([
      200,
      "accepted",
    ]);
    expect(await titles("rev-npa")).toEqual([]);
    expect(await titles("rev-npa", "?state=accepted")).toEqual(["report 1"]);
    expect((await show("rev-npa", item.review)).history).toEqual([
      {
        ...{ verb: "accept", from: "submitted", to: "accepted", by: "rev-npa", at: "2026-04-11T09:30:00.001Z" },
        ...{ reason: "corroborated", words: "two sources" },
      },
    ]);
    expect((await ask("rev-nco", "GET", "/objects")).body.toString()).toBe(before.body.toString());
    const again = await show("rev-npa", item.review);
    expect(await act("rev-npa", again, "reject", { reason: "outdated" })).toMatchObject(
      refusedAt(409, "triage.state", "verb"),
    );
    expect(outcome(await act("rev-npa", again, "supersede", { reason: "replaced" }))).toEqual([200, "superseded"]);
  });

  test("a decision – on a hash of before a newer version, a decision or another item – 409, changed since you opened it", async () => {
    await post("j1", [report(1), indicator(1)]);
    const item = await first("rev-npa");
    expect(outcome(await act("rev-npa", { ...item, hash: "made up" }, "accept", { reason: "verified" }))).toEqual([
      409,
      "triage.stale",
    ]);
    await post("j1", [report(1, { modified: "2026-04-02T00:00:00.000Z", name: "report 1, mended" })]);
    expect(outcome(await act("rev-npa", item, "accept", { reason: "verified" }))).toEqual([409, "triage.stale"]);
    const fresh = await show("rev-npa", item.review);
    expect((fresh.contents as { replaced?: boolean }[]).map(({ replaced }) => replaced)).toEqual([undefined, true]);
    const newer = (await queue("rev-npa")).find(({ title }) => title === "report 1, mended");
    expect(outcome(await act("rev-npa", fresh, "supersede", { reason: "newer-version", by: newer?.review }))).toEqual([
      200,
      "superseded",
    ]);
    expect(await titles("rev-npa")).toEqual(["report 1, mended"]);
  });

  test("a question – to the poster – is seen, answered and back in triage with a clock of its own", async () => {
    await post("j1", [report(1), indicator(1)]);
    const item = await first("rev-nco");
    expect(outcome(await act("rev-nco", item, "needs-info", { reason: "date-unclear" }))).toEqual([
      400,
      "body.invalid_type",
    ]);
    const asks = { reason: "date-unclear", words: "When was that?" };
    expect(outcome(await act("rev-nco", item, "needs-info", asks))).toEqual([200, "needs-info"]);
    expect(await titles("rev-nco")).toEqual([]);
    const mine = await ask("j1", "GET", "/triage/mine?state=needs-info");
    expect((mine.json as { items: Item[] }).items.map(({ review }) => review)).toEqual([item.review]);
    const { history } = (await show("j1", item.review)) as unknown as { history: { words: string; by: string }[] };
    expect(history.map(({ words, by }) => [words, by])).toEqual([["When was that?", "rev-nco"]]);
    expect(outcome(await act("rev-nco", item, "answer", { words: "no idea" }))).toEqual([403, "triage.not_poster"]);
    expect(outcome(await act("j1", item, "answer", {}))).toEqual([400, "body.invalid_type"]);
    world.steer.now += 72 * HOUR;
    expect(outcome(await act("j1", item, "answer", { words: "On 3 March." }))).toEqual([200, "in-triage"]);
    expect(await act("j1", item, "answer", { words: "On 4 March." })).toMatchObject(
      refusedAt(409, "triage.state", "verb"),
    );
    expect((await queue("rev-nco"))[0]).toMatchObject({
      ...{
        state: "in-triage",
        due: { decide: "2026-04-16T15:00:00.000Z" },
        late: { acknowledge: false, decide: false },
      },
    });
    const told = (await show("rev-nco", item.review)).history as { by: string; words: string }[];
    expect(told.map(({ by, words }) => [by, words])).toEqual([
      ["rev-nco", "When was that?"],
      ["JP-NPA", "On 3 March."],
    ]);
  });

  test("a duplicate – of what the reviewer sees – is linked; of what is hidden or of itself – 422", async () => {
    await post("u1", [report(7), indicator(7)], { tlp: "AMBER" });
    await post("j1", [report(1), indicator(1)]);
    await post("j1", [report(2), indicator(2)]);
    const item = (await queue("rev-npa")).find(({ title }) => title === "report 2");
    const opened = await show("rev-npa", item?.review ?? "");
    const linked = (n: number): Promise<Reply> =>
      act("rev-npa", opened, "duplicate", { reason: "same-event", of: `report--${uuid(n)}` });
    const [hidden, unknown] = [await linked(7), await linked(99)];
    expect([outcome(hidden), hidden.body.toString().replace(/"error_id":"[^"]*"/, "")]).toEqual([
      [422, "triage.link"],
      unknown.body.toString().replace(/"error_id":"[^"]*"/, ""),
    ]);
    expect(outcome(await linked(2))).toEqual([422, "triage.link"]);
    expect(outcome(await linked(1))).toEqual([200, "duplicate"]);
    const [event] = (await show("rev-npa", opened.review)).history as { link: string }[];
    expect(event?.link).toBe(`report--${uuid(1)}`);
  });

  test("the author – of what goes over a border – does not review it, by no account of the same human; of what stays at home may", async () => {
    await post("rev-npa", [report(1), indicator(1)], GROUP);
    const abroad = await first("rev-npa");
    expect(outcome(await act("rev-npa", abroad, "accept", { reason: "verified" }))).toEqual([403, "triage.own_post"]);
    expect(outcome(await act("rev-nco", await first("rev-nco"), "accept", { reason: "verified" }))).toEqual([
      200,
      "accepted",
    ]);
    await post("j1", [report(2), indicator(2)], GROUP);
    expect(outcome(await act("j1-too", await first("j1-too"), "reject", { reason: "outdated" }))).toEqual([
      403,
      "triage.own_post",
    ]);
    await post("rev-npa", [report(3), indicator(3)], { tlp: "AMBER" });
    const home = (await queue("rev-npa")).find(({ title }) => title === "report 3");
    expect(
      outcome(await act("rev-npa", await show("rev-npa", home?.review ?? ""), "accept", { reason: "verified" })),
    ).toEqual([200, "accepted"]);
  });

  test("a feed – within its standing order – is accepted by rule; outside of it waits as P3", async () => {
    await post("feed-JP-NPA", [indicator(1), indicator(2)], GROUP);
    await post("feed-JP-NPA", [indicator(3), indicator(4), indicator(5)], { tlp: "AMBER" });
    expect((await queue("rev-npa")).map(({ class: of, rule, objects, due }) => ({ of, rule, objects, due }))).toEqual([
      { of: "P3", rule: "feed", objects: 3, due: { decide: "2026-04-17T15:00:00.000Z" } },
    ]);
    const [ruled] = await queue("rev-npa", "?state=accepted");
    expect([ruled?.objects, ruled?.sender]).toEqual([2, "feed"]);
    const { history } = (await show("rev-npa", ruled?.review ?? "")) as unknown as { history: unknown[] };
    expect(history).toEqual([
      expect.objectContaining({ verb: "accept", reason: "standing-rule", by: "standing rule" }),
    ]);
    const own = await ask("feed-JP-NPA", "GET", "/triage/mine");
    expect((own.json as { items: Item[] }).items.map(({ state }) => state)).toEqual(["submitted", "accepted"]);
  });

  test("the order – of urgent, late and plain items – class first, what is late rises, and says to whom it is brought", async () => {
    await post("j1", [report(1), indicator(1)]);
    await post("j1", [report(2, { labels: ["rfi"] }), indicator(2)]);
    await post("j1", [report(3, { labels: ["funds-moving"] }), indicator(3)]);
    expect((await queue("rev-npa")).map(({ title, class: of }) => [title, of])).toEqual([
      ["report 3", "P0"],
      ["report 2", "P1"],
      ["report 1", "P2"],
    ]);
    world.steer.now += 20 * MINUTE;
    const late = (item: Item | undefined): unknown => [item?.late, item?.escalatedTo];
    expect(late((await queue("rev-npa"))[0])).toEqual([{ acknowledge: true, decide: false }, "duty officer"]);
    world.steer.now += HOUR;
    expect(late((await queue("rev-npa"))[0])).toEqual([{ acknowledge: true, decide: true }, "head of delegation"]);
    world.steer.now = START + 8 * 24 * HOUR;
    await post("j1", [report(4, { labels: ["rfi"] }), indicator(4)]);
    const items = await queue("rev-npa");
    expect(items.map(({ title, standing }) => [title, standing])).toEqual([
      ["report 3", "P0"],
      ["report 2", "P1"],
      ["report 1", "P1"],
      ["report 4", "P1"],
    ]);
    const summary = (await ask("rev-npa", "GET", "/triage/summary")).json as { classes: { class: string }[] };
    expect(summary.classes.find(({ class: of }) => of === "P1")).toEqual({
      ...{
        class: "P1",
        open: 2,
        late: { acknowledge: 1, decide: 1 },
        decided: 0,
        decidedLate: { acknowledge: 0, decide: 0 },
      },
      escalated: { "shift lead": 1 },
    });
    const p0 = items[0];
    await act("rev-npa", await show("rev-npa", p0?.review ?? ""), "accept", { reason: "verified" });
    const after = (await ask("rev-npa", "GET", "/triage/summary")).json as { classes: unknown[] };
    expect(after.classes[0]).toEqual({
      ...{ class: "P0", open: 0, late: { acknowledge: 0, decide: 0 }, decided: 1 },
      ...{ decidedLate: { acknowledge: 1, decide: 1 }, escalated: {} },
    });
  });

  test("filters and pages – class, originator, type – give each item once, in one order, whatever the page's length", async () => {
    for (let n = 1; n <= 12; n++) await post(n % 3 === 0 ? "j3" : "j1", [report(n), indicator(n)]);
    await post("j1", [{ ...DATED, type: "threat-actor", id: `threat-actor--${uuid(1)}`, name: "somebody" }]);
    const whole = await queue("rev-npa");
    expect(whole.length).toBe(13);
    for (const limit of [1, 5, 13]) {
      const found: string[] = [];
      let next: string | undefined;
      do {
        const query: string = `?limit=${limit}${next === undefined ? "" : `&next=${next}`}`;
        const { items, next: more } = (await ask("rev-npa", "GET", `/triage/queue${query}`)).json as {
          items: Item[];
          next?: string;
        };
        found.push(...items.map(({ review }) => review));
        next = more;
      } while (next !== undefined);
      expect(found).toEqual(whole.map(({ review }) => review));
    }
    expect((await queue("rev-npa", "?originator=JP-NCO")).length).toBe(4);
    expect((await queue("rev-npa", "?class=P3")).map(({ title }) => title)).toEqual(["threat-actor: somebody"]);
    expect((await queue("rev-npa", "?type=threat-actor")).length).toBe(1);
    expect((await queue("rev-npa", "?type=tool")).length).toBe(0);
    const other = (await ask("rev-npa", "GET", "/triage/queue?limit=1")).json as { next: string };
    for (const query of [`?limit=1&class=P2&next=${other.next}`, "?next=forged", `?next=${other.next.slice(0, -2)}`])
      expect(outcome(await ask("rev-npa", "GET", `/triage/queue${query}`))).toEqual([400, "cursor.invalid"]);
    expect(outcome(await ask("rev-nco", "GET", `/triage/queue?limit=1&next=${other.next}`))).toEqual([
      400,
      "cursor.invalid",
    ]);
  });

  test("bulk – dry, then for real – says the same, and does nothing else", async () => {
    for (let n = 1; n <= 4; n++) await post("j1", [report(n), indicator(n)]);
    const opened = await Promise.all((await queue("rev-npa")).map(({ review }) => show("rev-npa", review)));
    const [a, b, c, d] = opened;
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error("four wait");
    await ask("rev-nco", "POST", `/triage/reviews/${c.review}/claim`);
    const items = [
      { review: a.review, hash: a.hash },
      { review: b.review, hash: "stale" },
      { review: c.review, hash: c.hash },
      { review: "1".repeat(32), hash: "none" },
      { review: d.review, hash: d.hash },
    ];
    const body = { verb: "accept", reason: "as-reported", items };
    const dry = (await ask("rev-npa", "POST", "/triage/bulk", { ...body, dryRun: true })).json as {
      results: StixJson[];
    };
    expect(dry.results.map(({ outcome: done, code, state, path }) => [done, code ?? state, path])).toEqual([
      ["done", "accepted", undefined],
      ["refused", "triage.stale", "hash"],
      ["refused", "triage.taken", undefined],
      ["refused", "not_found", undefined],
      ["done", "accepted", undefined],
    ]);
    expect((await queue("rev-npa")).length).toBe(4);
    const real = (await ask("rev-npa", "POST", "/triage/bulk", body)).json as { results: StixJson[]; dryRun: boolean };
    expect([real.dryRun, real.results]).toEqual([false, dry.results]);
    expect((await queue("rev-npa")).map(({ review }) => review).sort()).toEqual([b.review, c.review].sort());
  });

  test("what is relabelled – for other readers – is shown by the queue to those who still read it, without its words to others", async () => {
    await post("j1", [report(1), indicator(1)]);
    await post("j1", [indicator(2)]);
    expect((await titles("rev-nco")).sort()).toEqual(["indicator: indicator 2", "report 1"]);
    const shown = (await ask("j1", "GET", `/objects/report--${uuid(1)}`)).json as { hash: string };
    const gone = await ask("j1", "POST", `/objects/report--${uuid(1)}/withdraw`, {
      reason: "in error",
      hash: shown.hash,
    });
    expect([gone.status, gone.status === 200 ? "" : gone.body.toString()]).toEqual([200, ""]);
    const left = (await queue("rev-nco")).filter(({ title }) => title !== "indicator: indicator 2");
    expect(left.map(({ kinds, objects }) => [kinds, objects])).toEqual([[{ indicator: 1 }, 1]]);
    expect(JSON.stringify(await show("rev-nco", left[0]?.review ?? ""))).not.toContain("report");
    const inside = (await queue("rev-npa")).find(({ title }) => title === "report 1");
    expect([inside?.objects, inside?.title]).toEqual([2, "report 1"]);
  });

  /** A marking with a release label of its own, and its name. */
  const marking = (n: number, tlp: string, rows: readonly string[][]): StixJson => ({
    ...{
      type: "marking-definition",
      spec_version: "2.1",
      id: `marking-definition--${uuid(n)}`,
      created: DATED.created,
    },
    extensions: {
      [RELEASE_LABEL_EXTENSION]: {
        ...{ extension_type: "property-extension", tlp, classification: "U", caveats: [] },
        releases: rows.map((countries) => ({ agreement: "TRI", countries, agencies: "*" })),
      },
    },
  });
  const under = (n: number): StixJson => ({ object_marking_refs: [`marking-definition--${uuid(n)}`] });
  const grouped = async (as: string): Promise<unknown[]> =>
    (await queue(as)).map(({ title, objects }) => `${title}: ${String(objects)}`).sort();

  test("labels of one post – that differ in a report and in rows which a reader may not know – do not show in how its items are grouped", async () => {
    // The report is its agency's alone; what it lists and one more go to the country, one of these to Korea too.
    await post("j1", [
      ...[marking(91, "AMBER", []), marking(92, "GREEN", [["JPN"]]), marking(93, "GREEN", [["JPN"], ["KOR"]])],
      ...[report(1, under(91)), indicator(1, under(92)), indicator(2, under(92)), indicator(3, under(93))],
    ]);
    expect(await grouped("rev-npa")).toEqual(["indicator: indicator 2: 2", "report 1: 2"]);
    expect(await grouped("rev-nco")).toEqual(["indicator: indicator 1: 3"]);
    const [item] = await queue("rev-nco");
    const opened = await show("rev-nco", item?.review ?? "");
    expect((opened.contents as { name: string }[]).map(({ name }) => name)).toEqual([
      ...["indicator 1", "indicator 2", "indicator 3"],
    ]);
    // Who sees less decides about what is seen: the report waits on for those who see it.
    expect(outcome(await act("rev-nco", opened, "accept", { reason: "verified" }))).toEqual([200, "accepted"]);
    expect(await grouped("rev-nco")).toEqual([]);
    expect(await grouped("rev-npa")).toEqual(["report 1: 1"]);
    expect((await queue("rev-npa", "?state=accepted")).map(({ objects }) => objects).sort()).toEqual([1, 2]);
    const mine = await ask("j1", "GET", "/triage/mine");
    const fates = (mine.json as { items: Item[] }).items.map(({ state, objects }) => `${state} ${String(objects)}`);
    expect(fates.sort()).toEqual(["accepted 1", "accepted 2", "submitted 1"]);
  });

  test("a release to Korea – of one of an item's contributions – changes nothing of the item for another agency of the country", async () => {
    await post("j1", [report(1, { confidence: 80 }), indicator(1), indicator(2), indicator(3, { labels: ["rfi"] })]);
    const seen = async (): Promise<string> => {
      const list = (await ask("rev-nco", "GET", "/triage/queue")).body.toString();
      const pages = await Promise.all((await queue("rev-nco")).map(({ review }) => show("rev-nco", review)));
      return JSON.stringify([list, pages]);
    };
    const before = await seen();
    for (const n of [1, 3]) {
      world.at(world.steer.now, `propose ${n}`);
      const row = { agreement: "TRI", countries: ["KOR"], agencies: "*" };
      const id = await world.propose("j1", `indicator--${uuid(n)}`, row);
      world.at(world.steer.now, `decide ${n}`);
      await world.decide("rel-JP-NPA", id);
    }
    expect((await ask("rev-kisa", "GET", "/objects")).body.toString()).toContain("198.51.100.3");
    expect(await seen()).toBe(before);
  });

  test("what is done and what is shown – to whom – is in the audit and the disclosures, without a word of content", async () => {
    await post("j1", [report(1), indicator(1)]);
    const item = await first("rev-npa");
    await act("rev-npa", item, "claim");
    await act("rev-npa", item, "accept", { reason: "verified" });
    const audit = (await world.storage.collection(Audit).all({ limit: 1000 })).filter(({ what }) =>
      what.startsWith("triage."),
    );
    expect(audit.map(({ actor, what, detail }) => [actor, what, detail])).toEqual([
      ["rev-npa", "triage.claim", { review: item.review, to: "in-triage" }],
      ["rev-npa", "triage.accept", { review: item.review, to: "accepted", reason: "verified" }],
    ]);
    const told = (await world.storage.collection(Disclosures).all({ limit: 1000 })).filter(({ what }) =>
      what.startsWith("triage."),
    );
    expect(new Set(told.map(({ actor, what }) => `${actor} ${what}`))).toEqual(
      new Set(["rev-npa triage.queue", "rev-npa triage.item"]),
    );
    expect(told.every(({ detail }) => Object.keys((detail as { lanes: object }).lanes).length === 1)).toBe(true);
    expect(JSON.stringify([audit, told])).not.toContain("report 1");
  });

  test("a list of one's own posts – in pages of one – gives each item once", async () => {
    await post("j1", [report(1), indicator(1), report(2), indicator(2), indicator(3)]);
    await post("j1", [report(4), indicator(4)]);
    const found: string[] = [];
    let next: string | undefined;
    do {
      const path: string = `/triage/mine?limit=1${next === undefined ? "" : `&next=${next}`}`;
      const page = (await ask("j1", "GET", path)).json as { items: Item[]; next?: string };
      found.push(...page.items.map(({ title }) => title ?? ""));
      next = page.next;
    } while (next !== undefined);
    expect(found[0]).toBe("report 4");
    expect(found.sort()).toEqual(["indicator: indicator 3", "report 1", "report 2", "report 4"]);
  });

  const BAD: readonly (readonly [Ask["method"], string, unknown, number])[] = [
    ["GET", "/triage/queue?clas=P0", undefined, 400],
    ["GET", "/triage/queue?class=P9", undefined, 400],
    ["GET", "/triage/queue?class=P0&class=P1", undefined, 400],
    ["GET", "/triage/queue?state=lost", undefined, 400],
    ["GET", "/triage/queue?limit=0", undefined, 400],
    ["GET", "/triage/queue?limit=99999", undefined, 400],
    ["GET", "/triage/queue?originator=jp", undefined, 400],
    ["GET", "/triage/queue?type=UPPER", undefined, 400],
    ["GET", "/triage/queue?mine=false", undefined, 400],
    ["GET", `/triage/queue?next=${"a".repeat(5000)}`, undefined, 400],
    ["GET", "/triage/summary?now=1", undefined, 400],
    ["GET", "/triage/mine?state=open", undefined, 400],
    ["GET", "/triage/mine?next=%00", undefined, 400],
    ["GET", "/triage/reviews/short", undefined, 400],
    ["GET", `/triage/reviews/${"%F0%9F".repeat(9)}`, undefined, 400],
    ["GET", `/triage/reviews/${"a".repeat(3000)}`, undefined, 400],
    ["POST", "/triage/reviews/short/claim", undefined, 400],
    ["DELETE", "/triage/reviews/__proto__/claim", undefined, 400],
    ["POST", `/triage/reviews/${"0".repeat(32)}/approve`, {}, 404],
    ["POST", `/triage/reviews/${"0".repeat(32)}/__proto__`, {}, 404],
    ["PUT", `/triage/reviews/${"0".repeat(32)}/accept`, {}, 405],
    ["POST", `/triage/reviews/${"0".repeat(32)}/accept`, {}, 400],
    ["POST", `/triage/reviews/${"0".repeat(32)}/accept`, { reason: "verified", hash: "h", extra: 1 }, 400],
    ["POST", `/triage/reviews/${"0".repeat(32)}/accept`, "{", 415],
    ["POST", `/triage/reviews/${"0".repeat(32)}/accept`, { reason: "verified", hash: "h" }, 404],
    ["POST", `/triage/reviews/${"0".repeat(32)}/reject`, { reason: 7, hash: "h" }, 400],
    ["POST", `/triage/reviews/${"0".repeat(32)}/needs-info`, { reason: "date-unclear", hash: "h", words: "" }, 400],
    [
      "POST",
      `/triage/reviews/${"0".repeat(32)}/needs-info`,
      { reason: "date-unclear", hash: "h", words: "w".repeat(5000) },
      400,
    ],
    ["POST", `/triage/reviews/${"0".repeat(32)}/duplicate`, { reason: "same-event", hash: "h", of: "no id" }, 400],
    ["POST", `/triage/reviews/${"0".repeat(32)}/supersede`, { reason: "replaced", hash: "h", by: "__proto__" }, 400],
    ["POST", `/triage/reviews/${"0".repeat(32)}/answer`, { words: [] }, 400],
    ["POST", "/triage/bulk", { verb: "explode", reason: "r", items: [] }, 400],
    ["POST", "/triage/bulk", { verb: "accept", reason: "verified", items: [] }, 400],
    [
      "POST",
      "/triage/bulk",
      { verb: "duplicate", reason: "same-event", items: [{ review: "0".repeat(32), hash: "h" }] },
      400,
    ],
    [
      ...(["POST", "/triage/bulk"] as const),
      { verb: "accept", reason: "verified", items: [1, 2].map(() => ({ review: "0".repeat(32), hash: "h" })) },
      400,
    ],
    [
      ...(["POST", "/triage/bulk"] as const),
      {
        ...{ verb: "accept", reason: "verified" },
        items: Array.from({ length: 10_000 }, (_, i) => ({ review: String(i).padStart(32, "0"), hash: "h" })),
      },
      400,
    ],
  ];

  test("bad input – on every route – is told with 4xx", async () => {
    for (const [method, path, body, status] of BAD) {
      const reply = await ask("rev-npa", method, path, body);
      expect([method, path, reply.status, reply.body.toString().slice(0, 120)]).toEqual([
        ...[method, path, status],
        expect.stringContaining("error"),
      ]);
    }
  });

  test("lone surrogates and unfit reasons – in words and codes – are refused or kept, never a 5xx", async () => {
    await post("j1", [report(1), indicator(1)]);
    const item = await first("rev-npa");
    expect(outcome(await act("rev-npa", item, "reject", { reason: "as-reported" }))).toEqual([400, "triage.reason"]);
    expect(outcome(await act("rev-npa", item, "accept", { reason: "standing-rule" }))).toEqual([400, "triage.reason"]);
    const reply = await act("rev-npa", item, "needs-info", {
      reason: "date-unclear",
      words: "\ud800 \u0000 __proto__",
    });
    expect(outcome(reply)).toEqual([200, "needs-info"]);
    expect(outcome(await ask("rev-npa", "GET", `/triage/reviews/${item.review}`))).toEqual([200, "needs-info"]);
  });
});
