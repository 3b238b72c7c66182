import type { Scalar } from "../port.ts";
import type { Seal } from "../seal/seal.ts";
import { type Layout, quoted } from "./layout.ts";
import { misuse } from "./store-fault.ts";

type Values = readonly unknown[];

/** How some fields of a collection's documents are read without the rest. */
export interface Picking {
  /** What to select of a document under this name. */
  readonly columns: (document: string) => string;
  readonly make: (row: Values) => Readonly<Record<string, unknown>>;
}

/** Bytes that are stored plain come as the text that they are: a string costs a third of what a buffer does. Others as they are stored. */
const asText = (column: string): string =>
  `CASE substr(${column}, 1, 5) WHEN x'0100000000' THEN CAST(substr(${column}, 6) AS TEXT) ELSE ${column} END`;

const textOf = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("utf8");

/** Plans the reading of these fields, each of them `id`, in a column or bytes (else `store.misuse`); `known` has those that are the same in every document asked for. */
export function pickingOf(
  layout: Layout,
  fields: readonly string[],
  seal: Seal,
  known: ReadonlyMap<string, Scalar> = new Map(),
): Picking {
  const json = new Set(layout.json);
  const bytes = new Set(layout.bytes);
  const unknown = fields.find(
    (field) => field !== "id" && !layout.columns.includes(field) && !json.has(field) && !bytes.has(field),
  );
  if (unknown !== undefined) throw misuse(`${layout.name}.${unknown} is neither indexed nor hot nor bytes.`);
  const read = fields.filter((field) => !known.has(field));
  const same = fields.flatMap((field) => {
    const value = known.get(field);
    return value === undefined ? [] : [[field, value] as const];
  });
  const column = (document: string, field: string): string => {
    const name = `${document}.${quoted(field)}`;
    return bytes.has(field) ? asText(name) : name;
  };
  const readAs = read.map((field) => (json.has(field) ? "json" : bytes.has(field) ? "bytes" : "value"));
  // What is sealed opens for its own document only.
  const named = seal.any && read.some((field) => bytes.has(field));
  const columns = named ? [...read, "id"] : read;
  return {
    // A document of which all is known still has to be there.
    columns: (document) => (columns.length === 0 ? "1" : columns.map((field) => column(document, field)).join(", ")),
    make(row) {
      const doc: Record<string, unknown> = {};
      for (const [field, value] of same) doc[field] = value;
      for (let at = 0; at < read.length; at++) {
        const value = row[at];
        if (value === null) continue;
        const field = read[at] ?? "";
        const how = readAs[at];
        if (how === "json") doc[field] = JSON.parse(String(value));
        else if (value instanceof Uint8Array)
          doc[field] = textOf(seal.open(layout.name, String(row[read.length]), field, value));
        else doc[field] = value;
      }
      return doc;
    },
  };
}
