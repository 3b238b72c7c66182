import type { Tlp } from "../../schemas/policy/vocabulary.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { Rows } from "../storage/collections.ts";
import type { Storage, Unit } from "../storage/port.ts";
import type { AdmittedLane } from "./admission.ts";
import { neededEnds } from "./needed-ends.ts";
import { isPast, openPosition, type Position, positionOf, sealPosition } from "./position.ts";
import { comesLater, inOrder } from "./reader-order.ts";
import { type Rendered, type Renderer, showsSource } from "./render.ts";
import { type Row, type Seen, type Sight, uuidOf } from "./sight.ts";
import type { LaneHeads } from "./taxii/lane-heads.ts";
import { walkLanes } from "./walk-lanes.ts";

export interface ListAsk {
  readonly view: "consolidated" | "originals";
  readonly type?: string;
  /** Canonical value: the things it is the key of, and its terms. */
  readonly value?: { readonly things: readonly string[]; readonly terms: readonly string[] };
  /** Words, each list one way in which a row may hold all of them; empty where the question has none. */
  readonly words?: readonly (readonly string[])[];
  readonly tlp?: Tlp;
  /** Originating agency. */
  readonly source?: string;
  /** Microseconds, inclusive and exclusive. */
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  readonly next?: string;
}

export interface Page {
  readonly objects: readonly Rendered[];
  readonly next?: string;
}

const PURPOSE = "objects";
/** Rows looked at in one go. */
const STEP = 500;
/** Matches of a search that are put in order; more than these asks for a narrower question. */
const MOST_MATCHES = 20_000;

/** The lanes that the filters on labels leave. A source is no filter where it is withheld from this viewer. */
function filteredLanes({ admission, viewer }: Sight, { tlp, source }: ListAsk): ReadonlyMap<string, AdmittedLane> {
  if (tlp === undefined && source === undefined) return admission.lanes;
  return new Map(
    [...admission.lanes].filter(([, { entry }]) => {
      if (tlp !== undefined && entry.label.tlp !== tlp) return false;
      return source === undefined || (entry.label.originator === source && showsSource(entry.label, viewer));
    }),
  );
}

/** Rows of what these translations are of: an object is found by its names in other languages by whoever sees both. */
async function translated(sight: Sight, matches: readonly Row[]): Promise<Row[]> {
  const languages = matches.filter(({ kind }) => kind === "language-content");
  if (languages.length === 0) return [];
  const matching = new Set(languages.map(({ id }) => id));
  // Older words of a translation say nothing any more, and one whose object is hidden does not exist.
  const live = (await sight.seen(languages)).flatMap(({ rows }) => rows.filter(({ id }) => matching.has(id)));
  const ids = [...new Set(live.flatMap(neededEnds))];
  const things = (await sight.rowsOfThings(ids.map(uuidOf))).filter((row) => ids.includes(`${row.kind}--${row.thing}`));
  return [...(await sight.rowsOfIds(ids)), ...things];
}

/** Rows in the reader's order after a position: by an index where the question has no words, else by what it matches. */
async function* candidates(
  unit: Unit,
  sight: Sight,
  ask: ListAsk,
  lanes: ReadonlyMap<string, AdmittedLane>,
  after: Position | undefined,
  heads: LaneHeads | undefined,
): AsyncGenerator<Row[]> {
  if (ask.value === undefined && ask.words === undefined) {
    const what = {
      ...(ask.type === undefined ? {} : { kind: ask.type }),
      ...(ask.from === undefined ? {} : { from: ask.from }),
      ...(ask.to === undefined ? {} : { to: ask.to }),
      ...(heads === undefined ? {} : { heads }),
    };
    yield* walkLanes(unit, sight, { lanes, ...what, limit: Math.min(STEP, Math.max(20, ask.limit + 1)) }, after);
    return;
  }
  let found: Row[] | undefined;
  if (ask.value !== undefined)
    found = [...(await sight.rowsOfThings(ask.value.things)), ...(await sight.rowsOfValues(ask.value.terms))];
  if (ask.words !== undefined) {
    const rows = unit.collection(Rows);
    const matched: Row[] = [];
    for (const terms of ask.words)
      matched.push(...(await rows.search({ scopes: [...lanes.keys()], terms, limit: MOST_MATCHES + 1 })));
    if (matched.length > MOST_MATCHES)
      throw new Fault("unprocessable", `more than ${MOST_MATCHES} contributions have these words: ask more narrowly`, {
        code: "query.too_many",
        path: "text",
      });
    const own = matched.flatMap((row) => sight.placed(row) ?? []);
    const matches = [...own, ...(await translated(sight, own))];
    const ids = new Set(matches.map((row) => row.id));
    found = found === undefined ? matches : found.filter((row) => ids.has(row.id));
  }
  const passing = [...new Map((found ?? []).map((row) => [row.id, row])).values()].filter(
    (row) =>
      lanes.has(row.lane) &&
      (ask.type === undefined || row.kind === ask.type) &&
      (ask.from === undefined || row.stamp >= ask.from) &&
      (ask.to === undefined || row.stamp < ask.to) &&
      (after === undefined || isPast(row, after)),
  );
  const ordered = inOrder(passing);
  for (let i = 0; i < ordered.length; i += STEP) yield ordered.slice(i, i + STEP);
}

/** Which of these candidates stand for an object of the page, in order: an object stands at the newest of its rows that passes the filters. */
async function consolidated(
  sight: Sight,
  page: readonly Row[],
  passes: (row: Row) => boolean,
): Promise<Array<{ at: Row; seen: Seen }>> {
  const objects = await sight.seen(page);
  const standing = new Map<string, Seen>();
  for (const seen of objects) {
    const newest = seen.rows
      .filter(passes)
      .reduce<Row | undefined>((a, b) => (a === undefined || comesLater(b, a) ? b : a), undefined);
    if (newest !== undefined) standing.set(newest.id, seen);
  }
  return page.flatMap((row) => {
    const seen = standing.get(row.id);
    return seen === undefined ? [] : [{ at: row, seen }];
  });
}

/** Without the rows that say one version of their chain a second time in other bytes: members in another order, or a colleague's hidden from the poster. */
const firstOfVersions = (rows: readonly Row[], like: (row: Row) => string): Row[] =>
  rows.filter(
    (row) =>
      row.version === undefined ||
      !rows.some(
        (other) =>
          other.originator === row.originator &&
          other.version === row.version &&
          like(other) !== like(row) &&
          comesLater(row, other),
      ),
  );

/** Of what has no version, an agency's latest word stands: it is one (id, version) however often it was said in other bytes. */
const latestWords = (rows: readonly Row[], like: (row: Row) => string): Row[] =>
  rows.filter(
    (row) =>
      row.version !== undefined ||
      !rows.some(
        (other) =>
          other.originator === row.originator &&
          other.version === undefined &&
          like(other) !== like(row) &&
          comesLater(other, row),
      ),
  );

/**
 * Each (id, version) once for the viewer, at the first of its equal rows; other bytes under an id that is taken get a keyed id (design 4). `asked`: of these
 * alone, where a filter asks for one sender's or one TLP's: that part is then shown and marked as it is by itself (policy 6, Q19).
 */
export async function originals(
  sight: Sight,
  renderer: Renderer,
  page: readonly Pick<Row, "id" | "stixId">[],
  asked: (row: Row) => boolean = () => true,
): Promise<Array<{ at: Row; seen: Seen }>> {
  const beside = await sight.present(await sight.rowsOfIds([...new Set(page.map((row) => row.stixId))]));
  const like = await sight.likeness(beside);
  const ids = new Map<string, Row[]>();
  for (const row of beside) ids.set(row.stixId, [...(ids.get(row.stixId) ?? []), row]);
  return page.flatMap(({ id: rowId, stixId }) => {
    const under = latestWords(firstOfVersions(ids.get(stixId) ?? [], like), like);
    const row = under.find(({ id }) => id === rowId);
    if (row === undefined) return [];
    const first = under.reduce((a, b) => (comesLater(a, b) ? b : a));
    const same = under.filter((one) => one.version === row.version && like(one) === like(row) && asked(one));
    if (same.some((other) => comesLater(row, other))) return [];
    const holds =
      row.originator === first.originator ||
      under.some((other) => other.originator === first.originator && like(other) === like(row));
    const id = holds ? row.stixId : renderer.keyedId(row);
    const seen: Seen = {
      id,
      kind: row.kind,
      fold: row.fold,
      thing: row.thing,
      rows: same,
      newest: row,
      ...(holds ? {} : { claimed: row.stixId }),
    };
    return [{ at: row, seen }];
  });
}

/**
 * One page of what the viewer sees, oldest first, so that what comes in meanwhile is at the end and nothing is missed. `heads`: what is known of lanes at the unit's state, which
 * then has to be one for all of the page.
 */
export async function readObjects(
  unit: Unit,
  sight: Sight,
  renderer: Renderer,
  cursorKey: Uint8Array,
  ask: ListAsk,
  heads?: LaneHeads,
): Promise<Page> {
  const { next, limit, ...question } = ask;
  const asked = sha256(JSON.stringify([sight.viewer.id, sight.admission.channel, question]));
  const position = openPosition(cursorKey, PURPOSE, asked, next);
  const lanes = filteredLanes(sight, ask);
  const passing = new Set<string>();
  const worded = ask.value !== undefined || ask.words !== undefined;
  const passes = (row: Row): boolean =>
    worded
      ? passing.has(row.id)
      : lanes.has(row.lane) &&
        (ask.type === undefined || row.kind === ask.type) &&
        (ask.from === undefined || row.stamp >= ask.from) &&
        (ask.to === undefined || row.stamp < ask.to);
  const found: Array<{ at: Row; seen: Seen }> = [];
  const source = candidates(unit, sight, ask, lanes, position, heads);
  const pages: Row[][] = [];
  if (worded) {
    for await (const page of source) pages.push(page);
    for (const page of pages) for (const row of page) passing.add(row.id);
  }
  for await (const page of worded ? pages : source) {
    found.push(
      ...(ask.view === "originals"
        ? await originals(sight, renderer, page, ({ lane }) => lanes.has(lane))
        : await consolidated(sight, page, passes)),
    );
    if (found.length > limit) break;
  }
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const objects = await renderer.render(
    sight,
    shown.map(({ seen }) => seen),
    ask.view,
  );
  if (found.length <= limit || last === undefined) return { objects };
  const place = positionOf(
    last.at,
    found.map(({ at }) => at),
  );
  return { objects, next: sealPosition(cursorKey, PURPOSE, asked, place) };
}

/** The same on one state of the store: of thousands of lanes those are asked that may have something there. */
export const readPage = (
  storage: Storage,
  heads: LaneHeads,
  sight: Sight,
  renderer: Renderer,
  cursorKey: Uint8Array,
  ask: ListAsk,
): Promise<Page> =>
  storage.snapshot(async (unit) => {
    await heads.refresh(unit);
    return readObjects(unit, sight.within(unit), renderer, cursorKey, ask, heads);
  });
