import type { Facts } from "../../../server/triage/facts.ts";
import { freshShare, scoreOf, valueShare } from "../../../server/triage/score.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 3, 11);
const facts = (change: Partial<Facts> = {}): Facts => ({
  ...{
    n: 1,
    kinds: { report: 1 },
    rules: { context: 1 },
    fresh: {},
    confidence: { sum: 0, n: 0 },
    things: [],
  },
  ...change,
});
const plain = { now: NOW, received: NOW, novelty: 0, countries: 0, topic: false };
const fact = <T>(is: T) => ({ is, of: "x" });

test.each([
  [undefined, 0],
  [0, 0],
  [1, 0],
  [1000, 1 / 3],
  [1_000_000, 2 / 3],
  [1_000_000_000, 1],
  [1_500_000_000, 1],
])("value at stake – %p dollars – %f of the whole", (usd, share) => {
  expect(valueShare(usd)).toBeCloseTo(share, 10);
});

test.each([
  ["ip", 3, 0.5],
  ["ip", 6, 0.25],
  ["domain", 14, 0.5],
  ["wallet", 60, 0.5],
  ["wallet", 120, 0.25],
  ["persona", 180, 0.5],
] as const)("freshness – %s of %i days ago – %f", (kind, days, share) => {
  expect(freshShare({ [kind]: fact(NOW - days * DAY) }, NOW)).toBeCloseTo(share, 10);
});

test("freshness – of several kinds – is that of the freshest", () => {
  expect(freshShare({ ip: fact(NOW - 30 * DAY), wallet: fact(NOW - 60 * DAY) }, NOW)).toBeCloseTo(0.5, 10);
});

test("score – of a worked example – in its parts, and the total is their sum", () => {
  const score = scoreOf(
    facts({
      usd: fact(1_000_000),
      fresh: { wallet: fact(NOW - 60 * DAY) },
      confidence: { sum: 80, n: 1 },
      reliability: fact("B"),
    }),
    { now: NOW, received: NOW - 26 * 3_600_000, novelty: 2 / 3, countries: 1, topic: true },
  );
  expect(score).toEqual({
    total: 20 + 10 + 9.6 + 10 + 5 + 10 + 26,
    parts: { value: 20, freshness: 10, source: 9.6, novelty: 10, countries: 5, topic: 10, waiting: 26 },
  });
});

test("score – of what nothing is known – source as one that cannot be judged, the rest nothing", () => {
  expect(scoreOf(facts(), plain)).toEqual({
    total: 3.8,
    parts: { value: 0, freshness: 0, source: 3.8, novelty: 0, countries: 0, topic: 0, waiting: 0 },
  });
});

test("score – all at their most – a hundred before waiting", () => {
  const best = facts({
    usd: fact(1e12),
    fresh: { ip: fact(NOW + DAY) },
    confidence: { sum: 200, n: 2 },
    reliability: fact("A"),
  });
  expect(scoreOf(best, { ...plain, novelty: 1, countries: 5, topic: true }).total).toBe(100);
});

test("score – an hour later – one more for waiting", () => {
  const at = (now: number): number => scoreOf(facts(), { ...plain, now }).parts.waiting;
  expect([at(NOW), at(NOW + 3_600_000), at(NOW + 5_400_000)]).toEqual([0, 1, 1.5]);
});
