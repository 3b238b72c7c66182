import { ComparisonParser } from "./parse-comparison.ts";
import { type PatternProblem, PatternStop } from "./problem.ts";
import type { Constant, Pattern, Qualifier } from "./tree.ts";

export type Parsed = { readonly tree: Pattern } | { readonly problem: PatternProblem };

const QUALIFIERS: Readonly<Record<string, Qualifier["kind"]>> = {
  WITHIN: "within",
  REPEATS: "repeats",
  START: "start-stop",
};

/** Observation expressions over comparisons. */
class Parser extends ComparisonParser {
  pattern(): Pattern {
    const { scanner } = this;
    if (this.at("end"))
      scanner.fail(0, scanner.end, "the pattern is empty: an observation expression in square brackets is wanted", {
        found: "the end of the pattern",
        expected: "[",
      });
    const tree = this.#followed();
    if (!this.at("end"))
      this.unexpected("AND, OR, FOLLOWEDBY, a qualifier (WITHIN, REPEATS, START) or the end of the pattern");
    return tree;
  }

  /** Operands joined by one operator, flat: parentheses round one of the same kind say nothing. */
  #joined(kind: "and" | "or" | "followedby", word: string, read: () => Pattern): Pattern {
    const offset = this.scanner.start;
    const first = read();
    if (!this.isKeyword(word)) return first;
    const operands = first.kind === kind ? [...first.operands] : [first];
    while (this.takeKeyword(word)) {
      const next = read();
      if (next.kind === kind) for (const operand of next.operands) operands.push(operand);
      else operands.push(next);
    }
    return { kind, operands, at: this.span(offset) };
  }

  readonly #followed = (): Pattern => this.#joined("followedby", "FOLLOWEDBY", this.#obsOr);
  readonly #obsOr = (): Pattern => this.#joined("or", "OR", this.#obsAnd);
  readonly #obsAnd = (): Pattern => this.#joined("and", "AND", this.#qualified);

  readonly #qualified = (): Pattern => {
    const offset = this.scanner.start;
    let operand = this.#atom();
    const seen = new Set<string>();
    while (this.at("keyword")) {
      const { value, start, end } = this.scanner;
      const kind = Object.hasOwn(QUALIFIERS, value) ? QUALIFIERS[value] : undefined;
      if (kind === undefined) break;
      if (seen.has(kind))
        this.scanner.fail(
          start,
          end,
          `${value} stands twice on one expression: once is allowed, and parentheses make a new expression`,
          { found: value },
        );
      seen.add(kind);
      const qualifier = this.#qualifier(kind);
      operand = { kind: "qualified", operand, qualifier, at: this.span(offset) };
    }
    return operand;
  };

  #qualifier(kind: Qualifier["kind"]): Qualifier {
    const { scanner } = this;
    const offset = scanner.start;
    scanner.advance();
    if (kind === "start-stop") {
      const start = this.#timestamp();
      if (!this.takeKeyword("STOP")) this.unexpected("STOP and a timestamp t'…'");
      const stop = this.#timestamp();
      return { kind, start, stop, at: this.span(offset) };
    }
    const wanted = kind === "within" ? "a positive number of seconds" : "a positive whole number";
    const isNumber = this.at("integer") || (kind === "within" && this.at("float"));
    if (!isNumber || scanner.value.startsWith("-")) this.unexpected(wanted);
    const number = this.constant();
    if (kind === "within") {
      if (!this.takeKeyword("SECONDS")) this.unexpected("SECONDS");
      return { kind, seconds: number, at: this.span(offset) };
    }
    if (!this.takeKeyword("TIMES")) this.unexpected("TIMES");
    return { kind, times: number, at: this.span(offset) };
  }

  #timestamp(): Constant {
    if (!this.at("timestamp"))
      this.unexpected("a timestamp t'…'", this.at("string") ? "in STIX 2.1 the letter t stands before the quote" : "");
    return this.constant();
  }

  #atom(): Pattern {
    const { scanner } = this;
    if (this.at("(")) return this.nested(this.#followed);
    if (!this.at("[")) this.unexpected("[ or (", this.at("name") ? "comparisons stand in square brackets" : "");
    const offset = scanner.start;
    scanner.advance();
    const test = this.comparison();
    if (!this.at("]")) this.unexpected("AND, OR or a closing bracket ]");
    scanner.advance();
    return { kind: "observation", test, at: this.span(offset) };
  }
}

/**
 * The tree of a pattern, or the first thing in it that is no part of the language (STIX 2.1 section 9, patterning 1). Linear in the
 * length; never throws. Parentheses that change nothing leave no trace, and more than `DEEPEST` of them within each other are a problem.
 */
export function parsePattern(text: string): Parsed {
  try {
    return { tree: new Parser(text).pattern() };
  } catch (stop) {
    if (stop instanceof PatternStop) return { problem: stop.problem };
    throw stop;
  }
}
