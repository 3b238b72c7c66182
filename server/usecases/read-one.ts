import { edgeEnds } from "../pipeline/references.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import { isPast, openPosition, positionOf, sealPosition } from "./position.ts";
import { inOrder } from "./reader-order.ts";
import type { Rendered, Renderer } from "./render.ts";
import { showsSource } from "./render.ts";
import { objectOf, type Row, type Seen, type Sight, uuidOf } from "./sight.ts";

/** The one answer for what is hidden and what was never there (policy 1.5). */
export const notThere = (): Fault => new Fault("not_found", "there is no such object");

/** What the viewer sees under an id: a consolidated id, or a sender's that the viewer sees. `undefined` if nothing. */
export async function seenUnder(sight: Sight, id: string): Promise<Seen | undefined> {
  const rows = [...(await sight.rowsOfIds([id])), ...(await sight.rowsOfThings([uuidOf(id)]))];
  const objects = await sight.seen(rows);
  return (
    objects.find((seen) => seen.id === id) ??
    objects.find((seen) => seen.kind === id.slice(0, id.indexOf("--")) && seen.rows.some((row) => row.stixId === id))
  );
}

/** The consolidated object under an id; `Fault("not_found")` where the viewer sees none. */
export async function readOne(sight: Sight, renderer: Renderer, id: string): Promise<Rendered> {
  const seen = await seenUnder(sight, id);
  const [rendered] = seen === undefined ? [] : await renderer.render(sight, [seen], "consolidated");
  if (rendered === undefined) throw notThere();
  return rendered;
}

/** What one visible contribution says, and whose it is. */
export interface SourceView {
  readonly agency: string;
  readonly id: string;
  readonly version?: string;
  readonly received: string;
  readonly tlp: string;
  readonly channel: string;
  readonly given?: string;
  readonly checksum?: string;
  readonly confidence?: number;
  readonly flags?: readonly string[];
  readonly batch?: string;
  /** Of one's own side's, where it is not released: others don't see it. */
  readonly state?: string;
  readonly object: StixJson;
}

/** Who is named where the source is withheld (dedup 6). */
const WITHHELD = "member of the group";

/** The agencies behind visible contributions, each once, as the viewer may know them. */
export const sourceNames = (sight: Sight, rows: readonly Row[]): string[] =>
  [
    ...new Set(
      rows.flatMap((row) => {
        const label = sight.admission.lanes.get(row.lane)?.entry.label;
        return label === undefined ? [] : [showsSource(label, sight.viewer) ? row.originator : WITHHELD];
      }),
    ),
  ].sort();

/** The visible contributions behind an object, newest first, each as the viewer's tier shows it. */
export async function readSources(
  sight: Sight,
  renderer: Renderer,
  id: string,
): Promise<{ views: SourceView[]; seen: Seen }> {
  const seen = await seenUnder(sight, id);
  if (seen === undefined) throw notThere();
  const rows = inOrder(seen.rows).reverse();
  const views: SourceView[] = [];
  for (const row of rows) {
    const label = sight.admission.lanes.get(row.lane)?.entry.label;
    if (label === undefined) continue;
    const own = sight.ownRow(row);
    const named = showsSource(label, sight.viewer);
    const [original] = await renderer.render(
      sight,
      [{ ...seen, id: row.stixId, rows: [row], newest: row }],
      "originals",
    );
    const confidence = objectOf(row).confidence;
    views.push({
      agency: named ? row.originator : WITHHELD,
      id: row.stixId,
      ...(row.version === undefined ? {} : { version: row.version }),
      received: formatInstant(row.received),
      tlp: label.tlp,
      channel: row.channel,
      ...(row.given === undefined || !named ? {} : { given: row.given }),
      ...(row.checksum === undefined ? {} : { checksum: row.checksum }),
      ...(typeof confidence === "number" ? { confidence } : {}),
      ...(own && row.flags !== undefined ? { flags: row.flags } : {}),
      ...(own ? { batch: row.batch } : {}),
      ...(own && label.state !== "released" ? { state: label.state } : {}),
      object: original?.object ?? {},
    });
  }
  return { views, seen };
}

/** The edges that end at what the viewer sees under these ids: one may name an id that means another object to this viewer. */
async function edgesOf(sight: Sight, seen: Seen): Promise<Seen[]> {
  const ids = [...new Set([seen.id, ...seen.rows.map((row) => row.stixId)])];
  const edges = await sight.seen(await sight.edgesAt(ids));
  await sight.resolve(ids);
  return edges.filter((edge) =>
    edgeEnds(objectOf(edge.newest)).some((end) => ids.includes(end) && sight.shownAs(end) === seen.id),
  );
}

/** Translations of one answer. */
const MOST_TRANSLATIONS = 100;

/** The translations of an object that the viewer sees, into a language or all of them, each with its own markings; the newest hundred. */
export async function readTranslations(
  sight: Sight,
  renderer: Renderer,
  seen: Seen,
  lang: string,
): Promise<Rendered[]> {
  const all = (await edgesOf(sight, seen)).filter(({ kind }) => kind === "language-content");
  const wanted = lang.toLowerCase();
  const speaks = ({ newest }: Seen): boolean =>
    Object.keys((objectOf(newest).contents ?? {}) as StixJson).some((tag) => {
      const own = tag.toLowerCase();
      return wanted === "*" || own === wanted || own.startsWith(`${wanted}-`);
    });
  return renderer.render(sight, all.filter(speaks).slice(-MOST_TRANSLATIONS), "consolidated");
}

/** One page of the edges at an object that the viewer sees, oldest first. */
export async function readEdges(
  sight: Sight,
  renderer: Renderer,
  cursorKey: Uint8Array,
  ask: { readonly id: string; readonly limit: number; readonly next?: string },
): Promise<{ objects: Rendered[]; next?: string }> {
  const seen = await seenUnder(sight, ask.id);
  if (seen === undefined) throw notThere();
  const asked = sha256(JSON.stringify(["edges", sight.viewer.id, seen.id]));
  const after = openPosition(cursorKey, "edges", asked, ask.next);
  // A translation exists with its object as an edge does, and relates it to nothing.
  const here = (await edgesOf(sight, seen)).filter(({ kind }) => kind !== "language-content");
  const rest = after === undefined ? here : here.filter((edge) => isPast(edge.newest, after));
  const page = rest.slice(0, ask.limit);
  const last = page.at(-1);
  const objects = await renderer.render(sight, page, "consolidated");
  if (last === undefined || rest.length <= ask.limit) return { objects };
  const position = positionOf(
    last.newest,
    here.map((edge) => edge.newest),
  );
  return { objects, next: sealPosition(cursorKey, "edges", asked, position) };
}
