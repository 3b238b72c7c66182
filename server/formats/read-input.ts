import type { ColumnMap } from "../../schemas/api/column-maps.ts";
import type { AskedFormat, Format, Item } from "../pipeline/steps.ts";
import { Fault } from "../shared/fault.ts";
import type { Layout } from "./csv-columns.ts";
import { endOfLines, layoutOfMap } from "./csv-map.ts";
import { decodeUtf8, inflate } from "./decode.ts";
import { parseJson } from "./parse-json.ts";
import { findLayout, noValueColumn, readCsv } from "./read-csv.ts";
import { decodeHtml, readHtml, startsAsHtml } from "./read-html.ts";
import { MispReader } from "./read-misp.ts";
import { notMisp, notStix, objectsOf, readStix, type Unwrapped, unwrapJson } from "./read-stix.ts";
import { isList, readText, readValues } from "./read-text.ts";

export interface ReadOptions {
  /** Forces the format; without it the content decides. */
  readonly format?: AskedFormat;
  /** How a table is to be read: a saved map. It makes the input a table. */
  readonly columns?: ColumnMap;
  /** A JSON list whose members are objects of STIX, whatever they say they are: what is wrong with one is its own problem. */
  readonly objects?: boolean;
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

export const isJsonFormat = (format: AskedFormat | undefined): boolean =>
  format === "stix" || format === "misp" || format === "json";

/** What was asked for, is it? `stix` and `json` take a list of strings as text, as they always did. */
export function checkFormat(found: Unwrapped, format: AskedFormat | undefined): void {
  if (format === "stix" && "events" in found) throw notStix("the input is a MISP event");
  if (format === "misp" && !("events" in found)) throw notMisp();
}

export type Shape = { readonly format: "csv"; readonly layout: Layout } | { readonly format: "text" };

/** A saved map reads tables alone. */
export function checkTable(format: AskedFormat | undefined): void {
  if (format === undefined || format === "csv") return;
  throw new Fault("bad_request", `a column map reads tables, and the format is said to be ${format}`, {
    code: "csv.map_format",
  });
}

export const tableOrText = (format: AskedFormat | undefined): "csv" | "text" | undefined =>
  format === "csv" || format === "text" ? format : undefined;

/** The start of a text up to its last full line. */
export const wholeLines = (text: string): string =>
  text.length <= SAMPLE ? text : text.slice(0, text.lastIndexOf("\n", SAMPLE) + 1 || SAMPLE);

/** Table or text, by its start. A table that is forced but has no column of values is a Fault `csv.no_value_column`. */
export function shapeOf(start: string, format: "csv" | "text" | undefined): Shape {
  if (format === "text") return { format };
  const sample = wholeLines(start);
  const layout = findLayout(sample);
  if (format === "csv" && layout === undefined) throw noValueColumn();
  const csv = layout !== undefined && (format === "csv" || layout.header || !isList(sample));
  return csv ? { format: "csv", layout } : { format: "text" };
}

/**
 * The first step of the line: bytes (gzip or not) to items. Faults refuse the whole input: `input.inflated` (413),
 * `input.gzip`, `input.utf8`, `input.charset`, `input.depth`, `input.json`, `input.not_stix`, `input.not_misp`,
 * `csv.no_value_column`, `csv.map_…` where a saved map does not fit. Anything wrong with one object, row or value is an item with a problem, and the rest goes in.
 */
export function readInput(input: Uint8Array, { format, columns, objects, limits }: ReadOptions): Read {
  const bytes = inflate(input, limits.inflated);
  if (columns !== undefined) {
    checkTable(format);
    const whole = decodeUtf8(bytes);
    const skipped = columns.skipLines ?? 0;
    const table = whole.slice(endOfLines(whole, skipped));
    return { format: "csv", items: readCsv(table, layoutOfMap(columns, wholeLines(table)), skipped) };
  }
  if (format === "html" || (format === undefined && startsAsHtml(new TextDecoder().decode(bytes.subarray(0, 4096)))))
    return { format: "html", items: readHtml(decodeHtml(bytes)) };
  const text = decodeUtf8(bytes);
  if (isJsonFormat(format) || (format === undefined && startsAsJson(text))) {
    const json = parseJson(bytes, text);
    const found = objects === true ? objectsOf(json) : unwrapJson(json);
    checkFormat(found, format);
    if ("events" in found) return { format: "misp", items: new MispReader().read(found.events) };
    return "objects" in found
      ? { format: "stix", items: readStix(found.objects, found.lifts) }
      : { format: "text", items: readValues(found.strings) };
  }
  const shape = shapeOf(text, tableOrText(format));
  return shape.format === "csv"
    ? { format: "csv", items: readCsv(text, shape.layout) }
    : { format: "text", items: readText(text) };
}
