/**
 * Words of the pattern language (STIX 2.1 section 9). `quoted` is text in double quotes, which the grammar does not know but some
 * producers write round a path step. `literal` is a constant with a letter before it: `h'…'`, `b'…'`, `t'…'`.
 */
export type Token =
  | { readonly kind: "name" | "string" | "quoted"; readonly text: string }
  | { readonly kind: "literal"; readonly letter: string; readonly text: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "sign"; readonly text: string };

const BLANK = /\s+/y;
const NAME = /[A-Za-z_][A-Za-z0-9_-]*/y;
const NUMBER = /[+-]?(?:(?:0|[1-9]\d*)(?![\d.])|(?:0|[1-9]\d*)?\.\d+)/y;
const SIGN = /==|!=|<>|<=|>=|[[\]():.,*=<>]/y;

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** End of the blanks and comments that begin at `at`; `undefined` if a comment has no end. */
function skip(text: string, at: number): number | undefined {
  let i = at;
  for (;;) {
    const blank = match(BLANK, text, i);
    if (blank !== undefined) i += blank.length;
    else if (text.startsWith("//", i)) {
      const end = text.indexOf("\n", i);
      i = end === -1 ? text.length : end;
    } else if (text.startsWith("/*", i)) {
      const end = text.indexOf("*/", i + 2);
      if (end === -1) return undefined;
      i = end + 2;
    } else return i;
  }
}

/** The text between quotes that begin at `at`, its escapes (quote and backslash, no other) resolved, and where it ends. */
function readQuoted(text: string, at: number): { readonly text: string; readonly end: number } | undefined {
  const quote = text.charAt(at);
  let out = "";
  let from = at + 1;
  for (let i = from; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === quote) return { text: out + text.slice(from, i), end: i + 1 };
    if (char !== "\\") continue;
    const escaped = text.charAt(i + 1);
    if (escaped !== quote && escaped !== "\\") return undefined;
    out += text.slice(from, i) + escaped;
    i += 1;
    from = i + 1;
  }
  return undefined;
}

function nextToken(text: string, at: number): { readonly token: Token; readonly end: number } | undefined {
  const first = text.charAt(at);
  const prefixed = /[hbt]/.test(first) && text.charAt(at + 1) === "'";
  if (first === "'" || first === '"' || prefixed) {
    const read = readQuoted(text, prefixed ? at + 1 : at);
    if (read === undefined) return undefined;
    if (prefixed) return { token: { kind: "literal", letter: first, text: read.text }, end: read.end };
    return { token: { kind: first === "'" ? "string" : "quoted", text: read.text }, end: read.end };
  }
  for (const [kind, shape] of [
    ["name", NAME],
    ["number", NUMBER],
    ["sign", SIGN],
  ] as const) {
    const found = match(shape, text, at);
    if (found !== undefined) return { token: { kind, text: found }, end: at + found.length };
  }
  return undefined;
}

/** The tokens of a pattern, or `undefined` where something is none. Linear in the length. */
export function tokenise(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at: number | undefined = skip(text, 0); ; ) {
    if (at === undefined) return undefined;
    if (at === text.length) return tokens;
    const next = nextToken(text, at);
    if (next === undefined) return undefined;
    tokens.push(next.token);
    at = skip(text, next.end);
  }
}
