import { RE2JS } from "re2js";

/** Regular expressions of MATCHES: PCRE in the standard (9.6.1), run by an engine that is linear in the text, so without what that can't do. */

/** Longest expression that is compiled. */
const LONGEST = 10_000;
/** Most steps of a compiled one: counted repeats multiply. */
const LARGEST = 20_000;

const tooLarge = (steps: string): string => `the regular expression has ${steps} steps: ${LARGEST} at most are run`;

const UNSUPPORTED = /\\[1-9]|\\[gk][{<'\d]|\(\?(?:[=!>|&R#(]|<[=!]|P[=>]|\d)|\(\*|[*+?}]\+|\\[GKRXhHvVNe]/;

/** Where the set that begins at `from` ends: behind its closing bracket. */
function endOfSet(source: string, from: number): number {
  let at = from + 1;
  if (source[at] === "^") at += 1;
  if (source[at] === "]") at += 1;
  for (; at < source.length && source[at] !== "]"; at++) {
    if (source[at] === "\\") at += 1;
    else if (source.startsWith("[:", at)) at += source.slice(at, at + 16).indexOf(":]") + 1;
  }
  return at + 1;
}

const COUNTED = /\{(\d{1,9})(?:,(\d{0,9}))?\}/y;
/** How a group begins that captures nothing or has a name. */
const GROUP = /\(\?(?:P?<\w{1,64}>|[imsU-]{0,10}:?)/y;

/**
 * About how many steps an expression has when it is compiled, without compiling it: counted repeats multiply. Linear. Of one that is too
 * long to be compiled, its length.
 */
export function regexSize(source: string): number {
  if (source.length > LONGEST) return source.length;
  const open: number[] = [];
  let [size, last] = [1, 0];
  const atom = (steps: number): void => {
    size += last;
    last = steps;
  };
  for (let at = 0; at < source.length; ) {
    const sign = source[at];
    COUNTED.lastIndex = at;
    const counted = sign === "{" ? COUNTED.exec(source) : null;
    if (counted !== null) {
      const [least, most] = [Number(counted[1]), Number(counted[2] ?? 0)];
      last = most > least ? least * last + (most - least) * (last + 1) : Math.max(least, 1) * last;
      at = COUNTED.lastIndex;
    } else if (sign === "\\" && source[at + 1] === "Q") {
      const end = source.indexOf("\\E", at);
      atom((end === -1 ? source.length : end) - at);
      at = end === -1 ? source.length : end + 2;
    } else if (sign === "\\") {
      atom(1);
      at += 2;
    } else if (sign === "[") {
      atom(1);
      at = endOfSet(source, at);
    } else {
      if (sign === "(") {
        GROUP.lastIndex = at;
        const special = GROUP.exec(source)?.[0] ?? "";
        atom(0);
        open.push(size);
        size = special === "" ? 2 : 0;
        at += Math.max(special.length - 1, 0);
      } else if (sign === ")" && open.length > 0) {
        last += size;
        size = open.pop() ?? 0;
      } else if (sign === "*" || sign === "+" || sign === "?") last += 1;
      else atom(1);
      at += 1;
    }
  }
  return open.reduce((sum, one) => sum + one, size + last);
}

export type Compiled = { readonly regex: RE2JS; readonly steps: number } | { readonly problem: string };

/**
 * The expression, ready to search: dot matches line ends. Over octets each octet is one character up to U+00FF. A problem in words where it
 * is broken, too large, or needs what no linear engine has (references back, look-around, possessive repeats).
 */
export function compileRegex(source: string, octets: boolean): Compiled {
  if (source.length > LONGEST)
    return { problem: `the regular expression has ${source.length} characters: ${LONGEST} at most are run` };
  if (octets && /[\u0100-\uffff]/.test(source))
    return { problem: "the regular expression has characters above U+00FF, but the property is octets" };
  // Far too large a one is not compiled to be counted.
  const size = regexSize(source);
  if (size > 2 * LARGEST) return { problem: tooLarge(`about ${size}`) };
  try {
    const regex = RE2JS.compile(source, RE2JS.DOTALL);
    const steps = regex.programSize();
    if (steps > LARGEST) return { problem: tooLarge(`${steps}`) };
    return { regex, steps };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const linear = "references back, look-around, atomic groups and possessive repeats can't be run in linear time";
    const why = UNSUPPORTED.test(source) ? `; ${linear}` : "";
    return { problem: `the regular expression can't be run here (${reason.slice(0, 120)})${why}` };
  }
}

/** Why an expression can't be run here, in words; `undefined` where it can. */
export function regexProblem(source: string, octets: boolean): string | undefined {
  const compiled = compileRegex(source, octets);
  return "problem" in compiled ? compiled.problem : undefined;
}
