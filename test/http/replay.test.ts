import fc from "fast-check";
import type { ReplayReply } from "../../schemas/api/replay.ts";
import type { Decision } from "../../schemas/policy/decision.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Channel } from "../../schemas/policy/vocabulary.ts";
import { composeContent, composeReplays } from "../../server/compose.ts";
import { decide } from "../../server/policy/decide.ts";
import { normaliseLabel } from "../../server/policy/label-text.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { Rows } from "../../server/storage/collections.ts";
import { relabel } from "../../server/usecases/relabel.ts";
import type { Replays } from "../../server/usecases/replay.ts";
import { SourceQuarantineFlow } from "../../server/usecases/source-quarantine.ts";
import { row, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";
import { wrappedStorage } from "../support/wrapped-storage.ts";

jest.setTimeout(120_000);

let world: TemporaryWorld;
let n = 0;
/** The next instant, ms. */
const later = (ms = 60_000): number => {
  n += 1;
  world.at(world.steer.now + ms, `step/${n}`);
  return world.steer.now;
};
const replaysOf = (): Replays => composeReplays(world.core, composeContent(world.core, world.steer.moments));

describe("POST /api/v1/policy/replay", () => {
  const object = tool("watched", { description: "by whom" });
  const times: Record<string, number> = {};
  const ask = (as: string, account: string, at: number | string, more: object = {}): Promise<Reply> =>
    world.ask(as, {
      method: "POST",
      path: "/api/v1/policy/replay",
      body: { account, object: object.id, at: typeof at === "string" ? at : formatInstant(at), ...more },
    });
  const told = async (as: string, account: string, at: number, more: object = {}): Promise<ReplayReply> => {
    const reply = await ask(as, account, at, more);
    expect([reply.status, reply.json]).toEqual([200, expect.anything()]);
    return reply.json as ReplayReply;
  };
  const decided = async (account: string, at: number, more: object = {}) =>
    (await told("rel-US-FBI", account, at, more)).posts.map(({ verdict, because, without }) =>
      without === undefined ? [verdict, because] : [verdict, because, without],
    );

  beforeAll(async () => {
    world = await TemporaryWorld.open();
    times.before = later();
    times.posted = later();
    const label = {
      ...{
        tlp: "AMBER" as const,
        topics: ["crypto"],
        releases: [row("TRI", ["JPN"]), row("TRI", ["KOR"], ["KR-NIS"])],
      },
      fieldRules: [{ selectors: ["description"], classification: "C" as const }],
    };
    expect((await world.post("u1", object, { label })).status).toBe(200);
    times.waiting = later();
    for (const countries of [["JPN"], ["KOR"]]) {
      later();
      const release = await world.propose(
        "u1",
        object.id,
        row("TRI", countries, countries[0] === "KOR" ? ["KR-NIS"] : "*"),
      );
      later();
      await world.decide("rel-US-FBI", release);
    }
    times.released = later();
    for (const reader of ["j1", "u1"])
      expect((await world.ask(reader, { method: "GET", path: `/api/v1/objects/${object.id}` })).status).toBe(200);
    later();
    await world.changeAgreement("TRI", { status: "suspended" });
    times.suspended = later();
    later();
    await world.changeAgreement("TRI", { status: "in-force" });
    later();
    await world.changeAccount("j1", { clearance: "R" });
    times.lowered = later();
    later();
    await world.changeAccount("j1", { clearance: "S", until: formatInstant(world.steer.now + 30_000) });
    await world.changeAccount("feed-JP-NCO", { until: formatInstant(world.steer.now + 30_000) });
    times.ended = later();
    later();
    await world.changeAgency("KR-NIS", { categories: ["INT"] });
    times.now = later();
  });
  afterAll(() => world.close());

  test("a reader abroad – asked of each instant – the verdict, the gate and the fields that were right then", async () => {
    const at = (when: string): number => times[when] ?? Number.NaN;
    expect({
      before: await decided("j1", at("before")),
      waiting: await decided("j1", at("waiting")),
      released: await decided("j1", at("released")),
      taxii: await decided("j1", at("released"), { channel: "taxii" }),
      suspended: await decided("j1", at("suspended")),
      lowered: await decided("j1", at("lowered")),
      // That its account had ended is Japan's to know.
      ended: await decided("j1", at("ended")),
      otherAgency: await decided("k2", at("released")),
      listedAgency: await decided("k1", at("released")),
    }).toEqual({
      before: [],
      waiting: [["hidden", "release"]],
      released: [["full", "release"]],
      taxii: [["full", "release"]],
      suspended: [["hidden", "release"]],
      lowered: [["redacted", "field-rule", ["description"]]],
      ended: [["hidden", "reader"]],
      otherAgency: [["hidden", "release"]],
      listedAgency: [["full", "release"]],
    });
  });

  test("whether it was delivered – abroad – is told of the agency and with no person, at home of the account", async () => {
    const { now = 0, released = 0, waiting = 0 } = times;
    expect((await told("rel-US-FBI", "j1", now)).delivered).toEqual({
      first: formatInstant(Math.floor(released / 60_000) * 60_000),
      channels: ["page"],
    });
    // Asked of before, a delivery that came later is not told.
    expect((await told("rel-US-FBI", "j1", waiting)).delivered).toBeUndefined();
    // A colleague of who read it.
    expect((await told("rel-US-FBI", "j4", now)).delivered).toEqual((await told("rel-US-FBI", "j1", now)).delivered);
    expect((await told("rel-US-FBI", "k1", now)).delivered).toBeUndefined();
    const read = { first: formatInstant(released), last: formatInstant(released) };
    const own = await told("rel-US-FBI", "u1", now);
    expect([own.posts.map(({ because }) => because), own.delivered?.last]).toEqual([["originator"], read.last]);
    expect((await told("rel-US-FBI", "u1", waiting)).delivered?.last).not.toBe(read.last);
  });

  test("an agency's feeds and clients – asked of as one – what the one of them could read that reads most; what they are is told in no gate", async () => {
    const machines = async (agency: string, when: string): Promise<unknown> => {
      const at = formatInstant(times[when] ?? Number.NaN);
      const body = { agency, object: object.id, at };
      const reply = await world.ask("rel-US-FBI", { method: "POST", path: "/api/v1/policy/replay", body });
      const { account, posts, ...rest } = reply.json as ReplayReply;
      expect([reply.status, account, rest]).toEqual([200, undefined, expect.objectContaining({ agency, at })]);
      return posts.map(({ verdict, because, without }) => [verdict, because, ...(without ?? [])]);
    };
    expect({
      before: await machines("JP-NCO", "before"),
      waiting: await machines("JP-NCO", "waiting"),
      released: await machines("JP-NCO", "released"),
      suspended: await machines("JP-NCO", "suspended"),
      ended: await machines("JP-NCO", "ended"),
      notListed: await machines("KR-KISA", "released"),
      home: await machines("US-CISA", "released"),
    }).toEqual({
      before: [],
      waiting: [["hidden", "release"]],
      released: [["redacted", "field-rule", "description"]],
      suspended: [["hidden", "release"]],
      ended: [["hidden", "reader"]],
      notListed: [["hidden", "release"]],
      home: [["hidden", "release"]],
    });
  });

  test("feeds and clients – of one's own agency, of one that is not there, or with an account beside – are 404 or 422", async () => {
    const { released = 0 } = times;
    const asked = async (body: object): Promise<unknown[]> => {
      const at = formatInstant(released);
      const what = { method: "POST" as const, path: "/api/v1/policy/replay", body: { object: object.id, at, ...body } };
      const { status, json } = await world.ask("rel-US-FBI", what);
      return [status, (json as { error?: { code?: string } }).error?.code];
    };
    expect([
      await asked({ agency: "US-FBI" }),
      await asked({ agency: "XX-NONE" }),
      await asked({ agency: "JP-NCO", object: tool("nobody knows").id }),
      await asked({ agency: "JP-NCO", account: "j1" }),
      await asked({}),
    ]).toEqual([...Array(3).fill([404, "not_found"]), ...Array(2).fill([422, "replay.who"])]);
  });

  test("another's object, an unknown one, and accounts that are nobody's to know – 404 of one body", async () => {
    const { now = 0 } = times;
    const replies = [
      await ask("rel-JP-NPA", "u1", now),
      await ask("rel-US-CISA", "j1", now),
      await ask("rel-US-FBI", "j1", now, { object: tool("nobody knows").id }),
      await ask("rel-US-FBI", "nobody", now),
      await ask("rel-US-FBI", "ad", now),
      await ask("rel-US-FBI", "f3", now),
    ];
    expect([...new Set(replies.map(({ status, body }) => `${status} ${body}`))]).toEqual([
      expect.stringMatching(/^404 .*"not_found"/),
    ]);
    expect((await ask("u1", "j1", now)).status).toBe(403);
  });

  test("an instant that is ahead, before the history, or no date – 422, each with its code", async () => {
    const codes: unknown[] = [];
    for (const at of ["2036-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-30T00:00:00Z"]) {
      const { status, json } = await ask("rel-US-FBI", "j1", at);
      codes.push([status, (json as { error?: { code?: string } }).error?.code ?? json]);
    }
    expect(codes).toEqual([
      [422, "replay.ahead"],
      [422, "replay.before_history"],
      [422, "replay.date"],
    ]);
  });

  test("an auditor's answer – by the command line's use case – names every version it was made from", async () => {
    const { suspended = 0, now = 0 } = times;
    const asked = { account: "j1", object: object.id, at: suspended, channel: "page" as const };
    const { inputs, posts, agency } = await replaysOf().asAuditor(now, asked);
    expect([agency, posts.map(({ originator, because }) => [originator, because])]).toEqual([
      "JP-NPA",
      [["US-FBI", "release"]],
    ]);
    expect(inputs.map(({ kind, of }) => `${kind} ${of}`).sort()).toEqual(
      [
        ...["account j1", "agency JP-NPA"],
        ...["HUB", "JP-KR", "PUBLIC", "TRI", "US-JP", "US-KR"].map((id) => `agreement ${id}`),
      ].sort(),
    );
    await expect(replaysOf().asAuditor(now, { ...asked, object: tool("nobody knows").id })).rejects.toMatchObject({
      kind: "not_found",
    });
  });
});

describe("random histories", () => {
  const ACCOUNTS = ["u1", "u2", "j1", "j3", "k3", "f3", "cj"] as const;
  const OBJECTS = ["first", "second", "third"] as const;
  const CHANNELS: readonly Channel[] = ["page", "taxii", "export"];
  const minutes = fc.integer({ min: 1, max: 50 }).map((m) => formatInstant(START + m * 60_000));
  const maybe = <T>(arb: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: arb });
  const someRows = fc.array(
    fc.record({
      agreement: fc.constantFrom("TRI", "US-JP", "HUB"),
      countries: fc.constantFrom<string[]>(["JPN"], ["KOR"]),
      agencies: fc.constantFrom<"*" | string[]>("*", ["JP-NPA"], ["KR-KISA"]),
      status: fc.constantFrom("on" as const, "on" as const, "off" as const),
      until: maybe(minutes),
    }),
    { minLength: 1, maxLength: 3 },
  );
  const change = fc.oneof(
    fc.record({
      kind: fc.constant("account" as const),
      id: fc.constantFrom(...ACCOUNTS),
      change: fc.record({
        clearance: fc.constantFrom("U" as const, "C" as const, "S" as const, "S" as const),
        topics: fc.constantFrom<string[]>(["*"], ["crypto"], []),
      }),
      ends: maybe(minutes),
      agency: maybe(fc.constantFrom("JP-NPA", "JP-NCO", "KR-KISA", "US-FBI")),
    }),
    fc.record({
      kind: fc.constant("agreement" as const),
      id: fc.constantFrom("TRI", "US-JP", "HUB"),
      change: fc.record({
        status: fc.constantFrom("in-force" as const, "suspended" as const),
        ceiling: fc.constantFrom("U" as const, "C" as const),
        parties: fc.constantFrom<string[]>(["JPN", "KOR", "USA"], ["JPN", "USA"]),
      }),
    }),
    fc.record({
      kind: fc.constant("label" as const),
      object: fc.constantFrom(...OBJECTS),
      change: fc.record({
        tlp: fc.constantFrom("GREEN" as const, "AMBER" as const, "AMBER+STRICT" as const, "RED" as const),
        classification: fc.constantFrom("U" as const, "U" as const, "C" as const, "S" as const),
        topics: fc.constantFrom<string[]>([], ["crypto"]),
        caveats: fc.constantFrom<Label["caveats"]>([], ["NOEXPORT"], ["NATL"]),
        releases: someRows,
        recipients: fc.constantFrom<string[]>([], ["j1"]),
        fieldRules: fc.constantFrom<Label["fieldRules"]>([], [{ selectors: ["description"], classification: "S" }]),
      }),
      embargo: maybe(minutes),
    }),
  );
  type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

  async function apply(step: Change): Promise<void> {
    if (step.kind === "agreement") return world.changeAgreement(step.id, step.change);
    if (step.kind === "account") {
      const { ends, agency } = step;
      return world.changeAccount(step.id, {
        ...step.change,
        ...(ends === undefined ? {} : { until: ends }),
        ...(agency === undefined ? {} : { agency }),
      });
    }
    const { secrets } = world.core;
    await world.storage.transaction(async (unit) => {
      const snapshot = await world.core.snapshots.read(unit, world.steer.now);
      for (const { id, contribution, label } of await unit
        .collection(Rows)
        .find({ index: "stix", values: [tool(step.object).id] })) {
        const held = snapshot.labels.get(label)?.label;
        if (id !== contribution || held === undefined) continue;
        const { embargoUntil: _, ...rest } = held;
        const releases = step.change.releases.map(({ until, ...one }) =>
          until === undefined ? one : { ...one, until },
        );
        const embargo = step.embargo === undefined ? {} : { embargoUntil: step.embargo };
        await relabel(
          unit,
          contribution,
          normaliseLabel({ ...rest, ...step.change, releases, ...embargo }),
          secrets,
          world.steer.now,
        );
      }
    });
  }

  interface Said {
    readonly account: string;
    readonly object: string;
    readonly at: number;
    readonly channel: Channel;
    readonly decided: readonly Decision[];
  }

  /** What `decide` gives now. */
  async function decidedNow(step: number): Promise<Said[]> {
    const { now } = world.steer;
    const snapshot = await world.core.snapshots.read(world.storage, now);
    const said: Said[] = [];
    for (const [i, account] of ACCOUNTS.entries())
      for (const [j, name] of OBJECTS.entries()) {
        const channel = CHANNELS[(i + j + step) % CHANNELS.length] ?? "page";
        const rows = (await world.storage.collection(Rows).find({ index: "stix", values: [tool(name).id] })).filter(
          ({ id, contribution }) => id === contribution,
        );
        const viewer = snapshot.viewer(account);
        const decided = rows.flatMap(({ label: id }) => {
          const label = snapshot.labels.get(id)?.label;
          if (viewer === undefined || label === undefined) return [];
          const { agreements } = snapshot;
          return [decide({ viewer, label, agreements, at: formatInstant(snapshot.at), channel })];
        });
        said.push({ account, object: tool(name).id, at: now, channel, decided });
      }
    return said;
  }

  test("policy and labels that change at random – each past instant replayed – gives what decide gave then", async () => {
    world = await TemporaryWorld.open();
    try {
      const steps = fc.sample(change, { seed: 20_261_123, numRuns: 45 });
      const said: Said[] = [];
      for (const [i, step] of steps.entries()) {
        later(10_000 + ((i * 7919) % 50_000));
        const [next] = OBJECTS.slice(i / 5, i / 5 + 1);
        if (next !== undefined && i % 5 === 0) {
          const label = { tlp: "GREEN" as const, releases: [row("TRI", ["JPN", "KOR", "USA"])] };
          expect((await world.post("rel-US-FBI", tool(next, { description: "it" }), { label })).status).toBe(200);
        }
        later(1000);
        await apply(step);
        // In the instant of the change, and between it and the next.
        said.push(...(await decidedNow(i)));
        later(5000);
        if (i % 3 === 0) said.push(...(await decidedNow(i)));
      }
      const replays = replaysOf();
      const again: (Omit<Said, "decided"> & { readonly decided: readonly unknown[] })[] = [];
      for (const { decided: _, ...ask } of said) {
        const { posts } = await replays.asAuditor(world.steer.now, ask);
        again.push({
          ...ask,
          decided: posts.map(({ verdict, without, because }) => ({
            verdict,
            ...(without === undefined ? {} : { without }),
            because,
          })),
        });
      }
      expect(again).toEqual(said);
      // The histories were worth it: every gate that they touch decided something, agreements often.
      const gates: Record<string, number> = {};
      for (const { verdict, because } of said.flatMap(({ decided }) => decided)) {
        const gate = verdict === "hidden" ? because : `${because}, admitted`;
        gates[gate] = (gates[gate] ?? 0) + 1;
      }
      expect(Object.keys(gates)).toEqual(
        expect.arrayContaining(["account", "embargo", "clearance", "caveat", "release", "originator, admitted"]),
      );
      expect(gates["release, admitted"]).toBeGreaterThan(30);
    } finally {
      await world.close();
    }
  });
});

describe("a quarantine under way", () => {
  beforeAll(async () => {
    world = await TemporaryWorld.open();
  });
  afterAll(() => world.close());

  test("a quarantine of many posts – that takes minutes to reach them all – is told as it was meanwhile: all of the agency's held, and what stays free again at its end", async () => {
    const open = { tlp: "GREEN" as const, releases: [row("TRI", ["JPN", "KOR", "USA"])] };
    const old = tool("posted before");
    later();
    await world.post("feed-US-FBI", old, { label: open });
    const since = later();
    const many = Array.from({ length: 250 }, (_, one) => tool(`posted since ${one}`));
    later();
    await world.post("feed-US-FBI", many, { label: open });
    const begun = later();
    const storage = wrappedStorage(world.storage, {
      transaction: async (work) => {
        const done = await world.storage.transaction(work);
        later();
        return done;
      },
    });
    await new SourceQuarantineFlow({ ...world.core, storage }).begin({
      viewer: {
        ...{ id: "sign-usa", role: "signer", country: "USA", clearance: "U" },
        ...{ topics: [], pii: false, active: true },
      },
      account: "sign-usa",
      moment: world.steer.moments(),
      body: { agency: "US-FBI", since: formatInstant(since), reason: "forged posts" },
    });
    const ended = later();
    const told = async (object: string, at: number): Promise<unknown> => {
      const body = { account: "j1", object, at: formatInstant(at) };
      const reply = await world.ask("rel-US-FBI", { method: "POST", path: "/api/v1/policy/replay", body });
      return (reply.json as ReplayReply).posts?.map(({ verdict, because }) => [verdict, because]);
    };
    const last = many.at(-1)?.id ?? "";
    expect(await Promise.all([old.id, last].map((id) => told(id, begun - 1000)))).toEqual([
      [["full", "release"]],
      [["full", "release"]],
    ]);
    expect(await Promise.all([old.id, last].map((id) => told(id, begun + 30_000)))).toEqual([
      [["hidden", "state"]],
      [["hidden", "state"]],
    ]);
    expect(await Promise.all([old.id, last].map((id) => told(id, ended)))).toEqual([
      [["full", "release"]],
      [["hidden", "state"]],
    ]);
  });
});
