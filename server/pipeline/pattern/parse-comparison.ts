import { PatternStop, problemAt, type Span, shown } from "./problem.ts";
import { KEYWORDS, type Kind, Scanner } from "./tokens.ts";
import type { Comparison, Constant, Operator, Path, Step } from "./tree.ts";

/** Parentheses within parentheses that are read. Nobody writes a tenth of it, and recursion over a tree stays safe. */
export const DEEPEST = 200;

const OPERATORS: ReadonlySet<string> = new Set([
  "=",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "LIKE",
  "MATCHES",
  "ISSUBSET",
  "ISSUPERSET",
]);
const TEXT_OPERATORS: ReadonlySet<string> = new Set(["LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"]);
const CONSTANTS: ReadonlySet<string> = new Set(["string", "integer", "float", "boolean", "hex", "binary", "timestamp"]);
const KIND_WORDS: Readonly<Record<string, string>> = {
  string: "the text ",
  hex: "the hex constant ",
  binary: "the binary constant ",
  timestamp: "the timestamp ",
  integer: "the number ",
  float: "the number ",
};

/** Recursive descent over the words of a comparison. Only parentheses recurse, and `DEEPEST` bounds them. */
export class ComparisonParser {
  readonly scanner: Scanner;
  #depth = 0;
  constructor(text: string) {
    this.scanner = new Scanner(text);
  }

  /** Stops: the word that stands here is not what may stand here. */
  protected unexpected(expected: string, hint = ""): never {
    const { kind, start, end, text } = this.scanner;
    const found = kind === "end" ? "the end of the pattern" : text.slice(start, end);
    const words = kind === "end" ? found : `${KIND_WORDS[kind] ?? ""}${shown(found)}`;
    const said = hint === "" ? this.#hint() : hint;
    return this.scanner.fail(start, end, `found ${words}, expected ${expected}${said === "" ? "" : `; ${said}`}`, {
      found,
      expected,
    });
  }

  /** What people mean who write the word that stands here. */
  #hint(): string {
    const { kind, value } = this.scanner;
    if (kind === "name" && KEYWORDS.has(value.toUpperCase())) return `keywords are upper case: ${value.toUpperCase()}`;
    if (kind === "name" && /^(?:true|false)$/i.test(value)) return `it is written ${value.toLowerCase()}`;
    if (kind === "name" && /^(?:MINUTES|HOURS|DAYS)$/i.test(value)) return "time is given in SECONDS only";
    return "";
  }

  protected at(kind: Kind): boolean {
    return this.scanner.kind === kind;
  }

  protected isKeyword(word: string): boolean {
    return this.at("keyword") && this.scanner.value === word;
  }

  protected takeKeyword(word: string): boolean {
    if (!this.isKeyword(word)) return false;
    this.scanner.advance();
    return true;
  }

  protected span(offset: number): Span {
    return { offset, end: this.scanner.behind };
  }

  protected nested<T>(read: () => T): T {
    const { start, end, text } = this.scanner;
    this.#depth += 1;
    if (this.#depth > DEEPEST)
      throw new PatternStop(
        problemAt(
          text,
          { offset: start, end },
          "pattern.depth",
          "9.5.3",
          `parentheses stand more than ${DEEPEST} deep here`,
        ),
      );
    this.scanner.advance();
    const inner = read();
    if (!this.at(")")) this.unexpected("a closing parenthesis ) or an operator");
    this.scanner.advance();
    this.#depth -= 1;
    return inner;
  }

  #compJoined(kind: "and" | "or", word: string, read: () => Comparison): Comparison {
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

  protected readonly comparison = (): Comparison => this.#compJoined("or", "OR", this.#compAnd);
  readonly #compAnd = (): Comparison => this.#compJoined("and", "AND", this.#test);

  readonly #test = (): Comparison => {
    const { scanner } = this;
    if (this.at("(")) return this.nested(this.comparison);
    const offset = scanner.start;
    if (this.at("keyword") && (scanner.value === "NOT" || scanner.value === "EXISTS")) {
      const not = this.takeKeyword("NOT");
      if (!this.takeKeyword("EXISTS"))
        this.unexpected("EXISTS", "elsewhere NOT stands between the path and the operator: a:b NOT = 1");
      const path = this.#path();
      return { kind: "exists", path, not, at: this.span(offset) };
    }
    const path = this.#path();
    const not = this.takeKeyword("NOT");
    if (this.takeKeyword("IN")) {
      const set = this.#set();
      return { kind: "in", path, not, set, at: this.span(offset) };
    }
    const operator = this.at("keyword") ? scanner.value : scanner.kind;
    if (!OPERATORS.has(operator)) {
      this.unexpected("an operator: = != < <= > >= IN LIKE MATCHES ISSUBSET ISSUPERSET");
    }
    scanner.advance();
    if (TEXT_OPERATORS.has(operator) && !this.at("string")) this.unexpected(`a text in quotes '…' after ${operator}`);
    if (this.at("boolean") && operator !== "=" && operator !== "!=")
      this.unexpected(`a constant that has an order after ${operator}`);
    const constant = this.constant();
    return { kind: "test", path, not, operator: operator as Operator, constant, at: this.span(offset) };
  };

  protected constant(): Constant {
    const { scanner } = this;
    const { kind, value, start, end } = scanner;
    if (!CONSTANTS.has(kind)) this.unexpected("a constant: '…', a number, true, false, h'…', b'…' or t'…'");
    // The grammar takes a plus sign, the text of the standard has none: it is left out here.
    const text = value.startsWith("+") && (kind === "integer" || kind === "float") ? value.slice(1) : value;
    const constant: Constant = { kind: kind as Constant["kind"], text, at: { offset: start, end } };
    scanner.advance();
    return constant;
  }

  #set(): Constant[] {
    const { scanner } = this;
    if (!this.at("(")) this.unexpected("a list of constants in parentheses");
    scanner.advance();
    const set: Constant[] = [];
    if (!this.at(")")) {
      set.push(this.constant());
      while (this.at(",")) {
        scanner.advance();
        set.push(this.constant());
      }
      if (!this.at(")")) this.unexpected("a comma or a closing parenthesis )");
    }
    scanner.advance();
    return set;
  }

  #path(): Path {
    const { scanner } = this;
    const offset = scanner.start;
    if (!this.at("name")) this.unexpected("a path such as file:name");
    const type = scanner.value;
    scanner.advance();
    if (!this.at(":")) this.unexpected(`a colon after the object type ${shown(type)}`);
    scanner.advance();
    const steps: Step[] = [this.#key()];
    for (;;) {
      if (this.at(".")) {
        scanner.advance();
        steps.push(this.#key());
      } else if (this.at("[")) steps.push(this.#index());
      else return { type, steps, at: this.span(offset) };
    }
  }

  #key(): Step {
    const { scanner } = this;
    const { kind, value, start, end } = scanner;
    if (kind === "name" && value.includes("-"))
      scanner.fail(
        start,
        end,
        `found ${shown(value)}: a step of a path with a hyphen stands between quotes: '${shown(value)}'`,
        {
          found: value,
          expected: `'${value}'`,
        },
      );
    if (kind === "keyword" || kind === "boolean")
      scanner.fail(
        start,
        end,
        `found ${value}, a word of the language: as a step of a path it stands between quotes: '${value}'`,
        {
          found: value,
          expected: `'${value}'`,
        },
      );
    if (kind !== "name" && kind !== "string") this.unexpected("the name of a property, or one between quotes '…'");
    scanner.advance();
    return { kind: "key", name: value };
  }

  #index(): Step {
    const { scanner } = this;
    scanner.advance();
    const { kind, value, start, end } = scanner;
    let step: Step | undefined;
    if (kind === "*") step = { kind: "any" };
    else if (kind === "integer" && value.startsWith("-"))
      scanner.fail(start, end, `found the index ${shown(value)}: items of a list are counted from 0`, { found: value });
    else if (kind === "integer") step = { kind: "index", index: Number(value) };
    if (step === undefined) return this.unexpected("an index from 0, or *");
    if (step.kind === "index" && !Number.isSafeInteger(step.index))
      scanner.fail(start, end, `found the index ${shown(value)}: no list is so long`, { found: value });
    scanner.advance();
    if (!this.at("]")) this.unexpected("a closing bracket ]");
    scanner.advance();
    return step;
  }
}
