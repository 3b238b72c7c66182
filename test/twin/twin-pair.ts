import { Reviews, Rows } from "../../server/storage/collections.ts";
import { START } from "../support/steering.ts";
import type { Ask, Credential, Reply, TemporaryWorld } from "../support/temporary-world.ts";
import { compare, routeOf } from "./compare.ts";
import { single } from "./content.ts";
import { oddAsks } from "./odd-asks.ts";
import type { Traces } from "./play.ts";
import { type AskBoth, get, type Known, type Recipe } from "./recipe.ts";
import { visibleTo } from "./same-sight.ts";
import { SEATS } from "./seats.ts";
import type { Post, Slot } from "./steps.ts";
import type { Story } from "./story.ts";
import { type Told, tellSlots, tellStory } from "./told-worlds.ts";

/** The worlds differ in what the viewer may see: the story is wrong, not the server. */
export class NoTwins extends Error {}

/** What a pair held and what was asked of it. */
export interface PairTally {
  readonly requests: number;
  readonly visible: number;
  readonly hidden: readonly [number, number];
  readonly routes: ReadonlySet<string>;
  /** What hidden things happened, by name. */
  readonly kinds: ReadonlySet<string>;
  /** Replies that were no refusal. */
  readonly answered: number;
  /** Requests that were under way while hidden work was. */
  readonly atOnce: number;
  /** Requests that are not as a client means them. */
  readonly odd: number;
}

/** The viewer's own requests begin long after the story, one a second. */
const READING = START + 3_600_000;
/** So often a route says that the viewer's role may not ask it, whatever is asked: then it is asked no more. */
const REFUSED = 3;
class Enough extends Error {}
/** One slot of hidden work goes by between so many requests. */
const EVERY = 60;
/** Requests of the viewer that are under way at once. */
const AT_ONCE = 8;

/** Consolidated and keyed ids of all rows and those that their senders gave them, and marking definitions that readers are shown. */
export async function guesses(
  world: TemporaryWorld,
  shown?: readonly string[],
): Promise<{ things: string[]; markings: string[]; reviews: string[] }> {
  const rows = await world.storage.collection(Rows).all({ limit: 100_000 });
  const reviews = (await world.storage.collection(Reviews).all({ limit: 100_000 })).flatMap(({ names }) => names);
  const markings = new Set(shown);
  const readers = SEATS.filter(({ office }) => office === undefined);
  for (const { id } of shown !== undefined ? [] : [...readers, { id: "k1" }, { id: "rel-US-FBI" }]) {
    const { json } = await world.ask(id, { method: "GET", path: "/api/v1/objects" });
    for (const object of (json as { objects?: { object_marking_refs?: string[] }[] }).objects ?? [])
      for (const marking of object.object_marking_refs ?? []) markings.add(marking);
  }
  const things = new Set(rows.flatMap(({ kind, thing, stixId }) => [`${kind}--${thing}`, stixId]));
  return { things: [...things], markings: [...markings], reviews };
}

/** What only one of the worlds holds, or holds in that form: what somebody who guesses would guess. */
function secretsOf({ slots }: Story): Post[] {
  const posts = slots.flatMap(({ a, b }) => {
    const texts = [a, b].map((steps) => steps.map((step) => JSON.stringify(step)));
    return [a, b].flatMap((steps, side) =>
      steps.filter((step) => texts[1 - side]?.includes(JSON.stringify(step)) === false),
    );
  });
  return posts.filter((step): step is Post => step.do === "post");
}

/** Every route of the OpenAPI document that the world itself serves: `GET /api/v1/objects/{id}`. */
export async function documentedRoutes(world: TemporaryWorld): Promise<string[]> {
  const { json } = await world.ask("", { method: "GET", path: "/api/v1/openapi.json" }, "none");
  const { paths } = json as { paths: Record<string, Record<string, unknown>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

const union = (x: readonly string[], y: readonly string[]): string[] => [...new Set([...x, ...y])].sort();
const carries = ({ method, path }: Ask): boolean =>
  method === "POST" && (path.startsWith("/api/v1/ingest") || path.startsWith("/taxii2/"));

/** Two worlds in which a story was told that is the same to its viewer, and the viewer's requests to both. */
export class TwinPair {
  readonly #story: Story;
  readonly #worlds: readonly [TemporaryWorld, TemporaryWorld];
  readonly #paths: readonly string[];
  readonly #left: Traces;
  readonly #routes = new Set<string>();
  readonly #kinds = new Set<string>();
  /** Of each route the first and the last request, and every read. */
  readonly #first = new Map<string, Ask>();
  readonly #last = new Map<string, Ask>();
  readonly #reads: Ask[] = [];
  /** Others read for them once. */
  #markings: readonly string[] | undefined;
  #requests = 0;
  #answered = 0;
  #meanwhile = 0;
  #atOnce = 0;
  #odd = 0;

  private constructor(story: Story, worlds: TwinPair["worlds"], paths: readonly string[], left: Traces) {
    this.#story = story;
    this.#worlds = worlds;
    this.#paths = paths;
    this.#left = left;
    this.#happened(story.slots);
  }

  #happened(slots: readonly Slot[]): void {
    for (const { kinds = [] } of slots) for (const kind of kinds) this.#kinds.add(kind);
  }

  get worlds(): readonly [TemporaryWorld, TemporaryWorld] {
    return this.#worlds;
  }

  /** Of worlds in which the story was told; by default it is told now. */
  static async tell(story: Story, told?: Told): Promise<TwinPair> {
    const { worlds, left } = told ?? (await tellStory(story));
    const paths = worlds[0].routes.map(({ method, path }) => `${method} ${path}`);
    return new TwinPair(story, worlds, paths, left);
  }

  /** How much the viewer sees in both, and how much it does not see in each; throws `NoTwins` where it sees two things. */
  async twins(): Promise<Pick<PairTally, "visible" | "hidden">> {
    const [a, b] = this.#worlds;
    const { seat } = this.#story;
    const [one, other] = await Promise.all([visibleTo(a, seat.id), visibleTo(b, seat.id)]);
    const differing = one.visible
      .filter((text) => !other.visible.includes(text))
      .concat(other.visible.filter((text) => !one.visible.includes(text)));
    if (differing.length > 0) throw new NoTwins(differing.join("\n"));
    return { visible: one.visible.length, hidden: [one.hidden, other.hidden] };
  }

  get asked(): Omit<PairTally, "visible" | "hidden"> {
    const counts = { requests: this.#requests, answered: this.#answered, atOnce: this.#atOnce, odd: this.#odd };
    return { ...counts, routes: this.#routes, kinds: this.#kinds };
  }

  #now(): number {
    this.#requests++;
    return READING + this.#requests * 1000;
  }

  async #runJobs(now: number, word: string): Promise<void> {
    for (const world of this.#worlds) {
      world.at(now, word);
      await world.runJobs();
    }
  }

  /** The next slots of hidden work, in both worlds, before an instant of the viewer's. */
  async #hidden(count: number, now: number): Promise<void> {
    const slots = this.#story.meanwhile.slice(this.#meanwhile, this.#meanwhile + count);
    this.#meanwhile += slots.length;
    const [a, b] = this.#worlds;
    for (const [i, slot] of slots.entries()) {
      const from = { from: now - 900 + 300 * i, apart: 50, into: this.#left };
      await Promise.all([tellSlots(a, [slot], "a", from), tellSlots(b, [slot], "b", from)]);
    }
    this.#happened(slots);
  }

  #note(ask: Ask): void {
    const route = routeOf(this.#paths, ask) ?? "";
    this.#routes.add(route);
    if (!this.#first.has(route)) this.#first.set(route, ask);
    this.#last.set(route, ask);
    if (ask.method === "GET") this.#reads.push(ask);
  }

  /** Asks what a recipe asks, but where the viewer's role lets it ask nothing: that is said before anything is looked up. */
  async follow(route: string, recipe: Recipe, known: Known): Promise<void> {
    let refused = 0;
    const ask: AskBoth = async (asked, credential) => {
      const reply = await this.ask(asked, credential);
      const { error } = (reply.json ?? {}) as { error?: { code?: string } };
      const isVerb = reply.status === 403 && error?.code === "forbidden.verb" && credential === undefined;
      if (isVerb && routeOf(this.#paths, asked) === route && ++refused >= REFUSED) throw new Enough();
      return reply;
    };
    await recipe(ask, known).catch((error: unknown) => {
      if (!(error instanceof Enough)) throw error;
    });
  }

  /** Sends one request as the viewer to both and compares. */
  readonly ask: AskBoth = async (ask, credential: Credential = this.#story.seat.credential) => {
    const now = this.#now();
    if (this.#requests % EVERY === 20) await this.#hidden(1, now);
    if (credential === this.#story.seat.credential) this.#note(ask);
    else this.#routes.add(routeOf(this.#paths, ask) ?? "");
    // The worker is behind with nobody's work but the viewer's own, whose chance must not hang on how many others it had before.
    const posts = carries(ask);
    if (posts) await this.#runJobs(now - 1, `before/${this.#requests}`);
    for (const world of this.#worlds) world.at(now, `viewer/${this.#requests}`);
    const [one, other] = await this.#send(ask, credential);
    compare(ask, one, other);
    if (one.status < 300) this.#answered++;
    if (posts && one.status === 202) {
      const { job, id } = one.json as { job?: string; id?: string };
      this.#left.jobs.push(job ?? id ?? "");
      await this.#runJobs(now + 1, `viewer/${this.#requests}/work`);
    }
    return one;
  };

  #send(ask: Ask, credential: Credential): Promise<[Reply, Reply]> {
    const [a, b] = this.#worlds;
    const { id } = this.#story.seat;
    return Promise.all([a.ask(id, ask, credential), b.ask(id, ask, credential)]);
  }

  /** Requests that are under way together with each other and with hidden work: none may tell that it goes on. */
  async #together(asks: readonly Ask[], slots: number): Promise<void> {
    const now = this.#now();
    await this.#runJobs(now - 999, `before/${this.#requests}`);
    const { credential } = this.#story.seat;
    const work = this.#hidden(slots, now);
    const replies = asks.map(async (ask, i) => {
      const own = { ...ask, moment: { now, chance: `viewer/${this.#requests}/${i}` } };
      this.#atOnce++;
      return { ask, both: await this.#send(own, credential) };
    });
    const done = await Promise.all([...replies, work]);
    for (const one of done) if (one !== undefined) compare(one.ask, ...one.both);
  }

  /** Several reads at once, and a post, while others work, and then what the post left. */
  async crowd(): Promise<void> {
    const { seat, slots } = this.#story;
    const most = Math.max(1, Math.floor(this.#reads.length / (3 * AT_ONCE)));
    for (let n = 0; n < 3; n++) {
      const asks = this.#reads.filter((_, i) => i % (3 * most) === (slots.length + n * most) % (3 * most));
      await this.#together(asks.slice(0, AT_ONCE), 1);
    }
    if (!seat.posts) return;
    const object = single(`crowd ${this.#requests}`, { step: 980, words: "in a crowd", dark: true });
    const headers = { "Tricord-Label": JSON.stringify({ tlp: "GREEN" }) };
    await this.#together([{ method: "POST", path: "/api/v1/ingest", body: object, headers }], 1);
    await this.ask(get(`/api/v1/objects/${String(object.id)}`));
    await this.ask(get(`/taxii2/dprk/collections/originals/objects/${String(object.id)}/`));
  }

  /** What no client means to send, on a path of each route that was asked. */
  async odd(): Promise<void> {
    const { seat, slots } = this.#story;
    for (const [n, [route, first]] of [...this.#first].entries())
      for (const { ask, credential } of oddAsks(route, first, this.#last.get(route) ?? first, slots.length + n)) {
        this.#odd++;
        const now = this.#now();
        for (const world of this.#worlds) world.at(now, `odd/${this.#requests}`);
        const [one, other] = await this.#send(ask, credential ?? seat.credential);
        compare(ask, one, other);
      }
  }

  /** What the viewer could know or guess now. */
  async known(round: Known["round"]): Promise<Known> {
    const [a, b] = this.#worlds;
    // Others read for it, which those are told of whose content it is.
    const now = this.#now();
    for (const world of this.#worlds) world.at(now, `known/${this.#requests}`);
    const [one, other] = await Promise.all([guesses(a, this.#markings), guesses(b, this.#markings)]);
    this.#markings = union(one.markings, other.markings);
    return {
      seat: this.#story.seat,
      round,
      jobs: union(this.#left.jobs, []),
      releases: union(this.#left.releases, []),
      changes: union(this.#left.changes, []),
      secrets: secretsOf(this.#story),
      turn: this.#story.slots.length,
      things: union(one.things, other.things),
      markings: this.#markings,
      reviews: union(one.reviews, other.reviews),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#worlds.map((world) => world.close()));
  }
}
