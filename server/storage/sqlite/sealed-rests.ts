import type { Seal } from "../seal/seal.ts";
import { decodeRest, REST } from "./codec.ts";
import type { Connection } from "./connection.ts";
import { JSON_TEXT, type Layout, quoted } from "./layout.ts";

/** Rests of documents that are sealed: what SQL does to others in one statement when fields move is done to these one by one, so that nothing of them is ever written open. */

type Rest = Record<string, unknown>;
interface Field {
  readonly name: string;
  /** The declared type of its column. */
  readonly type: string;
}

const STEP = 500;

/** Visits them in the order of their rows, with these columns. */
function eachSealed(
  on: Connection,
  layout: Layout,
  columns: readonly string[],
  seal: Seal,
  visit: (row: unknown, id: string, rest: Rest, stored: Uint8Array, values: readonly unknown[]) => void,
): void {
  const names = ["_row", "id", REST, ...columns].join(", ");
  const page = on.db
    .prepare<unknown[], unknown[]>(
      `SELECT ${names} FROM ${layout.table} WHERE _row > ? AND typeof(${REST}) = 'blob' ORDER BY _row LIMIT ${STEP}`,
    )
    .raw();
  for (let after: unknown = -1; ; ) {
    const rows = page.all(after);
    for (const [row, id, stored, ...values] of rows)
      if (stored instanceof Uint8Array)
        visit(row, String(id), decodeRest(layout, String(id), stored, seal), stored, values);
    if (rows.length < STEP) return;
    after = rows.at(-1)?.[0];
  }
}

/** A column that goes back to the rest. */
export function moveToSealed(on: Connection, layout: Layout, { name, type }: Field, seal: Seal): void {
  const update = on.db.prepare(`UPDATE ${layout.table} SET ${REST} = ? WHERE _row = ?`);
  eachSealed(on, layout, [quoted(name)], seal, (row, id, rest, stored, [value]) => {
    if (value === null) return;
    rest[name] = type === JSON_TEXT ? JSON.parse(String(value)) : value;
    update.run(seal.again(stored, layout.name, id, REST, JSON.stringify(rest)), row);
  });
}

/** Fields of the rest that get columns. */
export function moveFromSealed(on: Connection, layout: Layout, fields: readonly Field[], seal: Seal): void {
  const set = [...fields.map(({ name }) => quoted(name)), REST].map((column) => `${column} = ?`).join(", ");
  const update = on.db.prepare(`UPDATE ${layout.table} SET ${set} WHERE _row = ?`);
  eachSealed(on, layout, [], seal, (row, id, rest, stored) => {
    if (!fields.some(({ name }) => Object.hasOwn(rest, name))) return;
    const values = fields.map(({ name, type }) => {
      const value = rest[name];
      delete rest[name];
      return value === undefined ? null : type === JSON_TEXT ? JSON.stringify(value) : value;
    });
    update.run(...values, seal.again(stored, layout.name, id, REST, JSON.stringify(rest)), row);
  });
}

/** Fills a side table from lists in sealed rests. */
export function listSealed(on: Connection, layout: Layout, field: string, table: string, seal: Seal): void {
  const add = on.db.prepare(`INSERT OR IGNORE INTO ${table} (value, id) VALUES (?, ?)`);
  eachSealed(on, layout, [], seal, (_row, id, rest) => {
    const values = rest[field];
    if (Array.isArray(values)) for (const value of values) add.run(value, id);
  });
}
