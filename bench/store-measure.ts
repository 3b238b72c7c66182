import { performance } from "node:perf_hooks";

/** What a piece of work took: by the clock, and of processor time in all threads of this process, ms. On a machine that others use only the second can be compared. */
export interface Took {
  readonly ms: number;
  readonly cpu: number;
}
export type Times = Took[];

export async function took(work: () => Promise<unknown>): Promise<Took> {
  const before = process.cpuUsage();
  const started = performance.now();
  await work();
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  return { ms, cpu: (user + system) / 1000 };
}

export const quantile = (numbers: readonly number[], share: number): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};
export const middle = (numbers: readonly number[]): number => quantile(numbers, 0.5);

export const p95Of = (times: Times): Took => ({
  ms: quantile(
    times.map(({ ms }) => ms),
    0.95,
  ),
  cpu: quantile(
    times.map(({ cpu }) => cpu),
    0.95,
  ),
});
export const sumOf = (times: Times): Took =>
  times.reduce<Took>((sum, one) => ({ ms: sum.ms + one.ms, cpu: sum.cpu + one.cpu }), { ms: 0, cpu: 0 });
