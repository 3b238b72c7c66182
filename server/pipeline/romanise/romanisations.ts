import { KANA_SYSTEMS, romaniseKana, shortVowels } from "./kana.ts";
import {
  KOREAN_SYSTEMS,
  latinSurnameVariants,
  latinSyllableVariants,
  romaniseSyllable,
  romaniseWord,
  surnameVariants,
} from "./korean.ts";

/** At most so many spellings of a name, and so long a name: it is a help for searching, never a proof. */
const MOST = 48;
const LONGEST = 120;

const HANGUL = /^[\uac00-\ud7a3]+$/;
const KANA = /^[\u3041-\u3096\u30a1-\u30fa\u30fc]+$/;
const LATIN = /^[a-z]+$/;

const distinct = (texts: Iterable<string>): string[] => [...new Set(texts)].filter((text) => text !== "");

/** A given name: syllable by syllable, and in one word, each system by itself. */
function givenVariants(hangul: string): string[] {
  const syllables = Array.from(hangul);
  return distinct(
    KOREAN_SYSTEMS.flatMap((system) => {
      const parts = syllables.map((one) => romaniseSyllable(one, system));
      return [parts.join(" "), parts.join("")];
    }),
  );
}

/** A person's name in Hangul is a family name and one or two syllables. */
function koreanPerson(word: string): { surname: readonly string[]; given: readonly string[] } | undefined {
  const letters = Array.from(word);
  if (letters.length < 2 || letters.length > 4) return undefined;
  for (const length of [2, 1]) {
    const surname = surnameVariants(letters.slice(0, length).join(""));
    const given = letters.slice(length).join("");
    if (surname.length > 0 && given.length >= 1 && given.length <= 2) return { surname, given: givenVariants(given) };
  }
  return undefined;
}

const hangulWord = (word: string): string[] => distinct(KOREAN_SYSTEMS.map((system) => romaniseWord(word, system)));

/** Long vowels written out, and short. */
const kanaWord = (word: string): string[] =>
  distinct(
    KANA_SYSTEMS.flatMap((system) => {
      const full = romaniseKana(word, system);
      return [full, shortVowels(full), full.replace(/n(?=[bmp])/g, "m")];
    }),
  );

/** All ways through lists of spellings, one of each, at most so many. */
function across(lists: readonly (readonly string[])[], most: number): string[] {
  let made: string[] = [""];
  for (const list of lists) {
    const next: string[] = [];
    for (const one of list)
      for (const before of made) if (next.length < most) next.push(before === "" ? one : `${before} ${one}`);
    made = next;
  }
  return made;
}

/** A given name in Latin letters: one syllable, or two in one word. */
function latinGiven(word: string): string[] {
  const whole = latinSyllableVariants(word);
  if (whole.length > 0) return [...whole];
  const found: string[] = [];
  for (let at = 2; at <= word.length - 2; at++) {
    const [first, second] = [latinSyllableVariants(word.slice(0, at)), latinSyllableVariants(word.slice(at))];
    if (first.length === 0 || second.length === 0) continue;
    for (const one of first) for (const two of second) found.push(`${one}${two}`, `${one} ${two}`);
  }
  return distinct(found).slice(0, MOST);
}

/** A Korean name in Latin letters: a family name before or behind one to three syllables, and nothing else. */
function latinPerson(words: readonly string[]): string[] {
  if (words.length < 2 || words.length > 4) return [];
  const made: string[] = [];
  for (const [surname, given] of [
    [words[0] ?? "", words.slice(1)],
    [words.at(-1) ?? "", words.slice(0, -1)],
  ] as const) {
    const variants = latinSurnameVariants(surname);
    const parts = given.map(latinGiven);
    if (variants.length === 0 || parts.some((part) => part.length === 0)) continue;
    const names = [...parts.map((part) => part.slice(0, 8))];
    for (const one of across(names, MOST)) for (const other of variants) made.push(`${other} ${one}`);
  }
  return distinct(made);
}

/** Latin letters without their marks, lower case: `ch'ŏng` is `chong`. */
const plainLatin = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f'’ʼ]/g, "")
    .toLowerCase();

/**
 * How a name in Hangul, in kana, or of a Korean in Latin letters is also written: lower case, words with blanks between, at most 48, the name itself
 * left out. Kim and Gim, Lee, Ri, Yi and Rhee; Revised Romanisation, McCune–Reischauer without marks, the North's and passports' habits; Hepburn,
 * Kunrei, Nihon. These are weak: they help to find and may be shown as candidates, and they never merge anything (dedup 4, persona).
 */
export function romanisations(name: string): readonly string[] {
  if (name.length > LONGEST) return [];
  const text = name.normalize("NFKC").trim();
  const words = text.split(/[\s・·.,‐-―-]+/u).filter((word) => word !== "");
  if (words.length === 0 || words.length > 6) return [];
  const latin = words.map(plainLatin);
  const found: string[] = [];
  if (latin.every((word) => LATIN.test(word))) {
    found.push(latin.join(" "), ...latinPerson(latin));
  } else if (words.every((word) => HANGUL.test(word) || KANA.test(word) || LATIN.test(plainLatin(word)))) {
    const person = words.length === 1 ? koreanPerson(words[0] ?? "") : undefined;
    if (person !== undefined) found.push(...across([person.surname, person.given], MOST));
    const lists = words.map((word) =>
      HANGUL.test(word) ? hangulWord(word) : KANA.test(word) ? kanaWord(word) : [plainLatin(word)],
    );
    found.push(...across(lists, MOST));
    // A family name apart from the given one.
    const [first = "", ...given] = words;
    if (given.length > 0 && given.every((word) => HANGUL.test(word)) && surnameVariants(first).length > 0)
      found.push(...across([surnameVariants(first), givenVariants(given.join(""))], MOST));
  }
  const own = text.toLowerCase();
  return distinct(found)
    .filter((one) => one !== own)
    .slice(0, MOST * 2);
}
