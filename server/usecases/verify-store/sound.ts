import type { Declared } from "../../storage/declared.ts";
import type { Doc, Scalar, Stored, Unit } from "../../storage/port.ts";
import type { Report } from "./finding.ts";

/** Prefixes in one question to an index. */
const AT_ONCE = 64;

type Fields = Readonly<Record<string, unknown>>;
type Held = readonly [tuple: readonly Scalar[], ids: string[]];

const isScalar = (value: unknown): value is Scalar => typeof value === "string" || typeof value === "number";

/** The values of a document in an index; undefined where it lacks one of them and is not in it. */
function tupleOf(doc: Doc, fields: readonly string[]): Scalar[] | undefined {
  const tuple: Scalar[] = [];
  for (const field of fields) {
    const value = (doc as Fields)[field];
    if (!isScalar(value)) return undefined;
    tuple.push(value);
  }
  return tuple;
}

/** The documents of a page that stand in an index, by their values there. */
function standing(page: readonly Doc[], fields: readonly string[]): Map<string, Held> {
  const held = new Map<string, Held>();
  for (const doc of page) {
    const tuple = tupleOf(doc, fields);
    if (tuple === undefined) continue;
    const name = JSON.stringify(tuple);
    const same = held.get(name);
    if (same === undefined) held.set(name, [tuple, [doc.id]]);
    else same[1].push(doc.id);
  }
  return held;
}

/** Whether a document is in an index at all. */
export const standsIn = (doc: Doc, fields: readonly string[]): boolean => tupleOf(doc, fields) !== undefined;

/** Each document has the declared shape. Names the field at most: what is in it is content. */
function lookAtShapes<T extends Doc>(spec: Declared<T>, page: readonly Stored<T>[], report: Report): void {
  for (const doc of page) {
    const { error } = spec.shape.safeParse(doc);
    const [issue] = error?.issues ?? [];
    if (issue !== undefined)
      report("verify.shape", doc.id, `${String(issue.path[0] ?? "the document")}: ${issue.code}`);
  }
}

/** Under their own values in an index stand the documents of the page and, between its first and last id, no others. */
async function lookAtIndex<T extends Doc>(
  spec: Declared<T>,
  index: string,
  page: readonly Stored<T>[],
  unit: Unit,
  report: Report,
): Promise<void> {
  const collection = unit.collection(spec);
  const { fields, unique } = spec.indexes[index] ?? { fields: [] };
  const held = [...standing(page, fields).values()];
  const bounds = { from: page[0]?.id ?? "", to: `${page.at(-1)?.id ?? ""}\0` };
  for (let at = 0; at < held.length; at += AT_ONCE) {
    const some = held.slice(at, at + AT_ONCE);
    const expected = some.reduce((sum, [, ids]) => sum + ids.length, 0);
    if ((await collection.count({ index, prefixes: some.map(([tuple]) => tuple), ...bounds })) === expected) continue;
    for (const [tuple, ids] of some) {
      const found = await collection.count({ index, prefixes: [tuple], ...bounds });
      if (found !== ids.length) report("verify.index", ids[0] ?? "", `${index}: ${found} where ${ids.length} belong`);
    }
  }
  if (unique !== true) return;
  const prefixes = held.map(([tuple]) => tuple);
  const counts = prefixes.length === 0 ? [] : await collection.tally({ index, prefixes, most: 2 });
  for (const [i, count] of counts.entries())
    if (count > 1)
      report("verify.unique", held[i]?.[1][0] ?? "", `${index} (${fields.join(", ")}): another has the same`);
}

/** Under each value of their lists stand the documents of the page that have it and, between its first and last id, no others. */
async function lookAtLists<T extends Doc>(
  spec: Declared<T>,
  index: string,
  field: string,
  page: readonly Stored<T>[],
  unit: Unit,
  report: Report,
): Promise<void> {
  const holders = new Map<string, Set<string>>();
  for (const doc of page) {
    const list = (doc as Fields)[field];
    if (!Array.isArray(list)) continue;
    for (const value of list as unknown[]) {
      if (typeof value !== "string") continue;
      const held = holders.get(value);
      if (held === undefined) holders.set(value, new Set([doc.id]));
      else held.add(doc.id);
    }
  }
  const collection = unit.collection(spec);
  const bounds = { from: page[0]?.id ?? "", to: `${page.at(-1)?.id ?? ""}\0` };
  for (const [value, ids] of holders) {
    const found = await collection.count({ index, prefixes: [[value]], ...bounds });
    if (found === ids.size) continue;
    const [first = ""] = ids;
    report("verify.multi_index", first, `${index}: ${found} where ${ids.size} belong`);
  }
}

/** Holds a page of documents, in the order of their ids, against shape and indexes as declared. */
export async function lookAtPage<T extends Doc>(
  spec: Declared<T>,
  page: readonly Stored<T>[],
  unit: Unit,
  report: Report,
): Promise<void> {
  if (page.length === 0) return;
  lookAtShapes(spec, page, report);
  for (const index of Object.keys(spec.indexes)) await lookAtIndex(spec, index, page, unit, report);
  for (const [index, field] of Object.entries(spec.multi ?? {}))
    await lookAtLists(spec, index, field, page, unit, report);
}
