import fc from "fast-check";
import { Accounts } from "../../server/storage/collections.ts";
import { compare } from "../twin/compare.ts";
import { INLINE_LIMIT, noTraces, play, type Traces } from "../twin/play.ts";
import type { Known } from "../twin/recipe.ts";
import { READS, WRITES } from "../twin/recipes.ts";
import { CAST, SEATS, type Seat } from "../twin/seats.ts";
import { stories } from "../twin/story.ts";
import { guesses } from "../twin/twin-pair.ts";
import { START } from "./steering.ts";
import type { Ask, Credential, Reply, TemporaryWorld } from "./temporary-world.ts";

/** A world in which everything was done that the twin suite knows, and what a reader of it could ask for. */
export const USED_SETTINGS = { MAX_INLINE_BYTES: String(INLINE_LIMIT) };

const SECOND = 1000;
/** Requests of readers begin long after what happened. */
const READING = START + 48 * 3_600_000;

/**
 * Plays a story of each of these seats in one world, one after the other, then lets these write what a viewer can write: posts of every kind, releases, relabels,
 * withdrawals, RED, field rules, personal data, quarantine, the review, exports, TAXII posts. The last job waits still.
 */
export async function useWorld(
  world: TemporaryWorld,
  { stories: told, writers }: { readonly stories: readonly Seat[]; readonly writers: readonly Seat[] },
  seed: number,
): Promise<Traces> {
  const left = noTraces();
  await world.addDirectory(CAST);
  let now = START;
  for (const [n, seat] of told.entries()) {
    const [story] = fc.sample(stories(seat), { seed: seed + n, numRuns: 1 });
    for (const [i, { a }] of (story?.slots ?? []).entries()) {
      for (const [j, step] of a.entries()) {
        now += 10 * SECOND;
        // Two stories may make one account or post a chain in another order: what can't be done twice is left out.
        const done = await play(world, step, now, `used/${n}/${i}/${j}`).catch(() => undefined);
        left.jobs.push(...(done?.jobs ?? []));
        left.releases.push(...(done?.releases ?? []));
        left.changes.push(...(done?.changes ?? []));
      }
    }
  }
  let asked = 0;
  for (const [n, seat] of writers.entries()) {
    const ask = async (one: Ask, credential: Credential = seat.credential): Promise<Reply> => {
      asked += 1;
      now += SECOND;
      world.at(now, `write/${n}/${asked}`);
      const reply = await world.ask(seat.id, one, credential);
      if (reply.status === 202) {
        const { job, id } = (reply.json ?? {}) as { job?: string; id?: string };
        if (job !== undefined || id !== undefined) left.jobs.push(job ?? id ?? "");
        if (asked % 3 === 0) await world.runJobs();
      }
      return reply;
    };
    const known = await knownOf(world, seat, left, "first");
    for (const recipe of Object.values(WRITES)) await recipe(ask, known);
    for (const [route, recipe] of Object.entries(READS))
      if (/taxii2|export/.test(route)) await recipe(ask, await knownOf(world, seat, left, "first"));
  }
  return left;
}

/** What somebody at a seat could know of a world. */
export async function knownOf(
  world: TemporaryWorld,
  seat: Seat,
  { jobs, releases, changes }: Traces,
  round: Known["round"],
): Promise<Known> {
  const guessed = await guesses(world);
  return { seat, round, jobs, releases, changes, secrets: [], turn: SEATS.indexOf(seat) + 1, ...guessed };
}

/** Sends the same to worlds at the same instant with the same chance; throws where one byte of the answers differs. */
export class Alike {
  readonly first: TemporaryWorld;
  readonly #others: readonly TemporaryWorld[];
  asked = 0;
  /** Answers that gave something. */
  answered = 0;

  constructor([first, ...others]: readonly TemporaryWorld[]) {
    if (first === undefined) throw new Error("there is no world");
    this.first = first;
    this.#others = others;
  }

  /** The instant and the chance of what comes next, in all. */
  at(word: string): void {
    this.asked += 1;
    for (const world of [this.first, ...this.#others]) world.at(READING + this.asked * SECOND, `${word}/${this.asked}`);
  }

  async ask(as: string, ask: Ask, credential?: Credential): Promise<Reply> {
    this.at("alike");
    const [one, ...others] = await Promise.all([
      this.first.ask(as, ask, credential),
      ...this.#others.map((world) => world.ask(as, ask, credential)),
    ]);
    for (const other of others) compare(ask, one, other);
    if (one.status === 200) this.answered += 1;
    return one;
  }

  /** Posts the same in all. */
  async post(...args: Parameters<TemporaryWorld["post"]>): Promise<void> {
    this.at("post");
    for (const world of [this.first, ...this.#others]) {
      const { status, body } = await world.post(...args);
      if (status !== 200) throw new Error(`it could not be posted: ${status} ${body.toString()}`);
    }
  }

  async runJobs(): Promise<void> {
    this.at("jobs");
    for (const world of [this.first, ...this.#others]) await world.runJobs();
  }
}

/** Every read of the OpenAPI document through the eyes of a seat. */
export async function readAll(alike: Alike, seat: Seat, left: Traces): Promise<void> {
  const known = await knownOf(alike.first, seat, left, "first");
  for (const recipe of Object.values(READS))
    await recipe((ask, credential = seat.credential) => alike.ask(seat.id, ask, credential), known);
}

const LISTS = [
  ...["/api/v1/me", "/api/v1/mine?limit=100", "/api/v1/releases", "/api/v1/releases/onward", "/api/v1/samples"],
  ...["/api/v1/objects?limit=200", "/api/v1/objects?limit=40&view=originals", "/api/v1/objects?text=writes"],
  ...["/api/v1/quarantine", "/api/v1/triage/queue", "/api/v1/triage/summary", "/api/v1/confirmations"],
  ...["/api/v1/export?format=stix", "/taxii2/dprk/collections/"],
  ...["originals", "consolidated", "recalls"].flatMap((name) =>
    ["objects", "manifest"].map((what) => `/taxii2/dprk/collections/${name}/${what}/?limit=200`),
  ),
];

/** What these accounts are shown in lists, to the end of each. */
export async function readLists(alike: Alike, accounts: readonly string[]): Promise<void> {
  for (const account of accounts) {
    for (const list of LISTS) {
      let next: string | undefined;
      do {
        const more = next === undefined ? "" : `${list.includes("?") ? "&" : "?"}next=${encodeURIComponent(next)}`;
        const { json } = await alike.ask(account, { method: "GET", path: `${list}${more}` });
        next = (json as { next?: string } | undefined)?.next;
      } while (next !== undefined);
    }
  }
}

export const everyAccount = async (world: TemporaryWorld): Promise<string[]> =>
  (await world.storage.collection(Accounts).all({ limit: 1000 })).map(({ id }) => id);
