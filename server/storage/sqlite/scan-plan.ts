import type { Scalar, Scan } from "../port.ts";
import { indexName, type Layout, quoted } from "./layout.ts";
import { misuse } from "./store-fault.ts";

export type Bounds = Omit<Scan, "limit">;

/** What a scan comes to: how to reach the rows of one prefix in order. Every statement names the index, so that none can fall back to another. */
export interface ScanPlan {
  readonly table: string;
  /** Index or side table, as `k`. */
  readonly from: string;
  /** The same with the document, as `document`. */
  readonly joined: string;
  readonly document: "k" | "t";
  /** Columns that order the rows of one prefix; the last is the id. */
  readonly keys: readonly string[];
  /** How many of the keys are in the index: all, or all but the id, which is then read with the document. */
  readonly indexed: number;
  /** What leads from a key to its document: row number, or id for a multi index. */
  readonly handle: string;
  /** Conditions; the values of the prefix are the first to bind, then `bounds`. */
  readonly where: string;
  /** The same with each value of the prefix taken from `p.value`, a JSON list. */
  readonly whereListed: string;
  readonly bounds: readonly Scalar[];
  /** Columns that ORDER BY names: the keys, less the id where a unique index settles the order without it. */
  readonly ordering: readonly string[];
  readonly order: string;
  /** A condition on the ordering columns, for going on after a row. */
  readonly beyond: string;
  /** Each document stands under one prefix of an ordinary index, but maybe under several values of a multi index. */
  readonly multi: boolean;
  /** The prefixes, each once. */
  readonly prefixes: readonly (readonly Scalar[])[];
}

const distinct = (prefixes: Scan["prefixes"]): (readonly Scalar[])[] =>
  prefixes.length < 2
    ? [...prefixes]
    : [
        ...new Map(
          prefixes.map((prefix) => [prefix.length === 1 ? prefix[0] : JSON.stringify(prefix), prefix]),
        ).values(),
      ];

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

  const column = (field: string): string => `k.${quoted(field)}`;
  const equal = fields.slice(0, length).map(column);
  const tail = fields.slice(length);
  const keys = [...tail, "id"].map(column);
  const first = keys[0] ?? "";
  const [direction, further] = reverse === true ? [" DESC", "<"] : ["", ">"];

  const conditions: string[] = [];
  const bounds: Scalar[] = [];
  if (from !== undefined) {
    conditions.push(`${first} >= ?`);
    bounds.push(from);
  }
  if (to !== undefined) {
    conditions.push(`${first} < ?`);
    bounds.push(to);
  }
  // A document without one of the index's fields is not in the index.
  for (const key of keys.slice(0, -1)) conditions.push(`${key} IS NOT NULL`);
  if (after !== undefined) {
    if (keys.length > 2)
      throw misuse("To go on after a value, the prefix has to leave at most one field of the index.");
    conditions.push(keys.length === 2 ? `(${keys.join(", ")}) ${further} (?, ?)` : `${first} ${further} ?`);
    bounds.push(...(keys.length === 2 ? [after.value, after.id] : [after.id]));
  }
  const all = (prefix: readonly string[]): string => [...prefix, ...conditions].join(" AND ") || "1";

  const ordering = ordinary?.unique === true && tail.length > 0 ? keys.slice(0, tail.length) : keys;
  const source = side === undefined ? `${layout.table} k INDEXED BY ${indexName(layout, index)}` : `${side.table} k`;
  const handle = side === undefined ? "_row" : "id";
  return {
    table: layout.table,
    from: source,
    // What is not in the index is read from the table by the index itself.
    joined: side === undefined ? source : `${source} CROSS JOIN ${layout.table} t ON t.id = k.id`,
    document: side === undefined ? "k" : "t",
    keys,
    indexed: side === undefined && !ordinary?.withId ? tail.length : keys.length,
    handle: `k.${handle}`,
    where: all(equal.map((name) => `${name} = ?`)),
    whereListed: all(equal.map((name, at) => `${name} = p.value ->> ${at}`)),
    bounds,
    ordering,
    order: ordering.map((key) => `${key}${direction}`).join(", "),
    beyond: `(${ordering.join(", ")}) ${further} (${ordering.map(() => "?").join(", ")})`,
    multi: side !== undefined,
    prefixes: distinct(prefixes),
  };
}
