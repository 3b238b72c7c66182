import type { Ask, Credential, Reply } from "../support/temporary-world.ts";
import { TwinDifference } from "./compare.ts";
import { type AskBoth, type Known, type Recipe, THINNED } from "./recipe.ts";
import { READS, WRITES } from "./recipes.ts";
import { SEATS } from "./seats.ts";
import { wholeStory } from "./story.ts";
import { type Told, ToldOnce } from "./told-worlds.ts";
import { TwinPair } from "./twin-pair.ts";

/** A leak that can be opened and closed: what it spoils, and through whose eyes and on which routes it is looked for. */
export interface Leak {
  /** `k3`, unless said, has no right to personal data, and colleagues who post some; `rel-JP-NPA` triages and approves. */
  readonly seat?: string;
  readonly routes: readonly string[];
  /** It spoils what is written: the story is told with it open. */
  readonly tells?: true;
  open(): void;
}

/** What gave a leak away, and what the same questions find where none is open. */
export interface Found {
  readonly told: string;
  readonly without: string;
}
const NOTHING = "nothing";

interface Kept {
  readonly told: ToldOnce;
  readonly known: Known;
}

const RECIPES: Readonly<Record<string, Recipe>> = { ...READS, ...WRITES };
/** Stories in which a leak is looked for, one after the other, until one shows it. */
const STORIES = 3;
/** What a recipe leaves out in one turn it asks in another. */
const PASSES = Array.from({ length: 3 * THINNED }, (_, turn) => turn);
class Enough extends Error {}

/** Asks by the recipes of routes, so many requests at most. Gives how many it were, and the first difference. */
async function asked(
  pair: TwinPair,
  known: Known,
  routes: readonly string[],
  most = Number.POSITIVE_INFINITY,
): Promise<{ readonly told: string; readonly requests: number }> {
  let requests = 0;
  const ask: AskBoth = (one: Ask, credential?: Credential): Promise<Reply> => {
    if (requests >= most) throw new Enough();
    requests += 1;
    return pair.ask(one, credential);
  };
  try {
    for (const turn of PASSES)
      for (const route of routes) {
        const recipe = RECIPES[route];
        if (recipe === undefined) throw new Error(`there is no recipe for ${route}`);
        await recipe(ask, { ...known, turn });
      }
  } catch (error) {
    if (error instanceof TwinDifference) return { told: error.message, requests };
    if (!(error instanceof Enough)) throw error;
  }
  return { told: NOTHING, requests };
}

/** Looks for planted leaks with the recipes of the twin suite: each in worlds that no other leak was open in. */
export class LeakFinder {
  readonly #close: () => void;
  readonly #kept = new Map<string, Kept>();

  /** `close`: shuts every leak. */
  constructor(close: () => void) {
    this.#close = close;
  }

  /** A story as a seat lives through it, told without any leak. */
  async #tale(id: string, n: number): Promise<Kept> {
    const held = this.#kept.get(`${id}/${n}`);
    if (held !== undefined) return held;
    const seat = SEATS.find((one) => one.id === id);
    if (seat === undefined) throw new Error(`there is no seat ${id}`);
    const told = await ToldOnce.tell(wholeStory(seat, n, 1));
    const kept = await this.#with(await told.again(), told, async (pair) => {
      await pair.twins();
      return { told, known: await pair.known("first") };
    });
    this.#kept.set(`${id}/${n}`, kept);
    return kept;
  }

  async #with<T>(worlds: Told | undefined, told: ToldOnce, work: (pair: TwinPair) => Promise<T>): Promise<T> {
    const pair = await TwinPair.tell(told.story, worlds);
    try {
      return await work(pair);
    } finally {
      await pair.close();
    }
  }

  /** What gives a leak away, and that the same requests, as many, find nothing in the same worlds without it. */
  async find({ seat = "k3", routes, tells, open }: Leak): Promise<Found> {
    for (let n = 0; n < STORIES; n++) {
      const { told, known } = await this.#tale(seat, n);
      const worlds = tells === true ? undefined : await told.again();
      open();
      const leaking = await this.#with(worlds, told, (pair) => asked(pair, known, routes)).finally(this.#close);
      if (leaking.told === NOTHING) continue;
      const { requests } = leaking;
      const control = await this.#with(await told.again(), told, (pair) => asked(pair, known, routes, requests));
      return { told: leaking.told, without: control.told };
    }
    return { told: NOTHING, without: NOTHING };
  }

  async end(): Promise<void> {
    for (const { told } of this.#kept.values()) await told.end();
  }
}
