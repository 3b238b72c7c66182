/** A place in a pattern. Offsets count UTF-16 units from 0, `end` is behind the last one. */
export interface Span {
  readonly offset: number;
  readonly end: number;
}

/** What is wrong with a pattern, and where. Line and column count from 1, columns in UTF-16 units. */
export interface PatternProblem extends Span {
  /** Stable and dotted: `pattern.syntax`, `pattern.repeats`, … */
  readonly code: string;
  readonly message: string;
  /** Section of the standard: `STIX 2.1 section 9.5`. */
  readonly rule: string;
  readonly line: number;
  readonly column: number;
  /** Of a syntax error: what stands there, and what may. */
  readonly found?: string;
  readonly expected?: string;
}

const NEW_LINE = /\r\n|[\n\r\u2028\u2029]/g;

/** Line and column of an offset, from 1. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let from = 0;
  NEW_LINE.lastIndex = 0;
  for (let found = NEW_LINE.exec(text); found !== null && found.index < offset; found = NEW_LINE.exec(text)) {
    line += 1;
    from = found.index + found[0].length;
  }
  return { line, column: Math.max(offset - from, 0) + 1 };
}

const UNSHOWABLE = /[\p{C}\u2028\u2029]/gu;

/** Text for a message: at most 60 characters, control characters and broken surrogates replaced. */
export function shown(text: string): string {
  const cut = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return cut.replace(UNSHOWABLE, "\ufffd");
}

/** A problem of the span of a pattern, with line and column and the section of STIX 2.1 that it goes against. */
export const problemAt = (
  text: string,
  { offset, end }: Span,
  code: string,
  rule: string,
  message: string,
): PatternProblem => ({ code, message, rule: `STIX 2.1 section ${rule}`, offset, end, ...placeOf(text, offset) });

/** Leaves the parser at the first error; `parsePattern` catches it, so that no caller sees it. */
export class PatternStop extends Error {
  readonly problem: PatternProblem;
  constructor(problem: PatternProblem) {
    super(problem.message);
    this.name = "PatternStop";
    this.problem = problem;
  }
}
