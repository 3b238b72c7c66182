import fc from "fast-check";
import { drawn } from "../support/drawn.ts";
import { TwinHistory, type TwinTally } from "./twin-history.ts";

jest.setTimeout(600_000);

/** `ORDER_RUNS=200 ORDER_SEED=7 npx jest test/order/twins` looks further; `ORDER_PATH` plays one again. */
const RUNS = Number(process.env.ORDER_RUNS ?? drawn(7, 2, 4));
const SEED = Number(process.env.ORDER_SEED ?? "20260411");
const PATH = process.env.ORDER_PATH === undefined ? {} : { path: process.env.ORDER_PATH };
const draws = fc.array(fc.array(fc.nat(9973), { minLength: 5, maxLength: 5 }), { minLength: 20, maxLength: 60 });

test("TAXII pages of two worlds – that differ only in what is hidden, through suspensions, relabels and moves – are the same byte for byte", async () => {
  const tallies: TwinTally[] = [];
  await fc.assert(
    fc.asyncProperty(draws, async (list) => {
      tallies.push(await TwinHistory.play(list));
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: true, ...PATH },
  );
  // One that is played again need not hold what all of them hold.
  if (process.env.ORDER_PATH !== undefined) return;
  const sum = (of: (tally: TwinTally) => number): number => tallies.reduce((all, tally) => all + of(tally), 0);
  expect(sum(({ entries }) => entries)).toBeGreaterThan(10 * tallies.length);
  expect(sum(({ hidden }) => hidden)).toBeGreaterThan(10 * tallies.length);
  expect(sum(({ suspended }) => suspended)).toBeGreaterThan(tallies.length);
});
