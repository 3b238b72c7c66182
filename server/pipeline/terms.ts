import { REVENUE_EXTENSIONS } from "../../schemas/stix/revenue/extensions.ts";
import { WALLET_FACTS_EXTENSION } from "../../schemas/stix/wallet.ts";
import { romanisations } from "./romanise/romanisations.ts";
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
  "iban",
  "account_number",
  "bic",
  "provider",
  "legal_basis",
  "outcome",
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

/** Types whose names are of people and groups: these are found in other spellings, too. */
const NAMED: ReadonlySet<string> = new Set([
  "identity",
  "threat-actor",
  "intrusion-set",
  "campaign",
  "language-content",
]);
const PLAIN_NAME = /^[\x20-\x7e]*$/;
/** Latin names of several words, which may be a Korean's. */
const SEVERAL = /^\S+[ -]\S/;

/** Names of one object that are spelt in other ways: whoever lists more of them has more than names there. */
const MOST_SPELT = 40;

/** Words on their way into the index, and how many names may still be spelt in other ways. */
class Words extends Set<string> {
  #left = MOST_SPELT;

  /** The words of a name's other spellings (romanisations): weak, so they help to find and nothing else. */
  spell(name: unknown): void {
    if (typeof name !== "string" || this.#left === 0 || (PLAIN_NAME.test(name) && !SEVERAL.test(name))) return;
    this.#left--;
    for (const spelling of romanisations(name)) addTerms(spelling, this);
  }
}

const SPOKEN: ReadonlySet<string> = new Set([...Object.keys(REVENUE_EXTENSIONS), WALLET_FACTS_EXTENSION]);
/** Steps that are gone into below an extension. */
const DEEPEST = 5;

/** The texts of an extension of ours: names, victims, services, actors. What is a reference, a date or a sum says nothing in words. */
function addTexts(value: unknown, depth: number, into: Words): void {
  if (typeof value === "string") addTerms(value, into);
  else if (Array.isArray(value)) for (const item of value) addTexts(item, depth - 1, into);
  else if (typeof value === "object" && value !== null && depth > 0)
    for (const [name, inner] of Object.entries(value)) {
      if (/(?:_refs?|^extension_type|amount|usd|low|high|time|date)$/.test(name)) continue;
      addTexts(inner, depth - 1, into);
      if (name === "name") into.spell(inner);
    }
}

function addExtensions(extensions: unknown, into: Words): void {
  if (typeof extensions !== "object" || extensions === null) return;
  for (const [id, content] of Object.entries(extensions)) if (SPOKEN.has(id)) addTexts(content, DEEPEST, into);
}

/** What a translation says, in all its languages, with the names' other spellings. */
function addContents(contents: unknown, into: Words): void {
  if (typeof contents !== "object" || contents === null) return;
  for (const said of Object.values(contents)) {
    if (typeof said !== "object" || said === null) continue;
    for (const [property, text] of Object.entries(said)) {
      for (const one of Array.isArray(text) ? text : [text]) {
        if (typeof one !== "string") continue;
        addTerms(one, into);
        if (property === "name" || property === "aliases") into.spell(one);
      }
    }
  }
}

/** The search words of one object as one tier shows it: from what that tier shows and nothing else (policy 5). */
export function termsOf(object: StixJson): string[] {
  const terms = new Words();
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
  if (NAMED.has(String(object.type))) {
    terms.spell(object.name);
    if (Array.isArray(object.aliases)) for (const alias of object.aliases) terms.spell(alias);
  }
  if (object.type === "language-content") addContents(object.contents, terms);
  if (object.extensions !== undefined) addExtensions(object.extensions, terms);
  const hashes = object.hashes;
  if (typeof hashes === "object" && hashes !== null)
    for (const hash of Object.values(hashes)) if (typeof hash === "string") addTerms(hash, terms);
  return [...terms];
}
