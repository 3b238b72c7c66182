import { merge, type Source } from "../merge.ts";
import { compareKeys, compareScalars } from "../order.ts";
import type { Scalar } from "../port.ts";
import type { Connection } from "./connection.ts";
import type { ScanPlan } from "./scan-plan.ts";

type Key = readonly Scalar[];
type Prefix = readonly Scalar[];

/** What SQLite reads from JSON text exactly as it would be bound; it may round other numbers. */
export const listable = (prefix: Prefix): boolean =>
  prefix.every((v) => typeof v === "string" || Number.isSafeInteger(v));

/** From here on one statement for the heads of all prefixes is cheaper than one each. */
const MANY = 16;

/**
 * The first `limit` keys of all prefixes, merged in index order; the last value of each is its document's handle. Keys are read in small chunks
 * a prefix, so that the cost follows the page and not what the prefixes hold.
 */
export function mergedKeys(on: Connection, plan: ScanPlan, limit: number, reverse: boolean): Key[] {
  const { prefixes, bounds, keys, indexed, from } = plan;
  const columns = [...keys.slice(0, indexed), plan.handle].join(", ");
  const end = `ORDER BY ${plan.order} LIMIT ?`;
  const share = Math.min(limit, Math.max(2, Math.ceil((2 * limit) / prefixes.length)));

  /** Of an index that leaves the id out: read only for ties. */
  const idOf = (key: Key): Scalar =>
    (on.statement(`SELECT id FROM ${plan.table} WHERE _row = ?`).get(key[indexed])?.[0] as Scalar | undefined) ?? "";
  const compare = (a: Key, b: Key): number => {
    const order = compareKeys(a, b, indexed);
    const settled = order !== 0 || indexed === keys.length ? order : compareScalars(idOf(a), idOf(b));
    return reverse ? -settled : settled;
  };

  const start = (prefix: Prefix): Key[] =>
    on.statement(`SELECT ${columns} FROM ${from} WHERE ${plan.where} ${end}`).all(...prefix, ...bounds, share) as Key[];
  const further = (prefix: Prefix, last: Key, size: number): Key[] => {
    const reached = [...last.slice(0, indexed), ...(plan.ordering.length > indexed ? [idOf(last)] : [])];
    return on
      .statement(`SELECT ${columns} FROM ${from} WHERE ${plan.where} AND ${plan.beyond} ${end}`)
      .all(...prefix, ...bounds, ...reached, size) as Key[];
  };

  const source = (prefix: Prefix, chunk: Key[], asked: number): Source<Key> => {
    let size = asked;
    let rows = chunk;
    let at = 0;
    return () => {
      if (at < rows.length) return rows[at++];
      const last = rows[at - 1];
      if (last === undefined || rows.length < size) return undefined;
      size = Math.min(limit, Math.max(share, 4 * size));
      rows = further(prefix, last, size);
      at = 1;
      return rows[0];
    };
  };

  const sources =
    prefixes.length >= MANY && prefixes.every(listable)
      ? begun(on, plan, limit, reverse).map(({ prefix, key }) => source(prefix, [key], 1))
      : prefixes.map((prefix) => source(prefix, start(prefix), share));
  // The same document under two values of a multi index comes twice in a row.
  return merge(sources, compare, limit, (key, last) => !plan.multi || last === undefined || key[0] !== last[0]);
}

interface Head {
  readonly prefix: Prefix;
  readonly key: Key;
}

/**
 * The first keys of the prefixes that a merge of so many keys can come to, in one statement: of thousands of prefixes those with the least first values, and all
 * that tie with the last of these if one does.
 */
function begun(on: Connection, plan: ScanPlan, limit: number, reverse: boolean): Head[] {
  // Of several documents that are one, more than so many prefixes may be needed.
  if (plan.multi || plan.prefixes.length <= limit + 1) return heads(on, plan, plan.prefixes);
  const first = plan.keys[0] ?? "";
  const lookup = `(SELECT ${first} FROM ${plan.from} WHERE ${plan.whereListed} ORDER BY ${plan.order} LIMIT 1)`;
  const sql = `WITH h AS MATERIALIZED (SELECT p.key AS n, ${lookup} AS v FROM json_each(?) p)
    SELECT n, v FROM h WHERE v IS NOT NULL ORDER BY v${reverse ? " DESC" : ""} LIMIT ?`;
  const text = JSON.stringify(plan.prefixes);
  const ask = (most: number): unknown[][] => on.statement(sql).all(...plan.bounds, text, most);
  const least = ask(limit + 1);
  const tied = least.length > limit && least[limit]?.[1] === least[limit - 1]?.[1];
  const wanted = tied ? ask(-1) : least.slice(0, limit);
  return heads(
    on,
    plan,
    wanted.flatMap(([n]) => {
      const prefix = plan.prefixes[Number(n)];
      return prefix === undefined ? [] : [prefix];
    }),
  );
}

/** The first key of each of these prefixes that has one. Each column is looked up by itself: a subquery that gives one value is what SQLite runs for each prefix. */
function heads(on: Connection, plan: ScanPlan, prefixes: readonly Prefix[]): Head[] {
  const wanted = [...plan.keys.slice(0, plan.indexed), plan.handle];
  const lookups = wanted.map(
    (column) => `(SELECT ${column} FROM ${plan.from} WHERE ${plan.whereListed} ORDER BY ${plan.order} LIMIT 1)`,
  );
  const sql = `SELECT ${lookups.join(", ")} FROM json_each(?) p`;
  const rows = on.statement(sql).all(...wanted.flatMap(() => plan.bounds), JSON.stringify(prefixes));
  return prefixes.flatMap((prefix, at) => {
    const row = rows[at] as Scalar[] | undefined;
    return row === undefined || row[0] === null ? [] : [{ prefix, key: row }];
  });
}
