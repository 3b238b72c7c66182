import { TwinDifference } from "./compare.ts";
import type { Known, Recipe } from "./recipe.ts";
import { READS, WRITES } from "./recipes.ts";
import { SEATS } from "./seats.ts";
import { type Story, wholeStory } from "./story.ts";
import { TwinPair } from "./twin-pair.ts";

/** A leak that can be opened and closed: what it spoils, and through whose eyes and on which routes it is looked for. */
export interface Leak {
  /** `k3` has no right to personal data, and colleagues who post some; `rel-JP-NPA` triages and approves. */
  readonly seat?: "k3" | "rel-JP-NPA";
  readonly routes: readonly string[];
  open(): void;
}

interface Kept {
  readonly pair: TwinPair;
  readonly known: Known;
}

const RECIPES: Readonly<Record<string, Recipe>> = { ...READS, ...WRITES };
/** Stories in which a leak is looked for, one after the other, until one shows it. */
const STORIES = 3;

/** What a recipe leaves out in one turn it asks in another. */
const PASSES = [0, 1, 2];

/** Looks for planted leaks with the recipes of the twin suite. */
export class LeakFinder {
  readonly #close: () => void;
  readonly #kept = new Map<string, Kept>();

  /** `close`: shuts every leak. */
  constructor(close: () => void) {
    this.#close = close;
  }

  #story(id: string, n: number, times: number): Story {
    const seat = SEATS.find((one) => one.id === id);
    if (seat === undefined) throw new Error(`there is no seat ${id}`);
    return wholeStory(seat, n, times);
  }

  /** A pair that was told without any leak, and stays. */
  async #pair(id: string, n: number): Promise<Kept> {
    const held = this.#kept.get(`${id}/${n}`);
    if (held !== undefined) return held;
    const pair = await TwinPair.tell(this.#story(id, n, 2));
    await pair.twins();
    const kept = { pair, known: await pair.known("first") };
    this.#kept.set(`${id}/${n}`, kept);
    return kept;
  }

  async #asked({ pair, known }: Kept, routes: readonly string[]): Promise<string | undefined> {
    try {
      for (const turn of PASSES)
        for (const route of routes) {
          const recipe = RECIPES[route];
          if (recipe === undefined) throw new Error(`there is no recipe for ${route}`);
          await recipe(pair.ask, { ...known, turn });
        }
    } catch (error) {
      if (error instanceof TwinDifference) return error.message;
      throw error;
    }
    return undefined;
  }

  /** What gives away a leak in reading: pairs are told once for all such leaks. */
  async inReading({ seat = "k3", routes, open }: Leak): Promise<string> {
    for (let n = 0; n < STORIES; n++) {
      const kept = await this.#pair(seat, n);
      // The first pair was asked all that leaks are looked for by before any was open: see `withoutLeak`.
      if (n > 0 && (await this.#asked(kept, routes)) !== undefined)
        throw new Error(`story ${n} differs without a leak`);
      open();
      const told = await this.#asked(kept, routes).finally(this.#close);
      if (told !== undefined) return told;
    }
    return "nothing";
  }

  /** What gives away a leak in writing: the story is told with it open. */
  async inWriting({ seat = "k3", routes, open }: Leak): Promise<string> {
    for (let n = 0; n < STORIES; n++) {
      open();
      const pair = await TwinPair.tell(this.#story(seat, n, 1));
      try {
        const told = await this.#asked({ pair, known: await pair.known("first") }, routes);
        if (told !== undefined) return told;
      } finally {
        this.#close();
        await pair.close();
      }
    }
    return "nothing";
  }

  /** The same questions in the first pair of each seat while every leak is shut; what was read through one is kept by the store as given, so this comes first. */
  async withoutLeak(leaks: readonly Leak[]): Promise<string[]> {
    const told: string[] = [];
    for (const id of new Set(leaks.map(({ seat = "k3" }) => seat))) {
      const routes = [...new Set(leaks.filter(({ seat = "k3" }) => seat === id).flatMap((leak) => leak.routes))];
      // Posts come last: what is posted once is no longer new to its sender, which is what a receipt's leak would show by.
      const reads = routes.filter((route) => route.startsWith("GET "));
      told.push((await this.#asked(await this.#pair(id, 0), reads)) ?? "nothing");
    }
    return told;
  }

  async end(): Promise<void> {
    for (const { pair } of this.#kept.values()) await pair.close();
  }
}
