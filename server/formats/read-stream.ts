import type { ColumnMap } from "../../schemas/api/column-maps.ts";
import type { AskedFormat, Item } from "../pipeline/steps.ts";
import { Fault } from "../shared/fault.ts";
import type { Layout } from "./csv-columns.ts";
import { endOfLines, layoutOfMap } from "./csv-map.ts";
import { RowSplitter } from "./csv-rows.ts";
import { decodeUtf8, wrongUtf8 } from "./decode.ts";
import { inflateStream } from "./inflate-stream.ts";
import { areStix20 } from "./lift-stix20.ts";
import { eventsOf, unwrapEvent } from "./misp-event.ts";
import { parseJson } from "./parse-json.ts";
import { RowReader } from "./read-csv.ts";
import { decodeHtml, readHtml, startsAsHtml } from "./read-html.ts";
import {
  checkFormat,
  checkTable,
  isJsonFormat,
  type ReadOptions,
  SAMPLE,
  shapeOf,
  startsAsJson,
  tableOrText,
  wholeLines,
} from "./read-input.ts";
import { MispReader } from "./read-misp.ts";
import { isTyped, notStix, readStix, StixReader, saysStix20, unwrapJson } from "./read-stix.ts";
import { Findings, isList, readListLine, readProse, readValue } from "./read-text.ts";
import { JsonSplitter } from "./split-json.ts";

/** Items of one group: what one transaction holds (design 5). */
const GROUP = 1000;
/** Bytes read, unpacked, after which a group is closed although it has fewer: objects may have 16 MiB each. */
const GROUP_BYTES = 4_194_304;
/** Characters of a report that is read as a whole, since any of its words may tell how the others are meant. */
const LONGEST_PROSE = 32 * 1024 * 1024;
const LONGEST_LINE = 1_048_576;
/** Distinct values of a list that are remembered; a repeat beyond it comes again as the same bytes and changes nothing. */
const REMEMBERED = 200_000;

/** `read`: how many bytes the items so far were made from. */
async function* grouped(lots: AsyncIterable<readonly Item[]>, read: () => number): AsyncGenerator<Item[]> {
  let waiting: Item[] = [];
  let closed = 0;
  for await (const items of lots) {
    for (const item of items) {
      waiting.push(item);
      if (waiting.length < GROUP) continue;
      yield waiting;
      waiting = [];
      closed = read();
    }
    if (waiting.length === 0 || read() - closed < GROUP_BYTES) continue;
    yield waiting;
    waiting = [];
    closed = read();
  }
  if (waiting.length > 0) yield waiting;
}

/** Members, or bytes of them, that are looked at to tell what a list holds. */
const TELLING = 100;
const TELLING_BYTES = 1_048_576;

/** How the members of a list are read, settled by the first ones. */
type Reading = { readonly read: (members: readonly unknown[]) => Item[] };

function readStrings(): Reading {
  const findings = new Findings(REMEMBERED);
  let index = 0;
  return {
    read: (members) => {
      for (const member of members) {
        if (typeof member === "string") readValue(member, `[${index++}]`, findings);
        else throw notStix("the JSON list mixes strings with other members");
      }
      return findings.take();
    },
  };
}

/** Members of a list as items: STIX objects, events, or values where the first ones are all strings. */
class MemberReader {
  private reading: Reading | undefined;
  private waiting: unknown[] = [];
  private held = 0;
  private readonly format: AskedFormat | undefined;
  constructor(format: AskedFormat | undefined) {
    this.format = format;
  }

  /** What the members of these bytes are; the first ones wait until there are enough to tell. `before` is what was read around the list. */
  read(parts: readonly Uint8Array[], before: () => Uint8Array): Item[] {
    for (const bytes of parts) {
      this.held += bytes.length;
      this.waiting.push(parseJson(bytes, decodeUtf8(bytes)));
    }
    if (this.reading === undefined && this.waiting.length < TELLING && this.held < TELLING_BYTES) return [];
    return this.take(before);
  }

  /** What waits, at the end of the list at the latest. */
  take(before: () => Uint8Array): Item[] {
    const members = this.waiting;
    if (members.length === 0) return [];
    this.waiting = [];
    this.reading ??= this.settle(members, before);
    return this.reading.read(members);
  }

  private settle(members: readonly unknown[], before: () => Uint8Array): Reading {
    const wrapper = wrapperOf(new TextDecoder().decode(before()));
    if (eventsOf(members) !== undefined || eventsOf(wrapper) !== undefined) {
      checkFormat({ events: members }, this.format);
      const reader = new MispReader();
      return { read: (events) => reader.read(events.map(unwrapEvent)) };
    }
    if (members.every((member) => typeof member === "string")) {
      checkFormat({ strings: [] }, this.format);
      return readStrings();
    }
    if (!members.some(isTyped)) throw notStix("the first members of the JSON list are no STIX objects");
    checkFormat({ objects: [], lifts: false }, this.format);
    return new StixReader(saysStix20(wrapper) ?? areStix20(members));
  }
}

/** The wrapper of a list as far as it was read: up to the list, or, of a short input, all of it. */
function wrapperOf(head: string): unknown {
  for (const rest of ["", "]}"]) {
    try {
      return JSON.parse(head + rest);
    } catch {
      // The other way, or none: then the members decide.
    }
  }
  return undefined;
}

async function* readJson(
  bytes: AsyncIterable<Uint8Array>,
  format: AskedFormat | undefined,
): AsyncGenerator<readonly Item[]> {
  const splitter = new JsonSplitter();
  const reader = new MemberReader(format);
  for await (const piece of bytes) yield reader.read(splitter.push(piece), () => splitter.before());
  const { around, listed } = splitter.end();
  yield reader.take(() => around);
  const found = unwrapJson(parseJson(around, decodeUtf8(around)));
  // Without a list of objects the text around it is all there is: one object, or one event.
  if (listed) return;
  checkFormat(found, format);
  if ("events" in found) yield new MispReader().read(found.events);
  else if ("objects" in found) yield readStix(found.objects, found.lifts);
}

async function* readRows(text: AsyncIterable<string>, layout: Layout, skipped = 0): AsyncGenerator<readonly Item[]> {
  const splitter = new RowSplitter(layout.delimiter, skipped);
  const reader = new RowReader(layout);
  for await (const piece of text) yield reader.read(splitter.push(piece));
  yield reader.read(splitter.end());
}

/** The text without its first lines. */
async function* behind(text: AsyncIterable<string>, lines: number): AsyncGenerator<string> {
  let left = lines;
  for await (const piece of text) {
    if (left === 0) yield piece;
    else {
      const found = Math.min(left, piece.split("\n").length - 1);
      left -= found;
      if (left === 0) yield piece.slice(endOfLines(piece, found));
    }
  }
}

/** A table as a saved map reads it. */
async function* readMapped(bytes: AsyncIterable<Uint8Array>, map: ColumnMap): AsyncGenerator<readonly Item[]> {
  const skipped = map.skipLines ?? 0;
  const text = behind(decoded(bytes), skipped);
  const sample = await startOf(text);
  yield* readRows(after([sample], text), layoutOfMap(map, wholeLines(sample)), skipped);
}

/** As much of a text as decides what it is. */
async function startOf(text: AsyncIterator<string>): Promise<string> {
  const start: string[] = [];
  let length = 0;
  while (length <= SAMPLE) {
    const next = await text.next();
    if (next.done === true) break;
    start.push(next.value);
    length += next.value.length;
  }
  return start.join("");
}

async function* readLines(text: AsyncIterable<string>): AsyncGenerator<readonly Item[]> {
  const findings = new Findings(REMEMBERED);
  let [rest, offset, number] = ["", 0, 0];
  for await (const piece of text) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST_LINE)
      throw new Fault("too_large", `line ${number + lines.length + 1} is longer than ${LONGEST_LINE} characters`, {
        code: "text.line",
      });
    for (const line of lines) {
      readListLine(line, offset, ++number, findings);
      offset += line.length + 1;
    }
    yield findings.take();
  }
  readListLine(rest, offset, number + 1, findings);
  yield findings.take();
}

const reportTooLarge = (): Fault =>
  new Fault(
    "too_large",
    `a report of more than ${LONGEST_PROSE} characters is not read; a list, a table or STIX may have any size`,
    { code: "text.report" },
  );

/** A page is read as a whole, as a report is. */
async function* readPage(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Item[]> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    size += piece.length;
    if (size > LONGEST_PROSE) throw reportTooLarge();
    pieces.push(Uint8Array.from(piece));
  }
  yield readHtml(decodeHtml(Buffer.concat(pieces)));
}

async function* readReport(text: AsyncIterable<string>): AsyncGenerator<readonly Item[]> {
  const pieces: string[] = [];
  let size = 0;
  for await (const piece of text) {
    size += piece.length;
    if (size > LONGEST_PROSE) throw reportTooLarge();
    pieces.push(piece);
  }
  const findings = new Findings();
  readProse(pieces.join(""), findings);
  yield findings.take();
}

async function* after<T>(first: readonly T[], rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    yield* first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.(undefined);
  }
}

/** Pieces of strict UTF-8 as text. Fault `input.utf8`. */
async function* decoded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (piece?: Uint8Array): string => {
    try {
      return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
    } catch (cause) {
      throw wrongUtf8(cause);
    }
  };
  for await (const piece of bytes) yield decode(piece);
  yield decode();
}

/** As `startsAsJson`, on the first bytes; a byte order mark before them does not count. */
const startsAsJsonBytes = (bytes: Uint8Array): boolean => startsAsJson(new TextDecoder().decode(bytes));

async function* itemsOf(
  bytes: AsyncGenerator<Uint8Array>,
  { format, columns }: ReadOptions,
): AsyncGenerator<readonly Item[]> {
  if (columns !== undefined) checkTable(format);
  if (columns !== undefined) return yield* readMapped(bytes, columns);
  const head: Uint8Array[] = [];
  let size = 0;
  while (size < 4096) {
    const next = await bytes.next();
    if (next.done === true) break;
    head.push(Uint8Array.from(next.value));
    size += next.value.length;
  }
  const all = after(head, bytes);
  if (isJsonFormat(format) || (format === undefined && startsAsJsonBytes(Buffer.concat(head))))
    return yield* readJson(all, format);
  if (format === "html" || (format === undefined && startsAsHtml(new TextDecoder().decode(Buffer.concat(head)))))
    return yield* readPage(all);
  const text = decoded(all);
  const sample = await startOf(text);
  const shape = shapeOf(sample, tableOrText(format));
  const whole = after([sample], text);
  if (shape.format === "csv") yield* readRows(whole, shape.layout);
  else if (isList(sample.slice(0, SAMPLE))) yield* readLines(whole);
  else yield* readReport(whole);
}

/**
 * Inputs of any size as `readInput` reads them, in groups of up to 1,000 items, and of fewer where these are large; no more than a group, an object and a piece of 64 kB is
 * held. Faults as of `readInput`, but a fault may come after groups that were already handed over: they stay valid. In
 * addition `input.object` (an object above 16 MiB), `text.report` (running text above 32 Mi characters), `csv.line`, `text.line` (all 413).
 */
export function readStream(source: AsyncIterable<Uint8Array>, options: ReadOptions): AsyncGenerator<Item[]> {
  let read = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of inflateStream(source, options.limits.inflated)) {
      read += piece.length;
      yield piece;
    }
  }
  return grouped(itemsOf(counted(), options), () => read);
}
