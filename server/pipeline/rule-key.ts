import { sha256 } from "../shared/digest.ts";

/** Keys of detection rules in other languages: the rule's id or name, and a hash of its words without comments (dedup 3, last line; dedup 4). */

interface Words {
  /** Ids or names of the rules in the text. */
  readonly names: readonly string[];
  readonly words: readonly string[];
}

const WORD = /[A-Za-z0-9_$@!?*.\u0080-\uffff]+/y;

/** The end of a text in quotes, or of an expression between slashes, that begins at `at`: behind its last sign, or the end of its line. */
function endOfQuoted(text: string, at: number, sign: string): number {
  for (let i = at + 1; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === "\\") i += 1;
    else if (char === sign) return i + 1;
    else if (char === "\n") return i;
  }
  return text.length;
}

const behind = (text: string, mark: string, from: number): number => {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found + mark.length;
};

/** Signs that comments and quotes begin with, by language. */
interface Lexicon {
  /** Where a comment ends that begins at `at`; `fresh` if only blanks stand before it in its line. */
  readonly comment: (text: string, at: number, fresh: boolean) => number | undefined;
  readonly quotes: string;
}

/** The words of a text: names and numbers, texts in quotes, and every other sign by itself. Blanks and comments are none. */
function wordsOf(text: string, { comment, quotes }: Lexicon): string[] {
  const words: string[] = [];
  let fresh = true;
  for (let at = 0; at < text.length; ) {
    const char = text.charAt(at);
    const end = comment(text, at, fresh);
    const blank = /\s/.test(char);
    fresh = end === undefined ? char === "\n" || (fresh && blank) : text.charAt(end - 1) === "\n";
    if (end !== undefined) at = end;
    else if (blank) at += 1;
    else if (quotes.includes(char)) {
      const close = endOfQuoted(text, at, char);
      words.push(text.slice(at, close));
      at = close;
    } else {
      WORD.lastIndex = at;
      const word = WORD.exec(text)?.[0] ?? char;
      words.push(word);
      at += word.length;
    }
  }
  return words;
}

/** YARA: two kinds of comments; a slash begins an expression, since division is written with a backslash. */
const YARA: Lexicon = {
  quotes: '"/',
  comment: (text, at) => {
    if (text.startsWith("//", at)) return behind(text, "\n", at);
    return text.startsWith("/*", at) ? behind(text, "*/", at + 2) : undefined;
  },
};

function yara(text: string): Words {
  const words = wordsOf(text, YARA);
  return {
    words,
    names: words.flatMap((word, i) => (word === "rule" && words[i + 1] !== undefined ? [words[i + 1] ?? ""] : [])),
  };
}

/** Snort and Suricata: a line that begins with # is a comment, a backslash at the end of a line joins it with the next. */
const SNORT: Lexicon = {
  quotes: '"',
  comment: (text, at, fresh) => {
    if (text.startsWith("\\\n", at) || text.startsWith("\\\r\n", at)) return behind(text, "\n", at);
    return fresh && text.charAt(at) === "#" ? behind(text, "\n", at) : undefined;
  },
};

function snort(text: string): Words {
  const words = wordsOf(text, SNORT);
  const optionAt = (name: string, i: number): string | undefined =>
    words[i] === name && words[i + 1] === ":" ? words[i + 2] : undefined;
  return { words, names: words.flatMap((_, i) => optionAt("sid", i) ?? []) };
}

/** The line of a YAML text without its comment and the blanks at its end. A # within a word or within quotes begins none. */
function withoutComment(line: string): string {
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i);
    const before = i === 0 ? " " : line.charAt(i - 1);
    if (quote !== "") {
      if (char === "\\" && quote === '"') i += 1;
      else if (char === quote) quote = "";
    } else if ((char === '"' || char === "'") && /[\s:,[{(-]/.test(before)) quote = char;
    else if (char === "#" && /\s/.test(before)) return line.slice(0, i).trimEnd();
  }
  return line.trimEnd();
}

/** Sigma is YAML: lines and how far they are indented say something, blank lines don't. */
function sigma(text: string): Words {
  const words = text
    .split(/\r\n|\n|\r/)
    .map(withoutComment)
    .filter((line) => line !== "");
  const named = (name: string): string | undefined =>
    words
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim()
      .replace(/^(["'])(.{0,500})\1$/, "$2");
  const name = named("id")?.toLowerCase() ?? named("title");
  return { words, names: name === undefined ? [] : [name] };
}

const LANGUAGES: Readonly<Record<string, (text: string) => Words>> = { yara, sigma, snort, suricata: snort };
/** Longest list of names that stands in a key as it is. */
const LONGEST = 500;

/** What makes a rule the same as another's of its language; `undefined` for other languages, and for a text without a word. */
export function ruleKey(language: string, text: string): string | undefined {
  const read = Object.hasOwn(LANGUAGES, language) ? LANGUAGES[language] : undefined;
  const { names, words } = read?.(text) ?? { names: [], words: [] };
  if (words.length === 0) return undefined;
  return `${language}|${names.join(",").slice(0, LONGEST)}|${sha256(words.join("\n"))}`;
}
