import type { StixJson } from "../pipeline/steps.ts";
import { type ExportRecord, type Tally, tlpText, valueOfTerm } from "./write-record.ts";

const COLUMNS = ["tlp", "type", "value", "name", "pattern", "id", "created", "modified"] as const;

/** RFC 4180, section 2; a cell that a spreadsheet would run as a formula is marked as text. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const member = (object: StixJson, name: string): string => {
  const value = object[name];
  return typeof value === "string" ? value : "";
};

/** One row: hashes of one file, or the values of a pattern, in one cell with blanks between, as our reader takes them. */
const row = ({ object, tlp, values }: ExportRecord): string =>
  [
    tlpText(tlp),
    member(object, "type"),
    [...new Set(values.map(valueOfTerm))].join(" "),
    ...["name", "pattern", "id", "created", "modified"].map((name) => member(object, name)),
  ]
    .map(csvCell)
    .join(",");

/** A table as lines: a header, then one row an object with its TLP first (policy 10). */
export async function* csvLines(records: AsyncIterable<ExportRecord>, tally: Tally): AsyncGenerator<string> {
  yield `${COLUMNS.join(",")}\r\n`;
  for await (const record of records) {
    tally.written++;
    yield `${row(record)}\r\n`;
  }
}
