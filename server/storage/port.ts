import type { z } from "zod";

/**
 * The storage port: a handful of collections with declared indexes. There is no query without a declared index, which
 * keeps the cost of a read with the page and not with the store. Two adapters implement it (`sqlite/`, `mongo/`), and one contract suite
 * (`test/contract/`) says what every word here means.
 */

/**
 * A document has a string id. Field values in indexes are strings, finite numbers or absent (a document that lacks one of an index's fields is not in
 * that index). One field holds text in all documents or numbers in all; text is in the order of its UTF-8 bytes. Ids and indexed text are well-formed Unicode: half a surrogate pair is refused
 * with `store.text`, so check input before it gets here.
 */
// No interface, since none counts as a record of its fields: adapters and backups read and write fields by their names.
export type Doc = { readonly id: string };
/** As read: `rev` counts the writes of this document, from 1. `put` compares it. */
export type Stored<T extends Doc> = T & { readonly rev: number };
export type Scalar = string | number;
/** Some fields of a document; of bytes the text that they are in UTF-8. */
export type Picked<T extends Doc, K extends keyof T> = {
  readonly [P in K]: T[P] extends Uint8Array ? string : T[P];
};

export interface CollectionSpec<T extends Doc> {
  readonly name: string;
  /** The shape of a document, checked by tests and by `tricord store verify`, not on each read. */
  readonly shape: z.ZodType<T>;
  /** Ordered indexes: equality on leading fields, then a range on the next, ties by id. `unique` refuses a second document with the same values.
   * `few` says that few documents share all the values of this index (a thing's rows): the id is then left out of it, which makes writes cheaper. */
  readonly indexes: Readonly<
    Record<string, { readonly fields: readonly (keyof T & string)[]; readonly unique?: true; readonly few?: true }>
  >;
  /** Multi-value indexes: the field is a list of strings, and the document is found under each. Prefix of one value; ordered by id. */
  readonly multi?: Readonly<Record<string, keyof T & string>>;
  /** Full-text: `terms` is a list of words, each searchable within the value of `scope` (a lane). Terms are written, never read back: a `put` without
   * `terms` leaves them as they are, and has to give them if it changes the scope. */
  readonly search?: { readonly scope: keyof T & string; readonly terms: keyof T & string };
  /** Fields held as bytes (`Uint8Array`), stored behind the byte header and never parsed by the store. */
  readonly bytes?: readonly (keyof T & string)[];
  /** With encryption at rest, bytes and all that has no place of its own (neither indexed nor hot) are sealed, with the data key of this agency (the group's own
   * without) in the month of this instant (ms). A collection without it is stored plain. */
  readonly sealedBy?: { readonly agency?: keyof T & string; readonly at: keyof T & string };
  /** Fields besides the indexed ones that `pick` may ask for, since pages are made of them: kept apart from the rest of a document. `value`: text, a finite number or
   * absent, as in an index; `json`: anything. */
  readonly hot?: Readonly<Partial<Record<keyof T & string, "value" | "json">>>;
  /** `log`: append-mostly records that may live apart, so that writing them never waits for content (same transaction rules do not span both). */
  readonly placement?: "log";
}

export interface Scan {
  readonly index: string;
  /** Values for the leading fields, one list a prefix, all of one length (at most as many as the index has fields). Results of all prefixes are merged by the
   * fields after the prefix, then by id. For a multi index: one value each, merged by id. No prefix at all finds nothing. */
  readonly prefixes: readonly (readonly Scalar[])[];
  /** Bounds on the field after the prefix, or on the id where no field is left: `from` inclusive, `to` exclusive. */
  readonly from?: Scalar;
  readonly to?: Scalar;
  /** Exclusive continuation: what comes after (before, when reversed) this value of the field after the prefix and this id. The prefix has to leave
   * at most one field; where it leaves none, `value` is not looked at. */
  readonly after?: { readonly value: Scalar; readonly id: string };
  readonly reverse?: boolean;
  /** At most this many documents; 1 or more. */
  readonly limit: number;
}

export interface Collection<T extends Doc> {
  get(id: string): Promise<Stored<T> | undefined>;
  /** Those that exist, in no order. */
  getMany(ids: readonly string[]): Promise<Stored<T>[]>;
  /** All or none: an id or unique value that is taken is a `Fault("conflict")`, and the first one stays. */
  insert(docs: readonly T[]): Promise<void>;
  /** Inserts those whose id and unique values are free; gives the ids inserted. */
  insertNew(docs: readonly T[]): Promise<Set<string>>;
  /** Compare and set, whole: replaces the document if its stored `rev` is the one given; else `Fault("conflict")`. */
  put(doc: Stored<T>): Promise<void>;
  /** Removes those that exist. */
  remove(ids: readonly string[]): Promise<void>;
  /** Merged in index order (values, then id; for a multi index by id), each document once. */
  scan(scan: Scan): Promise<Stored<T>[]>;
  /** The same, but of each document only these fields, each of them `id`, indexed, hot or bytes that are well-formed UTF-8: nothing else is read. */
  pick<K extends keyof T & string>(scan: Scan, fields: readonly K[]): Promise<Picked<T, K>[]>;
  /** Every document whose first index field (or, for a multi index, one of whose values) is one of these; each once, in no order. For
   * values under which few documents stand: a thing's rows, an id's versions. */
  find(ask: { readonly index: string; readonly values: readonly Scalar[] }): Promise<Stored<T>[]>;
  /** All documents by id, after this id; at most `limit`. For small collections and for jobs that walk the store. */
  all(ask: { readonly after?: string; readonly limit: number }): Promise<Stored<T>[]>;
  /** Documents under the prefixes within the bounds. */
  count(scan: Omit<Scan, "limit" | "after" | "reverse">): Promise<number>;
  /** How many documents stand under each of these prefixes, in their order, counted no further than `most`: told by the index alone. */
  tally(ask: {
    readonly index: string;
    readonly prefixes: readonly (readonly Scalar[])[];
    readonly most: number;
  }): Promise<number[]>;
  /** Documents of these scopes that hold all the terms (a term ending in `*` is a prefix); at most `limit`, in no promised order. No
   * term finds nothing. `id`: of this document alone, at a cost that does not grow with what else holds the terms. */
  search(ask: {
    readonly scopes: readonly string[];
    readonly terms: readonly string[];
    readonly id?: string;
    readonly limit: number;
  }): Promise<Stored<T>[]>;
}

export interface Unit {
  collection<T extends Doc>(spec: Pick<CollectionSpec<T>, "name" | "shape">): Collection<T>;
}

export interface Storage extends Unit {
  /** What differs between adapters. */
  readonly can: {
    /** Documents one transaction holds. */
    readonly transactionDocuments: number;
    /** Objects of one post that one transaction holds at most; a larger post is worked off as a job, in transactions of its own. */
    readonly postObjects: number;
  };
  /** All of it or nothing, in one place in the order of transactions. After a step that failed the transaction can only fail, whatever `work` makes of it.
   * Inside `work` another transaction, or a write that does not go through the unit, is refused. Reads inside see its writes; readers outside see none before the end.
   * `work` may run again after a transient conflict, so it must have no other effect. Collections of placement `log` may not be touched with others.
   * A lock that others hold is waited for without stopping the event loop, up to a set time: then `Fault("unavailable")`, `store.busy`. */
  transaction<R>(work: (unit: Unit) => Promise<R>): Promise<R>;
  /** Reads that all see one state of the store: the one at the first of them. A write is refused. Keep it short: what it sees is kept for it. */
  snapshot<R>(work: (unit: Unit) => Promise<R>): Promise<R>;
  /** The time by the store's own clock, ms, as of when this resolves: where the store is on another machine, half of the way there and back is taken off. */
  now(): Promise<number>;
  /** With encryption at rest, ids (after this one, in their order) of documents that are stored otherwise than a write would store them now: plain, whole or in part.
   * None where nothing is sealed. A walk of the collection, for a job. */
  unsealed(
    collection: { readonly name: string },
    ask: { readonly after?: string; readonly limit: number },
  ): Promise<string[]>;
  /** Takes from the disk what is stored no more, as far as the engine can: older forms of what was changed. Writers wait meanwhile. */
  scrub(): Promise<void>;
  close(): Promise<void>;
}
