import { compareScalars } from "../order.ts";
import type { Scalar, Scan } from "../port.ts";
import { type Layout, SEARCH_INDEX, TERMS } from "./layout.ts";
import { misuse } from "./mongo-fault.ts";
import { wordCondition } from "./search-terms.ts";

export type Bounds = Omit<Scan, "limit">;
export type Filter = Readonly<Record<string, unknown>>;

/** The server merges up to so many ranges in index order and sorts in memory beyond (order, page). */
const PREFIXES_A_QUERY = 64;
/** Values in a query that promises no order. */
const VALUES_A_QUERY = 1000;

/** One query: it names its index, so that none can fall back to another. */
export interface Query {
  readonly filter: Filter;
  readonly hint: string;
}

/** What a scan comes to: queries whose results, merged by the keys, are the documents in order. */
export interface ScanPlan {
  readonly queries: readonly Query[];
  /** What orders the documents of all prefixes; the last is the id. */
  readonly keys: readonly string[];
  /** How the server sorts: without the id where the index settles the order under one prefix. */
  readonly sort: Readonly<Record<string, 1 | -1>>;
  /** Ties of several prefixes, which come in no order of their ids, are looked up again. */
  readonly ties: boolean;
}

type Prefix = readonly Scalar[];

const distinct = (prefixes: readonly Prefix[]): readonly Prefix[] =>
  prefixes.length < 2 ? prefixes : [...new Map(prefixes.map((prefix) => [JSON.stringify(prefix), prefix])).values()];

const chunks = <T>(items: readonly T[], size: number): (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));

const product = (sets: readonly (readonly Scalar[])[]): number => sets.reduce((sum, values) => sum * values.length, 1);

/**
 * Documents under these prefixes, in as few queries as need no `$or`, which not every server takes through a partial index: where several of the values differ,
 * all their pairs are asked for at once if these are all the pairs there are, else one list for each of the others' values.
 */
function under(fields: readonly string[], prefixes: readonly Prefix[]): Filter[] {
  const sets = fields.map((_, at) => [...new Set(prefixes.map((prefix) => prefix[at] ?? ""))]);
  if (product(sets) === prefixes.length && prefixes.length <= PREFIXES_A_QUERY)
    return [Object.fromEntries(fields.map((field, at) => [field, oneOf(sets[at] ?? [])]))];
  const widest = sets.reduce((best, values, at) => (values.length > (sets[best]?.length ?? 0) ? at : best), 0);
  const groups = new Map<string, Prefix[]>();
  for (const prefix of prefixes) {
    const rest = JSON.stringify(prefix.filter((_, at) => at !== widest));
    groups.set(rest, [...(groups.get(rest) ?? []), prefix]);
  }
  return [...groups.values()].flatMap((group) =>
    chunks(group, PREFIXES_A_QUERY).map((some) =>
      Object.fromEntries(
        fields.map((field, at) => [
          field,
          at === widest ? oneOf(some.map((prefix) => prefix[at] ?? "")) : some[0]?.[at],
        ]),
      ),
    ),
  );
}

const oneOf = (values: readonly Scalar[]): unknown => (values.length === 1 ? values[0] : { $in: values });

/** The fields of an index, and whether they are one list (a multi index). */
function fieldsOf(
  layout: Layout,
  index: string,
): { readonly fields: readonly string[]; readonly multi: boolean; readonly unique: boolean } {
  const ordinary = layout.indexes.get(index);
  if (ordinary !== undefined) return { ...ordinary, multi: false };
  const list = layout.multi.get(index);
  if (list === undefined) throw misuse(`${layout.name} declares no index "${index}".`);
  return { fields: [list], multi: true, unique: false };
}

/** Checks prefixes against the declaration; a breach is `store.misuse`. */
function checked(
  layout: Layout,
  index: string,
  prefixes: readonly Prefix[],
): ReturnType<typeof fieldsOf> & { readonly length: number } {
  const found = fieldsOf(layout, index);
  const length = prefixes[0]?.length ?? 0;
  if (prefixes.some((prefix) => prefix.length !== length)) throw misuse("The prefixes of a scan have one length.");
  if (length > found.fields.length)
    throw misuse(`Index ${layout.name}.${index} has ${found.fields.length} fields, no more.`);
  if (found.multi && prefixes.length > 0 && length !== 1) throw misuse("A prefix of a multi index is one value.");
  return { ...found, length };
}

/** What the first key is bounded by, besides being there. */
function boundsOf({ from, to, after, reverse }: Bounds, keys: readonly string[]): Filter {
  const bounds: Record<string, unknown> = {};
  if (from !== undefined) bounds.$gte = from;
  if (to !== undefined) bounds.$lt = to;
  if (after === undefined) return bounds;
  if (keys.length > 2) throw misuse("To go on after a value, the prefix has to leave at most one field of the index.");
  if (keys.length === 1)
    return { ...bounds, [reverse === true ? "$lt" : "$gt"]: tighter(after.id, bounds, reverse === true) };
  // So that the index is entered where the reader was; the condition on ties only leaves out what is before.
  if (reverse === true) {
    if (bounds.$lt === undefined || compareScalars(after.value, bounds.$lt as Scalar) < 0) bounds.$lte = after.value;
  } else if (bounds.$gte === undefined || compareScalars(after.value, bounds.$gte as Scalar) > 0)
    bounds.$gte = after.value;
  return bounds;
}

/** Of two bounds of one kind the one that leaves less. */
function tighter(id: string, bounds: Readonly<Record<string, unknown>>, reverse: boolean): Scalar {
  const other = reverse ? (bounds.$lt as Scalar | undefined) : undefined;
  return other !== undefined && compareScalars(other, id) < 0 ? other : id;
}

/** Ties at the value a scan goes on after: those past its id. */
function beyond({ after, reverse }: Bounds, keys: readonly string[]): Filter[] {
  const [first = ""] = keys;
  if (after === undefined || keys.length === 1) return [];
  const further = reverse === true ? "$lt" : "$gt";
  return [{ $or: [{ [first]: { [further]: after.value } }, { [first]: after.value, _id: { [further]: after.id } }] }];
}

const joined = (conditions: readonly Filter[]): Filter => {
  const said = conditions.filter((one) => Object.keys(one).length > 0);
  return said.length === 1 ? (said[0] ?? {}) : said.length === 0 ? {} : { $and: said };
};

/** A document without one of the index's fields is not in the index; each is said to be there, as the index's own condition does. */
const there = (tail: readonly string[], first: Filter): Filter =>
  Object.fromEntries(tail.map((field, at) => [field, at === 0 ? { $exists: true, ...first } : { $exists: true }]));

/** Checks a scan against the declaration (a breach is `Fault("internal")`, `store.misuse`) and says how to run it. */
export function planScan(layout: Layout, scan: Bounds): ScanPlan {
  const { fields, multi, unique, length } = checked(layout, scan.index, scan.prefixes);
  const tail = multi ? [] : fields.slice(length);
  const keys = [...tail, "_id"];
  const bounds = boundsOf(scan, keys);
  const own = tail.length === 0 ? (Object.keys(bounds).length === 0 ? {} : { _id: bounds }) : there(tail, bounds);
  const prefixes = distinct(scan.prefixes);
  const roots = prefixes.length === 0 ? [] : under(fields.slice(0, multi ? 1 : length), prefixes);
  const queries = roots.map((root) => ({ filter: joined([root, own, ...beyond(scan, keys)]), hint: scan.index }));
  const settled = unique && tail.length > 0;
  const direction = scan.reverse === true ? -1 : 1;
  return {
    queries,
    keys,
    sort: Object.fromEntries((settled ? tail : keys).map((key) => [key, direction])),
    ties: settled && prefixes.length > 1,
  };
}

/** Queries for every document whose first field (or one of whose values) is one of these. */
export function planFind(layout: Layout, index: string, values: readonly Scalar[]): Query[] {
  const { fields } = checked(
    layout,
    index,
    values.map((value) => [value]),
  );
  const [first = "", ...tail] = fields;
  return chunks([...new Set(values)], VALUES_A_QUERY).map((some) => ({
    filter: { [first]: some.length === 1 ? some[0] : { $in: some }, ...there(tail, {}) },
    hint: index,
  }));
}

/** How the documents under each of these prefixes are counted. */
export interface TallyPlan {
  readonly queries: readonly Query[];
  /** The fields of the prefix: what is counted by. */
  readonly by: readonly string[];
  /** A list holds several values: each is counted. */
  readonly unwind: boolean;
}

/** Counts of many prefixes: of those whose values differ in several fields the pairs that nobody asked for are left out afterwards. */
export function planTally(layout: Layout, index: string, prefixes: readonly Prefix[]): TallyPlan {
  const { fields, multi, length } = checked(layout, index, prefixes);
  const by = fields.slice(0, multi ? 1 : length);
  const queries = chunks(distinct(prefixes), VALUES_A_QUERY).map((some) => {
    const values = by.map((field, at) => {
      const each = [...new Set(some.map((prefix) => prefix[at]))];
      return [field, each.length === 1 ? each[0] : { $in: each }];
    });
    return { filter: { ...Object.fromEntries(values), ...there(fields.slice(by.length), {}) }, hint: index };
  });
  return { queries, by, unwind: multi };
}

/** Queries for the documents of these scopes that hold all the terms, or whether the one with this id does. */
export function planSearch(layout: Layout, scopes: readonly string[], terms: readonly string[], id?: string): Query[] {
  if (layout.search === undefined) throw misuse(`${layout.name} declares no search.`);
  const { scope } = layout.search;
  const words = terms.map((term) => ({ [TERMS]: wordCondition(term) }));
  return chunks([...new Set(scopes)], VALUES_A_QUERY).map((some) => ({
    filter: { ...(id === undefined ? {} : { _id: id }), [scope]: { $in: some }, $and: words },
    hint: id === undefined ? SEARCH_INDEX : "_id_",
  }));
}
