import { Fault, type Problem } from "../shared/fault.ts";

/**
 * Rows and cells of tables (RFC 4180). Not by csv-parse: at a quote that never closes it takes all that follows into one cell, or stops,
 * and it builds an error with a stack for each row that is short of a cell, at 30 microseconds a row.
 */

/** Lines that one row may span inside quotes. A quote that is still open then was never meant to open. */
const LONGEST_ROW = 64;
/** Characters of one line. It keeps reading by pieces linear. */
const LONGEST_LINE = 1_048_576;

/** A row as text, its quotes checked, or the line at which a row with a broken quote starts. */
export interface RawRow {
  readonly text: string;
  /** As a spreadsheet counts: from 1, header and comments included, a row over several lines once. */
  readonly number: number;
  readonly broken: boolean;
}

type Quoting = "start" | "bare" | "quoted" | "closed" | "broken";

/** Carries the state of quotes (RFC 4180) over one line. Blanks beside a quoted cell are tolerated, anything else is broken. */
function scanQuotes(line: string, delimiter: string, from: Quoting): Quoting {
  let state = from;
  for (let i = 0; i < line.length; i++) {
    const char = line[i];
    if (state === "quoted") {
      if (char !== '"') continue;
      if (line[i + 1] === '"') i++;
      else state = "closed";
    } else if (char === delimiter) state = "start";
    else if (state === "closed") {
      if (char !== " " && char !== "\t") return "broken";
    } else if (state === "start") {
      if (char === '"') state = "quoted";
      else if (char !== " " && char !== "\t") state = "bare";
    }
  }
  return state;
}

/**
 * Cuts text, handed over in pieces, into rows. A row with a broken quote costs that row alone: reading goes on with the
 * line after the one where it starts.
 */
export class RowSplitter {
  private readonly delimiter: string;
  private rest = "";
  private open: string[] = [];
  private state: Quoting = "start";
  private number: number;
  /** `skipped`: lines of the table that come before and are not handed over. */
  constructor(delimiter: string, skipped = 0) {
    this.delimiter = delimiter;
    this.number = skipped;
  }

  push(piece: string): RawRow[] {
    const lines = (this.rest + piece).split("\n");
    this.rest = lines.pop() ?? "";
    if (this.rest.length > LONGEST_LINE)
      throw new Fault("too_large", `a line of the table is longer than ${LONGEST_LINE} characters`, {
        code: "csv.line",
      });
    return this.take(lines, false);
  }

  end(): RawRow[] {
    const lines = this.rest === "" ? [] : [this.rest];
    this.rest = "";
    return this.take(lines, true);
  }

  private take(lines: readonly string[], last: boolean): RawRow[] {
    const rows: RawRow[] = [];
    // Lines to look at again, the next one at the end.
    const again: string[] = [];
    let next = 0;
    const line = (): string | undefined => again.pop() ?? lines[next++];
    for (;;) {
      let current = line();
      if (current === undefined && last && this.open.length > 0) this.state = "broken";
      else if (current === undefined) return rows;
      else {
        if (current.endsWith("\r")) current = current.slice(0, -1);
        this.open.push(current);
        this.state = scanQuotes(current, this.delimiter, this.state);
        if (this.state === "quoted" && this.open.length < LONGEST_ROW) continue;
      }
      const broken = this.state === "quoted" || this.state === "broken";
      const text = broken ? (this.open[0] ?? "") : this.open.join("\n");
      rows.push({ text, number: ++this.number, broken });
      if (broken) again.push(...this.open.slice(1).reverse());
      this.open = [];
      this.state = "start";
    }
  }
}

/** `csv.quote` of the row of this number. */
export const quoteProblem = (number: number): Problem => ({
  code: "csv.quote",
  path: `row ${number}`,
  message: `row ${number} has a broken quote: a quoted cell ends with a quote before the delimiter, and a quote inside it is doubled`,
});

/** A quoted cell that starts at `start`: its text, doubled quotes single, and where it ends. */
function quotedCell(row: string, start: number): readonly [cell: string, end: number] {
  let end = row.indexOf('"', start + 1);
  while (end >= 0 && row[end + 1] === '"') end = row.indexOf('"', end + 2);
  const last = end < 0 ? row.length : end;
  return [row.slice(start + 1, last).replaceAll('""', '"'), last + 1];
}

/** The cells of a row whose quotes are right, blanks around them off. A quote inside a bare cell is a character like others. */
export function cellsOf(row: string, delimiter: string): string[] {
  const cells: string[] = [];
  for (let at = 0; ; ) {
    let start = at;
    while (row[start] === " " || (row[start] === "\t" && delimiter !== "\t")) start++;
    const [cell, from] = row[start] === '"' ? quotedCell(row, start) : [undefined, start];
    const found = row.indexOf(delimiter, from);
    const end = found < 0 ? row.length : found;
    cells.push((cell ?? row.slice(start, end)).trim());
    if (found < 0) return cells;
    at = end + 1;
  }
}

/** Nothing, or what a spreadsheet writes of an empty row: delimiters and empty cells. */
export const isBlank = (text: string, delimiter: string): boolean =>
  /^[\s",;|]*$/.test(text) && cellsOf(text, delimiter).every((cell) => cell === "");
