import type mongoose from "mongoose";
import { merge } from "../merge.ts";
import { compareKeys } from "../order.ts";
import type { Collection, Doc, Picked, Scalar, Scan, Stored } from "../port.ts";
import { orMissing, type Seal } from "../seal/seal.ts";
import { decode, NO_TERMS, type Picking, pickingOf, type Raw } from "./codec.ts";
import type { Layout } from "./layout.ts";
import { misuse } from "./mongo-fault.ts";
import { planFind, planScan, planSearch, planTally, type Query, type ScanPlan } from "./scan-plan.ts";

export type Session = mongoose.mongo.ClientSession;
export type RawCollection = mongoose.mongo.Collection<Raw>;
type Projection = Readonly<Record<string, 0 | 1>>;

/** A collection as one reader of it has it: alone, or in a session whose reads see one state. */
export interface Reach {
  readonly collection: RawCollection;
  readonly session: Session | undefined;
  readonly seal: Seal;
}

/** Reads of one collection. Those that take several queries want a session whose reads see one state: `queries` says how many they take. */
export type CollectionReads<T extends Doc> = Pick<
  Collection<T>,
  "get" | "getMany" | "scan" | "pick" | "find" | "all" | "count" | "tally" | "search"
>;

const IDS_A_QUERY = 1000;

const checkedLimit = (limit: number): number => {
  if (Number.isSafeInteger(limit) && limit >= 1) return limit;
  throw misuse("A limit is a whole number of 1 or more.");
};

/** The server reads one committed state of the store, outside of a transaction too: of a batch all or nothing is seen. */
const how = (session: Session | undefined): { session?: Session; readConcern?: { level: "snapshot" } } =>
  session === undefined ? { readConcern: { level: "snapshot" } } : { session };

/** Whether these reads take more than one query: then they need one state for all of them. */
export const manyQueries = {
  scan: (layout: Layout, scan: Scan): boolean => {
    const plan = planScan(layout, scan);
    return plan.queries.length > 1 || plan.ties;
  },
  ids: (ids: readonly string[]): boolean => ids.length > IDS_A_QUERY,
  find: (layout: Layout, index: string, values: readonly Scalar[]): boolean =>
    planFind(layout, index, values).length > 1,
  tally: (layout: Layout, index: string, prefixes: Scan["prefixes"]): boolean =>
    planTally(layout, index, prefixes).queries.length > 1,
  search: (scopes: readonly string[]): boolean => scopes.length > IDS_A_QUERY,
};

/** The reads over one way to reach a collection. */
export function collectionReads<T extends Doc>(
  layout: Layout,
  { collection, session, seal }: Reach,
): CollectionReads<T> {
  const read = (
    { filter, hint }: Query,
    projection: Projection,
    sort?: ScanPlan["sort"],
    limit?: number,
  ): Promise<Raw[]> => {
    let cursor = collection.find(filter as mongoose.mongo.Filter<Raw>, { ...how(session), hint, projection });
    if (sort !== undefined) cursor = cursor.sort(sort as Record<string, 1 | -1>);
    if (limit !== undefined) cursor = cursor.limit(limit).batchSize(Math.min(limit + 1, 10_000));
    return cursor.toArray();
  };

  /** Documents of what was read; keys that another process made meanwhile are read first. */
  const opened = (raws: readonly Raw[]): Promise<Stored<T>[]> =>
    seal.reading(async () => orMissing(() => raws.map((raw) => decode<T>(layout, raw, seal))));

  const byIds = async (ids: readonly string[], projection: Projection): Promise<Raw[]> => {
    const found: Raw[] = [];
    for (let at = 0; at < ids.length; at += IDS_A_QUERY)
      found.push(
        ...(await collection
          .find({ _id: { $in: ids.slice(at, at + IDS_A_QUERY) } } as mongoose.mongo.Filter<Raw>, {
            ...how(session),
            projection,
          })
          .toArray()),
      );
    return found;
  };

  /** The raw documents of a scan in order, with these fields of them. */
  const scanned = async (scan: Scan, projection: Projection): Promise<Raw[]> => {
    const limit = checkedLimit(scan.limit);
    const plan = planScan(layout, scan);
    const [query, second] = plan.queries;
    if (query === undefined) return [];
    const keyOf = (raw: Raw): Scalar[] => plan.keys.map((key) => raw[key] as Scalar);
    const turn = scan.reverse === true ? -1 : 1;
    const compare = (a: Raw, b: Raw): number => turn * compareKeys(keyOf(a), keyOf(b), plan.keys.length);
    const wanted = plan.ties ? withKeys(projection, plan.keys) : projection;
    if (second === undefined) {
      const found = await read(query, wanted, plan.sort, limit);
      return plan.ties ? settleTies(found, limit, compare, (last) => tied(query, plan, last, wanted)) : found;
    }
    // Keys first: of several queries most of what each gives is not in the page.
    const keys = Object.fromEntries(plan.keys.map((key) => [key, 1 as const]));
    const lists: Raw[][] = [];
    for (const one of plan.queries) {
      const found = await read(one, keys, plan.sort, limit);
      lists.push(plan.ties ? await settleTies(found, limit, compare, (last) => tied(one, plan, last, keys)) : found);
    }
    const sources = lists.map((list) => {
      let at = 0;
      return (): Raw | undefined => list[at++];
    });
    // A document that stands under two values of a multi index comes twice in a row.
    const chosen = merge(sources, compare, limit, (raw, last) => last === undefined || raw._id !== last._id);
    const held = new Map(
      (
        await byIds(
          chosen.map(({ _id }) => _id),
          { ...projection, _id: 1 },
        )
      ).map((raw) => [raw._id, raw]),
    );
    return chosen.flatMap(({ _id }) => held.get(_id) ?? []);
  };

  /** All that has the same keys, ids apart, as the last document of a page. */
  const tied = ({ filter, hint }: Query, { keys }: ScanPlan, last: Raw, projection: Projection): Promise<Raw[]> => {
    const same = Object.fromEntries(keys.slice(0, -1).map((key) => [key, last[key]]));
    return read({ filter: { $and: [filter, same] }, hint }, projection);
  };

  return {
    async get(id) {
      const raw = await collection.findOne({ _id: id } as mongoose.mongo.Filter<Raw>, {
        ...(session === undefined ? {} : { session }),
        projection: NO_TERMS,
      });
      // Text with half a surrogate pair is sent as another text: what was found has to have the id that was asked for.
      return raw === null || raw._id !== id ? undefined : (await opened([raw as Raw]))[0];
    },

    async getMany(ids) {
      const asked = new Set(ids);
      const found = await byIds([...asked], NO_TERMS);
      return opened(found.filter(({ _id }) => asked.has(_id)));
    },

    async scan(scan) {
      return opened(await scanned(scan, NO_TERMS));
    },

    async pick<K extends keyof T & string>(scan: Scan, fields: readonly K[]): Promise<Picked<T, K>[]> {
      const picking: Picking<T, K> = pickingOf(layout, fields, seal);
      const raws = await scanned(scan, picking.projection);
      return seal.reading(async () => orMissing(() => raws.map(picking.make)));
    },

    async find({ index, values }) {
      const found = new Map<string, Raw>();
      for (const query of planFind(layout, index, values))
        for (const raw of await read(query, NO_TERMS)) found.set(raw._id, raw);
      return opened([...found.values()]);
    },

    async all({ after, limit }) {
      const filter = after === undefined ? {} : { _id: { $gt: after } };
      const most = checkedLimit(limit);
      const found = await collection
        .find(filter as mongoose.mongo.Filter<Raw>, { ...how(session), hint: "_id_", projection: NO_TERMS })
        .sort({ _id: 1 })
        .limit(Math.min(most, 2 ** 31 - 1))
        .toArray();
      return opened(found as Raw[]);
    },

    async count(scan) {
      if (layout.multi.has(scan.index)) {
        const ids = new Set<string>();
        for (const query of planScan(layout, scan).queries)
          for (const raw of await read(query, { _id: 1 })) ids.add(raw._id);
        return ids.size;
      }
      let sum = 0;
      for (const { filter, hint } of planScan(layout, scan).queries)
        sum += await collection.countDocuments(filter as mongoose.mongo.Filter<Raw>, { ...how(session), hint });
      return sum;
    },

    async tally({ index, prefixes, most }) {
      const limit = checkedLimit(most);
      const { queries, by, unwind } = planTally(layout, index, prefixes);
      const counts = new Map<string, number>();
      for (const { filter, hint } of queries) {
        const group = { _id: Object.fromEntries(by.map((field, at) => [`v${at}`, `$${field}`])), n: { $sum: 1 } };
        const [list = ""] = by;
        const steps = [
          { $match: filter },
          ...(unwind ? [{ $unwind: `$${list}` }, { $group: { _id: { id: "$_id", v0: `$${list}` } } }] : []),
          unwind ? { $group: { _id: { v0: "$_id.v0" }, n: { $sum: 1 } } } : { $group: group },
        ];
        for await (const { _id, n } of collection.aggregate<{ _id: Readonly<Record<string, Scalar>>; n: number }>(
          steps,
          {
            ...how(session),
            hint,
          },
        ))
          counts.set(JSON.stringify(by.map((_, at) => _id[`v${at}`])), n);
      }
      return prefixes.map((prefix) => Math.min(limit, counts.get(JSON.stringify(prefix)) ?? 0));
    },

    async search({ scopes, terms, limit, id }) {
      const most = checkedLimit(limit);
      const words = terms.filter((term) => term !== "" && term !== "*");
      const queries = planSearch(layout, scopes, words, id);
      if (words.length === 0) return [];
      const found: Raw[] = [];
      for (const query of queries) {
        if (found.length >= most) break;
        for (const raw of await read(query, NO_TERMS, undefined, most - found.length)) found.push(raw);
      }
      return opened(found);
    },
  };
}

const withKeys = (projection: Projection, keys: readonly string[]): Projection =>
  Object.values(projection).includes(1)
    ? { ...projection, ...Object.fromEntries(keys.map((key) => [key, 1 as const])) }
    : projection;

/**
 * A page that the server sorted by all keys but the id: where it is full, the last documents may be some of several that tie, and which of them came is
 * chance. All of those are read, and the page is put in order.
 */
async function settleTies(
  found: readonly Raw[],
  limit: number,
  compare: (a: Raw, b: Raw) => number,
  tied: (last: Raw) => Promise<readonly Raw[]>,
): Promise<Raw[]> {
  const last = found.at(-1);
  const every = new Map(found.map((raw) => [raw._id, raw]));
  if (last !== undefined && found.length === limit) for (const raw of await tied(last)) every.set(raw._id, raw);
  return [...every.values()].sort(compare).slice(0, limit);
}
