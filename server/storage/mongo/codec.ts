/// <reference lib="es2024.string" />
// Node 20 has `isWellFormed` and `toWellFormed`, the library of ES2023 does not.
import { Fault } from "../../shared/fault.ts";
import type { Doc, Picked, Stored } from "../port.ts";
import type { Seal } from "../seal/seal.ts";
import { type Layout, SEALED_WITH, TERMS } from "./layout.ts";
import { misuse } from "./mongo-fault.ts";
import { encodeTerm } from "./search-terms.ts";

/** A document as the server holds it. */
export type Raw = { readonly _id: string } & Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, unknown>>;

/** Text that is not well-formed Unicode would be stored as other text, and two values could become one: refused as `store.text`. */
export function checkedText(text: string): string {
  if (text.isWellFormed()) return text;
  throw new Fault("unprocessable", "A value to be indexed holds half of a surrogate pair.", { code: "store.text" });
}

/** A field of a document that is a list of strings, or absent. */
function stringList(layout: Layout, doc: Doc, field: string): readonly string[] | undefined {
  const value = (doc as Fields)[field];
  if (value === undefined || Array.isArray(value)) return value;
  throw misuse(`${layout.name}.${field} has to be a list of strings or absent.`);
}

/** The fields without a place of their own, as JSON text: what they are named, and what text is in them, is nothing to the server. */
function encodeRest(layout: Layout, doc: Fields): string | undefined {
  let rest = "";
  for (const key of Object.keys(doc)) {
    if (layout.apart.has(key)) continue;
    const value: string | undefined = JSON.stringify(doc[key]);
    if (value === undefined) continue;
    rest += `${rest === "" ? "{" : ","}${JSON.stringify(key)}:${value}`;
  }
  return rest === "" ? undefined : `${rest}}`;
}

/** Whether a document brings search terms: an empty list takes away those that are held. */
export const bringsTerms = (layout: Layout, doc: Doc): boolean =>
  layout.search !== undefined && stringList(layout, doc, layout.search.terms) !== undefined;

/** The scope of a document's search terms. */
export function scopeOf(layout: Layout, doc: Doc): string | undefined {
  if (layout.search === undefined) return undefined;
  const value = (doc as Fields)[layout.search.scope];
  if (value === undefined || typeof value === "string") return value;
  throw misuse(`${layout.name}.${layout.search.scope} is the scope of searches: it has to be a string or absent.`);
}

/** A document as it is stored. Where it brings no terms there are none in it. */
export function encode(layout: Layout, doc: Doc, rev: number, seal: Seal): Raw {
  const fields: Fields = doc;
  const key = seal.keyOf(layout, doc);
  const raw: Record<string, unknown> & { _id: string } = { _id: checkedText(doc.id), _rev: rev };
  for (const field of layout.values) {
    const value = fields[field];
    if (value === undefined) continue;
    if (typeof value === "string") raw[field] = checkedText(value);
    else if (typeof value === "number" && Number.isFinite(value)) raw[field] = value;
    else throw misuse(`${layout.name}.${field} is a value: it has to be a string, a finite number or absent.`);
  }
  for (const field of layout.lists) {
    const values = stringList(layout, doc, field);
    if (values !== undefined) raw[field] = values.map(checkedText);
  }
  for (const field of layout.json) {
    const text = JSON.stringify(fields[field]);
    if (text !== undefined) raw[field] = text;
  }
  for (const field of layout.bytes) {
    const value = fields[field];
    if (value instanceof Uint8Array) raw[field] = seal.close(key, layout.name, doc.id, field, value);
    else if (value !== undefined) throw misuse(`${layout.name}.${field} has to be bytes or absent.`);
  }
  const rest = encodeRest(layout, fields);
  if (rest !== undefined) raw._rest = key === undefined ? rest : seal.close(key, layout.name, doc.id, "_rest", rest);
  if (key !== undefined) raw[SEALED_WITH] = key.n;
  const terms = layout.search === undefined ? undefined : stringList(layout, doc, layout.search.terms);
  if (terms !== undefined && scopeOf(layout, doc) !== undefined) {
    const words = [...new Set(terms.filter((term) => term !== "").map(encodeTerm))];
    if (words.length > 0) raw[TERMS] = words;
  }
  return raw;
}

/** Every name that a stored document may have, terms apart: what `put` has to take away where the new document lacks it. */
export const storedNames = (layout: Layout): readonly string[] => [
  ...layout.values,
  ...layout.lists,
  ...layout.json,
  ...layout.bytes,
  "_rest",
  SEALED_WITH,
];

/** What the server need not send. */
export const NO_TERMS = { [TERMS]: 0 } as const;

const textOf = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("utf8");

function restOf(layout: Layout, { _id, _rest }: Raw, seal: Seal): Record<string, unknown> {
  const text = _rest instanceof Uint8Array ? textOf(seal.open(layout.name, _id, "_rest", _rest)) : _rest;
  return typeof text === "string" ? (JSON.parse(text) as Record<string, unknown>) : {};
}

/** A document as it was stored. The object is the parsed rest, so that nothing is copied. */
export function decode<T extends Doc>(layout: Layout, raw: Raw, seal: Seal): Stored<T> {
  const doc = restOf(layout, raw, seal);
  doc.id = raw._id;
  doc.rev = raw._rev;
  for (const field of layout.values) if (raw[field] !== undefined) doc[field] = raw[field];
  for (const field of layout.lists) if (raw[field] !== undefined) doc[field] = raw[field];
  for (const field of layout.json) {
    const text = raw[field];
    if (typeof text === "string") doc[field] = JSON.parse(text);
  }
  for (const field of layout.bytes) {
    const bytes = raw[field];
    if (bytes instanceof Uint8Array) doc[field] = seal.open(layout.name, raw._id, field, bytes);
  }
  return doc as Stored<T>;
}

/** How some fields of documents are read without the rest. */
export interface Picking<T extends Doc, K extends keyof T & string> {
  readonly projection: Readonly<Record<string, 0 | 1>>;
  readonly make: (raw: Raw) => Picked<T, K>;
}

/** Plans the reading of these fields, each of them `id`, in a place of its own or bytes; else `store.misuse`. */
export function pickingOf<T extends Doc, K extends keyof T & string>(
  layout: Layout,
  fields: readonly K[],
  seal: Seal,
): Picking<T, K> {
  const values = new Set(layout.values);
  const [json, bytes] = [new Set(layout.json), new Set(layout.bytes)];
  const unknown = fields.find(
    (field) =>
      field !== "id" && !values.has(field) && !json.has(field) && !bytes.has(field) && !layout.hotLists.has(field),
  );
  if (unknown !== undefined) throw misuse(`${layout.name}.${unknown} is neither indexed nor hot nor bytes.`);
  const read = fields.map((field) => (field === "id" ? "_id" : field));
  return {
    // What is sealed opens for its own document only.
    projection: {
      _id: read.includes("_id") || fields.some((field) => bytes.has(field)) ? 1 : 0,
      ...Object.fromEntries(read.map((field) => [field, 1 as const])),
    },
    make(raw) {
      const doc: Record<string, unknown> = {};
      for (const field of fields) {
        const value = raw[field === "id" ? "_id" : field];
        if (value === undefined) continue;
        if (json.has(field)) doc[field] = JSON.parse(String(value));
        else if (value instanceof Uint8Array && bytes.has(field))
          doc[field] = textOf(seal.open(layout.name, raw._id, field, value));
        else doc[field] = value;
      }
      return doc as Picked<T, K>;
    },
  };
}
