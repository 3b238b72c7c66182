import { createHmac } from "node:crypto";
import type { Label } from "../../schemas/policy/label.ts";
import { personalSelectors } from "../../schemas/stix/revenue/personal-data.ts";
import { covers } from "./selector.ts";
import type { StixJson } from "./steps.ts";
import { queryTerms, termsOf } from "./terms.ts";

/**
 * What the indexes of a store hold of content (design 5, encryption at rest): values as keyed hashes, always; search words as keyed hashes where the row says
 * something that is TLP:RED or of persons, and everywhere in a store that is sealed. Who has the files and not the key can neither read nor try words.
 */
export interface IndexKey {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** Every row's words are keyed hashes: the store is sealed. */
  readonly all: boolean;
}

const WORDS_KEPT = 50_000;
const kept = new WeakMap<Uint8Array, Map<string, string>>();

const digest = (key: Uint8Array, purpose: string, text: string): string =>
  createHmac("sha256", key).update(purpose).update("\0").update(text).digest("hex");

/** A search word as a keyed hash of 80 bits. No word of a text starts with its sign. */
function keyedWord(key: Uint8Array, word: string): string {
  const words = kept.get(key) ?? new Map<string, string>();
  const known = words.get(word);
  if (known !== undefined) return known;
  const made = `#${digest(key, "word", word).slice(0, 20)}`;
  if (words.size >= WORDS_KEPT) words.clear();
  words.set(word, made);
  kept.set(key, words);
  return made;
}

/** A value's term as the index holds it: its kind, and a keyed hash of 128 bits. */
export const keyedValue = ({ key }: Pick<IndexKey, "key">, term: string): string =>
  `${term.slice(0, term.indexOf(":"))}:#${digest(key, "value", term).slice(0, 32)}`;

/** Whether what a tier shows is for few eyes: TLP:RED as a whole or where a field rule says so, or of persons (policy 5). */
function isClose(
  shown: StixJson,
  { tlp, fieldRules }: Pick<Label, "tlp" | "fieldRules">,
  cut: readonly string[],
): boolean {
  if (tlp === "RED") return true;
  const open = (selector: string): boolean => !cut.some((outer) => covers(outer, selector));
  if (fieldRules.some((rule) => (rule.tlp === "RED" || rule.pii === true) && rule.selectors.some(open))) return true;
  return personalSelectors(shown).length > 0;
}

/** The words of one object as one tier of this label shows it, as the index holds them: all open, or all keyed. */
export function indexTerms(
  shown: StixJson,
  label: Pick<Label, "tlp" | "fieldRules">,
  cut: readonly string[],
  index: IndexKey,
): string[] {
  const terms = termsOf(shown);
  return index.all || isClose(shown, label, cut) ? terms.map((term) => keyedWord(index.key, term)) : terms;
}

/**
 * The words of a question, each list one way in which a row may hold all of them; none where the question has no words. Beginnings (`word*`) are found
 * among open words only.
 */
export function askedWords(text: string, { key }: IndexKey): readonly (readonly string[])[] {
  const open = queryTerms(text);
  if (open.length === 0) return [];
  return open.some((term) => term.endsWith("*")) ? [open] : [open, open.map((term) => keyedWord(key, term))];
}
