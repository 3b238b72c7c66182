import type { Declared } from "../declared.ts";
import type { SealedBy } from "../seal/seal.ts";
import { wordsTable } from "./scope-words.ts";
import { misuse } from "./store-fault.ts";

/** Where a collection's documents lie. Names that start with `_` are the adapter's own; others are fields. */
export interface Layout {
  readonly name: string;
  readonly table: string;
  /** Fields with a column of their own, `id` apart. */
  readonly columns: readonly string[];
  /** Fields with a column that holds their JSON. */
  readonly json: readonly string[];
  readonly bytes: readonly string[];
  readonly sealedBy: SealedBy | undefined;
  readonly indexes: ReadonlyMap<
    string,
    { readonly fields: readonly string[]; readonly unique: boolean; readonly withId: boolean }
  >;
  /** Side tables of multi-value indexes, by index name. */
  readonly multi: ReadonlyMap<string, { readonly field: string; readonly table: string }>;
  /** `words`: the table of which words each scope may hold. */
  readonly search:
    | { readonly scope: string; readonly terms: string; readonly table: string; readonly words: string }
    | undefined;
  /** Fields that are not in `_rest`. */
  readonly apart: ReadonlySet<string>;
}

/** A name as SQL, quoted. Only plain names are let in, so that nothing from a declaration can be more than a name. */
export function quoted(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw misuse(`"${name}" is no name for a collection, index or field.`);
  return `"${name}"`;
}

/** The layout of a declared collection. */
export function layoutOf(spec: Declared): Layout {
  const named = Object.values(spec.indexes).flatMap(({ fields }) => fields);
  const hot = Object.entries(spec.hot ?? {});
  const names = [...named, ...hot.map(([field]) => field), ...Object.values(spec.multi ?? {}), ...(spec.bytes ?? [])];
  const bad = names.find((field) => field === "id" || field === "rev" || !/^[A-Za-z][A-Za-z0-9_]*$/.test(field));
  if (bad !== undefined)
    throw misuse(`${spec.name}: "${bad}" can't be an indexed field or one of bytes (ties go by id anyway).`);
  if (spec.name.includes("__")) throw misuse(`${spec.name}: "__" parts a collection from its indexes.`);
  const values = hot.flatMap(([field, kind]) => (kind === "value" ? [field] : []));
  const columns = [...new Set([...named, ...(spec.search === undefined ? [] : [spec.search.scope]), ...values])];
  const json = hot.flatMap(([field, kind]) => (kind === "json" ? [field] : []));
  const bytes = spec.bytes ?? [];
  const multi = Object.entries(spec.multi ?? {}).map(
    ([name, field]) => [name, { field, table: quoted(`${spec.name}__${name}`) }] as const,
  );
  const search =
    spec.search === undefined
      ? undefined
      : { ...spec.search, table: quoted(`${spec.name}__search`), words: quoted(`${spec.name}__scopes`) };
  return {
    name: spec.name,
    table: quoted(spec.name),
    columns,
    json,
    bytes,
    sealedBy: spec.sealedBy,
    indexes: new Map(
      Object.entries(spec.indexes).map(([name, { fields, unique = false, few = false }]) => [
        name,
        { fields, unique, withId: !unique && !few },
      ]),
    ),
    multi: new Map(multi),
    search,
    apart: new Set(["id", "rev", ...columns, ...json, ...bytes, ...(search === undefined ? [] : [search.terms])]),
  };
}

/** The name of an ordinary index in the database. */
export const indexName = (layout: Layout, index: string): string => quoted(`${layout.name}__${index}`);

/** The declared type of a column of JSON: SQLite keeps text in it as text. */
export const JSON_TEXT = "JSON_TEXT";

/** The statement that makes the collection's table. `_row` is declared, since an undeclared row number may change with VACUUM. */
export function tableDefinition({ table, columns, json, bytes }: Layout): string {
  const own = ["_row INTEGER PRIMARY KEY", "id TEXT NOT NULL UNIQUE", "_rev INTEGER NOT NULL"];
  const fields = [
    ...columns.map(quoted),
    ...json.map((field) => `${quoted(field)} ${JSON_TEXT}`),
    ...bytes.map((field) => `${quoted(field)} BLOB`),
  ];
  return `CREATE TABLE ${table} (${[...own, ...fields, "_rest TEXT"].join(", ")})`;
}

/** An index of the adapter: its name, the statement that makes it, and (of a side table) the field whose lists fill it. */
export interface Definition {
  readonly name: string;
  readonly kind: "index" | "table";
  readonly sql: string;
  readonly field?: string;
  /** It is filled from the full-text index. */
  readonly words?: true;
}

/** All indexes of a collection. Ties are broken by id, so an index under whose values many documents may stand ends with it: a page in the middle of them then costs no more than any other. */
export function indexDefinitions(layout: Layout): Definition[] {
  const { name: collection, table, search } = layout;
  const made: Definition[] = [];
  for (const [index, { fields, unique, withId }] of layout.indexes) {
    const parts = (withId ? [...fields, "id"] : fields).map(quoted).join(", ");
    const sql = `CREATE ${unique ? "UNIQUE INDEX" : "INDEX"} ${indexName(layout, index)} ON ${table} (${parts})`;
    made.push({ name: `${collection}__${index}`, kind: "index", sql });
  }
  for (const [index, { field, table: side }] of layout.multi) {
    const sql = `CREATE TABLE ${side} (value TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (value, id)) WITHOUT ROWID`;
    made.push({ name: `${collection}__${index}`, kind: "table", sql, field });
  }
  if (search !== undefined) {
    // Words come from our own tokeniser, encoded (search-words.ts): the ascii one only has to split at the blank.
    const options = `words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '_'"`;
    made.push({
      name: `${collection}__search`,
      kind: "table",
      sql: `CREATE VIRTUAL TABLE ${search.table} USING fts5(${options})`,
    });
    made.push({ name: `${collection}__scopes`, kind: "table", sql: wordsTable(search.words), words: true });
  }
  return made;
}
