import * as fc from "fast-check";
import { changed, GIVEN, given, lost, type Run, runAt, watched } from "../../../../server/usecases/recall/runs.ts";

const stamps = fc
  .uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 30 })
  .map((all) => all.sort((a, b) => a - b));
const step = fc.record({
  stamps,
  kind: fc.constantFrom("given", "watched", "lost"),
  minute: fc.integer({ min: 1, max: 3 }),
  how: fc.constantFrom(GIVEN.folded, GIVEN.original),
});

test("runs – after any changes – say of every stamp what a list of all of them would, in order and none touching another that says the same", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let runs: Run[] = [];
      const plain = new Map<number, Run>();
      for (const { stamps: some, kind, minute, how } of steps) {
        const become = kind === "given" ? given(minute, 1, how) : kind === "watched" ? watched(minute, how) : lost;
        runs = changed(runs, some, become);
        for (const stamp of some) {
          const is = become(plain.get(stamp));
          if (is !== undefined) plain.set(stamp, is);
        }
      }
      for (let stamp = 0; stamp <= 61; stamp++)
        expect(runAt(runs, stamp)?.slice(2)).toEqual(plain.get(stamp)?.slice(2));
      for (const [i, [from, to, ...said]] of runs.entries()) {
        expect(from).toBeLessThanOrEqual(to);
        const next = runs[i + 1];
        if (next === undefined) continue;
        expect(next[0]).toBeGreaterThan(to);
        if (next[0] === to + 1) expect(next.slice(2)).not.toEqual(said);
      }
    }),
    { numRuns: 300, seed: 24 },
  );
});

test.each([
  ["nothing", undefined, given(9, 3, GIVEN.folded), [9, 3, GIVEN.folded]],
  [
    "something given before",
    [0, 9, 5, 2, GIVEN.folded],
    given(9, 3, GIVEN.original),
    [5, 3, GIVEN.folded | GIVEN.original],
  ],
  ["what was lost", [0, 9, 5, 2, GIVEN.folded | GIVEN.gone], given(9, 3, GIVEN.folded), [5, 3, GIVEN.folded]],
  [
    "what was lost as it was shown otherwise",
    [0, 9, 5, 2, GIVEN.original | GIVEN.page | GIVEN.gone],
    given(9, 3, GIVEN.folded),
    [5, 3, GIVEN.folded | GIVEN.page],
  ],
  ["what something else hung on", [0, 9, 5, 0, GIVEN.watched], given(9, 3, GIVEN.folded), [9, 3, GIVEN.folded]],
  ["what was lost, and something hangs on it", [0, 9, 5, 2, GIVEN.folded | GIVEN.gone], watched(9, 0), [5, 2, 0]],
] as const)("a stamp – of %s – says when it was given first, on which day last, and how", (_, was, become, said) => {
  expect(become(was === undefined ? undefined : [...was])?.slice(2)).toEqual(said);
});
