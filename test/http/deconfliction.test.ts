import type { LabelRequest } from "../../schemas/policy/label.ts";
import { valueTerm } from "../../server/pipeline/steps.ts";
import { DECONFLICTION, NO_CONTACT, QUESTION } from "../../server/policy/deconfliction.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { Audit, DeconflictionAnswers, DeconflictionTickets } from "../../server/storage/collections.ts";
import type { Collection, CollectionSpec, Doc, Unit } from "../../server/storage/port.ts";
import { refusedAt } from "../support/refused-at.ts";
import { indicator, row, sampleUuid, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";
import { wrappedStorage } from "../support/wrapped-storage.ts";

const PATH = "/api/v1/deconfliction";
const { lasts, again, aDay } = DECONFLICTION;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What the application asked of its store since this was emptied: collection and operation, in order. */
let calls: string[] = [];
function listening<U extends Unit>(unit: U): Pick<U, "collection"> {
  return {
    collection: <T extends Doc>(spec: CollectionSpec<T>): Collection<T> =>
      new Proxy(unit.collection(spec), {
        get: (target, name) => {
          const held = Reflect.get(target, name) as unknown;
          if (typeof held !== "function") return held;
          return (...args: unknown[]) => {
            calls.push(`${spec.name}.${String(name)}`);
            return held.apply(target, args);
          };
        },
      }),
  };
}

let world: TemporaryWorld;
let now = START;
let asked = 0;
beforeAll(async () => {
  world = await TemporaryWorld.open({
    wrapStorage: (storage) =>
      wrappedStorage(storage, {
        ...listening(storage),
        transaction: (work) => storage.transaction((unit) => work(listening(unit))),
      }),
  });
});
afterAll(() => world.close());
/** Each test begins on a day of its own. */
beforeEach(() => {
  now = Math.floor(now / DAY) * DAY + DAY + HOUR;
});

const send = (as: string, method: "GET" | "POST", path: string, body?: unknown): Promise<Reply> => {
  now += 1000;
  world.at(now, `request ${++asked}`);
  return world.ask(as, { method, path, ...(body === undefined ? {} : { body }) });
};
const failed = ({ status, json }: Reply): unknown[] => [status, (json as { error?: { code: string } }).error?.code];

let values = 0;
const fresh = (): string => `198.51.100.${++values}`;
const address = (value: string, name: string): { type: string; spec_version: string; id: string; value: string } => ({
  ...{ type: "ipv4-addr", spec_version: "2.1", id: `ipv4-addr--${sampleUuid(`${value} of ${name}`)}`, value },
});
const says = async (as: string, value: string, label: LabelRequest = { tlp: "AMBER" }): Promise<void> => {
  now += 1000;
  world.at(now, `post ${++asked}`);
  const reply = await world.post(as, address(value, as), { label });
  expect(reply.json).toMatchObject({ counts: { created: 1 } });
};

interface Ticket {
  readonly ticket: string;
  readonly askedAt: string;
  readonly endsAt: string;
  readonly outcome: string;
  readonly objects: string[];
  readonly contacts?: object[];
}
interface Asked {
  readonly ask: string;
  readonly outcome: string;
  readonly objects: string[];
}
const ask = async (as: string, value: string): Promise<Ticket> => {
  const reply = await send(as, "POST", PATH, { value, topic: "crypto" });
  expect([reply.status, failed(reply)[1]]).toEqual([202, undefined]);
  return reply.json as Ticket;
};
const ticketOf = async (as: string, { ticket }: Ticket): Promise<Ticket> =>
  (await send(as, "GET", `${PATH}/${ticket}`)).json as Ticket;
const tickets = async (as: string): Promise<Ticket[]> =>
  ((await send(as, "GET", `${PATH}?limit=500`)).json as { tickets: Ticket[] }).tickets;
const asks = async (as: string): Promise<Asked[]> =>
  ((await send(as, "GET", `${PATH}/asked`)).json as { asks: Asked[] }).asks;
const about = (list: readonly Asked[], value: string): Asked[] =>
  list.filter(({ objects }) => objects.some((id) => shownAs.get(value)?.includes(id)));
/** Under which ids a value's objects were shown. */
const shownAs = new Map<string, string[]>();
const asksAbout = async (as: string, value: string): Promise<Asked[]> => {
  const { json } = await send(as, "GET", `/api/v1/objects?value=${encodeURIComponent(value)}`);
  shownAs.set(
    value,
    (json as { objects: { id: string }[] }).objects.map(({ id }) => id),
  );
  return about(await asks(as), value);
};
const answer = (as: string, { ask: id }: Asked, verb: string): Promise<Reply> =>
  send(as, "POST", `${PATH}/asked/${id}/${verb}`);
const only = <T>(list: readonly T[]): T => {
  expect(list.length).toBe(1);
  return list[0] as T;
};

describe("a value that another agency holds for nobody else's eyes", () => {
  test("asked about, agreed to by its releaser – both have a contact at once, and nothing but that", async () => {
    const value = fresh();
    await says("j1", value, { tlp: "RED" });
    await says("u3", value);
    const ticket = await ask("u3", value);
    expect(ticket).toEqual({
      ...{ ticket: expect.any(String), topic: "crypto", objects: [expect.stringMatching(/^ipv4-addr--/)] },
      ...{ askedBy: "u3", askedAt: formatInstant(now), endsAt: formatInstant(now + lasts), outcome: "waiting" },
    });
    const one = only(await asksAbout("rel-JP-NPA", value));
    expect(one).toEqual({
      ...{ ask: expect.any(String), question: QUESTION, objects: [expect.stringMatching(/^ipv4-addr--/)] },
      ...{ endsAt: ticket.endsAt, outcome: "waiting" },
    });
    // Who asks, on what, and under which ticket is not theirs to know.
    expect(JSON.stringify(one)).not.toMatch(new RegExp(`US-|crypto|u3|${ticket.ticket}`));
    const agreed = await answer("rel-JP-NPA", one, "consent");
    expect(agreed.json).toMatchObject({
      outcome: "contact",
      contact: { agency: "US-CISA", name: "Morgan Teller, analyst, CISA (demonstration)" },
    });
    const told = await ticketOf("u3", ticket);
    expect(told).toMatchObject({ outcome: "contact", contacts: [{ agency: "JP-NPA", name: expect.any(String) }] });
    expect(told.contacts).toHaveLength(1);
    now += lasts;
    expect((await ticketOf("u3", ticket)).outcome).toBe("contact");
    expect(only(await asksAbout("rel-JP-NPA", value)).outcome).toBe("contact");
    expect(failed(await answer("rel-JP-NPA", one, "decline"))).toEqual([409, "deconfliction.answered"]);
  });

  test("declined, or left – the asker reads the same through the whole life, and at the end both sides the same words", async () => {
    const [declined, left, alone] = [fresh(), fresh(), fresh()];
    for (const value of [declined, left, alone]) await says("u3", value);
    for (const value of [declined, left]) await says("k1", value, { tlp: "RED" });
    const asking: Ticket[] = [];
    for (const value of [declined, left, alone]) asking.push(await ask("u3", value));
    const life = async (): Promise<string[]> => {
      const told: string[] = [];
      for (const ticket of asking) {
        const { ticket: _, objects: __, askedAt: ___, endsAt, ...rest } = await ticketOf("u3", ticket);
        told.push(JSON.stringify({ ...rest, lasts: Date.parse(endsAt) - Date.parse(ticket.askedAt) }));
      }
      return told;
    };
    const same = async (outcome: string): Promise<void> => {
      const told = await life();
      expect(new Set(told).size).toBe(1);
      expect(told[0]).toContain(`"outcome":"${outcome}"`);
    };
    await same("waiting");
    const one = only(await asksAbout("rel-KR-NIS", declined));
    expect((await answer("rel-KR-NIS", one, "decline")).json).toMatchObject({ outcome: "declined" });
    expect(failed(await answer("rel-KR-NIS", one, "consent"))).toEqual([409, "deconfliction.answered"]);
    await same("waiting");
    now = Date.parse(asking[0]?.endsAt ?? "") - HOUR;
    await same("waiting");
    now += 2 * HOUR;
    await same(NO_CONTACT);
    expect(only(await asksAbout("rel-KR-NIS", declined)).outcome).toBe(NO_CONTACT);
    const late = only(await asksAbout("rel-KR-NIS", left));
    expect(late.outcome).toBe(NO_CONTACT);
    expect(failed(await answer("rel-KR-NIS", late, "consent"))).toEqual([409, "deconfliction.over"]);
    await same(NO_CONTACT);
    now += again;
    expect(await asksAbout("rel-KR-NIS", declined)).toEqual([]);
    expect((await life())[0]).toContain(NO_CONTACT);
  });

  test("held by several – each is asked for itself, and who agrees is named alone", async () => {
    const value = fresh();
    for (const who of ["u1", "j1", "k1"]) await says(who, value, { tlp: "AMBER+STRICT" });
    const ticket = await ask("u1", value);
    const [japan, korea] = [only(await asksAbout("rel-JP-NPA", value)), only(await asksAbout("rel-KR-NIS", value))];
    expect(japan.ask).not.toBe(korea.ask);
    expect(failed(await answer("rel-KR-NIS", japan, "consent"))).toEqual([404, "not_found"]);
    await answer("rel-KR-NIS", korea, "consent");
    expect((await ticketOf("u1", ticket)).contacts).toEqual([{ agency: "KR-NIS", name: expect.any(String) }]);
    expect(await asksAbout("rel-JP-NPA", value)).toEqual([japan]);
    await answer("rel-JP-NPA", japan, "consent");
    expect((await ticketOf("u1", ticket)).contacts).toMatchObject([{ agency: "JP-NPA" }, { agency: "KR-NIS" }]);
  });

  test("held in a pattern, asked about in another spelling – asked all the same", async () => {
    const value = fresh();
    now += 1000;
    world.at(now, `post ${++asked}`);
    const pattern = `[ipv4-addr:value = '${value}' OR domain-name:value = 'two.example']`;
    await world.post("k1", indicator(`on ${value}`, pattern), { label: { tlp: "RED" } });
    await says("u3", value);
    await ask("u3", value.replaceAll(".", "[.]"));
    expect((await asks("rel-KR-NIS")).flatMap(({ objects }) => objects)).toContainEqual(
      expect.stringMatching(/^indicator--/),
    );
  });
});

describe("who is not asked", () => {
  test.each<[string, string, LabelRequest, string]>([
    ["under NATL, abroad", "j1", { tlp: "GREEN", caveats: ["NATL"] }, "rel-JP-NPA"],
    [
      "with a field under NATL, abroad",
      "j1",
      { tlp: "GREEN", fieldRules: [{ selectors: ["value"], caveats: ["NATL"] }] },
      "rel-JP-NPA",
    ],
  ])("%s – nobody; at home – its releaser", async (_, who, label, releaser) => {
    const value = fresh();
    await says(who, value, label);
    await says("u3", value);
    await ask("u3", value);
    expect(await asksAbout(releaser, value)).toEqual([]);
    await says("j3", value);
    await ask("j3", value);
    expect(only(await asksAbout(releaser, value)).outcome).toBe("waiting");
  });

  test("class S where no agreement in force goes so high, or none is in force at all – nobody; once one is – its releaser", async () => {
    const [secret, plain] = [fresh(), fresh()];
    await says("k1", secret, { tlp: "AMBER", classification: "S" });
    await says("k1", plain);
    for (const value of [secret, plain]) {
      await says("j1", value);
      await ask("j1", value);
    }
    const found = async (): Promise<number[]> => [
      (await asksAbout("rel-KR-NIS", secret)).length,
      (await asksAbout("rel-KR-NIS", plain)).length,
    ];
    expect(await found()).toEqual([1, 1]);
    for (const id of ["JP-KR", "HUB"]) await world.changeAgreement(id, { status: "suspended" });
    expect(await found()).toEqual([0, 1]);
    await world.changeAgreement("TRI", { status: "suspended" });
    expect(await found()).toEqual([0, 0]);
    for (const id of ["JP-KR", "HUB", "TRI"]) await world.changeAgreement(id, { status: "in-force" });
    expect(await found()).toEqual([1, 1]);
  });

  test("withdrawn, or said only after the ask – nobody", async () => {
    const [gone, after] = [fresh(), fresh()];
    await says("k1", gone);
    const shown = await send("k1", "GET", `/api/v1/mine?id=${address(gone, "k1").id}`);
    const [post] = (shown.json as { posts: { id: string }[] }).posts;
    const withdrawn = await send("k1", "POST", `/api/v1/objects/${post?.id}/withdraw`, { reason: "mistaken" });
    expect(withdrawn.status).toBe(200);
    for (const value of [gone, after]) {
      await says("u3", value);
      await ask("u3", value);
    }
    await says("k1", after);
    const all = await asks("rel-KR-NIS");
    await asksAbout("rel-KR-NIS", gone);
    await asksAbout("rel-KR-NIS", after);
    expect([about(all, gone), about(all, after)]).toEqual([[], []]);
  });

  test("a releaser who can't read it – is not asked about it; a colleague who can is", async () => {
    const value = fresh();
    await world.addDirectory({
      accounts: [
        {
          ...{ id: "rel-low", name: "Low", role: "releaser", agency: "KR-NIS", clearance: "U", topics: ["*"] },
          ...{ pii: false, scope: "write", person: "p-rel-low" },
        },
      ],
    });
    await says("k1", value, { tlp: "GREEN", classification: "C" });
    await says("u3", value);
    await ask("u3", value);
    expect(await asksAbout("rel-low", value)).toEqual([]);
    const one = only(await asksAbout("rel-KR-NIS", value));
    expect(failed(await answer("rel-low", one, "consent"))).toEqual([404, "not_found"]);
  });
});

describe("asking", () => {
  test.each<[string, string, unknown, number, string]>([
    ["what one's agency holds nothing of", "u3", { value: "192.0.2.200", topic: "x" }, 422, "deconfliction.not_held"],
    ["what is no value", "u3", { value: "no value at all", topic: "x" }, 422, "deconfliction.value"],
    ["two values in one text", "u3", { value: "192.0.2.1, 192.0.2.2", topic: "x" }, 422, "deconfliction.value"],
    ["on a topic that is not one's own", "u2", { value: "192.0.2.1", topic: "x" }, 422, "deconfliction.topic"],
    ["by a feed", "feed-US-CISA", { value: "192.0.2.1", topic: "x" }, 403, "forbidden.verb"],
    ["by a client", "cj", { value: "192.0.2.1", topic: "crypto" }, 403, "forbidden.verb"],
    ["by the auditor", "au", { value: "192.0.2.1", topic: "x" }, 403, "forbidden.verb"],
  ])("%s – refused", async (_, who, body, status, code) => {
    expect(failed(await send(who, "POST", PATH, body))).toEqual([status, code]);
  });

  test.each<[string, unknown]>([
    ["a list", { value: ["192.0.2.1"], topic: "x" }],
    ["values", { values: ["192.0.2.1"], topic: "x" }],
    ["a list of asks", [{ value: "192.0.2.1", topic: "x" }]],
    ["no topic", { value: "192.0.2.1" }],
  ])("%s – 400: one value a request, with its topic", async (_, body) => {
    expect((await send("u3", "POST", PATH, body)).status).toBe(400);
  });

  test("what only a colleague's RED holds – refused as what nobody holds", async () => {
    const value = fresh();
    await says("j1", value, { tlp: "RED" });
    expect(await send("j4", "POST", PATH, { value, topic: "itworker" })).toMatchObject(
      refusedAt(422, "deconfliction.not_held", "value"),
    );
  });

  test("the same again – the same ticket while it is open; others are asked once in a week, whoever of the agency asks", async () => {
    const value = fresh();
    await says("k1", value, { tlp: "RED" });
    await says("u1", value);
    await says("u4", value, { tlp: "RED" });
    const first = await ask("u1", value);
    expect((await ask("u1", value)).ticket).toBe(first.ticket);
    const colleague = await ask("u4", value);
    expect(colleague.ticket).not.toBe(first.ticket);
    const one = only(await asksAbout("rel-KR-NIS", value));
    // What one is told, the agency is told.
    await answer("rel-KR-NIS", one, "consent");
    for (const [who, ticket] of [
      ["u1", first],
      ["u4", colleague],
    ] as const)
      expect(await ticketOf(who, ticket)).toMatchObject({ outcome: "contact", contacts: [{ agency: "KR-NIS" }] });
    now += lasts + HOUR;
    expect((await ask("u1", value)).ticket).not.toBe(first.ticket);
    expect(await asksAbout("rel-KR-NIS", value)).toHaveLength(1);
    now += again;
    await ask("u1", value);
    expect(await asksAbout("rel-KR-NIS", value)).toHaveLength(1);
    expect(only(await asksAbout("rel-KR-NIS", value)).outcome).toBe("waiting");
  });

  test("past an agency's asks of a day – 429 until the day is over, for that agency alone; a repeated one still answers", async () => {
    const held: string[] = [];
    for (let n = 0; n <= aDay; n++) {
      const value = fresh();
      await says("k3", value);
      held.push(value);
    }
    for (const value of held.slice(0, aDay)) await ask("k3", value);
    const [last = ""] = held.slice(-1);
    const reply = await send("k3", "POST", PATH, { value: last, topic: "crypto" });
    expect(failed(reply)).toEqual([429, "deconfliction.day"]);
    expect(Number(reply.headers["retry-after"])).toBeGreaterThan(HOUR / 1000);
    await ask("k3", held[0] ?? "");
    await says("u3", last);
    await ask("u3", last);
    const { days } = (await send("au", "GET", `${PATH}/report?days=1`)).json as { days: object[] };
    expect(days).toMatchObject([
      { agency: "KR-KISA", asks: aDay, limit: aDay },
      { agency: "US-CISA", asks: 1 },
    ]);
    now += DAY;
    await ask("k3", last);
  });
});

describe("tickets", () => {
  test("on what a colleague may not see – not there for them; on what they see – theirs to read; abroad – never", async () => {
    const [red, amber] = [fresh(), fresh()];
    await says("j1", red, { tlp: "RED" });
    await says("j1", amber, { tlp: "GREEN" });
    const [secret, open] = [await ask("j1", red), await ask("j1", amber)];
    const listed = (await tickets("j4")).map(({ ticket }) => ticket);
    expect([listed.includes(secret.ticket), listed.includes(open.ticket)]).toEqual([false, true]);
    expect((await tickets("j1")).map(({ ticket }) => ticket).slice(0, 2)).toEqual([open.ticket, secret.ticket]);
    const missing = await send("j4", "GET", `${PATH}/${secret.ticket}`);
    const unknown = await send("j4", "GET", `${PATH}/${sampleUuid("no ticket")}`);
    expect(missing.body.toString()).toBe(unknown.body.toString());
    expect(missing.status).toBe(404);
    expect((await send("k1", "GET", `${PATH}/${open.ticket}`)).status).toBe(404);
    expect((await ticketOf("j4", open)).objects).toHaveLength(1);
  });

  test("a page of one at a time – each once, newest first; the cursor is good for its account alone", async () => {
    const whole = (await tickets("j1")).map(({ ticket }) => ticket);
    const paged: string[] = [];
    let next: string | undefined;
    let first: string | undefined;
    do {
      const { json } = await send("j1", "GET", `${PATH}?limit=1${next === undefined ? "" : `&next=${next}`}`);
      const page = json as { tickets: Ticket[]; next?: string };
      paged.push(...page.tickets.map(({ ticket }) => ticket));
      next = page.next;
      first ??= next;
    } while (next !== undefined);
    expect(paged).toEqual(whole);
    expect(whole.length).toBeGreaterThan(1);
    expect(failed(await send("rel-JP-NPA", "GET", `${PATH}?next=${first}`))).toEqual([400, "cursor.invalid"]);
  });

  test("what is kept and audited – holds no value, and the auditor reads who asked how often and no more", async () => {
    const value = fresh();
    await says("k1", value);
    await says("u2", value);
    const { ticket } = await ask("u2", value);
    await answer("rel-KR-NIS", only(await asksAbout("rel-KR-NIS", value)), "consent");
    const { storage } = world;
    const kept = [
      ...(await storage.collection(DeconflictionTickets).all({ limit: 1000 })),
      ...(await storage.collection(DeconflictionAnswers).all({ limit: 1000 })),
      ...(await storage.collection(Audit).all({ limit: 10_000 })).filter(({ what }) =>
        what.startsWith("deconfliction"),
      ),
    ];
    expect(kept.length).toBeGreaterThanOrEqual(4);
    const text = JSON.stringify(kept);
    expect(text).not.toContain(value);
    expect(text).not.toContain(valueTerm({ kind: "ipv4-addr", canonical: value }));
    for (const id of shownAs.get(value) ?? []) expect(text).not.toContain(id.slice(id.indexOf("--") + 2));
    const what = (await storage.collection(Audit).all({ limit: 10_000 })).filter(
      ({ detail }) => detail?.ticket === ticket,
    );
    expect(what.map((one) => [one.actor, one.what])).toEqual([["u2", "deconfliction.asked"]]);
    const report = (await send("au", "GET", `${PATH}/report?days=1`)).json;
    expect(report).toEqual({
      days: [{ day: formatInstant(now).slice(0, 10), agency: "US-TREAS", asks: 1, limit: aDay, tickets: [ticket] }],
    });
    for (const who of ["u2", "rel-US-FBI", "ad"])
      expect(failed(await send(who, "GET", `${PATH}/report`))).toEqual([403, "forbidden.verb"]);
  });
});

test("asking – whether or not another agency holds the value – asks the same of the store, in the same order", async () => {
  const [alone, shared] = [fresh(), fresh()];
  for (const value of [alone, shared]) await says("u3", value);
  for (const who of ["j1", "k1", "u1"]) await says(who, shared, { tlp: "RED" });
  now += 1000;
  world.at(now, `post ${++asked}`);
  await world.post("k1", [tool("beside"), indicator("too", `[ipv4-addr:value = '${shared}']`)], {
    label: { tlp: "AMBER", releases: [row("TRI", ["KOR"])] },
  });
  // What is kept of the policy in memory is there for both.
  await tickets("u3");
  const told: string[][] = [];
  for (const value of [alone, shared]) {
    calls = [];
    const ticket = await ask("u3", value);
    const posted = calls.splice(0);
    await ticketOf("u3", ticket);
    told.push([...posted, "then", ...calls]);
  }
  expect(told[1]).toEqual(told[0]);
  expect(told[0]?.filter((call) => call.endsWith(".insert"))).toEqual(["deconfliction_tickets.insert", "audit.insert"]);
  expect((await asksAbout("rel-KR-NIS", shared)).length).toBe(1);
});
