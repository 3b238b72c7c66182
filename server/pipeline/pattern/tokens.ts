import { PatternStop, problemAt, shown } from "./problem.ts";

/** Words of the pattern language (STIX 2.1 section 9; patterning 1). A sign is its own kind, in its one spelling (`==` is `=`). */
export type Kind =
  | "end"
  | "name"
  | "keyword"
  | "string"
  | "integer"
  | "float"
  | "boolean"
  | "hex"
  | "binary"
  | "timestamp"
  | "["
  | "]"
  | "("
  | ")"
  | ":"
  | "."
  | ","
  | "*"
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">=";

export const KEYWORDS: ReadonlySet<string> = new Set(
  "AND OR NOT FOLLOWEDBY LIKE MATCHES ISSUPERSET ISSUBSET EXISTS LAST IN START STOP SECONDS WITHIN REPEATS TIMES".split(
    " ",
  ),
);

/** Of each ASCII character: 1 begins a name, 2 goes on in it (a hyphen too), 4 is a digit, 8 is a blank. */
const CLASS = new Uint8Array(128);
for (let i = 0; i < 26; i++) {
  CLASS[65 + i] = 3;
  CLASS[97 + i] = 3;
}
for (let i = 48; i < 58; i++) CLASS[i] = 6;
CLASS[95] = 3;
CLASS[45] = 2;
for (const code of [9, 10, 11, 12, 13, 32]) CLASS[code] = 8;

const SIGNS: ReadonlyMap<number, Kind> = new Map(
  (["[", "]", "(", ")", ":", ".", ",", "*"] as const).map((sign) => [sign.charCodeAt(0), sign]),
);

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
/** White space of Unicode beyond ASCII (section 9.4). */
const isWideBlank = (code: number): boolean =>
  code === 0x85 ||
  code === 0xa0 ||
  code === 0x1680 ||
  (code >= 0x2000 && code <= 0x200a) ||
  code === 0x2028 ||
  code === 0x2029 ||
  code === 0x202f ||
  code === 0x205f ||
  code === 0x3000;

const TIMESTAMP =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?Z$/;
const HEX = /^[0-9A-Fa-f]*$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const LINE_ENDS = /[\r\n]+/g;
const OTHER_QUOTES = '"`\u2018\u2019\u201c\u201d\u00b4';

/** Reads one word after another; its fields say which one it stands on. Linear in the length of the text. */
export class Scanner {
  readonly text: string;
  kind: Kind = "end";
  /** Of a name, keyword or number the text itself, of a constant what stands between the quotes, escapes resolved. */
  value = "";
  start = 0;
  end = 0;
  /** Where the word before ended. */
  behind = 0;
  /** The next backslash: most patterns have none, and looking for it once keeps constants linear. */
  #backslash = -1;

  constructor(text: string) {
    this.text = text;
    this.advance();
  }

  /** Stops with an error over the words from `offset` to `end`. */
  fail(offset: number, end: number, message: string, more: { found?: string; expected?: string } = {}): never {
    throw new PatternStop({
      ...problemAt(this.text, { offset, end }, "pattern.syntax", "9", message),
      ...more,
    });
  }

  /** Goes to the next word. */
  advance(): void {
    const { text } = this;
    this.behind = this.end;
    const at = this.#skip(this.end);
    this.start = at;
    if (at >= text.length) {
      this.kind = "end";
      this.value = "";
      this.end = text.length;
      return;
    }
    const code = text.charCodeAt(at);
    const sort = code < 128 ? (CLASS[code] ?? 0) : 0;
    if ((sort & 1) !== 0) {
      if (text.charCodeAt(at + 1) === 39 && (code === 98 || code === 104 || code === 116)) this.#literal(code, at);
      else this.#name(at);
    } else if (code === 39) this.#string(at);
    else if (isDigit(code) || code === 43 || code === 45 || (code === 46 && isDigit(text.charCodeAt(at + 1))))
      this.#number(at, code);
    else this.#sign(at, code);
  }

  #skip(from: number): number {
    const { text } = this;
    for (let at = from; ; ) {
      const code = text.charCodeAt(at);
      if (code < 128 ? CLASS[code] === 8 : isWideBlank(code)) at += 1;
      else if (code === 47 && text.charCodeAt(at + 1) === 47) {
        at += 2;
        while (at < text.length && text.charCodeAt(at) !== 10 && text.charCodeAt(at) !== 13) at += 1;
      } else if (code === 47 && text.charCodeAt(at + 1) === 42) {
        const close = text.indexOf("*/", at + 2);
        if (close === -1) this.fail(at, text.length, "the comment that begins here has no end: */ is missing");
        at = close + 2;
      } else return at;
    }
  }

  #name(from: number): void {
    const { text } = this;
    let at = from + 1;
    for (let code = text.charCodeAt(at); code < 128 && ((CLASS[code] ?? 0) & 2) !== 0; code = text.charCodeAt(at))
      at += 1;
    const value = text.slice(from, at);
    this.value = value;
    this.end = at;
    this.kind = value === "true" || value === "false" ? "boolean" : KEYWORDS.has(value) ? "keyword" : "name";
  }

  /** A constant between quotes that begin at `at`: the two escapes are resolved. */
  #string(at: number): void {
    const { text } = this;
    this.kind = "string";
    let close = text.indexOf("'", at + 1);
    if (this.#backslash < at) {
      const found = text.indexOf("\\", at);
      this.#backslash = found === -1 ? text.length : found;
    }
    if (close !== -1 && this.#backslash > close) {
      this.value = text.slice(at + 1, close);
      this.end = close + 1;
      return;
    }
    let out = "";
    let from = at + 1;
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 39) {
        close = i;
        this.value = out + text.slice(from, i);
        this.end = i + 1;
        return;
      }
      if (code !== 92) continue;
      const escaped = text.charCodeAt(i + 1);
      if (escaped !== 39 && escaped !== 92) {
        const found = text.slice(i, i + 2);
        const allowed = "a backslash is written \\\\ and a quote \\', no other escape exists";
        this.fail(
          i,
          i + 2,
          `found ${shown(found)} in a constant: ${allowed} (in JSON each backslash is doubled once more)`,
          {
            found,
            expected: "\\\\ or \\'",
          },
        );
      }
      out += text.slice(from, i) + String.fromCharCode(escaped);
      i += 1;
      from = i + 1;
    }
    this.fail(at, text.length, "the constant that begins here has no end: a quote ' is missing");
  }

  #literal(letter: number, at: number): void {
    const close = this.text.indexOf("'", at + 2);
    if (close === -1) this.fail(at, this.text.length, "the constant that begins here has no end: a quote ' is missing");
    const value = this.text.slice(at + 2, close);
    this.end = close + 1;
    const found = this.text.slice(at, this.end);
    const refuse = (allowed: string): never => this.fail(at, this.end, `found ${shown(found)}: ${allowed}`, { found });
    if (letter === 104) {
      this.kind = "hex";
      this.value = value;
      if (!HEX.test(value) || value.length % 2 !== 0) refuse("h'…' holds pairs of the digits 0-9, a-f");
    } else if (letter === 98) {
      this.kind = "binary";
      this.value = value.replace(LINE_ENDS, "");
      if (!BASE64.test(this.value) || this.value.length % 4 !== 0)
        refuse("b'…' holds base64 with its padding, and is not empty");
    } else {
      this.kind = "timestamp";
      this.value = value;
      if (!TIMESTAMP.test(value)) refuse("t'…' holds a date in UTC such as 2026-04-11T09:30:00Z");
    }
  }

  #number(from: number, first: number): void {
    const { text } = this;
    let at = first === 43 || first === 45 ? from + 1 : from;
    const digits = at;
    while (isDigit(text.charCodeAt(at))) at += 1;
    if (text.charCodeAt(at) === 46 && isDigit(text.charCodeAt(at + 1))) {
      at += 2;
      while (isDigit(text.charCodeAt(at))) at += 1;
      this.kind = "float";
    } else {
      this.kind = "integer";
      if (at === digits) this.#sign(from, first);
      if (text.charCodeAt(at) === 46)
        this.fail(from, at + 1, `found ${shown(text.slice(from, at + 1))}: digits must follow the point of a number`);
      if (text.charCodeAt(digits) === 48 && at > digits + 1)
        this.fail(from, at, `found ${shown(text.slice(from, at))}: a whole number has no leading zero`);
    }
    this.value = text.slice(from, at);
    this.end = at;
  }

  #sign(at: number, code: number): void {
    const { text } = this;
    const next = text.charCodeAt(at + 1);
    let kind = SIGNS.get(code);
    let length = 1;
    if (code === 61) {
      kind = "=";
      if (next === 61) length = 2;
    } else if (code === 33 && next === 61) [kind, length] = ["!=", 2];
    else if (code === 60) {
      if (next === 62) [kind, length] = ["!=", 2];
      else if (next === 61) [kind, length] = ["<=", 2];
      else kind = "<";
    } else if (code === 62) {
      if (next === 61) [kind, length] = [">=", 2];
      else kind = ">";
    }
    if (kind === undefined) this.#stranger(at);
    this.kind = kind;
    this.end = at + length;
    this.value = "";
  }

  #stranger(at: number): never {
    const found = String.fromCodePoint(this.text.codePointAt(at) ?? 0);
    const quotes = OTHER_QUOTES.includes(found) ? ": constants and path steps stand between quotes '…'" : "";
    return this.fail(at, at + found.length, `found ${shown(found)}, which is no part of a pattern here${quotes}`, {
      found,
    });
  }
}
