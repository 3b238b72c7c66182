/**
 * Words of the search index: `a` to `z`, `0` to `9`, `_` and anything beyond ASCII; other letters are written by their number, one by one, so that the start of
 * a term stays the start of its word and no word holds anything that a regular expression could take for its own grammar.
 */
const PLAIN = /^[a-z0-9\u0080-\ud7ff\ue000-\uffff]*$/;
const OTHERS = /[^a-z0-9\u0080-\u{10ffff}]|\p{Surrogate}/gu;

export const encodeTerm = (term: string): string =>
  PLAIN.test(term) ? term : term.replace(OTHERS, (c) => `_${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** What a stored word has to be for a term that is asked for; a term that ends in `*` is a prefix. A regex literal would find nothing on some servers (design 5). */
export const wordCondition = (term: string): string | { readonly $regex: string } =>
  term.endsWith("*") ? { $regex: `^${encodeTerm(term.slice(0, -1))}` } : encodeTerm(term);
