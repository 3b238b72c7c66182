import fc from "fast-check";
import { TemporaryWorld } from "../support/temporary-world.ts";
import { hiddenKinds } from "./hidden.ts";
import { READS, WRITES } from "./recipes.ts";
import { runPair } from "./run-pair.ts";
import type { Seat } from "./seats.ts";
import { stories } from "./story.ts";
import { documentedRoutes, type PairTally } from "./twin-pair.ts";

const RECIPES = { ...READS, ...WRITES };

/** Pairs of a seat, and where the random draws begin: `TWIN_PAIRS=50 TWIN_SEED=7 npx jest test/twin` looks further. */
const PAIRS = Number(process.env.TWIN_PAIRS ?? "1");
const SEED = Number(process.env.TWIN_SEED ?? "20260411");

/** Reads random pairs of worlds through these seats, over every route of the OpenAPI document (design 2.2, policy 7). */
export function twinSuite(seats: readonly Seat[]): void {
  const tallies: PairTally[] = [];

  test("every route of the OpenAPI document – as the composed application serves it – has a recipe here, and no recipe is for nothing", async () => {
    const world = await TemporaryWorld.open();
    const routes = await documentedRoutes(world);
    await world.close();
    expect(Object.keys(RECIPES).sort()).toEqual([...routes].sort());
  });

  test.each(seats.map((seat) => [seat.id, seat] as const))(
    "worlds that differ only in what is hidden – read as %s – answer alike byte for byte",
    async (_, seat) => {
      await fc.assert(
        fc.asyncProperty(stories(seat), async (story) => {
          tallies.push(await runPair(story));
        }),
        // A story takes seconds, so that making it smaller is left to whoever looks into it.
        { seed: SEED, numRuns: PAIRS, endOnFailure: true },
      );
    },
  );

  test("the pairs – taken together – hid everything that there is to hide", () => {
    const happened = new Set(tallies.flatMap(({ kinds }) => [...kinds]));
    const all = new Set(seats.flatMap(hiddenKinds).map(({ name }) => name));
    expect([...all].filter((name) => !happened.has(name))).toEqual([]);
  });

  test("the pairs – taken together – asked every route, and had much to show and much to hide", () => {
    const asked = new Set(tallies.flatMap(({ routes }) => [...routes]));
    expect(Object.keys(RECIPES).filter((route) => !asked.has(route))).toEqual([]);
    const sum = (of: (tally: PairTally) => number): number => tallies.reduce((all, tally) => all + of(tally), 0);
    expect(tallies.length).toBe(PAIRS * seats.length);
    expect(sum(({ atOnce }) => atOnce)).toBeGreaterThan(30 * tallies.length);
    expect(sum(({ odd }) => odd)).toBeGreaterThan(120 * tallies.length);
    expect(sum(({ answered }) => answered)).toBeGreaterThan(30 * tallies.length);
    const readers = PAIRS * seats.filter(({ office }) => office === undefined).length;
    expect(sum(({ visible }) => visible)).toBeGreaterThan(8 * readers);
    expect(sum(({ hidden: [a, b] }) => a + b)).toBeGreaterThan(8 * tallies.length);
  });
}
