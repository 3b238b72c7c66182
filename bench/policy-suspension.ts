import { readFileSync } from "node:fs";
import { join } from "node:path";
import { addressOf, wordOf } from "./filled-store.ts";
import { isUnder } from "./policy-labels.ts";
import type { PolicyStore, RowsDigest } from "./policy-store.ts";
import type { Verdicts } from "./policy-verdicts.ts";
import { useOf } from "./process-use.ts";
import { ServerUnderTest } from "./server-under-test.ts";
import { middle } from "./store-measure.ts";
import { type Answer, countOf, lastAdded, nextOf, send } from "./taxii-client.ts";
import { freePort } from "./taxii-servers.ts";

const FIRST_REST = 50;
const FIRST_TAXII = 1000;
/** Loses two of three objects: a machine that follows, and a person. */
const [FOLLOWS, PERSON] = ["feed-JP-NPA", "j1"];
/** Loses all of them. */
const ALL_LOST = "feed-KR-NIS";
/** Whose objects they are. */
const OWN = "feed-US-CISA";
const PAGE = 1000;
/** An answer that takes more of the server's processor time, ms, is told of. */
const SLOW = 100;
const LONG_AGO = "2000-01-01T00:00:00.000Z";

interface Demo {
  readonly accounts: ReadonlyArray<{ readonly username: string; readonly country?: string; readonly role: string }>;
  readonly taxii: { readonly apiRoot: string; readonly collections: Readonly<Record<string, string>> };
}

/** One server on one store, asked over HTTP. */
class Asked {
  readonly #server: ServerUnderTest;
  readonly demo: Demo;

  constructor(server: ServerUnderTest) {
    this.#server = server;
    this.demo = JSON.parse(readFileSync(join(server.folder, "demo-accounts.json"), "utf8")) as Demo;
  }

  rest(who: string, path: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return send("GET", { url: `${this.#server.url}/api/v1/${path}`, headers: this.#as(who) }, query);
  }

  lookup(who: string, values: readonly string[]): Promise<Answer> {
    const door = {
      url: `${this.#server.url}/api/v1/lookup`,
      headers: { ...this.#as(who), "Content-Type": "application/json" },
    };
    return send("POST", door, {}, JSON.stringify({ values }));
  }

  taxii(who: string, collection: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const { apiRoot, collections } = this.demo.taxii;
    const path = `${new URL(apiRoot).pathname}collections/${collections[collection]}/objects/`;
    return send("GET", { url: `${this.#server.url}${path}`, headers: { ...this.#server.headers(who) } }, query);
  }

  /** Seconds of processor time so far. */
  get cpu(): number {
    return useOf(this.#server.pid)?.cpu ?? Number.NaN;
  }

  #as(who: string): Record<string, string> {
    return { ...this.#server.headers(who), Accept: "application/json" };
  }
}

const idsIn = ({ body }: Answer): string[] =>
  ((JSON.parse(body.toString("utf8")) as { objects?: Array<{ id: string }> }).objects ?? []).map(({ id }) => id);

/** An answer without what differs between two askings of the same: the cursor, which is sealed anew each time. */
const said = ({ status, body }: Answer): string =>
  `${status} ${body.toString("utf8").replace(/"next":\s*"[^"]*"/, "")}`;

interface Question {
  readonly name: string;
  readonly ask: (asked: Asked, who: string) => Promise<Answer>;
}

/** What is asked of a store: everything that an object under the agreement may come to light by, and pages anywhere. */
function questionsOf(store: PolicyStore): Question[] {
  const count = store.ids.length;
  const lost = [...store.ids.keys()].filter((n) => isUnder(store.labelOf(n)));
  const some = [lost[0], lost[Math.floor(lost.length / 2)], lost.at(-1)].map((n) => n ?? 0);
  const kept = [...store.ids.keys()].findLast((n) => !isUnder(store.labelOf(n))) ?? 0;
  const middleOf = new Date(store.postedAt(Math.floor(count / 2))).toISOString();
  return [
    { name: "list", ask: (asked, who) => asked.rest(who, "objects", { limit: "100" }) },
    { name: "list, originals", ask: (asked, who) => asked.rest(who, "objects", { limit: "100", view: "originals" }) },
    {
      name: "list from the middle",
      ask: (asked, who) => asked.rest(who, "objects", { limit: "100", received_after: middleOf }),
    },
    { name: "list of a kind", ask: (asked, who) => asked.rest(who, "objects", { limit: "100", type: "indicator" }) },
    ...some.map((n) => ({
      name: `object ${n}`,
      ask: (asked: Asked, who: string) => asked.rest(who, `objects/${store.ids[n]}`),
    })),
    { name: "object that stays", ask: (asked, who) => asked.rest(who, `objects/${store.ids[kept]}`) },
    { name: "look-up", ask: (asked, who) => asked.lookup(who, some.map(addressOf)) },
    { name: "search", ask: (asked, who) => asked.rest(who, "objects", { text: wordOf(some[1] ?? 0), limit: "100" }) },
    { name: "TAXII", ask: (asked, who) => asked.taxii(who, "originals", { limit: "100" }) },
    { name: "TAXII, consolidated", ask: (asked, who) => asked.taxii(who, "consolidated", { limit: "100" }) },
    {
      name: "TAXII by id",
      ask: (asked, who) => asked.taxii(who, "originals", { "match[id]": some.map((n) => store.ids[n]).join(",") }),
    },
  ];
}

/** Everything that some accounts are answered; with what belongs to the agreement in it, by question. */
async function answers(
  asked: Asked,
  who: readonly string[],
  questions: readonly Question[],
  under: ReadonlySet<string>,
): Promise<Map<string, { readonly said: string; readonly under: number; readonly cpu: number }>> {
  const found = new Map<string, { said: string; under: number; cpu: number }>();
  for (const account of who)
    for (const { name, ask } of questions) {
      const { answer, cpu } = await timed(asked, () => ask(asked, account));
      const text = answer.body.toString("utf8");
      const seen = new Set(text.match(/indicator--[0-9a-f-]{36}/g) ?? []);
      found.set(`${account}: ${name}`, {
        said: said(answer),
        cpu,
        under: answer.status === 404 ? 0 : [...seen].filter((id) => under.has(id)).length,
      });
    }
  return found;
}

interface First {
  readonly ms: number;
  readonly cpu: number;
}

/** Follows originals from a date on, up to so many objects; the last date, and how many there were. */
async function follow(
  asked: Asked,
  who: string,
  from: string,
  most: number,
): Promise<{ after: string; count: number }> {
  let next: string | undefined;
  let after = from;
  let count = 0;
  do {
    const more = next === undefined ? {} : { next };
    const page = await asked.taxii(who, "originals", { limit: String(PAGE), added_after: from, ...more });
    if (page.status !== 200) throw new Error(`TAXII answered ${page.status}: ${page.body.toString("utf8", 0, 200)}`);
    count += countOf(page);
    after = lastAdded(page) ?? after;
    next = nextOf(page);
  } while (next !== undefined && count < most);
  return { after, count };
}

const timed = async (asked: Asked, ask: () => Promise<Answer>): Promise<First & { answer: Answer }> => {
  const before = asked.cpu;
  const answer = await ask();
  return { ms: answer.ms, cpu: (asked.cpu - before) * 1000, answer };
};

/** Suspends and resumes the agreement of a store, some times over, and holds every answer against the one before. */
export async function suspension(
  store: PolicyStore,
  { say, judge }: Verdicts,
  { times, read }: { readonly times: number; readonly read: number },
): Promise<void> {
  const server = await ServerUnderTest.start(await freePort(), { ...store.env, LOG_LEVEL: "error" }, store.folder);
  try {
    const asked = new Asked(server);
    say(`  ${store.distinct} of ${store.labels} labels differ in more than dates`);
    const questions = questionsOf(store);
    const at = `${store.ids.length} objects, ${store.labels} labels`;
    const gone = new Set(store.ids.filter((_, n) => isUnder(store.labelOf(n))));
    const who = [FOLLOWS, PERSON, ALL_LOST, OWN];
    const digest: RowsDigest = store.digest();
    const { count } = await follow(asked, FOLLOWS, LONG_AGO, read);
    const near = new Date(store.postedAt(store.ids.length - 2001)).toISOString();
    const followed = await follow(asked, FOLLOWS, near, Number.POSITIVE_INFINITY);
    say(`  ${FOLLOWS} had read the first ${count} objects by TAXII, and the last ${followed.count}`);
    const before = await answers(asked, who, questions, gone);
    for (const [name, { cpu }] of before) if (cpu > SLOW) say(`  ${name}: ${cpu.toFixed(0)} ms of processor`);
    const firsts = new Map<string, First[]>();
    const note = (name: string, { ms, cpu }: First): void => {
      firsts.set(name, [...(firsts.get(name) ?? []), { ms, cpu }]);
    };
    let [kept, same] = [0, 0];
    let after = followed.after;
    for (let time = 0; time < times; time++) {
      const [first] = questions.slice(time % questions.length);
      if (first === undefined) break;
      await store.suspend("suspended");
      note("first REST answer, suspended", await timed(asked, () => first.ask(asked, PERSON)));
      const page = await timed(asked, () =>
        asked.taxii(FOLLOWS, "originals", { added_after: after, limit: String(PAGE) }),
      );
      note("first TAXII page, suspended", page);
      if (idsIn(page.answer).some((id) => gone.has(id))) throw new Error("a TAXII page shows what is suspended");
      note("a REST list after it", await timed(asked, () => asked.rest(FOLLOWS, "objects", { limit: "100" })));
      note(
        "the next TAXII page",
        await timed(asked, () => asked.taxii(FOLLOWS, "originals", { added_after: after, limit: String(PAGE) })),
      );
      note(
        "TAXII from the beginning",
        await timed(asked, () => asked.taxii(FOLLOWS, "originals", { limit: String(PAGE) })),
      );
      const recalls = await timed(asked, () =>
        asked.taxii(FOLLOWS, "recalls", { added_after: after, limit: String(PAGE) }),
      );
      note("first page of recalls", recalls);
      if (countOf(recalls.answer) === 0) throw new Error("nothing is recalled");
      if (time === 0)
        for (const [name, one] of await answers(asked, who, questions, gone)) {
          const was = before.get(name);
          // Its own objects stay; what others share with it under the agreement goes for it too.
          if (name.startsWith(OWN)) same += one.under === was?.under ? 0 : 1;
          else kept += one.under > 0 || ((was?.under ?? 0) > 0 && one.said === was?.said) ? 1 : 0;
        }
      await store.suspend("in-force");
      note("first REST answer, in force again", await timed(asked, () => first.ask(asked, PERSON)));
      const back = await timed(asked, () =>
        asked.taxii(FOLLOWS, "originals", { added_after: after, limit: String(PAGE) }),
      );
      note("first TAXII page, in force again", back);
      if (!idsIn(back.answer).some((id) => gone.has(id))) throw new Error("nothing came back");
      note(
        "TAXII from the beginning, in force again",
        await timed(asked, () => asked.taxii(FOLLOWS, "originals", { limit: String(PAGE) })),
      );
      if (time === 0) {
        const overRest = questions.filter(({ name }) => !name.startsWith("TAXII"));
        for (const [name, one] of await answers(asked, who, overRest, gone))
          same += one.said === before.get(name)?.said ? 0 : 1;
      }
      after = lastAdded(back.answer) ?? after;
    }
    for (const [name, list] of firsts) {
      const [ms, cpu] = [middle(list.map((one) => one.ms)), middle(list.map((one) => one.cpu))];
      const worst = Math.max(...list.map((one) => one.ms));
      const what = `${at}: ${name}`;
      const most = name.startsWith("first REST")
        ? FIRST_REST
        : name.startsWith("first TAXII")
          ? FIRST_TAXII
          : undefined;
      const told = `(${cpu.toFixed(0)} of processor)`;
      if (most === undefined) say(`  ${what}, median ms ${told}: ${ms.toFixed(0)}, worst ${worst.toFixed(0)}`);
      else {
        judge(`${what}, median ms ${told}`, ms, most);
        judge(`${what}, worst of ${list.length}, ms`, worst, most);
      }
    }
    const asks = who.length * questions.length;
    judge(`${at}: of ${asks} answers while it was suspended those as before, or with something of it`, kept, 0);
    judge(
      `${at}: answers to its own agency without its own objects, and to all when it was in force again that differ from before`,
      same,
      0,
    );
    const now = store.digest();
    judge(
      `${at}: content rows written again`,
      now.rows - digest.rows + now.revisions - digest.revisions + now.last - digest.last,
      0,
    );
  } finally {
    await server.stop({ keep: true });
  }
}
