import { createHash } from "node:crypto";

/**
 * Words of the search index: each is the encoded scope, at a fixed length, then the encoded term, so that a search touches only the
 * lanes it asks for. Encoded text is `a` to `z`, `0` to `9`, `_` and anything beyond ASCII: one token for the ascii tokeniser, and nothing
 * that a query could take for its own grammar. Letters are encoded one by one, so that the start of a term stays the start of its word.
 */
const PLAIN = /^[a-z0-9\u0080-\ud7ff\ue000-\uffff]*$/;
const OTHERS = /[^a-z0-9\u0080-\u{10ffff}]|\p{Surrogate}/gu;

export const encodeTerm = (term: string): string =>
  PLAIN.test(term) ? term : term.replace(OTHERS, (c) => `_${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

const scopes = new Map<string, string>();
const SCOPES_KEPT = 50_000;

/** 64 bits of a digest: too few to trust alone, so that a search checks the scope of each row it found. */
export function encodeScope(scope: string): string {
  const known = scopes.get(scope);
  if (known !== undefined) return known;
  const encoded = createHash("sha256").update(scope).digest("hex").slice(0, 16);
  if (scopes.size >= SCOPES_KEPT) scopes.clear();
  scopes.set(scope, encoded);
  return encoded;
}

/** The text to index: one word for each term that isn't empty. */
export function indexedWords(scope: string, terms: readonly string[]): string {
  const start = encodeScope(scope);
  let words = "";
  for (const term of terms) if (term !== "") words += `${start}${encodeTerm(term)} `;
  return words;
}

/** An FTS5 query: rows of any of the scopes that hold all the terms; a term that ends in `*` is a prefix. */
export function wordQuery(asked: readonly string[], terms: readonly string[]): string {
  const starts = asked.map(encodeScope);
  return terms
    .map((term) => {
      const prefix = term.endsWith("*");
      const encoded = encodeTerm(prefix ? term.slice(0, -1) : term);
      return `(${starts.map((start) => `"${start}${encoded}"${prefix ? " *" : ""}`).join(" OR ")})`;
    })
    .join(" AND ");
}
