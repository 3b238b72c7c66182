import { type BlocklistAsk, blockLines, blocklistLines, whyNotLive, whyNoValue } from "../formats/write-blocklist.ts";
import { bundleLines } from "../formats/write-bundle.ts";
import { csvLines } from "../formats/write-csv.ts";
import { listLines } from "../formats/write-list.ts";
import { attributeKey, mergeAttributes, mispLines, mispPart } from "../formats/write-misp.ts";
import type { MispAttribute } from "../formats/write-misp-attributes.ts";
import type { ExportRecord, Tally } from "../formats/write-record.ts";
import { keyOf } from "../pipeline/key.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { formatInstant } from "../shared/instant.ts";
import type { Rendered, Renderer } from "./render.ts";
import { linesOf, type OpenScratch, type Scratch } from "./scratch.ts";
import type { Sight } from "./sight.ts";
import { UniqueLines } from "./unique-lines.ts";

/** Objects that may go into a file, as they were seen at that moment. */
export interface ExportPage {
  readonly sight: Sight;
  readonly objects: readonly Rendered[];
  /** Says which of them do, before their lines are written: these make the banner and are disclosed. */
  take(objects: readonly Rendered[]): Promise<void>;
}

/** Tags that one event may have of galaxies; more are counted as left out. */
const MOST_TAGS = 2000;

/** With every value that the object states, as this reader sees it. */
function withValues({ object, tlp }: Rendered): ExportRecord {
  const keyed = keyOf(object, "");
  return { object, tlp, values: "key" in keyed ? keyed.key.values : [] };
}

/** Every object of the pages; those of which something is written are taken. */
async function* records(
  pages: AsyncIterable<ExportPage>,
  isWritten: (record: ExportRecord) => boolean,
): AsyncGenerator<ExportRecord> {
  for await (const page of pages) {
    const all = page.objects.map((rendered) => ({ rendered, record: withValues(rendered) }));
    await page.take(all.filter(({ record }) => isWritten(record)).map(({ rendered }) => rendered));
    for (const { record } of all) yield record;
  }
}

/** Each marking definition once, before the first object that names it (policy 10). */
async function* withMarkings(
  pages: AsyncIterable<ExportPage>,
  renderer: Renderer,
  tally: Tally,
): AsyncGenerator<StixJson> {
  const sent = new Set<unknown>(renderer.common.keys());
  yield* renderer.common.values();
  for await (const { sight, objects, take } of pages) {
    await take(objects);
    for (const marking of renderer.markingsOf(sight, objects)) {
      if (!sent.has(marking.id)) yield marking;
      sent.add(marking.id);
    }
    for (const { object } of objects) {
      tally.written++;
      yield object;
    }
  }
}

/** A STIX bundle; each marking comes once, before the first object that carries it. */
export const bundleBody = (pages: AsyncIterable<ExportPage>, renderer: Renderer, tally: Tally): AsyncIterable<string> =>
  bundleLines(withMarkings(pages, renderer, tally));
/** CSV: a line an object. */
export const csvBody = (pages: AsyncIterable<ExportPage>, tally: Tally): AsyncIterable<string> =>
  csvLines(
    records(pages, () => true),
    tally,
  );
/** Plain text: what states a value, and nothing else. */
export const listBody = (pages: AsyncIterable<ExportPage>, tally: Tally): AsyncIterable<string> =>
  listLines(
    records(pages, ({ values }) => values.length > 0),
    tally,
  );

/** Each value once, however many things and patterns state it, in the order of kinds and values; only what is live. */
export async function* blocklistBody(
  pages: AsyncIterable<ExportPage>,
  ask: BlocklistAsk,
  tally: Tally,
  open: OpenScratch,
): AsyncGenerator<string> {
  const values = new UniqueLines(open);
  const at = formatInstant(ask.at);
  const isWritten = ({ object, values: terms }: ExportRecord): boolean =>
    whyNotLive(object, at) === undefined && terms.some((term) => "lines" in blockLines(term, ask));
  try {
    for await (const { object, values: terms } of records(pages, isWritten)) {
      const dead = whyNotLive(object, at);
      if (dead !== undefined) tally.leave(dead);
      else if (terms.length === 0) tally.leave(whyNoValue(object));
      else for (const term of terms) await values.add(term);
    }
    const each = async function* (): AsyncGenerator<string> {
      for await (const [term] of values.entries()) yield term;
    };
    yield* blocklistLines(each(), ask, tally);
  } finally {
    await values.close();
  }
}

const mergedText = (a: string, b: string): string =>
  JSON.stringify(mergeAttributes(JSON.parse(a) as MispAttribute, JSON.parse(b) as MispAttribute));

/** The lists of one MISP event: attributes by type and value, each once; then objects and reports. Tags of galaxies go to `tags`. */
export async function* mispBody(
  pages: AsyncIterable<ExportPage>,
  at: number,
  tally: Tally,
  tags: Set<string>,
  open: OpenScratch,
): AsyncGenerator<string> {
  const attributes = new UniqueLines(open, mergedText);
  const [objects, reports] = [open(), open()];
  const put = (into: Scratch, line: StixJson): Promise<void> => into.append(Buffer.from(`${JSON.stringify(line)}\n`));
  try {
    for await (const page of pages) {
      const parts = page.objects.map((rendered) => {
        const part = mispPart(withValues(rendered), at);
        if (!("tag" in part)) return { rendered, part };
        if (tags.size >= MOST_TAGS && !tags.has(part.tag)) return { rendered, part: { reason: "too-many-tags" } };
        tags.add(part.tag);
        return { rendered, part };
      });
      const written = parts.filter(({ part }) => !("reason" in part));
      await page.take(written.map(({ rendered }) => rendered));
      tally.written += written.length;
      for (const { part } of parts) {
        if ("reason" in part) tally.leave(part.reason);
        else if ("object" in part) await put(objects, part.object);
        else if ("report" in part) await put(reports, part.report);
        else if ("attributes" in part)
          for (const one of part.attributes) await attributes.add(attributeKey(one), JSON.stringify(one));
      }
    }
    const each = async function* (): AsyncGenerator<string> {
      for await (const [, text] of attributes.entries()) yield text;
    };
    yield* mispLines(each(), linesOf(objects), linesOf(reports));
  } finally {
    await Promise.all([attributes.close(), objects.close(), reports.close()]);
  }
}
