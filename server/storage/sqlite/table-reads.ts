import type { Doc, Picked, Scalar, Scan, Stored } from "../port.ts";
import type { Seal } from "../seal/seal.ts";
import { decode, documentColumns } from "./codec.ts";
import type { Connection } from "./connection.ts";
import type { Layout } from "./layout.ts";
import { listable, mergedKeys } from "./merged-keys.ts";
import { pickingOf } from "./picking.ts";
import { planScan, type ScanPlan } from "./scan-plan.ts";
import { KnownWords, MANY_SCOPES } from "./scope-words.ts";
import { wordQuery } from "./search-words.ts";
import { misuse } from "./store-fault.ts";

export interface SearchAsk {
  readonly scopes: readonly string[];
  readonly terms: readonly string[];
  readonly id?: string;
  readonly limit: number;
}

export interface FindAsk {
  readonly index: string;
  readonly values: readonly Scalar[];
}

export interface TallyAsk {
  readonly index: string;
  readonly prefixes: readonly (readonly Scalar[])[];
  readonly most: number;
}

/** Reads of one collection, each on one state of the store. */
export interface TableReads<T extends Doc> {
  get(on: Connection, id: string): Stored<T> | undefined;
  getMany(on: Connection, ids: readonly string[]): Stored<T>[];
  scan(on: Connection, scan: Scan): Stored<T>[];
  pick<K extends keyof T & string>(on: Connection, scan: Scan, fields: readonly K[]): Picked<T, K>[];
  find(on: Connection, ask: FindAsk): Stored<T>[];
  all(on: Connection, ask: { readonly after?: string; readonly limit: number }): Stored<T>[];
  count(on: Connection, scan: Omit<Scan, "limit" | "after" | "reverse">): number;
  tally(on: Connection, ask: TallyAsk): number[];
  search(on: Connection, ask: SearchAsk): Stored<T>[];
}

/** Scopes in one full-text query: it opens one cursor for each scope and term. */
const SCOPES_A_QUERY = 400;

const checkedLimit = (limit: number): number => {
  if (Number.isSafeInteger(limit) && limit >= 1) return limit;
  throw misuse("A limit is a whole number of 1 or more.");
};

/** Reads of one collection, as statements on whichever connection is given. Faults: `store.misuse` for an index or limit that there is not. */
export function tableReads<T extends Doc>(layout: Layout, seal: Seal): TableReads<T> {
  const columnsOf = (document: string): string =>
    documentColumns(layout)
      .map((column) => `${document}.${column}`)
      .join(", ");
  const columns = columnsOf("t");
  const known = layout.search === undefined ? undefined : new KnownWords(layout.search);
  const byId = `SELECT ${columns} FROM ${layout.table} t WHERE id = ?`;

  const allSql = (where: string): string => `SELECT ${columns} FROM ${layout.table} t ${where} ORDER BY id LIMIT ?`;

  /** Text with half a surrogate pair is bound as another text: what was found has to have the id that was asked for. */
  const find = (on: Connection, id: string): Stored<T> | undefined => {
    const row = on.statement(byId).get(id);
    return row === undefined || row[0] !== id ? undefined : decode<T>(layout, row, seal);
  };

  /** The rows of a scan, with these columns of the documents. Of several prefixes they are read once the merge has chosen their keys. */
  const rowsOf = (
    on: Connection,
    plan: ScanPlan,
    limit: number,
    reverse: boolean,
    columnsOf: (document: string) => string,
  ): unknown[][] => {
    const [prefix, second] = plan.prefixes;
    if (prefix === undefined) return [];
    if (second === undefined)
      return on
        .statement(
          `SELECT ${columnsOf(plan.document)} FROM ${plan.joined} WHERE ${plan.where} ORDER BY ${plan.order} LIMIT ?`,
        )
        .all(...prefix, ...plan.bounds, limit);
    return on.snapshot(() => {
      const handles = mergedKeys(on, plan, limit, reverse).map((key) => key[key.length - 1]);
      if (plan.multi) {
        const document = on.statement(`SELECT ${columnsOf("t")} FROM ${layout.table} t WHERE id = ?`);
        return handles.flatMap((id) => {
          const row = document.get(id);
          return row === undefined ? [] : [row];
        });
      }
      // One statement for all: crossing into the driver costs more than the look-up.
      const documents = `SELECT ${columnsOf("t")} FROM json_each(?) j CROSS JOIN ${layout.table} t ON t._row = j.value`;
      return on.statement(documents).all(JSON.stringify(handles));
    });
  };

  return {
    get: find,

    getMany: (on, ids) =>
      on.snapshot(() => {
        const found: Stored<T>[] = [];
        for (const id of new Set(ids)) {
          const doc = find(on, id);
          if (doc !== undefined) found.push(doc);
        }
        return found;
      }),

    scan(on, scan) {
      const limit = checkedLimit(scan.limit);
      return rowsOf(on, planScan(layout, scan), limit, scan.reverse === true, columnsOf).map((row) =>
        decode<T>(layout, row, seal),
      );
    },

    pick<K extends keyof T & string>(on: Connection, scan: Scan, fields: readonly K[]): Picked<T, K>[] {
      const limit = checkedLimit(scan.limit);
      const plan = planScan(layout, scan);
      const [prefix = [], second] = plan.prefixes;
      const alike = plan.multi || second !== undefined ? [] : (layout.indexes.get(scan.index)?.fields ?? []);
      const known = new Map(alike.slice(0, prefix.length).map((field, at) => [field, prefix[at] ?? ""]));
      const picking = pickingOf(layout, fields, seal, known);
      return rowsOf(on, plan, limit, scan.reverse === true, picking.columns).map(
        (row) => picking.make(row) as Picked<T, K>,
      );
    },

    find(on, { index, values }) {
      const plan = planScan(layout, { index, prefixes: values.map((value) => [value]) });
      const statement = on.statement(`SELECT ${columnsOf(plan.document)} FROM ${plan.joined} WHERE ${plan.where}`);
      return on.snapshot(() => {
        const found = plan.prefixes.flatMap((prefix) => statement.all(...prefix));
        const once = plan.multi ? new Map(found.map((row) => [row[0], row])).values() : found;
        return [...once].map((row) => decode<T>(layout, row, seal));
      });
    },

    all(on, { after, limit }) {
      const most = checkedLimit(limit);
      const rows =
        after === undefined
          ? on.statement(allSql("")).all(most)
          : on.statement(allSql("WHERE id > ?")).all(after, most);
      return rows.map((row) => decode<T>(layout, row, seal));
    },

    count(on, scan) {
      const plan = planScan(layout, scan);
      if (plan.multi && plan.prefixes.length > 1) {
        const ids = on.statement(`SELECT k.id FROM ${plan.from} WHERE ${plan.where}`);
        return on.snapshot(() => {
          const seen = new Set<unknown>();
          for (const prefix of plan.prefixes) for (const row of ids.all(...prefix, ...plan.bounds)) seen.add(row[0]);
          return seen.size;
        });
      }
      const statement = on.statement(`SELECT count(*) FROM ${plan.from} WHERE ${plan.where}`);
      return on.snapshot(() =>
        plan.prefixes.reduce((sum, prefix) => sum + Number(statement.get(...prefix, ...plan.bounds)?.[0]), 0),
      );
    },

    tally(on, { index, prefixes, most }) {
      const limit = checkedLimit(most);
      if (prefixes.length === 0) return [];
      const width = prefixes[0]?.length;
      if (prefixes.some(({ length }) => length !== width)) throw misuse("The prefixes of a tally have one length.");
      const plan = planScan(layout, { index, prefixes: prefixes.slice(0, 1) });
      // One statement for many: crossing into the driver costs more than the look-up.
      if (prefixes.every(listable)) {
        const listed = on.statement(
          `SELECT (SELECT count(*) FROM (SELECT 1 FROM ${plan.from} WHERE ${plan.whereListed} LIMIT ?)) FROM json_each(?) p`,
        );
        return listed.all(limit, JSON.stringify(prefixes)).map(([count]) => Number(count));
      }
      const single = on.statement(`SELECT count(*) FROM (SELECT 1 FROM ${plan.from} WHERE ${plan.where} LIMIT ?)`);
      return on.snapshot(() => prefixes.map((prefix) => Number(single.get(...prefix, limit)?.[0])));
    },

    search(on, { scopes, terms, limit, id }) {
      let left = checkedLimit(limit);
      if (layout.search === undefined || known === undefined) throw misuse(`${layout.name} declares no search.`);
      const { table, scope } = layout.search;
      const words = terms.filter((term) => term !== "" && term !== "*");
      if (words.length === 0) return [];
      if (id !== undefined) {
        // Of all terms at once the first document would be looked for from the beginning.
        const numbered = `SELECT _row, ${columns} FROM ${layout.table} t WHERE id = ?`;
        const one = `SELECT 1 FROM ${table} WHERE ${table} MATCH ? AND rowid = ?`;
        return on.snapshot(() => {
          const [number, ...row] = on.statement(numbered).get(id) ?? [];
          if (number === undefined || row[0] !== id) return [];
          // Bound as a whole number: any other finds every row.
          const own = BigInt(Number(number));
          const doc = decode<T>(layout, row, seal);
          const within = doc[scope as keyof Stored<T>];
          if (typeof within !== "string" || !scopes.includes(within)) return [];
          // What a search over many scopes would not come to is not found here either.
          if (!known.mayHold(on, within, words)) return [];
          return words.every((word) => on.statement(one).get(wordQuery([within], [word]), own) !== undefined)
            ? [doc]
            : [];
        });
      }
      const sql = `SELECT ${columns} FROM ${table} CROSS JOIN ${layout.table} t ON t._row = ${table}.rowid WHERE ${table} MATCH ? LIMIT ?`;
      const unique = [...new Set(scopes)];
      return on.snapshot(() => {
        const asked = unique.length < MANY_SCOPES ? unique : known.among(on, unique, words);
        const found: Stored<T>[] = [];
        for (let at = 0; at < asked.length && left > 0; at += SCOPES_A_QUERY) {
          const some = asked.slice(at, at + SCOPES_A_QUERY);
          const allowed = new Set<unknown>(some);
          for (const row of on.statement(sql).all(wordQuery(some, words), left)) {
            const doc = decode<T>(layout, row, seal);
            if (!allowed.has(doc[scope as keyof Stored<T>])) continue;
            found.push(doc);
            left--;
          }
        }
        return found;
      });
    },
  };
}
