import { tlpMarkingId } from "../../schemas/stix/tlp.ts";
import type { CanonicalValue, Item } from "../pipeline/steps.ts";
import { Fault, type Problem } from "../shared/fault.ts";
import { parseInstant } from "../shared/instant.ts";
import { warningsOf } from "./classify.ts";
import { groupHashes, readCell } from "./csv-cell.ts";
import { detectLayout, type Hint, type Layout, type Mapped, typeOf } from "./csv-columns.ts";
import { readConfidence, readDate, readTlp } from "./csv-map.ts";
import { cellsOf, isBlank, quoteProblem, type RawRow, RowSplitter } from "./csv-rows.ts";
import { type Mention, toObservable } from "./to-observable.ts";

const DELIMITERS = [",", ";", "\t", "|"] as const;
const SAMPLE_ROWS = 100;
const EMPTY = new Set(["", "-", "--", "n/a", "na", "none", "null", "unknown", "-0-"]);

const isComment = (text: string, delimiter: string): boolean =>
  text.startsWith("#") && (text.startsWith("# ") || !text.includes(delimiter));

/** Rows that hold data or a header: no blank ones, no comments. */
const wanted = (rows: readonly RawRow[], delimiter: string): RawRow[] =>
  rows.filter(({ text, broken }) => broken || !(isBlank(text, delimiter) || isComment(text, delimiter)));

/** The layout of the table of which `sample` is the start, or `undefined` if it is none with values. */
export function findLayout(sample: string): Layout | undefined {
  let best: Layout | undefined;
  for (const delimiter of DELIMITERS) {
    if (!sample.includes(delimiter) && delimiter !== ",") continue;
    const splitter = new RowSplitter(delimiter);
    const rows = wanted([...splitter.push(sample), ...splitter.end()], delimiter).filter(({ broken }) => !broken);
    const cells = rows.slice(0, SAMPLE_ROWS).map(({ text }) => cellsOf(text, delimiter));
    const layout = detectLayout(cells, delimiter);
    if (layout === undefined || !consistent(cells, layout)) continue;
    if (
      best === undefined ||
      (layout.header && !best.header) ||
      (layout.header === best.header && layout.width > best.width)
    )
      best = layout;
  }
  return best;
}

/** A table has rows of one width, within what a comma inside a value adds; a single column needs a header to be one. */
function consistent(rows: readonly (readonly string[])[], { header, width }: Layout): boolean {
  if (width < 2) return header;
  const full = rows.filter((row) => row.length >= width).length;
  return header || full >= rows.length * 0.8;
}

/** How well cells stand under their columns: known types, links and tags in their places. */
function standing(cells: readonly string[], { type, mention }: Layout): number {
  let score = type !== undefined && typeOf(cells[type] ?? "") !== undefined ? 1 : 0;
  for (const [column, role] of mention) {
    const cell = cells[column] ?? "";
    if (role === "link" && /^https?:\/\//.test(cell)) score++;
    if (role === "tags" && cell.startsWith("#")) score++;
    if (role === "first_seen" && /^\d{4}-\d\d-\d\d/.test(cell)) score++;
  }
  return score;
}

/**
 * Cells of a row that has more of them than its table: commas inside an unquoted URL belong to the URL, others to the last
 * column. Whichever leaves the other cells under their columns better.
 */
function aligned(cells: readonly string[], layout: Layout): readonly string[] {
  const extra = cells.length - layout.width;
  if (extra <= 0 || layout.width < 2) return cells;
  const joined = (column: number): string[] => [
    ...cells.slice(0, column),
    cells.slice(column, column + extra + 1).join(layout.delimiter),
    ...cells.slice(column + extra + 1),
  ];
  const last = joined(layout.width - 1);
  const [column] = [...layout.values.keys()];
  if (column === undefined || !/^[^\s]*[./]/.test(cells[column] ?? "")) return last;
  const inValue = joined(column);
  return standing(inValue, layout) >= standing(last, layout) ? inValue : last;
}

/** A time with its zone, or without one and then taken as UTC, as a STIX timestamp. */
function timestamp(text: string): string | undefined {
  const m = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,9})?\s?(?:Z|UTC|\+00:?00)?$/.exec(text);
  const candidate = m === null ? "" : `${m[1]}T${m[2]}${m[3] ?? ""}Z`;
  return parseInstant(candidate) === undefined ? undefined : candidate;
}

/** A key that a STIX dictionary may have (section 2.4), and what of the header it can't say. */
function contextEntry(column: number, header: string, cell: string): readonly [string, string] {
  const key = header
    .trim()
    .replace(/[^A-Za-z0-9_-]+/g, "_")
    .replace(/^_{1,200}|_{1,200}$/g, "")
    .slice(0, 200);
  if (/[A-Za-z0-9]/.test(key) && !/[^\u0020-\u007e]/.test(header)) return [key, cell];
  return [`column_${column + 1}`, header === "" ? cell : `${header}: ${cell}`];
}

type Mentioned = { -readonly [K in keyof Mention]: Mention[K] };

/** What a saved map says of every row, where the row itself says nothing. */
function withConstants(mention: Mentioned, { constants }: Mapped): void {
  const { notes, tags, reporter, link, confidence } = constants;
  if (notes !== undefined) mention.notes ??= notes;
  if (tags !== undefined) mention.tags = [...new Set([...(mention.tags ?? []), ...tags])];
  if (reporter !== undefined) mention.reporter ??= reporter;
  if (link !== undefined) mention.link ??= link;
  if (confidence !== undefined) mention.confidence ??= confidence;
}

/** What the row says beside its values. Nothing of it is lost but a column without a name that only counts the rows, and what a map leaves out. */
function mentionOf(cells: readonly string[], layout: Layout, dataRow: number): Mention {
  const context: (readonly [string, string])[] = [];
  const mention: Mentioned = {};
  const { mapped } = layout;
  for (const [column, cell] of cells.entries()) {
    if (cell === "" || layout.values.has(column) || column === mapped?.tlp || mapped?.leftOut.has(column)) continue;
    const header = layout.names[column] ?? "";
    if (layout.header && header === "" && (cell === String(dataRow) || cell === String(dataRow + 1))) continue;
    const role = layout.mention.get(column);
    const time =
      role !== "first_seen" && role !== "last_seen"
        ? undefined
        : mapped === undefined
          ? timestamp(cell)
          : readDate(cell, mapped.dates.get(column) ?? "iso");
    const confidence = column === mapped?.confidence ? readConfidence(cell) : undefined;
    if (role === "tags") mention.tags = cell.split(/[\s,;]+/).filter((tag) => tag !== "");
    else if (role === "notes" || role === "reporter" || role === "link") mention[role] = cell;
    else if (role !== undefined && time !== undefined) mention[role] = time;
    else if (confidence !== undefined) mention.confidence = confidence;
    else if (column !== layout.type) context.push(contextEntry(column, header, cell));
  }
  if (mapped !== undefined) withConstants(mention, mapped);
  if (mention.tags?.length === 0) delete mention.tags;
  return context.length === 0 ? mention : { ...mention, context: Object.fromEntries(context) };
}

type Things = readonly (readonly [CanonicalValue, ...CanonicalValue[]])[];
type Reading =
  | { readonly things: Things; readonly given: string }
  | { readonly problem: Omit<Problem, "path">; readonly given?: string };

/** What of a mapped row could not be read as the map says: it is kept beside the value as it stands. */
function unread(cells: readonly string[], { mapped, mention }: Layout): Problem[] {
  if (mapped === undefined) return [];
  const found: Problem[] = [];
  const tell = (code: string, column: number, message: string): void => {
    const cell = cells[column] ?? "";
    if (cell !== "") found.push({ code, path: "", message: `"${cell.slice(0, 40)}" ${message}` });
  };
  for (const [column, role] of mention) {
    if (role !== "first_seen" && role !== "last_seen") continue;
    const form = mapped.dates.get(column) ?? "iso";
    if (readDate(cells[column] ?? "", form) === undefined) tell("csv.date", column, `is no date of the form ${form}`);
  }
  const { confidence } = mapped;
  if (confidence !== undefined && readConfidence(cells[confidence] ?? "") === undefined)
    tell("csv.confidence", confidence, "is no confidence: 0 to 100, or none, low, medium, high");
  return found;
}

/** The TLP of a mapped row: of its cell, else the map's own. */
function tlpOf(cells: readonly string[], { mapped }: Layout): ReturnType<typeof readTlp> | undefined {
  const cell = mapped?.tlp === undefined ? "" : (cells[mapped.tlp] ?? "");
  if (!EMPTY.has(cell.toLowerCase())) return readTlp(cell);
  const level = mapped?.constants.tlp;
  return level === undefined ? undefined : { level };
}

/** The values of a row: hashes of all its hash columns are one file, other columns a thing each. */
function readValues(cells: readonly string[], layout: Layout): Reading {
  const filled = [...layout.values].filter(([column]) => !EMPTY.has((cells[column] ?? "").toLowerCase()));
  if (filled.length === 0)
    return { problem: { code: "csv.no_value", message: "the row has no value in the columns that hold values" } };
  const given = filled.map(([column]) => cells[column] ?? "").join(" ");
  const declared = layout.type === undefined ? "" : (cells[layout.type] ?? "");
  const type = declared === "" ? undefined : typeOf(declared);
  if (declared !== "" && (type === undefined || type === "other")) {
    const message = `the row is of the type "${declared.slice(0, 60)}", which is no kind of value that is read here`;
    return { problem: { code: "csv.kind_not_supported", message }, given };
  }
  const currency =
    (layout.currency === undefined ? undefined : cells[layout.currency] || undefined) ??
    layout.mapped?.constants.currency;
  const hashes: CanonicalValue[] = [];
  const things: (readonly [CanonicalValue, ...CanonicalValue[]])[] = [];
  for (const [column, own] of filled) {
    const hint: Hint = own.kind === "value" && type !== undefined && type !== "other" ? type : own;
    const cell = readCell(cells[column] ?? "", hint, currency);
    if ("problem" in cell) return { problem: cell.problem, given };
    for (const thing of cell.things)
      if (thing[0].kind === "file" && filled.length > 1) hashes.push(...thing);
      else things.push(thing);
  }
  return { things: [...groupHashes(hashes), ...things], given };
}

/** Reads rows, group after group, to items; keeps count over the groups. */
export class RowReader {
  private readonly layout: Layout;
  private index = 0;
  private dataRow = 0;
  private headerSeen: boolean;
  constructor(layout: Layout) {
    this.layout = layout;
    this.headerSeen = !layout.header;
  }

  read(raw: readonly RawRow[]): Item[] {
    return wanted(raw, this.layout.delimiter).flatMap((row) => this.row(row));
  }

  private refused(problem: Omit<Problem, "path">, place: string, given: string | undefined): Item {
    const cell = given === undefined ? {} : { given: given.slice(0, 200) };
    return { index: this.index++, problem: { ...problem, path: place }, place, ...cell };
  }

  private row({ number, text, broken }: RawRow): Item[] {
    const place = `row ${number}`;
    if (broken) return [{ index: this.index++, problem: quoteProblem(number), given: text.slice(0, 200), place }];
    if (!this.headerSeen) {
      this.headerSeen = true;
      return [];
    }
    const fitted = aligned(cellsOf(text, this.layout.delimiter), this.layout);
    const reading = readValues(fitted, this.layout);
    const mention = mentionOf(fitted, this.layout, this.dataRow++);
    const tlp = tlpOf(fitted, this.layout);
    if ("problem" in reading) return [this.refused(reading.problem, place, reading.given)];
    if (tlp !== undefined && "problem" in tlp) return [this.refused(tlp.problem, place, reading.given)];
    const remarks = unread(fitted, this.layout).map((one) => ({ ...one, path: place }));
    const marking = tlp === undefined ? {} : { object_marking_refs: [tlpMarkingId(tlp.level)] };
    return reading.things.map((values) => {
      const warnings = [...values.flatMap(warningsOf), ...remarks];
      const object = { ...toObservable(values, mention), ...marking };
      const item = { index: this.index++, object, given: reading.given, place };
      return warnings.length === 0 ? item : { ...item, warnings };
    });
  }
}

export const noValueColumn = (): Fault =>
  new Fault("bad_request", "no column of the table holds addresses, domains, URLs, e-mails, hashes or wallets", {
    code: "csv.no_value_column",
  });

/** A table to items, one a row (more where a cell lists several values). Each broken row is a problem of its own. `skipped`: lines before the text. */
export function readCsv(text: string, layout: Layout, skipped = 0): Item[] {
  const splitter = new RowSplitter(layout.delimiter, skipped);
  const reader = new RowReader(layout);
  return reader.read([...splitter.push(text), ...splitter.end()]);
}
