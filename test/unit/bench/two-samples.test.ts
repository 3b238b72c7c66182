import fc from "fast-check";
import { compareSamples } from "../../../bench/two-samples.ts";

/** Even numbers in [0, 1), the same every time. */
function even(): () => number {
  let n = 1;
  return () => {
    n = (n * 48_271) % 2_147_483_647;
    return n / 2_147_483_647;
  };
}
const lot = (count: number, of: (random: number) => number, random: () => number): number[] =>
  Array.from({ length: count }, () => of(random()));

describe("compareSamples", () => {
  test("two lots of one distribution – two thousand each – no test tells them apart", () => {
    const random = even();
    const [a, b] = [lot(2000, (x) => 1 + x ** 3, random), lot(2000, (x) => 1 + x ** 3, random)];
    const found = compareSamples(a, b, random);
    expect(found.mannWhitney).toBeGreaterThan(0.01);
    expect(found.kolmogorovSmirnov).toBeGreaterThan(0.01);
    expect(found.greater).toBeCloseTo(0.5, 1);
    expect(found.interval[0]).toBeLessThan(0);
    expect(found.interval[1]).toBeGreaterThan(0);
  });

  test("one lot that is a tenth later – two thousand each – both tests say so, and the interval holds the tenth", () => {
    const random = even();
    const [a, b] = [lot(2000, (x) => 1.1 + x, random), lot(2000, (x) => 1 + x, random)];
    const found = compareSamples(a, b, random);
    expect(found.mannWhitney).toBeLessThan(1e-6);
    expect(found.kolmogorovSmirnov).toBeLessThan(1e-6);
    expect(found.greater).toBeGreaterThan(0.55);
    expect(found.interval[0]).toBeGreaterThan(0);
    expect(found.interval[1]).toBeLessThan(0.2);
  });

  test("one lot that is spread wider about the same middle – two thousand each – Kolmogorov–Smirnov tells, Mann–Whitney can't", () => {
    const random = even();
    const [a, b] = [lot(2000, (x) => 3 * (x - 0.5), random), lot(2000, (x) => x - 0.5, random)];
    const found = compareSamples(a, b, random);
    expect(found.kolmogorovSmirnov).toBeLessThan(1e-6);
    expect(found.mannWhitney).toBeGreaterThan(0.01);
  });

  test("worked example – 1 to 30 beside 11 to 40 – U, D and p as R gives them", () => {
    const from = (first: number): number[] => Array.from({ length: 30 }, (_, i) => first + i);
    const found = compareSamples(from(1), from(11), even());
    // 200 pairs of 900 where the first is greater, and 20 ties that count half.
    expect(found.greater).toBeCloseTo(200 / 900, 10);
    expect(found.distance).toBeCloseTo(1 / 3, 10);
    expect(found.medians).toEqual([15.5, 25.5]);
    expect(found.mannWhitney).toBeGreaterThan(0.0001);
    expect(found.mannWhitney).toBeLessThan(0.0004);
  });

  test("lots of one number – all ties – nothing is greater", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), (x) => {
        const same = Array.from({ length: 25 }, () => x);
        const found = compareSamples(same, same, even());
        expect([found.greater, found.mannWhitney, found.distance, found.kolmogorovSmirnov]).toEqual([0.5, 1, 0, 1]);
      }),
      { numRuns: 20 },
    );
  });

  test("too few of one – nineteen – refused in words", () => {
    const few = Array.from({ length: 19 }, (_, i) => i);
    expect(() => compareSamples(few, [...few, 19], even())).toThrow("twenty of each");
  });
});
