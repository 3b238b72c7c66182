import type { Facts, FreshKind } from "./facts.ts";

/** The most that each part of the score can be (triage 2); `waiting` grows by one an hour without limit. */
export const WEIGHTS = { value: 30, freshness: 20, source: 15, novelty: 15, countries: 10, topic: 10 } as const;

/** Value at stake counts up to this, USD: by the logarithm, so that ten times as much is as much more at every size. */
const VALUE_CAP = 1e9;

const DAY = 86_400_000;
/** Half-lives by kind (triage 2), days; what has none of its own goes by the domain's. */
export const HALF_LIFE = { ip: 3, domain: 14, wallet: 60, persona: 180, other: 14 } as const satisfies Record<
  FreshKind,
  number
>;

/** Grades of the admiralty scale as shares; F cannot be judged, like a source that nobody graded. */
export const RELIABILITY: Readonly<Record<string, number>> = { A: 1, B: 0.8, C: 0.6, D: 0.4, E: 0.2, F: 0.5 };
const UNGRADED = 0.5;
/** Countries besides one's own that can wait in a group of three. */
const OTHERS = 2;

/** What the content itself does not say. */
export interface Circumstances {
  readonly now: number;
  readonly received: number;
  /** Of the things that were looked up, the share that the viewer's country did not know before, as far as the viewer sees. */
  readonly novelty: number;
  /** Other countries that rows name which wait to be turned on. */
  readonly countries: number;
  /** Whether a topic of the content is one of the viewer's. */
  readonly topic: boolean;
}

export type ScorePart = keyof typeof WEIGHTS | "waiting";
export interface Score {
  readonly total: number;
  readonly parts: Readonly<Record<ScorePart, number>>;
}

const share = (value: number): number => Math.min(1, Math.max(0, value));
const tenth = (value: number): number => Math.round(value * 10) / 10;

/** Log10 of the dollars at stake over that of the cap, 0 to 1. */
export const valueShare = (usd: number | undefined): number =>
  usd === undefined || !(usd > 1) ? 0 : share(Math.log10(usd) / Math.log10(VALUE_CAP));

/** What the freshest of its kinds has left, 0 to 1: half after a half-life. */
export function freshShare(fresh: Facts["fresh"], now: number): number {
  let best = 0;
  for (const [kind, date] of Object.entries(fresh) as [FreshKind, { is: number }][])
    best = Math.max(best, 0.5 ** (Math.max(0, now - date.is) / (HALF_LIFE[kind] * DAY)));
  return best;
}

/** Score inside a class (triage 2), each part to a tenth; the total is the sum of the parts as shown. */
export function scoreOf(facts: Facts, { now, received, novelty, countries, topic }: Circumstances): Score {
  const { sum, n } = facts.confidence;
  const confidence = n === 0 ? UNGRADED : share(sum / n / 100);
  const grade = facts.reliability?.is;
  const reliability =
    grade !== undefined && Object.hasOwn(RELIABILITY, grade) ? (RELIABILITY[grade] ?? UNGRADED) : UNGRADED;
  const parts = {
    value: tenth(WEIGHTS.value * valueShare(facts.usd?.is)),
    freshness: tenth(WEIGHTS.freshness * freshShare(facts.fresh, now)),
    source: tenth(WEIGHTS.source * reliability * confidence),
    novelty: tenth(WEIGHTS.novelty * share(novelty)),
    countries: tenth(WEIGHTS.countries * share(countries / OTHERS)),
    topic: topic ? WEIGHTS.topic : 0,
    waiting: tenth(Math.max(0, now - received) / 3_600_000),
  };
  return { total: tenth(Object.values(parts).reduce((a, b) => a + b, 0)), parts };
}
