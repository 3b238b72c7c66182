import type { StixJson } from "./steps.ts";

/** Words of a text for search: normalised (NFKC, lower case); scripts without blanks in two-character pieces (design 5). */
const ASCII_ONLY = /^[\x20-\x7e\s]*$/;
const ASCII_WORDS = /[a-z0-9]+/g;
const WORDS = /[\p{L}\p{N}\p{M}]+/gu;
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/gu;
const LONGEST = 48;
/** A text over this length is searched by its beginning. */
const TEXT_LIMIT = 20_000;

function addDense(word: string, into: Set<string>): string {
  return word.replace(DENSE, (run) => {
    const letters = Array.from(run);
    if (letters.length === 1) into.add(run);
    for (let i = 0; i + 1 < letters.length; i++) into.add(`${letters[i]}${letters[i + 1]}`);
    return " ";
  });
}

/** Adds the words of a text. */
export function addTerms(text: string, into: Set<string>): void {
  const cut = text.length > TEXT_LIMIT ? text.slice(0, TEXT_LIMIT) : text;
  if (ASCII_ONLY.test(cut)) {
    for (const word of cut.toLowerCase().match(ASCII_WORDS) ?? []) if (word.length <= LONGEST) into.add(word);
    return;
  }
  for (const word of cut.normalize("NFKC").toLowerCase().match(WORDS) ?? []) {
    for (const part of addDense(word, into).split(" ")) if (part !== "" && part.length <= LONGEST) into.add(part);
  }
}

/** The words of a question, in no order. A word ending in `*` asks for its beginnings. */
export function queryTerms(text: string): string[] {
  const terms = new Set<string>();
  for (const part of text.split(/\s+/)) {
    const own = new Set<string>();
    addTerms(part, own);
    const words = [...own];
    const last = words.at(-1);
    if (part.endsWith("*") && last !== undefined) words[words.length - 1] = `${last}*`;
    for (const word of words) terms.add(word);
  }
  return [...terms];
}

const TEXT_PROPERTIES = [
  "name",
  "description",
  "value",
  "pattern",
  "abstract",
  "content",
  "opinion",
  "explanation",
  "objective",
  "path",
  "display_name",
  "user_id",
  "account_login",
  "subject",
  "relationship_type",
  "statement",
] as const;
const LIST_PROPERTIES = [
  "aliases",
  "labels",
  "indicator_types",
  "malware_types",
  "threat_actor_types",
  "report_types",
  "sectors",
  "roles",
  "goals",
] as const;

/** The search words of one object as one tier shows it: from what that tier shows and nothing else (policy 5). */
export function termsOf(object: StixJson): string[] {
  const terms = new Set<string>();
  for (const name of TEXT_PROPERTIES) {
    const text = object[name];
    if (typeof text === "string") addTerms(text, terms);
  }
  for (const name of LIST_PROPERTIES) {
    const list = object[name];
    if (Array.isArray(list)) for (const text of list) if (typeof text === "string") addTerms(text, terms);
  }
  const references = object.external_references;
  if (Array.isArray(references)) {
    for (const reference of references as StixJson[]) {
      if (typeof reference?.external_id === "string") addTerms(reference.external_id, terms);
      if (typeof reference?.source_name === "string") addTerms(reference.source_name, terms);
    }
  }
  const hashes = object.hashes;
  if (typeof hashes === "object" && hashes !== null)
    for (const hash of Object.values(hashes)) if (typeof hash === "string") addTerms(hash, terms);
  return [...terms];
}
