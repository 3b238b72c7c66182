import { Fault } from "../../shared/fault.ts";
import type { Doc, Stored } from "../port.ts";
import type { Seal } from "../seal/seal.ts";
import { checkedText, decodeRest, documentColumns, encode, type Fields, stringList } from "./codec.ts";
import type { Connection } from "./connection.ts";
import { type Layout, quoted } from "./layout.ts";
import { addWords, type FreshWords, keepWords } from "./scope-words.ts";
import { indexedWords } from "./search-words.ts";
import { misuse } from "./store-fault.ts";

/** Writes of one collection, each a run of plain statements inside an open transaction. */
export interface TableWrites {
  insert(on: Connection, docs: readonly Doc[]): void;
  insertNew(on: Connection, docs: readonly Doc[]): Set<string>;
  put(on: Connection, doc: Stored<Doc>): void;
  remove(on: Connection, ids: readonly string[]): void;
}

const scopeOf = (layout: Layout, doc: Doc, field: string): string | undefined => {
  const value = (doc as Fields)[field];
  if (value === undefined || typeof value === "string") return value;
  throw misuse(`${layout.name}.${field} is the scope of searches: it has to be a string or absent.`);
};

const stale = (): Fault => new Fault("conflict", "The document was changed or removed since it was read.");

/** Makes the writes of one collection. Faults: `conflict` for a `rev` that is not the stored one, `store.misuse`, `store.text`. */
export function tableWrites(layout: Layout, seal: Seal): TableWrites {
  const { table, search } = layout;
  const columns = documentColumns(layout);
  const insertSql = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
  const insertNewSql = `${insertSql} ON CONFLICT DO NOTHING`;
  const updateSql = `UPDATE ${table} SET ${columns.map((column) => `${column} = ?`).join(", ")} WHERE _row = ?`;
  const heldColumns = ["_row", "_rev", ...(search === undefined ? [] : [quoted(search.scope)])];
  const heldSql = `SELECT ${heldColumns.join(", ")} FROM ${table} WHERE id = ?`;
  /** The lists of side tables: each has a column, or is in the rest. */
  const listsSql = `SELECT _rest${layout.json.map((field) => `, ${quoted(field)}`).join("")} FROM ${table} WHERE _row = ?`;
  const removeSql = `DELETE FROM ${table} WHERE _row = ?`;
  const sides = [...layout.multi.values()].map(({ field, table: side }) => ({
    field,
    add: `INSERT OR IGNORE INTO ${side} (value, id) VALUES (?, ?)`,
    drop: `DELETE FROM ${side} WHERE value = ? AND id = ?`,
  }));
  const insertWords = `INSERT INTO ${search?.table} (rowid, words) VALUES (?, ?)`;
  const dropWords = `DELETE FROM ${search?.table} WHERE rowid = ?`;

  const addSides = (on: Connection, doc: Doc): void => {
    for (const { field, add } of sides) {
      const values = stringList(layout, doc, field);
      if (values === undefined || values.length === 0) continue;
      const statement = on.statement(add);
      for (const value of values) statement.run(checkedText(value), doc.id);
    }
  };

  /** Brings the side tables from what the stored row lists, which its rest tells, to what the document lists (nothing, if it goes). */
  const moveSides = (on: Connection, id: string, row: unknown, doc: Doc | undefined): void => {
    if (sides.length === 0) return;
    const [rest, ...json] = on.statement(listsSql).get(row) ?? [];
    const held = decodeRest(layout, id, rest, seal) as Record<string, readonly string[] | undefined>;
    for (const [at, field] of layout.json.entries()) {
      const text = json[at];
      if (sides.some((side) => side.field === field) && typeof text === "string") held[field] = JSON.parse(text);
    }
    for (const { field, add, drop } of sides) {
      const before = new Set(held[field] ?? []);
      const after = new Set(doc === undefined ? [] : stringList(layout, doc, field));
      for (const value of before) if (!after.has(value)) on.statement(drop).run(value, id);
      for (const value of after) if (!before.has(value)) on.statement(add).run(checkedText(value), id);
    }
  };

  const addTerms = (on: Connection, doc: Doc, row: unknown, fresh: FreshWords): void => {
    if (search === undefined) return;
    const terms = stringList(layout, doc, search.terms);
    const scope = scopeOf(layout, doc, search.scope);
    if (terms === undefined || terms.length === 0 || scope === undefined) return;
    on.statement(insertWords).run(row, indexedWords(scope, terms));
    addWords(fresh, scope, terms);
  };

  /** Says which words scopes gained, once all documents of a step are in. */
  const keepFresh = (on: Connection, fresh: FreshWords): void => {
    if (search !== undefined && fresh.size > 0) keepWords(on, search.words, fresh);
  };

  return {
    insert(on, docs) {
      const statement = on.statement(insertSql);
      const fresh: FreshWords = new Map();
      for (const doc of docs) {
        const { lastInsertRowid } = statement.run(encode(layout, doc, 1, seal));
        addSides(on, doc);
        addTerms(on, doc, lastInsertRowid, fresh);
      }
      keepFresh(on, fresh);
    },

    insertNew(on, docs) {
      const statement = on.statement(insertNewSql);
      const inserted = new Set<string>();
      const fresh: FreshWords = new Map();
      for (const doc of docs) {
        const { changes, lastInsertRowid } = statement.run(encode(layout, doc, 1, seal));
        if (changes === 0) continue;
        inserted.add(doc.id);
        addSides(on, doc);
        addTerms(on, doc, lastInsertRowid, fresh);
      }
      keepFresh(on, fresh);
      return inserted;
    },

    put(on, doc) {
      const held = on.statement(heldSql).get(doc.id);
      if (held === undefined || held[1] !== doc.rev) throw stale();
      const row = held[0];
      const moved = search !== undefined && (held[2] ?? undefined) !== scopeOf(layout, doc, search.scope);
      const terms = search === undefined ? undefined : stringList(layout, doc, search.terms);
      if (moved && terms === undefined) {
        throw misuse(
          `A put that changes ${layout.name}.${search.scope} has to give ${search.terms} again: they are not stored.`,
        );
      }
      moveSides(on, doc.id, row, doc);
      on.statement(updateSql).run([...encode(layout, doc, doc.rev + 1, seal), row]);
      if (terms === undefined) return;
      on.statement(dropWords).run(row);
      const fresh: FreshWords = new Map();
      addTerms(on, doc, row, fresh);
      keepFresh(on, fresh);
    },

    remove(on, ids) {
      const find = on.statement(heldSql);
      for (const id of ids) {
        const row = find.get(id)?.[0];
        if (row === undefined) continue;
        moveSides(on, id, row, undefined);
        if (search !== undefined) on.statement(dropWords).run(row);
        on.statement(removeSql).run(row);
      }
    },
  };
}
