import type { Scalar, Scan } from "../port.ts";
import { indexName, type Layout, quoted } from "./layout.ts";
import { misuse } from "./store-fault.ts";

export type Bounds = Omit<Scan, "limit">;

/** What a scan comes to: the source of its rows, the fields that order them, and the conditions that every prefix shares. */
export interface ScanPlan {
  /** A FROM that names the index, so that no query can fall back to another one. */
  readonly from: string;
  /** The same, with the document beside it. */
  readonly joined: string;
  /** Columns that order the rows of one prefix; `id` is the last. */
  readonly keys: readonly string[];
  readonly where: string;
  /** What to bind after the prefix for `where`. */
  readonly bounds: readonly Scalar[];
  /** ORDER BY, less what a unique index settles anyway. */
  readonly order: string;
  /** A condition on all keys, for going on after a row. */
  readonly beyond: string;
  /** Each document stands under one prefix of an ordinary index, but maybe under several values of a multi index. */
  readonly multi: boolean;
  /** The prefixes, each once. */
  readonly prefixes: readonly (readonly Scalar[])[];
}

const distinct = (prefixes: Scan["prefixes"]): (readonly Scalar[])[] =>
  prefixes.length < 2
    ? [...prefixes]
    : [...new Map(prefixes.map((prefix) => [JSON.stringify(prefix), prefix])).values()];

/** Checks a scan against the declaration (a breach is `Fault("internal")`, `store.misuse`) and says how to run it. */
export function planScan(layout: Layout, { index, prefixes, from, to, after, reverse }: Bounds): ScanPlan {
  const ordinary = layout.indexes.get(index);
  const side = layout.multi.get(index);
  if (ordinary === undefined && side === undefined) throw misuse(`${layout.name} declares no index "${index}".`);
  const fields = ordinary?.fields ?? ["value"];
  const length = prefixes[0]?.length ?? 0;
  if (prefixes.some((prefix) => prefix.length !== length)) throw misuse("The prefixes of a scan have one length.");
  if (length > fields.length) throw misuse(`Index ${layout.name}.${index} has ${fields.length} fields, no more.`);
  if (side !== undefined && prefixes.length > 0 && length !== 1)
    throw misuse("A prefix of a multi index is one value.");

  const own = side === undefined ? "t" : "s";
  const column = (field: string): string => `${own}.${quoted(field)}`;
  const tail = fields.slice(length);
  const keys = tail.includes("id") ? tail.map(column) : [...tail, "id"].map(column);
  const first = keys[0] ?? "";
  const [direction, further] = reverse === true ? [" DESC", "<"] : ["", ">"];

  const conditions = [...fields.slice(0, length).map((field) => `${column(field)} = ?`)];
  const bounds: Scalar[] = [];
  if (from !== undefined) conditions.push(`${first} >= ?`);
  if (from !== undefined) bounds.push(from);
  if (to !== undefined) conditions.push(`${first} < ?`);
  if (to !== undefined) bounds.push(to);
  // A document without one of the index's fields is not in the index.
  for (const key of keys.slice(0, -1)) conditions.push(`${key} IS NOT NULL`);
  if (after !== undefined) {
    if (keys.length > 2)
      throw misuse("To go on after a value, the prefix has to leave at most one field of the index.");
    conditions.push(keys.length === 2 ? `(${keys.join(", ")}) ${further} (?, ?)` : `${first} ${further} ?`);
    bounds.push(...(keys.length === 2 ? [after.value, after.id] : [after.id]));
  }

  const ordering = ordinary?.unique === true && tail.length > 0 ? keys.slice(0, tail.length) : keys;
  const source = side === undefined ? `${layout.table} t INDEXED BY ${indexName(layout, index)}` : `${side.table} s`;
  return {
    from: source,
    joined: side === undefined ? source : `${source} CROSS JOIN ${layout.table} t ON t.id = s.id`,
    keys,
    where: conditions.length === 0 ? "1" : conditions.join(" AND "),
    bounds,
    order: ordering.map((key) => `${key}${direction}`).join(", "),
    beyond: `(${keys.join(", ")}) ${further} (${keys.map(() => "?").join(", ")})`,
    multi: side !== undefined,
    prefixes: distinct(prefixes),
  };
}
