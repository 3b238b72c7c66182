import type { Budget } from "./budget.ts";
import { nanosecondsOf } from "./instant.ts";
import type { Observation } from "./observed.ts";

/** The search for observations that a pattern binds (patterning 5): each sub-expression gives its bindings one by one, and the first whole one is enough. */

/** An observation expression as a plan: leaves know the numbers of the observations that they match. */
export type Plan =
  | { readonly kind: "any"; readonly matching: readonly number[] }
  | { readonly kind: "and" | "or" | "followedby"; readonly parts: readonly Plan[] }
  | { readonly kind: "repeats"; readonly part: Plan; readonly times: number }
  | { readonly kind: "within"; readonly part: Plan; readonly nanoseconds: bigint }
  | { readonly kind: "start-stop"; readonly part: Plan; readonly start: bigint; readonly stop: bigint };

/** Observations by number, each as often as it is used, and the bounds of the instants that may be chosen in them. */
interface Binding {
  readonly counts: ReadonlyMap<number, number>;
  readonly latestFirst: bigint;
  readonly earliestLast: bigint;
}
const NOTHING: Binding = { counts: new Map(), latestFirst: -(1n << 200n), earliestLast: 1n << 200n };

function later(a: bigint, b: bigint): bigint {
  if (a < b) return b;
  return a;
}
function earlier(a: bigint, b: bigint): bigint {
  if (b < a) return b;
  return a;
}

/** What the qualifiers around an expression ask of each part of it as well: a part of a binding is never wider than the whole. */
interface Frame {
  readonly within?: bigint;
  /** Each observation ends then or later … */
  readonly from: bigint;
  /** … and begins before that. */
  readonly until: bigint;
}
const ANY_TIME: Frame = { from: NOTHING.latestFirst, until: NOTHING.earliestLast };

/** What is asked of a part besides, once others are bound: it goes nowhere if it is too far from them, or before what it follows. */
function beside({ latestFirst, earliestLast }: Binding, frame: Frame, ordered: boolean): Frame {
  const { within } = frame;
  let { from, until } = frame;
  if (ordered) from = later(from, latestFirst);
  if (within !== undefined) {
    from = later(from, latestFirst - within + 1n);
    until = earlier(until, earliestLast + within);
  }
  return { ...frame, from, until };
}

interface Timed {
  readonly first: bigint;
  readonly last: bigint;
  readonly count: number;
}

/** Joins of more parts are not tried: each part asks for an observation of its own, and the search goes as deep. */
const MOST_PARTS = 300;

const keyOf = ({ counts }: Binding): string =>
  [...counts]
    .sort(([a], [b]) => a - b)
    .map(([i, n]) => `${i}x${n}`)
    .join();

/** Looks among observations for some that satisfy a plan (STIX 2.1 section 9.5). `TooLong` when the budget is spent. */
export class Search {
  readonly #observations: readonly Timed[];
  readonly #budget: Budget;
  constructor(observations: readonly Observation[], budget: Budget) {
    this.#observations = observations.map(({ first, last, count }) => ({
      first: nanosecondsOf(first),
      last: nanosecondsOf(last),
      count,
    }));
    this.#budget = budget;
  }

  /** Whether some binding satisfies the whole plan. */
  exists(plan: Plan): boolean {
    return !this.#bindings(plan, NOTHING, ANY_TIME).next().done;
  }

  #fits(binding: Binding, { within }: Frame): boolean {
    return within === undefined || binding.latestFirst - binding.earliestLast < within;
  }

  #joined(a: Binding, b: Binding): Binding {
    const counts = new Map(a.counts);
    for (const [i, n] of b.counts) counts.set(i, (counts.get(i) ?? 0) + n);
    this.#budget.spend(1 + counts.size / 4);
    return {
      counts,
      latestFirst: later(a.latestFirst, b.latestFirst),
      earliestLast: earlier(a.earliestLast, b.earliestLast),
    };
  }

  /** Bindings of a plan that leave the observations alone that are used already, each once. */
  *#bindings(plan: Plan, used: Binding, frame: Frame): Generator<Binding> {
    switch (plan.kind) {
      case "any":
        yield* this.#repeated(plan.matching, 1, used, frame);
        return;
      case "or":
        yield* this.#once(this.#either(plan.parts, used, frame));
        return;
      case "and":
      case "followedby":
        yield* this.#all(plan.parts, used, frame, plan.kind === "followedby");
        return;
      case "within": {
        const within = frame.within !== undefined && frame.within < plan.nanoseconds ? frame.within : plan.nanoseconds;
        yield* this.#bindings(plan.part, used, { ...frame, within });
        return;
      }
      case "start-stop":
        if (plan.start >= plan.stop) return;
        yield* this.#bindings(plan.part, used, {
          ...frame,
          from: later(frame.from, plan.start),
          until: earlier(frame.until, plan.stop),
        });
        return;
      case "repeats": {
        const { part, times } = plan;
        if (part.kind === "any") yield* this.#repeated(part.matching, times, used, frame);
        else yield* this.#times(part, times, used, frame);
      }
    }
  }

  *#once(bindings: Iterable<Binding>): Generator<Binding> {
    const seen = new Set<string>();
    for (const binding of bindings) {
      const key = keyOf(binding);
      if (seen.has(key)) continue;
      seen.add(key);
      yield binding;
    }
  }

  *#either(parts: readonly Plan[], used: Binding, frame: Frame): Generator<Binding> {
    for (const part of parts) yield* this.#bindings(part, used, frame);
  }

  /** One binding of each part, all of different observations; in time order where one follows the other. */
  *#all(parts: readonly Plan[], used: Binding, frame: Frame, ordered: boolean): Generator<Binding> {
    if (parts.length > MOST_PARTS) this.#budget.spend(Number.POSITIVE_INFINITY);
    const [last, before] = [parts.at(-1), parts.slice(0, -1)];
    if (last === undefined) {
      yield NOTHING;
      return;
    }
    yield* this.#once(this.#withLast(before, last, used, frame, ordered));
  }

  *#withLast(before: readonly Plan[], last: Plan, used: Binding, frame: Frame, ordered: boolean): Generator<Binding> {
    for (const left of this.#all(before, used, frame, ordered))
      for (const right of this.#bindings(last, this.#joined(used, left), beside(left, frame, ordered))) {
        if (ordered && left.latestFirst > right.earliestLast) continue;
        const both = this.#joined(left, right);
        if (this.#fits(both, frame)) yield both;
      }
  }

  /** As many bindings of one part, of different observations: any order is one. */
  *#times(part: Plan, times: number, used: Binding, frame: Frame): Generator<Binding> {
    if (times > MOST_PARTS) this.#budget.spend(Number.POSITIVE_INFINITY);
    const each = [...this.#bindings(part, used, frame)];
    yield* this.#once(this.#chosen(each, 0, times, used, NOTHING, frame));
  }

  *#chosen(
    each: readonly Binding[],
    from: number,
    times: number,
    used: Binding,
    held: Binding,
    frame: Frame,
  ): Generator<Binding> {
    if (times === 0) {
      yield held;
      return;
    }
    for (const [i, binding] of each.entries()) {
      if (i < from || !this.#isFree(binding, used, held)) continue;
      const both = this.#joined(held, binding);
      if (this.#fits(both, frame)) yield* this.#chosen(each, i, times - 1, used, both, frame);
    }
  }

  #isFree(binding: Binding, used: Binding, held: Binding): boolean {
    this.#budget.spend(1);
    for (const [i, n] of binding.counts) {
      const most = this.#observations[i]?.count ?? 0;
      if ((used.counts.get(i) ?? 0) + (held.counts.get(i) ?? 0) + n > most) return false;
    }
    return true;
  }

  /**
   * `times` of the matching observations. Under WITHIN one window after another is tried, each beginning with the observation that ends first:
   * in it, every choice will do.
   */
  *#repeated(matching: readonly number[], times: number, used: Binding, frame: Frame): Generator<Binding> {
    const free = matching.flatMap((i) => {
      const one = this.#observations[i];
      if (one === undefined) return [];
      const room = one.count - (used.counts.get(i) ?? 0);
      const inTime = one.last >= frame.from && one.first < frame.until;
      return room > 0 && inTime ? [{ i, room, first: one.first, last: one.last }] : [];
    });
    this.#budget.spend(1 + matching.length / 8);
    const { within } = frame;
    if (within === undefined || times === 1) {
      yield* this.#choices(free, times);
      return;
    }
    yield* this.#once(this.#inWindows(free, times, within));
  }

  *#inWindows(free: readonly Free[], times: number, within: bigint): Generator<Binding> {
    const byFirst = [...free].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : a.i - b.i));
    for (const anchor of free) {
      this.#budget.spend(1 + free.length / 8);
      const window = byFirst.filter(({ first, last }) => last >= anchor.last && first < anchor.last + within);
      yield* this.#choices(window, times);
    }
  }

  /** All ways to take `times` from what is free, the first ones first, without recursion. */
  *#choices(free: readonly Free[], times: number): Generator<Binding> {
    const rest = new Array<number>(free.length + 1).fill(0);
    for (let i = free.length - 1; i >= 0; i--) rest[i] = (rest[i + 1] ?? 0) + (free[i]?.room ?? 0);
    if ((rest[0] ?? 0) < times) return;
    const taken: number[] = [];
    let left = times;
    for (;;) {
      while (left > 0 && taken.length < free.length) {
        const n = Math.min(free[taken.length]?.room ?? 0, left);
        taken.push(n);
        left -= n;
      }
      if (left === 0) yield this.#bindingOf(free, taken);
      // Back to the last place from which one may be moved on to those behind it.
      for (let moved = false; !moved; ) {
        const n = taken.pop();
        if (n === undefined) return;
        left += n;
        this.#budget.spend(1);
        if (n > 0 && (rest[taken.length + 1] ?? 0) >= left - n + 1) {
          taken.push(n - 1);
          left -= n - 1;
          moved = true;
        }
      }
    }
  }

  #bindingOf(free: readonly Free[], taken: readonly number[]): Binding {
    const counts = new Map<number, number>();
    let { latestFirst, earliestLast } = NOTHING;
    for (const [k, n] of taken.entries()) {
      const one = free[k];
      if (one === undefined || n === 0) continue;
      counts.set(one.i, n);
      latestFirst = later(latestFirst, one.first);
      earliestLast = earlier(earliestLast, one.last);
    }
    this.#budget.spend(1 + counts.size / 4);
    return { counts, latestFirst, earliestLast };
  }
}

interface Free {
  readonly i: number;
  readonly room: number;
  readonly first: bigint;
  readonly last: bigint;
}
