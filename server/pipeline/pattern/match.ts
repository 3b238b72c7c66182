import { Budget, MOST_STEPS, TooLong } from "./budget.ts";
import { checkTree } from "./check.ts";
import { compileLeaf } from "./compare.ts";
import { type Instant, nanosecondsOf, readInstant } from "./instant.ts";
import { type Observation, readObserved, type StixObject } from "./observed.ts";
import { parsePattern } from "./parse.ts";
import { printPattern } from "./print.ts";
import { PatternStop, problemAt } from "./problem.ts";
import { regexSize } from "./regex.ts";
import { resolve } from "./resolve.ts";
import { type Plan, Search } from "./search.ts";
import { type Comparison, isLeaf, leavesOf, type Pattern, type Qualifier } from "./tree.ts";

/** What stands in the way of an answer: an error of the pattern, with its place, of the observed data, or that the search took too long. */
export interface MatchError {
  readonly code: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}
export type Matched = { readonly matched: boolean } | { readonly error: MatchError };

type Test = (object: StixObject, objects: ReadonlyMap<string, StixObject>) => boolean;

/** Errors of a pattern that leave it without a meaning. What can't be satisfied, such as AND across types, just matches nothing. */
const MEANINGLESS: ReadonlySet<string> = new Set([
  "pattern.repeats",
  "pattern.within",
  "pattern.timestamp",
  "pattern.mixed_set",
]);

/** Stands for a date that does not exist, which the checks have refused. */
const NEVER: Instant = { seconds: 0, fraction: "" };

/** What nothing matches. All that needs it is as impossible, and not searched for. */
const NONE: Plan = { kind: "any", matching: [] };
const isImpossible = (plan: Plan): boolean => plan.kind === "any" && plan.matching.length === 0;

/** Turns a tree into a plan for one set of observations: every bracket is tried on every observable once. */
class Planner {
  readonly #text: string;
  readonly #budget: Budget;
  /** Observables with the number of their observation. */
  readonly #byType = new Map<unknown, { i: number; object: StixObject; objects: Observation["objects"] }[]>();
  constructor(text: string, observations: readonly Observation[], budget: Budget) {
    this.#text = text;
    this.#budget = budget;
    for (const [i, { objects }] of observations.entries()) {
      for (const object of objects.values()) {
        const list = this.#byType.get(object.type);
        if (list === undefined) this.#byType.set(object.type, [{ i, object, objects }]);
        else list.push({ i, object, objects });
      }
    }
  }

  plan(node: Pattern): Plan {
    if (node.kind === "observation") return { kind: "any", matching: this.#matching(node.test) };
    if (node.kind === "qualified") return this.#qualified(this.plan(node.operand), node.qualifier);
    const parts = node.operands.map((operand) => this.plan(operand));
    if (node.kind !== "or") return parts.some(isImpossible) ? NONE : { kind: node.kind, parts };
    // One observation of several brackets is one of their union, which keeps REPEATS over it cheap.
    const plain = parts.flatMap((part) => (part.kind === "any" ? part.matching : []));
    const others = parts.filter(({ kind }) => kind !== "any");
    const any: Plan = { kind: "any", matching: [...new Set(plain)].sort((a, b) => a - b) };
    return others.length === 0 ? any : { kind: "or", parts: [any, ...others] };
  }

  #qualified(part: Plan, qualifier: Qualifier): Plan {
    if (isImpossible(part)) return part;
    if (qualifier.kind === "repeats") {
      const times = Number(qualifier.times.text);
      return times === 1 ? part : { kind: "repeats", part, times };
    }
    if (qualifier.kind === "start-stop") {
      const [start, stop] = [qualifier.start, qualifier.stop].map(({ text }) =>
        nanosecondsOf(readInstant(text) ?? NEVER),
      );
      return start === undefined || stop === undefined ? part : { kind: "start-stop", part, start, stop };
    }
    // One observation is within any time.
    if (part.kind === "any") return part;
    const [whole = "", fraction = ""] = qualifier.seconds.text.split(".");
    // What is finer than a nanosecond rounds up: below it, two instants are one.
    const finer = /[1-9]/.test(fraction.slice(9)) ? 1n : 0n;
    const nanoseconds =
      BigInt(whole === "" ? "0" : whole) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
    return { kind: "within", part, nanoseconds: nanoseconds + finer };
  }

  #matching(test: Comparison): number[] {
    const run = this.#compile(test);
    const types = new Set<string>();
    for (const { path } of leavesOf(test)) types.add(path.type);
    const found = new Set<number>();
    for (const type of types)
      for (const { i, object, objects } of this.#byType.get(type) ?? [])
        if (!found.has(i) && run(object, objects)) found.add(i);
    return [...found].sort((a, b) => a - b);
  }

  /** A bracket as a test of one observable: all of its comparisons begin there. */
  #compile(node: Comparison): Test {
    if (!isLeaf(node)) {
      const tests = node.operands.map((operand) => this.#compile(operand));
      return node.kind === "and"
        ? (object, objects) => tests.every((test) => test(object, objects))
        : (object, objects) => tests.some((test) => test(object, objects));
    }
    if (node.kind === "test" && node.operator === "MATCHES") this.#budget.spend(2 * regexSize(node.constant.text));
    const match = compileLeaf(node);
    if ("problem" in match) {
      const at = "constant" in node ? node.constant.at : node.at;
      throw new PatternStop(problemAt(this.#text, at, "pattern.regex", "9.6.1", match.problem));
    }
    const { path } = node;
    const budget = this.#budget;
    return (object, objects) => {
      if (object.type !== path.type) return false;
      const values = resolve(path, object, objects, budget);
      budget.spend(0.05);
      for (const value of values) {
        if (match(value, budget)) return true;
        budget.spend(0.05);
      }
      return false;
    };
  }
}

const errorOf = ({ code, message, line, column }: PatternStop["problem"]): MatchError => ({
  code,
  message,
  line,
  column,
});

/**
 * Whether a pattern matches observed data (STIX 2.1 section 9, patterning 4 and 5). `observed`: bundles, lists, or observed-data and observables beside
 * each other. Errors: what `parsePattern` says, a pattern without a meaning (REPEATS 0, dates that don't exist, …), a regular expression that
 * can't be run in linear time, observed data without its dates or count, and `pattern.match_limit` where the search takes too long. Never throws.
 */
export function matchPattern(
  pattern: string | Pattern,
  observed: readonly unknown[],
  steps: number = MOST_STEPS,
): Matched {
  const text = typeof pattern === "string" ? pattern : printPattern(pattern);
  const parsed = parsePattern(text);
  if ("problem" in parsed) return { error: errorOf(parsed.problem) };
  const wrong = checkTree(text, parsed.tree).errors.find(({ code }) => MEANINGLESS.has(code));
  if (wrong !== undefined) return { error: errorOf(wrong) };
  const read = readObserved(observed);
  if ("problem" in read) return { error: read.problem };
  const budget = new Budget(steps);
  try {
    const plan = new Planner(text, read.observations, budget).plan(parsed.tree);
    return { matched: new Search(read.observations, budget).exists(plan) };
  } catch (stop) {
    if (stop instanceof PatternStop) return { error: errorOf(stop.problem) };
    if (!(stop instanceof TooLong)) throw stop;
    const message =
      "the search takes too long: so many ways to bind observations are not tried; ask for less or send fewer observations";
    return { error: { code: "pattern.match_limit", message } };
  }
}
