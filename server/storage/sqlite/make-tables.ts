import type { Declared } from "../declared.ts";
import type { Seal } from "../seal/seal.ts";
import type { Connection } from "./connection.ts";
import { indexDefinitions, JSON_TEXT, type Layout, layoutOf, quoted, tableDefinition } from "./layout.ts";
import { fillWords } from "./scope-words.ts";
import { listSealed, moveFromSealed, moveToSealed } from "./sealed-rests.ts";
import { misuse } from "./store-fault.ts";

/** Brings tables and indexes to what is declared, all or nothing. Where they are as declared, nothing is written. */
export function makeTables(on: Connection, collections: readonly Declared[], seal: Seal): void {
  on.db
    .transaction(() => {
      for (const spec of collections) {
        const layout = layoutOf(spec);
        const fresh = moveFields(on, layout, seal);
        makeIndexes(on, layout, fresh, seal);
        mergeLess(on, layout);
      }
    })
    .immediate();
}

/** Makes the table; in one that is there, a field that an index newly names gets its column, and one that none names any more goes back to the rest. */
function moveFields(on: Connection, layout: Layout, seal: Seal): boolean {
  const { table, name } = layout;
  const held = new Map(
    on.db
      .prepare<[string], unknown[]>("SELECT name, type FROM pragma_table_info(?)")
      .raw()
      .all(name)
      .map(([column, type]) => [String(column), type]),
  );
  if (held.size === 0) {
    on.db.exec(tableDefinition(layout));
    return true;
  }
  const missing = layout.bytes.find((field) => held.get(field) !== "BLOB");
  if (missing !== undefined) throw misuse(`${name}.${missing} can't become bytes where documents hold something else.`);
  const wanted = new Map([
    ...layout.columns.map((field) => [field, ""] as const),
    ...layout.json.map((field) => [field, JSON_TEXT] as const),
    ...layout.bytes.map((field) => [field, "BLOB"] as const),
  ]);
  for (const [field, type] of held) {
    if (wanted.get(field) === type || field === "id" || field.startsWith("_")) continue;
    if (type === "BLOB") throw misuse(`${name}.${field} holds bytes: it can't become another kind of field.`);
    dropIndexes(on, layout);
    const value = type === JSON_TEXT ? `json(${quoted(field)})` : quoted(field);
    on.db.exec(
      `UPDATE ${table} SET _rest = json_set(coalesce(_rest, '{}'), '$.${field}', ${value}) WHERE ${quoted(field)} IS NOT NULL AND typeof(_rest) <> 'blob'`,
    );
    // What had nothing in its rest has it open now, as it was in its column: `unsealed` names it.
    if (seal.any) moveToSealed(on, layout, { name: field, type: String(type) }, seal);
    on.db.exec(`ALTER TABLE ${table} DROP COLUMN ${quoted(field)}`);
    held.delete(field);
  }
  const fresh = [...wanted].filter(([field]) => !held.has(field));
  if (fresh.length === 0) return false;
  for (const [field, type] of fresh) on.db.exec(`ALTER TABLE ${table} ADD COLUMN ${quoted(field)} ${type}`);
  const moved = fresh.map(
    ([field, type]) => `${quoted(field)} = _rest ${type === JSON_TEXT ? "->" : "->>"} '${field}'`,
  );
  const paths = fresh.map(([field]) => `'$.${field}'`).join(", ");
  const some = fresh.map(([field]) => `_rest -> '${field}' IS NOT NULL`).join(" OR ");
  // All at once: each row is written anew.
  on.db.exec(
    `UPDATE ${table} SET ${moved.join(", ")}, _rest = json_remove(_rest, ${paths}) WHERE CASE typeof(_rest) WHEN 'text' THEN ${some} END`,
  );
  if (seal.any) {
    const fields = fresh.map(([name, type]) => ({ name, type }));
    moveFromSealed(on, layout, fields, seal);
  }
  return false;
}

type Made = { readonly name: string; readonly kind: string; readonly sql: string };

/** What there is of indexes beside a table; a full-text table's own shadow tables apart. */
const madeOf = (on: Connection, { name }: Layout): Made[] =>
  on.db
    .prepare<[string, string, string], Made>(
      "SELECT name, type AS kind, sql FROM sqlite_schema WHERE substr(name, 1, length(?) + 2) = ? || '__' AND instr(name, ? || '__search_') = 0 AND sql IS NOT NULL",
    )
    .all(name, name, name);

const drop = (on: Connection, { kind, name }: Made): void => {
  on.db.exec(`DROP ${kind === "index" ? "INDEX" : "TABLE"} ${quoted(name)}`);
};

const dropIndexes = (on: Connection, layout: Layout): void => {
  for (const made of madeOf(on, layout)) if (made.kind === "index") drop(on, made);
};

/** Makes what is missing, drops what is declared no more or otherwise, and fills side tables from the documents. */
function makeIndexes(on: Connection, layout: Layout, fresh: boolean, seal: Seal): void {
  const wanted = indexDefinitions(layout);
  const held = new Map(madeOf(on, layout).map((made) => [made.name, made]));
  for (const made of held.values()) {
    if (wanted.some(({ name, sql }) => name === made.name && sql === made.sql)) continue;
    drop(on, made);
    held.delete(made.name);
  }
  for (const { name, sql, field, words } of wanted) {
    if (held.has(name)) continue;
    on.db.exec(sql);
    if (words === true && !fresh && layout.search !== undefined) fillWords(on, layout.search);
    if (field === undefined || fresh) continue;
    const apart = layout.json.includes(field);
    const list = apart ? `t.${quoted(field)}` : `CASE typeof(t._rest) WHEN 'text' THEN t._rest END, '$.${field}'`;
    on.db.exec(
      `INSERT INTO ${quoted(name)} SELECT DISTINCT v.value, t.id FROM ${layout.table} t, json_each(${list}) v`,
    );
    if (seal.any && !apart) listSealed(on, layout, field, quoted(name), seal);
  }
}

/**
 * How many parts of a search index of one level are merged at a time. With SQLite's own 4 a tenth or more of an ingest into a store of a million documents goes there; with 12 much of that is
 * saved, and a search looks into a few parts more, which costs it a twelfth at most.
 */
const MERGED_AT_ONCE = 12;

/** Says so to a search index that was not told yet. */
function mergeLess(on: Connection, { search }: Layout): void {
  if (search === undefined) return;
  const config = quoted(`${search.table.slice(1, -1)}_config`);
  const held = on.db.prepare(`SELECT v FROM ${config} WHERE k = 'automerge'`).pluck().get();
  if (held === MERGED_AT_ONCE) return;
  on.db.exec(`INSERT INTO ${search.table} (${search.table}, rank) VALUES ('automerge', ${MERGED_AT_ONCE})`);
}
