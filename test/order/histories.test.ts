import fc from "fast-check";
import { drawn } from "../support/drawn.ts";
import { History, type Tally } from "./history.ts";

jest.setTimeout(600_000);

/** `ORDER_RUNS=200 ORDER_SEED=7 npx jest test/order/histories` looks further; `ORDER_PATH` plays one again. */
const RUNS = Number(process.env.ORDER_RUNS ?? drawn(20, 3, 12));
const SEED = Number(process.env.ORDER_SEED ?? "20260411");
const PATH = process.env.ORDER_PATH === undefined ? {} : { path: process.env.ORDER_PATH };
const draws = fc.array(fc.array(fc.nat(9973), { minLength: 6, maxLength: 6 }), { minLength: 20, maxLength: 70 });

test("a reader who follows – through random histories of writes, releases, relabels, suspensions, moves, embargoes, restarts – misses nothing, gets nothing twice and sees no new date for what did not change", async () => {
  const tallies: Tally[] = [];
  await fc.assert(
    fc.asyncProperty(draws, async (list) => {
      tallies.push(await History.play(list));
    }),
    // A history takes a second: making it smaller is left to whoever looks into it.
    { seed: SEED, numRuns: RUNS, endOnFailure: true, ...PATH },
  );
  // One that is played again need not hold what all of them hold.
  if (process.env.ORDER_PATH !== undefined) return;
  const sum = (of: (tally: Tally) => number): number => tallies.reduce((all, tally) => all + of(tally), 0);
  expect(sum(({ steps }) => steps)).toBeGreaterThan(20 * tallies.length);
  expect(sum(({ delivered }) => delivered)).toBeGreaterThan(10 * tallies.length);
  expect(sum(({ recalled }) => recalled)).toBeGreaterThan(0);
});
