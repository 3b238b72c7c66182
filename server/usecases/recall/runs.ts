import type { GivenDoc } from "../../storage/given-documents.ts";

/** How something was given, in bits of one number. */
export const GIVEN = {
  /** As one object a thing. */
  folded: 1,
  /** As its sender wrote it. */
  original: 2,
  /** In a file; how it was shown there is said beside. */
  export: 4,
  /** Under a keyed id, since another's object had its own. */
  claimed: 8,
  /** Not itself given: what was given exists with it, or under the same id. */
  watched: 16,
  /** Lost since; what had to be said of that is said. */
  gone: 32,
  /** In an answer to a person or program, and not in a file. */
  page: 64,
} as const;

export type Run = GivenDoc["runs"][number];
type Runs = readonly Run[];

/** How it is shown: what says under which id it was had. */
export const SHOWN = GIVEN.folded | GIVEN.original | GIVEN.claimed;
/** Whether it was lost since, and that was told. */
export const isGone = ([, , , , how]: Run): boolean => (how & GIVEN.gone) !== 0;
/** Whether the row itself was given, and does not only stand for something that was. */
export const wasGiven = ([, , , , how]: Run): boolean => (how & GIVEN.watched) === 0;

/** The run that a stamp is in. */
export function runAt(runs: Runs, stamp: number): Run | undefined {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((runs[middle]?.[1] ?? 0) < stamp) low = middle + 1;
    else high = middle;
  }
  const found = runs[low];
  return found !== undefined && found[0] <= stamp ? found : undefined;
}

/** Puts a run behind the others, as one with the last where they touch and say the same. */
function push(runs: Run[], [from, to, first, day, how]: Run): void {
  const last = runs.at(-1);
  if (last !== undefined && last[1] + 1 === from && last[2] === first && last[3] === day && last[4] === how)
    runs[runs.length - 1] = [last[0], to, first, day, how];
  else runs.push([from, to, first, day, how]);
}

/** Runs in which these stamps (each once, in order) are what `become` makes of the run that they were in, if any; others stay as they are. */
export function changed(
  runs: Runs,
  stamps: readonly number[],
  become: (was: Run | undefined) => Run | undefined,
): Run[] {
  const made: Run[] = [];
  const single = (stamp: number, was: Run | undefined): void => {
    const is = become(was);
    if (is !== undefined) push(made, [stamp, stamp, is[2], is[3], is[4]]);
  };
  let i = 0;
  for (const run of runs) {
    const [from, to, first, day, how] = run;
    for (let stamp = stamps[i]; stamp !== undefined && stamp < from; stamp = stamps[++i]) single(stamp, undefined);
    let rest = from;
    for (let stamp = stamps[i]; stamp !== undefined && stamp <= to; stamp = stamps[++i]) {
      if (stamp > rest) push(made, [rest, stamp - 1, first, day, how]);
      single(stamp, run);
      rest = stamp + 1;
    }
    if (rest <= to) push(made, [rest, to, first, day, how]);
  }
  for (let stamp = stamps[i]; stamp !== undefined; stamp = stamps[++i]) single(stamp, undefined);
  return made;
}

/** What a stamp says once it is given in a minute of a day: the first time counts for when, whatever was lost meanwhile. */
export const given =
  (minute: number, day: number, how: number) =>
  (was: Run | undefined): Run => {
    if (was === undefined || !wasGiven(was)) return [0, 0, minute, day, how];
    // What was said to be gone is not had again for how it was shown then.
    return [0, 0, was[2], day, (isGone(was) ? was[4] & ~(GIVEN.gone | SHOWN) : was[4]) | how];
  };

/** What a stamp says once something that was given hangs on it. What was lost before is had again for that alone. */
export const watched =
  (minute: number, how: number) =>
  (was: Run | undefined): Run => {
    if (was === undefined) return [0, 0, minute, 0, GIVEN.watched | how];
    return [0, 0, was[2], was[3], (isGone(was) ? was[4] & ~(GIVEN.gone | SHOWN) : was[4]) | how];
  };

/** The same run, lost; nothing where there was none. */
export const lost = (was: Run | undefined): Run | undefined =>
  was === undefined ? undefined : [0, 0, was[2], was[3], was[4] | GIVEN.gone];
