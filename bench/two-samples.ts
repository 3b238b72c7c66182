/** Whether two lots of measurements come from one distribution: what a test says, and how large a difference is. */
export interface TwoSamples {
  readonly medians: readonly [number, number];
  /** Of the medians, the first less the second, with its 95 % interval by resampling. */
  readonly difference: number;
  readonly interval: readonly [number, number];
  /** How probably one of the first is greater than one of the second: 0.5 where they are alike (Mann–Whitney U by its pairs). */
  readonly greater: number;
  /** Two-sided, by the normal approximation with ties: for samples above some twenty. */
  readonly mannWhitney: number;
  /** The greatest distance of the two distribution functions, and its p (Kolmogorov–Smirnov, asymptotic). */
  readonly distance: number;
  readonly kolmogorovSmirnov: number;
}

const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

/** The middle of numbers in order; the mean of the middle two of an even count. */
function middle(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** The normal distribution's two tails beyond |z| (Abramowitz and Stegun 7.1.26; good to 1e-7). */
function tails(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return series * Math.exp(-x * x);
}

/** Kolmogorov's distribution: how probable a distance at least as great is. */
function kolmogorov(lambda: number): number {
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, sum));
}

/** U of the first sample, and what ties take from its variance. */
function ranks(a: readonly number[], b: readonly number[]): { u: number; ties: number } {
  const all = [...a.map((x) => ({ x, first: true })), ...b.map((x) => ({ x, first: false }))].sort((p, q) => p.x - q.x);
  let sum = 0;
  let ties = 0;
  for (let i = 0; i < all.length; ) {
    let j = i;
    while (j < all.length && all[j]?.x === all[i]?.x) j++;
    const rank = (i + 1 + j) / 2;
    for (let k = i; k < j; k++) if (all[k]?.first === true) sum += rank;
    ties += (j - i) ** 3 - (j - i);
    i = j;
  }
  return { u: sum - (a.length * (a.length + 1)) / 2, ties };
}

/** The greatest distance of two distribution functions; samples in order. */
function distanceOf(a: readonly number[], b: readonly number[]): number {
  let most = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const at = Math.min(a[i] ?? 0, b[j] ?? 0);
    while (i < a.length && (a[i] ?? 0) <= at) i++;
    while (j < b.length && (b[j] ?? 0) <= at) j++;
    most = Math.max(most, Math.abs(i / a.length - j / b.length));
  }
  return most;
}

const RESAMPLES = 400;

/** Compares two samples. `random`: numbers in [0, 1), for the interval. */
export function compareSamples(a: readonly number[], b: readonly number[], random: () => number): TwoSamples {
  const [x, y] = [ascending(a), ascending(b)];
  const [n, m] = [x.length, y.length];
  if (n < 20 || m < 20) throw new Error("a comparison needs twenty of each");
  const { u, ties } = ranks(x, y);
  const spread = Math.sqrt(((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1))));
  const distance = distanceOf(x, y);
  const root = Math.sqrt((n * m) / (n + m));
  const drawn = (from: readonly number[]): number =>
    middle(ascending(from.map(() => from[Math.floor(random() * from.length)] ?? 0)));
  const differences = ascending(Array.from({ length: RESAMPLES }, () => drawn(x) - drawn(y)));
  const at = (share: number): number => differences[Math.round(share * (RESAMPLES - 1))] ?? 0;
  return {
    medians: [middle(x), middle(y)],
    difference: middle(x) - middle(y),
    interval: [at(0.025), at(0.975)],
    greater: u / (n * m),
    mannWhitney: spread === 0 ? 1 : tails((u - (n * m) / 2) / spread),
    distance,
    kolmogorovSmirnov: kolmogorov((root + 0.12 + 0.11 / root) * distance),
  };
}
