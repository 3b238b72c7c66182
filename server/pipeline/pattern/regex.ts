import { RE2JS } from "re2js";

/** Regular expressions of MATCHES: PCRE in the standard (9.6.1), run by an engine that is linear in the text, so without what that can't do. */

/** Longest expression that is compiled. */
const LONGEST = 10_000;
/** Most steps of a compiled one: counted repeats multiply. */
const LARGEST = 20_000;

const UNSUPPORTED = /\\[1-9]|\\[gk][{<'\d]|\(\?(?:[=!>|&R#(]|<[=!]|P[=>]|\d)|\(\*|[*+?}]\+|\\[GKRXhHvVNe]/;

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
  try {
    const regex = RE2JS.compile(source, RE2JS.DOTALL);
    const steps = regex.programSize();
    if (steps > LARGEST) return { problem: `the regular expression has ${steps} steps: ${LARGEST} at most are run` };
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
