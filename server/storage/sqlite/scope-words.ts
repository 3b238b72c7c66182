import type { Connection } from "./connection.ts";
import { encodeScope, encodeTerm } from "./search-words.ts";

/**
 * Which words a scope may hold, for searches over many: a full-text index is entered once for each scope, word and part that it has at the time, some hundred microseconds, which thousands of
 * scopes can't pay. So the words of each scope are kept beside it as 16 bits of a hash each, and only scopes that may hold every word are asked. It may say yes
 * of a word that is not there, never no of one that is: nothing is taken out, and what a scope holds is asked of it alone, so that the other scopes show in no time that
 * a search takes.
 */
const BEGINNING = 3;
/** A scope of more different hashes is always asked: it would say yes too often, and be written again with every document. */
const MOST = 4096;
/** Searches over fewer scopes ask all of them. */
export const MANY_SCOPES = 100;

function hashOf(text: string, length: number, seed: number): number {
  let hash = seed;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash ^ (hash >>> 16)) & 0xffff;
}

const wordHash = (encoded: string): number => hashOf(encoded, encoded.length, 0x811c9dc5);
const beginningHash = (encoded: string): number => hashOf(encoded, BEGINNING, 0x2d358dcc);
/** Keyed words, and others that begin with a sign, are never asked for by their beginnings. */
const hasBeginning = (encoded: string): boolean => encoded.length >= BEGINNING && !encoded.startsWith("_");

/** What a scope has to have for these terms: nothing for a term of which only the first letter or two are said. */
export function askedHashes(terms: readonly string[]): number[] {
  const asked = new Set<number>();
  for (const term of terms) {
    const prefix = term.endsWith("*");
    const encoded = encodeTerm(prefix ? term.slice(0, -1) : term);
    if (!prefix) asked.add(wordHash(encoded));
    else if (hasBeginning(encoded)) asked.add(beginningHash(encoded));
  }
  return [...asked];
}

/** The quoted names of a full-text index and of the table of words beside it. */
export interface SearchTables {
  readonly table: string;
  readonly words: string;
}

/** Hashes by encoded scope, on their way into the table. */
export type FreshWords = Map<string, Set<number>>;

function addEncoded(fresh: FreshWords, scope: string, encoded: string): void {
  let hashes = fresh.get(scope);
  if (hashes === undefined) {
    hashes = new Set();
    fresh.set(scope, hashes);
  }
  hashes.add(wordHash(encoded));
  if (hasBeginning(encoded)) hashes.add(beginningHash(encoded));
}

/** Adds the words of a document in a scope. */
export function addWords(fresh: FreshWords, scope: string, terms: readonly string[]): void {
  const start = encodeScope(scope);
  for (const term of terms) if (term !== "") addEncoded(fresh, start, encodeTerm(term));
}

/** As read: both are in order. (The store is read on the machine that wrote it: the order of bytes is its own.) */
const readHashes = (blob: Buffer): Uint16Array =>
  new Uint16Array(blob.buffer.slice(blob.byteOffset, blob.byteOffset + blob.byteLength));

function has(hashes: Uint16Array, hash: number): boolean {
  let [low, high] = [0, hashes.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const here = hashes[middle] ?? 0;
    if (here === hash) return true;
    if (here < hash) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

const holdsAll = (held: Uint16Array | null | undefined, asked: readonly number[]): boolean =>
  held === undefined || held === null || asked.every((hash) => has(held, hash));

/** The statement that makes the table of these hashes. A scope that gains words gets the next number, so that others read on from the last one that they know. */
export const wordsTable = (table: string): string =>
  `CREATE TABLE ${table} (n INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL UNIQUE, hashes BLOB)`;

/** Keeps what scopes gained, in the transaction that writes the words. */
export function keepWords(on: Connection, table: string, fresh: FreshWords): void {
  const find = on.statement(`SELECT hashes FROM ${table} WHERE scope = ?`);
  const keep = on.statement(`INSERT OR REPLACE INTO ${table} (scope, hashes) VALUES (?, ?)`);
  for (const [scope, hashes] of fresh) {
    const row = find.get(scope);
    if (row !== undefined && row[0] === null) continue;
    const held = row === undefined ? new Uint16Array() : readHashes(row[0] as Buffer);
    const added = [...hashes].filter((hash) => !has(held, hash));
    if (added.length === 0) continue;
    if (held.length + added.length > MOST) {
      keep.run(scope, null);
      continue;
    }
    const all = new Uint16Array(held.length + added.length);
    all.set(held);
    all.set(added, held.length);
    keep.run(scope, Buffer.from(all.sort().buffer));
  }
}

/** Documents' words that are read back together where a store has none of this yet. */
const TOGETHER = 200_000;

/** Fills the table from the full-text index: its vocabulary has the scope in front of each word. */
export function fillWords(on: Connection, { table, words: kept }: SearchTables): void {
  const index = table.slice(1, -1);
  on.db.exec(`DELETE FROM ${kept}`);
  on.db.exec(`CREATE VIRTUAL TABLE temp."words_of" USING fts5vocab(main, '${index}', 'row')`);
  try {
    const words = on.db.prepare<[string, number], string>(
      `SELECT term FROM temp."words_of" WHERE term > ? ORDER BY term LIMIT ?`,
    );
    for (let after = ""; ; ) {
      const some = words.pluck().all(after, TOGETHER);
      const fresh: FreshWords = new Map();
      for (const word of some) addEncoded(fresh, word.slice(0, 16), word.slice(16));
      keepWords(on, kept, fresh);
      if (some.length < TOGETHER) break;
      after = some.at(-1) ?? after;
    }
  } finally {
    on.db.exec(`DROP TABLE temp."words_of"`);
  }
}

/** What one process knows of the words of scopes: each search reads on from where the last one stopped. It may know more than the state that is read, never less. */
export class KnownWords {
  readonly #table: string;
  /** By encoded scope; null for one that is always asked, as one that is not known is. */
  readonly #scopes = new Map<string, Uint16Array | null>();
  #last = 0;
  #there = false;

  constructor({ words }: SearchTables) {
    this.#table = words;
  }

  /** Those of some scopes that may hold all the terms. Only on a connection that reads: what a transaction may yet undo is nothing to be kept. */
  among(on: Connection, scopes: readonly string[], terms: readonly string[]): readonly string[] {
    const asked = askedHashes(terms);
    if (asked.length === 0 || !on.db.readonly || !this.#isThere(on)) return scopes;
    this.#readOn(on);
    return scopes.filter((scope) => holdsAll(this.#scopes.get(encodeScope(scope)), asked));
  }

  /** Whether a scope may hold all the terms, by what stands in the store now. */
  mayHold(on: Connection, scope: string, terms: readonly string[]): boolean {
    if (!this.#isThere(on)) return true;
    const row = on.statement(`SELECT hashes FROM ${this.#table} WHERE scope = ?`).get(encodeScope(scope));
    return holdsAll(
      row === undefined || row[0] === null ? undefined : readHashes(row[0] as Buffer),
      askedHashes(terms),
    );
  }

  /** A store that was written by an older version, and is open for reading only, has no such table. */
  #isThere(on: Connection): boolean {
    this.#there ||=
      on.statement("SELECT 1 FROM sqlite_schema WHERE name = ?").get(this.#table.slice(1, -1)) !== undefined;
    return this.#there;
  }

  #readOn(on: Connection): void {
    const more = on.statement(`SELECT n, scope, hashes FROM ${this.#table} WHERE n > ? ORDER BY n`);
    for (const [n, scope, hashes] of more.iterate(this.#last)) {
      this.#scopes.set(String(scope), hashes === null ? null : readHashes(hashes as Buffer));
      this.#last = Number(n);
    }
  }
}
