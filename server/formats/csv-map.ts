import type { ColumnMap } from "../../schemas/api/column-maps.ts";
import { TLP, type Tlp } from "../../schemas/policy/vocabulary.ts";
import { Fault, type Problem } from "../shared/fault.ts";
import { formatInstant, parseInstant } from "../shared/instant.ts";
import { type DateForm, folded, type Hint, type Layout, type MentionRole } from "./csv-columns.ts";
import { cellsOf, isBlank, RowSplitter } from "./csv-rows.ts";

const MENTIONED: ReadonlySet<string> = new Set(["notes", "tags", "reporter", "first_seen", "last_seen", "link"]);
const isMentioned = (role: string): role is MentionRole => MENTIONED.has(role);

const misfit = (code: string, path: string, message: string): Fault =>
  new Fault("bad_request", message, { code: `csv.map_${code}`, path });

/** Where in a text a number of lines ends; its length if it has no more. */
export function endOfLines(text: string, lines: number): number {
  let at = 0;
  for (let i = 0; i < lines; i++) {
    const end = text.indexOf("\n", at);
    if (end < 0) return text.length;
    at = end + 1;
  }
  return at;
}

/** The cells of the table's first rows: those that are neither blank nor comment nor broken. */
function firstRows(sample: string, delimiter: string): string[][] {
  const splitter = new RowSplitter(delimiter);
  return [...splitter.push(sample), ...splitter.end()]
    .filter(({ text, broken }) => !broken && !isBlank(text, delimiter) && !/^#(?: |[^,;|\t]*$)/.test(text))
    .slice(0, 100)
    .map(({ text }) => cellsOf(text, delimiter));
}

const DELIMITERS: readonly (readonly [string, string])[] = [
  [",", "a comma"],
  [";", "a semicolon"],
  ["\t", "a tab"],
  ["|", "a bar"],
];

/** Another delimiter that the row is rather cut by. */
function betterDelimiter(sample: string, delimiter: string): string {
  const [line = ""] = sample.slice(0, 10_000).split("\n");
  const found = DELIMITERS.find(([one]) => one !== delimiter && line.split(one).length > line.split(delimiter).length);
  return found === undefined
    ? ""
    : `; the map says that ${nameOf(delimiter)} stands between cells, but ${found[1]} seems to`;
}
const nameOf = (delimiter: string): string => DELIMITERS.find(([one]) => one === delimiter)?.[1] ?? "it";

/** Which column of this table an entry of the map means, from 0. */
function placeOf(
  column: string | number,
  names: readonly string[] | undefined,
  width: number,
): number | "twice" | undefined {
  if (typeof column === "number") return column <= width ? column - 1 : undefined;
  const exact = names?.flatMap((name, i) => (name.trim() === column ? [i] : [])) ?? [];
  const found =
    exact.length > 0 ? exact : (names?.flatMap((name, i) => (folded(name) === folded(column) ? [i] : [])) ?? []);
  return found.length > 1 ? "twice" : found[0];
}

/**
 * The layout of a table as a saved map has it, by the table's start (lines to skip already off). Faults, with the map's entry as path:
 * `csv.map_empty`, `csv.map_column` (there is no such column), `csv.map_ambiguous` (a heading stands twice), `csv.map_repeated` (two entries
 * mean one column).
 */
export function layoutOfMap(map: ColumnMap, sample: string): Layout {
  const delimiter = map.delimiter ?? ",";
  const rows = firstRows(sample, delimiter);
  const [first] = rows;
  if (first === undefined) throw misfit("empty", "", "the table has no row");
  const header = map.header !== false;
  const width = header ? first.length : rows.reduce((widest, row) => Math.max(widest, row.length), 0);
  const values = new Map<number, Hint>();
  const mention = new Map<number, MentionRole>();
  const dates = new Map<number, DateForm>();
  const leftOut = new Set<number>();
  const used = new Map<number, number>();
  const found: { type?: number; currency?: number; tlp?: number; confidence?: number } = {};
  for (const [i, { column, as, kind, dates: form }] of map.columns.entries()) {
    const path = `columns[${i}].column`;
    const place = placeOf(column, header ? first : undefined, width);
    const shown = first.slice(0, 20).map((name) => JSON.stringify(name.slice(0, 60)));
    const hint = betterDelimiter(sample, delimiter);
    if (place === "twice")
      throw misfit("ambiguous", path, `the heading ${JSON.stringify(column)} stands twice; say its number`);
    if (place === undefined) {
      const has = header ? `its headings are ${shown.join(", ")}` : `it has ${width} columns`;
      throw misfit("column", path, `the table has no column ${JSON.stringify(column)}: ${has}${hint}`);
    }
    const other = used.get(place);
    if (other !== undefined)
      throw misfit("repeated", path, `columns[${other}] of the map means the same column of this table`);
    used.set(place, i);
    if (as === "value") values.set(place, { kind: (kind ?? map.constants?.kind ?? "value") as Hint["kind"] });
    else if (as === "kind") found.type = place;
    else if (as === "currency" || as === "tlp" || as === "confidence") found[as] = place;
    else if (isMentioned(as)) mention.set(place, as);
    else leftOut.add(place);
    if (form !== undefined) dates.set(place, form);
  }
  if (map.others === "leave-out") for (let at = 0; at < width; at++) if (!used.has(at)) leftOut.add(at);
  const { type, currency, tlp, confidence } = found;
  return {
    delimiter,
    header,
    width,
    names: header ? first : Array.from({ length: width }, () => ""),
    values,
    mention,
    ...(type === undefined ? {} : { type }),
    ...(currency === undefined ? {} : { currency }),
    mapped: {
      dates,
      leftOut,
      constants: map.constants ?? {},
      ...(tlp === undefined ? {} : { tlp }),
      ...(confidence === undefined ? {} : { confidence }),
    },
  };
}

const ORDER: Readonly<Record<"day-first" | "month-first", readonly [day: number, month: number]>> = {
  "day-first": [1, 2],
  "month-first": [2, 1],
};

/** A cell of dates as a STIX timestamp; without a zone it is taken as UTC. `undefined` for what is no date of that form. */
export function readDate(text: string, form: DateForm): string | undefined {
  let candidate = "";
  if (form === "unix") {
    const m = /^(\d{9,10})(\d{3})?(?:\.\d{1,9})?$/.exec(text);
    return m === null ? undefined : formatInstant(Number(m[1]) * 1000 + Number(m[2] ?? 0));
  }
  if (form === "iso") {
    const m = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?\s?(?:Z|UTC|\+00:?00)?)?$/.exec(text);
    if (m !== null) candidate = `${m[1]}T${m[2] ?? "00:00"}${m[3] ?? ":00"}Z`;
  } else {
    const m = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[T ,]{1,2}(\d{1,2}:\d\d)(:\d\d)?\s?(?:Z|UTC)?)?$/.exec(text);
    const [day, month] = ORDER[form];
    const two = (part: string | undefined): string => (part ?? "").padStart(2, "0");
    if (m !== null)
      candidate = `${m[3]}-${two(m[month])}-${two(m[day])}T${(m[4] ?? "00:00").padStart(5, "0")}${m[5] ?? ":00"}Z`;
  }
  return parseInstant(candidate) === undefined ? undefined : candidate;
}

const LEVELS: ReadonlyMap<string, Tlp> = new Map([["WHITE", "CLEAR"], ...TLP.map((level) => [level, level] as const)]);

/** A cell that says a TLP: `amber`, `TLP:AMBER`; WHITE is CLEAR (policy 4). Problem `csv.tlp`, since nobody can tell who may read the row. */
export function readTlp(cell: string): { readonly level: Tlp } | { readonly problem: Omit<Problem, "path"> } {
  const level = LEVELS.get(cell.toUpperCase().replace(/^TLP\s?[:-]?\s?/, ""));
  if (level !== undefined) return { level };
  const message = `"${cell.slice(0, 40)}" is no TLP; there are ${TLP.join(", ")}`;
  return { problem: { code: "csv.tlp", message } };
}

/** Words for a confidence (STIX 2.1 appendix A, "None / Low / Med / High"). */
const WORDS: ReadonlyMap<string, number> = new Map(
  Object.entries({ none: 0, low: 15, med: 50, medium: 50, moderate: 50, high: 85 }),
);

/** A cell that says a confidence: 0 to 100, with a percent sign or not, or a word; undefined for another. */
export function readConfidence(cell: string): number | undefined {
  const number = /^(\d{1,3})\s?%?$/.exec(cell)?.[1];
  if (number !== undefined) return Number(number) <= 100 ? Number(number) : undefined;
  return WORDS.get(cell.toLowerCase());
}
