/** Anything that `refang` could change: a test of the whole text that costs one scan. */
const CANDIDATE = /[[({\\\u3002\uff0e\uff61]|hxx|fxp|meow/i;
const WORD = /[\p{L}\p{N}_-]/u;
const HOST = /[A-Za-z0-9-]/;
const FULL_WIDTH_DOTS = "\u3002\uff0e\uff61";

/** What stands between brackets and what it means, by the bracket that closes it. `(at)` is prose unless within a word. */
const BRACKETED: ReadonlyMap<string, readonly (readonly [open: string, meaning: string])[]> = new Map([
  [
    "]",
    [
      ["[dot", "."],
      ["[://", "://"],
      ["[at", "@"],
      ["[.", "."],
      ["[\u3002", "."],
      ["[\uff0e", "."],
      ["[\uff61", "."],
      ["[:", ":"],
      ["[@", "@"],
    ],
  ],
  [
    ")",
    [
      ["(dot", "."],
      ["(at", "@"],
      ["(.", "."],
      ["(@", "@"],
    ],
  ],
  [
    "}",
    [
      ["{dot", "."],
      ["{at", "@"],
      ["{.", "."],
    ],
  ],
]);

const SCHEMES: readonly (readonly [defanged: string, live: string])[] = [
  ["hxxps", "https"],
  ["hxxp", "http"],
  ["fxp", "ftp"],
  ["meow", "http"],
];

/** The output as single UTF-16 units: a string would be copied at each look at its end. */
type Output = string[];

function endsWith(out: Output, lower: string): boolean {
  const start = out.length - lower.length;
  for (let i = 0; i < lower.length; i++) if (out[start + i]?.toLowerCase() !== lower[i]) return false;
  return true;
}

/** Makes a defanged scheme at the end of the output live. It counts only where a word begins. */
function liveScheme(out: Output): void {
  for (const [defanged, live] of SCHEMES) {
    if (!endsWith(out, defanged)) continue;
    const start = out.length - defanged.length;
    if (start > 0 && /[A-Za-z0-9]/.test(out[start - 1] ?? "")) continue;
    out.length = start;
    out.push(...live);
    return;
  }
}

/** Appends one character, given the two that follow it in the input. */
function append(out: Output, char: string, next: string): void {
  const within = HOST.test(next.charAt(0));
  if (char === ":" && next === "//") liveScheme(out);
  if (char === "." && within && out.at(-1) === "\\" && HOST.test(out.at(-2) ?? "")) out.pop();
  out.push(FULL_WIDTH_DOTS.includes(char) && within && HOST.test(out.at(-1) ?? "") ? "." : char);
}

/** Appends a closing bracket, or the meaning of the defanging token that ends with it. */
function close(out: Output, bracket: string, next: string): void {
  for (const [open, meaning] of BRACKETED.get(bracket) ?? []) {
    if (!endsWith(out, open)) continue;
    const before = out[out.length - open.length - 1] ?? "";
    if (bracket !== "]" && open.length > 2 && !(WORD.test(before) && WORD.test(next.charAt(0)))) continue;
    out.length -= open.length;
    if (meaning === "://") {
      liveScheme(out);
      out.push(...meaning);
    } else append(out, meaning, next);
    return;
  }
  out.push(bracket);
}

/**
 * Text with the usual defanging undone (dedup 4): `[.] (.) {.} [dot] (dot) [:] [://] [@] [at] (at)`, `hxxp`, `hXXps`, `fxp`,
 * `meow` before `://`, a backslash before a dot and full-width dots within a word. Nothing else changes, and a text
 * without such a token comes back as it is. Linear in the length; `refang(refang(x))` is `refang(x)`, nested brackets included.
 */
export function refang(text: string): string {
  if (!CANDIDATE.test(text)) return text;
  const out: Output = [];
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    const next = text.slice(i + 1, i + 3);
    if (BRACKETED.has(char)) close(out, char, next);
    else append(out, char, next);
  }
  return out.join("");
}
