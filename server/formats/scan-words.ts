/** Words of a report: what stands between blanks, quotes and table cells, with the decoration of markdown and AsciiDoc off. */

export interface Word {
  /** As it stands in the text. */
  readonly given: string;
  /** Of `given` in the text, in UTF-16 units. */
  readonly offset: number;
  /** `given` without characters of no width. */
  readonly clean: string;
}

const ENDS = new Set('"`|“”„«»‹›「」『』《》【】、，；：（）！？…\u2028\u2029');
const BLANK = /\s/;
const ASCII_WORD = /[A-Za-z0-9]/;
/** Han, kana and Hangul: particles follow a value without a blank. */
const CJK = /[\u1100-\u11ff\u3005-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff66-\uff9f]/;
const FULL_WIDTH_STOP = "\u3002\uff0e\uff61";
const NO_WIDTH = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]/g;
/** `<user_id>` inside a URL stands for a part that varies; `<br>` and the like are markup. */
const PLACEHOLDER =
  /<(?!(?:a|b|br|p|i|u|em|li|td|tr|th|ul|ol|div|span|strong|code|pre|hr|sup|sub)>)[A-Za-z_][A-Za-z0-9_-]{0,40}>/y;
const DEFANG_PAREN = /\((?:\.|@|dot|at)\)/iy;

const scheme = (text: string, start: number, end: number): boolean =>
  text.slice(start, Math.min(end, start + 40)).includes("://") ||
  /^[("'<[*+_~]{0,6}(?:hxx|fxp|meow|htt|ftp)/i.test(text.slice(start, start + 12));

/** Where the word that starts at `start` ends. */
function endOfWord(text: string, start: number): number {
  let inUrl = false;
  for (let i = start; i < text.length; i++) {
    const char = text.charAt(i);
    const before = i > start ? text.charAt(i - 1) : "";
    if (char === ":" || char === "]") inUrl ||= scheme(text, start, i + 3);
    if (ENDS.has(char) || BLANK.test(char) || char === ">") return i;
    if (char === "<") {
      PLACEHOLDER.lastIndex = i;
      if (!inUrl || !PLACEHOLDER.test(text)) return i;
      i = PLACEHOLDER.lastIndex - 1;
    } else if (char === "," || char === ";") {
      if (!inUrl || /^.(?:h(?:tt|xx)ps?|ftp)\b/i.test(text.slice(i, i + 7))) return i;
    } else if (char === "(") {
      DEFANG_PAREN.lastIndex = i;
      if (before === "]" || !(inUrl || i === start || DEFANG_PAREN.test(text))) return i;
    } else if (FULL_WIDTH_STOP.includes(char)) {
      if (!(ASCII_WORD.test(before) && ASCII_WORD.test(text.charAt(i + 1)))) return i;
    } else if (i > start) {
      // A value ends where the script changes without a mark between: "example[.]com에서", "주소는example[.]com".
      if (CJK.test(char) && (ASCII_WORD.test(before) || before === "]" || before === ")")) return i;
      if (!inUrl && CJK.test(before) && ASCII_WORD.test(char)) return i;
    }
  }
  return text.length;
}

const LEAD = /^[\s'*~+([{.,;:!?=@#‘’\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff-]+/;
const TRAIL = "'*~,;:!?.‘’\\";

/** Offsets of a word without the marks around it. Brackets go only where they have no partner inside. */
function trim(word: string): readonly [start: number, end: number] {
  if (/^\[[0-9A-Fa-f:.]{4,45}\](?::\d{1,5})?$/.test(word)) return [0, word.length];
  let start = LEAD.exec(word)?.[0].length ?? 0;
  let trail = word.slice(0, start).includes("+") ? `${TRAIL}+` : TRAIL;
  if (word[start] === "_" && word.endsWith("_")) {
    start++;
    trail += "_";
  }
  let end = word.length;
  const excess: Record<string, number> = { ")": 0, "]": 0, "}": 0 };
  const partner: Record<string, string> = { "(": ")", "[": "]", "{": "}" };
  for (let i = start; i < end; i++) {
    const char = word.charAt(i);
    const closes = partner[char];
    if (closes !== undefined) excess[closes] = (excess[closes] ?? 0) - 1;
    else if (excess[char] !== undefined) excess[char] = (excess[char] ?? 0) + 1;
  }
  while (end > start) {
    const last = word.charAt(end - 1);
    if ((excess[last] ?? 0) > 0) excess[last] = (excess[last] ?? 0) - 1;
    else if (!trail.includes(last) && last.search(NO_WIDTH) !== 0) break;
    end--;
  }
  return [start, end];
}

/** An AsciiDoc link macro (`https://…[label]`) or an opened bracket that never closes ends a URL. */
function cutLabel(word: string): string {
  const after = word.indexOf("://");
  if (after < 0) return word;
  const query = word.indexOf("?", after);
  for (let at = word.indexOf("[", after + 3); at >= 0 && (query < 0 || at < query); at = word.indexOf("[", at + 1)) {
    const rest = word.slice(at, at + 5);
    if (at > after + 3 && !/^\[(?:[.:@\]。．｡]|dot\]|at\])/i.test(rest)) return word.slice(0, at);
  }
  return word;
}

export const withoutWidthless = (text: string): string => text.replace(NO_WIDTH, "");

/** Whether a text is one word to its end: no blank, no separator, no change of script inside it. */
export const isOneWord = (text: string): boolean => endOfWord(text, 0) === text.length;

/** All words of a text in order. `from` is the offset of the text in a larger one. Linear in its length. */
export function* scanWords(text: string, from = 0): Generator<Word> {
  for (let start = 0; start < text.length; ) {
    const end = endOfWord(text, start);
    if (end === start) {
      start++;
      continue;
    }
    if (end - start >= 4) {
      const word = text.slice(start, end);
      const [left, right] = trim(word);
      const given = cutLabel(word.slice(left, right));
      if (given.length >= 4) yield { given, offset: from + start + left, clean: withoutWidthless(given) };
    }
    start = end;
  }
}
