/// <reference lib="es2024.string" />
// Node 20 has `isWellFormed` and `toWellFormed`, the library of ES2023 does not.
import { Fault } from "../../shared/fault.ts";
import type { Doc, Stored } from "../port.ts";
import type { Seal } from "../seal/seal.ts";
import { type Layout, quoted } from "./layout.ts";
import { misuse } from "./store-fault.ts";

/** A document by the names of its fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** The columns of a document, in the order that `encode` binds (with `rev` second) and `decode` reads. */
export const documentColumns = (layout: Layout): string[] => [
  "id",
  "_rev",
  ...layout.columns.map(quoted),
  ...layout.json.map(quoted),
  ...layout.bytes.map(quoted),
  REST,
];

/** Text that is not well-formed Unicode would be stored as other text, and two values could become one: refused as `store.text`. */
export function checkedText(text: string): string {
  if (text.isWellFormed()) return text;
  throw new Fault("unprocessable", "A value to be indexed holds half of a surrogate pair.", { code: "store.text" });
}

const keys = new Map<string, string>();
function keyOf(name: string): string {
  const known = keys.get(name);
  if (known !== undefined) return known;
  const made = `${JSON.stringify(name)}:`;
  if (keys.size < 1000) keys.set(name, made);
  return made;
}

/** The column of the fields without one; also what it is named when it is sealed. */
export const REST = "_rest";

/** The fields without a column, as JSON text; null if there are none. Built by hand: no copy of the document, and a key `__proto__` is a key. */
function encodeRest(layout: Layout, doc: Fields): string | null {
  let rest = "";
  for (const key of Object.keys(doc)) {
    if (layout.apart.has(key)) continue;
    const value: string | undefined = JSON.stringify(doc[key]);
    if (value === undefined) continue;
    rest += rest === "" ? `{${keyOf(key)}${value}` : `,${keyOf(key)}${value}`;
  }
  return rest === "" ? null : `${rest}}`;
}

/** The values to bind for a document, in the order of `documentColumns`. */
export function encode(layout: Layout, doc: Doc, rev: number, seal: Seal): unknown[] {
  const fields: Fields = doc;
  const key = seal.keyOf(layout, doc);
  const bound: unknown[] = [checkedText(doc.id), rev];
  for (const field of layout.columns) {
    const value = fields[field];
    if (typeof value === "string") bound.push(checkedText(value));
    else if (value === undefined) bound.push(null);
    else if (typeof value === "number" && Number.isFinite(value)) bound.push(value);
    else
      throw misuse(`${layout.name}.${field} has a column of values: it has to be a string, a finite number or absent.`);
  }
  for (const field of layout.json) bound.push(JSON.stringify(fields[field]) ?? null);
  for (const field of layout.bytes) {
    const value = fields[field];
    if (value instanceof Uint8Array) bound.push(seal.close(key, layout.name, doc.id, field, value));
    else if (value === undefined) bound.push(null);
    else throw misuse(`${layout.name}.${field} has to be bytes or absent.`);
  }
  const rest = encodeRest(layout, fields);
  bound.push(rest === null || key === undefined ? rest : seal.close(key, layout.name, doc.id, REST, rest));
  return bound;
}

/** The fields without a column, from what is stored of them: text, or sealed bytes. */
export function decodeRest(layout: Layout, id: string, rest: unknown, seal: Seal): Record<string, unknown> {
  if (typeof rest === "string") return JSON.parse(rest) as Record<string, unknown>;
  if (!(rest instanceof Uint8Array)) return {};
  const { buffer, byteOffset, byteLength } = seal.open(layout.name, id, REST, rest);
  return JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString("utf8")) as Record<string, unknown>;
}

/** A document from a row of `documentColumns`. The object is the parsed rest, so that nothing is copied. */
export function decode<T extends Doc>(layout: Layout, row: readonly unknown[], seal: Seal): Stored<T> {
  const id = String(row[0]);
  const doc = decodeRest(layout, id, row[row.length - 1], seal);
  doc.id = id;
  doc.rev = row[1];
  let at = 2;
  for (const field of layout.columns) {
    const value = row[at++];
    if (value !== null) doc[field] = value;
  }
  for (const field of layout.json) {
    const value = row[at++];
    if (typeof value === "string") doc[field] = JSON.parse(value);
  }
  for (const field of layout.bytes) {
    const value = row[at++];
    if (value instanceof Uint8Array) doc[field] = seal.open(layout.name, id, field, value);
  }
  return doc as Stored<T>;
}

/** A field of a document that is a list of strings, or absent. */
export function stringList(layout: Layout, doc: Doc, field: string): readonly string[] | undefined {
  const value = (doc as Fields)[field];
  if (value === undefined || Array.isArray(value)) return value;
  throw misuse(`${layout.name}.${field} has to be a list of strings or absent.`);
}
