import type { Declared } from "../declared.ts";
import type { SealedBy } from "../seal/seal.ts";
import { misuse } from "./mongo-fault.ts";

/** How a collection's documents are held. Names that start with `_` are the adapter's own; others are fields. */
export interface Layout {
  readonly name: string;
  /** Fields held as they are: text or a number. */
  readonly values: readonly string[];
  /** Fields held as lists of text: those of multi-value indexes. */
  readonly lists: readonly string[];
  /** Those of the lists that `pick` may ask for. */
  readonly hotLists: ReadonlySet<string>;
  /** Hot fields held as their JSON text. */
  readonly json: readonly string[];
  readonly bytes: readonly string[];
  readonly sealedBy: SealedBy | undefined;
  readonly indexes: ReadonlyMap<string, { readonly fields: readonly string[]; readonly unique: boolean }>;
  /** Fields of multi-value indexes, by index name. */
  readonly multi: ReadonlyMap<string, string>;
  readonly search: { readonly scope: string; readonly terms: string } | undefined;
  /** Fields that are not in `_rest`. */
  readonly apart: ReadonlySet<string>;
}

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/** The layout of a declared collection. */
export function layoutOf(spec: Declared): Layout {
  const named = Object.values(spec.indexes).flatMap(({ fields }) => fields);
  const hot = Object.entries(spec.hot ?? {});
  const lists = [...new Set(Object.values(spec.multi ?? {}))];
  const bytes = spec.bytes ?? [];
  const names = [spec.name, ...named, ...hot.map(([field]) => field), ...lists, ...bytes];
  const bad = names.find((field) => field === "id" || field === "rev" || !NAME.test(field));
  if (bad !== undefined)
    throw misuse(`${spec.name}: "${bad}" can't be an indexed field or one of bytes (ties go by id anyway).`);
  const scope = spec.search === undefined ? [] : [spec.search.scope];
  const values = [
    ...new Set([...named, ...scope, ...hot.flatMap(([field, kind]) => (kind === "value" ? [field] : []))]),
  ];
  const json = hot.flatMap(([field, kind]) => (kind === "json" && !lists.includes(field) ? [field] : []));
  const terms = spec.search === undefined ? [] : [spec.search.terms];
  return {
    name: spec.name,
    values,
    lists,
    hotLists: new Set(lists.filter((field) => spec.hot?.[field] !== undefined)),
    json,
    bytes,
    sealedBy: spec.sealedBy,
    indexes: new Map(
      Object.entries(spec.indexes).map(([name, { fields, unique = false }]) => [name, { fields, unique }]),
    ),
    multi: new Map(Object.entries(spec.multi ?? {})),
    search: spec.search,
    apart: new Set(["id", "rev", ...values, ...lists, ...json, ...bytes, ...terms]),
  };
}

/** An index as the server has it. */
export interface IndexDefinition {
  readonly name: string;
  readonly key: Readonly<Record<string, 1>>;
  readonly unique?: true;
  /** A document that lacks one of these is not in the index. */
  readonly partialFilterExpression?: Readonly<Record<string, { readonly $exists: true }>>;
}

/** The name of the index of search terms: no declared one can have it. */
export const SEARCH_INDEX = "_search";
/** Where a document has its search terms. */
export const TERMS = "_t";
/** Where a sealed document says with which data key. */
export const SEALED_WITH = "_key";

/**
 * All indexes of a collection. Ties are broken by id, so every index that is not unique ends with it: a page in the middle of them then costs no more than
 * any other.
 */
export function indexDefinitions(layout: Layout): IndexDefinition[] {
  const ascending = (fields: readonly string[]): Record<string, 1> =>
    Object.fromEntries(fields.map((field) => [field, 1]));
  const there = (fields: readonly string[]): Record<string, { readonly $exists: true }> =>
    Object.fromEntries(fields.map((field) => [field, { $exists: true }]));
  const made: IndexDefinition[] = [];
  for (const [name, { fields, unique }] of layout.indexes)
    made.push({
      name,
      key: ascending(unique ? fields : [...fields, "_id"]),
      ...(unique ? { unique } : {}),
      partialFilterExpression: there(fields),
    });
  for (const [name, field] of layout.multi) made.push({ name, key: ascending([field, "_id"]) });
  if (layout.search !== undefined)
    made.push({
      name: SEARCH_INDEX,
      key: ascending([layout.search.scope, TERMS]),
      partialFilterExpression: there([layout.search.scope, TERMS]),
    });
  return made;
}
