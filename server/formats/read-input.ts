import type { Format, Item } from "../pipeline/steps.ts";
import type { Layout } from "./csv-columns.ts";
import { decodeUtf8, inflate } from "./decode.ts";
import { parseJson } from "./parse-json.ts";
import { findLayout, noValueColumn, readCsv } from "./read-csv.ts";
import { readStix, unwrapStix } from "./read-stix.ts";
import { isList, readText, readValues } from "./read-text.ts";

export interface ReadOptions {
  /** Forces the format; without it the content decides. */
  readonly format?: Format;
  readonly limits: {
    /** Bytes that a gzip input may have when unpacked. */
    readonly inflated: number;
  };
}

export interface Read {
  readonly format: Format;
  readonly items: Item[];
}

/**
 * JSON starts with `{`, or with `[` and then what a list of objects or strings starts with. A text that starts with a
 * footnote (`[1] …`) or a link (`[name](…)`) does not.
 */
export const startsAsJson = (text: string): boolean => /^(?:\{|\[\s*(?:["[\]{]|$))/.test(text.trimStart());

/** As much of a text as decides what it is. */
export const SAMPLE = 65_536;

export type Shape = { readonly format: "csv"; readonly layout: Layout } | { readonly format: "text" };

/** The start of a text up to its last full line. */
const wholeLines = (text: string): string =>
  text.length <= SAMPLE ? text : text.slice(0, text.lastIndexOf("\n", SAMPLE) + 1 || SAMPLE);

/** Table or text, by its start. A table that is forced but has no column of values is a Fault `csv.no_value_column`. */
export function shapeOf(start: string, format: Format | undefined): Shape {
  if (format === "text") return { format };
  const sample = wholeLines(start);
  const layout = findLayout(sample);
  if (format === "csv" && layout === undefined) throw noValueColumn();
  const csv = layout !== undefined && (format === "csv" || layout.header || !isList(sample));
  return csv ? { format: "csv", layout } : { format: "text" };
}

/**
 * The first step of the line: bytes (gzip or not) to items. Faults refuse the whole input: `input.inflated` (413),
 * `input.gzip`, `input.utf8`, `input.depth`, `input.json`, `input.not_stix`, `input.unsupported_format`,
 * `csv.no_value_column`. Anything wrong with one object, row or value is an item with a problem, and the rest goes in.
 */
export function readInput(input: Uint8Array, { format, limits }: ReadOptions): Read {
  const bytes = inflate(input, limits.inflated);
  const text = decodeUtf8(bytes);
  if (format === "stix" || (format === undefined && startsAsJson(text))) {
    const found = unwrapStix(parseJson(bytes, text));
    return "objects" in found
      ? { format: "stix", items: readStix(found.objects) }
      : { format: "text", items: readValues(found.strings) };
  }
  const shape = shapeOf(text, format);
  return shape.format === "csv"
    ? { format: "csv", items: readCsv(text, shape.layout) }
    : { format: "text", items: readText(text) };
}
