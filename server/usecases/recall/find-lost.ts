import { Given, Lanes, Rows, Stages } from "../../storage/collections.ts";
import type { GivenDoc } from "../../storage/given-documents.ts";
import type { Storage, Stored, Unit } from "../../storage/port.ts";
import { endKeys, isEdge } from "../needed-ends.ts";
import type { Renderer } from "../render.ts";
import type { Row, Sight } from "../sight.ts";
import { thingId } from "../taxii/lives.ts";
import { stretchOf, writtenAt } from "./note-given.ts";
import { GIVEN, isGone, type Run, runAt, SHOWN, wasGiven } from "./runs.ts";

/** A place that a given row left, or stands at in a lane that was closed; `run`: what was said of it when it was looked at. */
export interface Left {
  readonly doc: Stored<GivenDoc>;
  readonly stamp: number;
  readonly run: Run;
  readonly row: string;
}

/** An object that the account had and has no more. */
export interface Gone {
  readonly object: string;
  readonly contributions: Set<string>;
  /** Where the rows stood, now and before: by these, exports are found. */
  readonly places: Array<readonly [lane: string, stamp: number]>;
}

/** What became of what was given: what is over, what it goes on as, and what is to be recalled. */
export interface Outcome {
  readonly over: Left[];
  /** Rows that what was given moved to, or that others' lives hang on. */
  readonly onward: Array<{ readonly lane: string; readonly stamp: number; readonly agency: string; readonly run: Run }>;
  readonly gone: Map<string, Gone>;
  /** How much was looked at: where that is nothing, nothing has to be said of how far it came. */
  looked: number;
}

const PAGE = 500;
/** Runs that are looked up each by itself. */
const FEW = 8;
/** A page may be recorded this much later than the store says that something left, microseconds (as `taxii/given.ts`). */
export const SLACK = 60_000_000;

const alive = (runs: GivenDoc["runs"], stamp: number): Run | undefined => {
  const run = runAt(runs, stamp);
  return run === undefined || isGone(run) ? undefined : run;
};

/** All documents of an account in these lanes, or in these lanes and stretches. */
export async function* givenIn(
  log: Unit,
  account: string,
  prefixes: readonly (readonly [string] | readonly [string, number])[],
): AsyncGenerator<Stored<GivenDoc>> {
  for (const prefix of prefixes) {
    for (let after: { value: number; id: string } | undefined; ; ) {
      const page = await log.collection(Given).scan({
        ...{ index: "account", prefixes: [[account, ...prefix]], limit: 100 },
        ...(after === undefined ? {} : { after }),
      });
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < 100) break;
      after = { value: last.stretch, id: last.id };
    }
  }
}

/** What stands, or stood, in a document's stretch from its first run to its last: names of rows by their stamps. */
async function rowsIn(content: Unit, { lane, runs }: GivenDoc): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  const alive = runs.filter((run) => !isGone(run));
  // Many short runs lie in few rows of others: one look for all of them.
  const looks = alive.length > FEW ? [[alive[0]?.[0] ?? 0, alive.at(-1)?.[1] ?? 0] as const] : alive;
  for (const [from, to] of looks) {
    const bounds = { index: "lane", prefixes: [[lane]], from, to: to + 1, limit: to - from + 1 };
    for (const { id, stamp } of await content.collection(Rows).pick(bounds, ["id", "stamp"])) found.set(stamp, id);
    for (const { row, stamp } of await content.collection(Stages).scan(bounds)) found.set(stamp, row);
  }
  return found;
}

/** Places of what was given whose lane is closed to the account, or that were left since `settled` (microseconds) in lanes that rows left; in pieces. `moved`: those lanes, where they are known. */
export async function* leftSince(
  content: Unit,
  log: Storage,
  sight: Sight,
  holder: { readonly id: string; readonly lanes: readonly string[]; readonly settled: number },
  moved?: ReadonlySet<string>,
): AsyncGenerator<{ readonly looked: number; readonly left: Left[] }> {
  const { lanes } = sight.admission;
  const closed = holder.lanes.filter((lane) => !lanes.has(lane));
  for await (const doc of givenIn(
    log,
    holder.id,
    closed.map((lane) => [lane] as const),
  )) {
    const rows = await rowsIn(content, doc);
    const left = [...rows].flatMap(([stamp, row]) => {
      const run = alive(doc.runs, stamp);
      return run === undefined ? [] : [{ doc, stamp, run, row }];
    });
    for (let i = 0; i < left.length; i += PAGE) yield { looked: PAGE, left: left.slice(i, i + PAGE) };
  }
  const since = holder.settled - SLACK;
  const open = holder.lanes.filter((lane) => lanes.has(lane) && (moved === undefined || moved.has(lane)));
  const heads = await content.collection(Lanes).getMany(open);
  for (const { id: lane } of heads.filter(({ left = -1 }) => left >= since)) {
    for (let after: { value: number; id: string } | undefined; ; ) {
      const page = await content.collection(Stages).scan({
        ...{ index: "left", prefixes: [[lane]], limit: PAGE },
        ...(after === undefined ? { from: Math.max(0, since) } : { after }),
      });
      const docs = new Map<number, Stored<GivenDoc>[]>();
      for (const stretch of new Set(page.map(({ stamp }) => stretchOf(stamp)))) {
        docs.set(stretch, []);
        for await (const doc of givenIn(log, holder.id, [[lane, stretch]])) docs.get(stretch)?.push(doc);
      }
      const left = page.flatMap(({ stamp, row }) =>
        (docs.get(stretchOf(stamp)) ?? []).flatMap((doc) => {
          const run = alive(doc.runs, stamp);
          return run === undefined ? [] : [{ doc, stamp, run, row }];
        }),
      );
      yield { looked: page.length, left };
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      after = { value: last.left, id: last.id };
    }
  }
}

/** Under which ids something was had, by how it was shown. */
function idsHad(renderer: Renderer, row: Row, how: number): Array<readonly [id: string, bit: number]> {
  if ((how & GIVEN.claimed) !== 0) return [[renderer.keyedId(row), how & SHOWN]];
  if (row.fold === "alone") return (how & SHOWN) === 0 ? [] : [[row.stixId, how & SHOWN]];
  return [
    ...((how & GIVEN.folded) === 0 ? [] : [[thingId(row), GIVEN.folded] as const]),
    ...((how & GIVEN.original) === 0 ? [] : [[row.stixId, GIVEN.original] as const]),
  ];
}

/** Of places that were left, and of edges that went with them, what the account has no more (policy 6, Q32 and Q43). */
export class LostThings {
  readonly #content: Unit;
  readonly #log: Unit;
  readonly #sight: Sight;
  readonly #renderer: Renderer;
  readonly outcome: Outcome = { over: [], onward: [], gone: new Map(), looked: 0 };
  /** Places that are over: an edge may go with either end. */
  readonly #over = new Set<string>();

  constructor(content: Unit, log: Unit, sight: Sight, renderer: Renderer) {
    this.#content = content;
    this.#log = log;
    this.#sight = sight;
    this.#renderer = renderer;
  }

  #isOver({ doc, stamp }: Left): boolean {
    const place = `${doc.id}|${stamp}`;
    if (this.#over.has(place)) return true;
    this.#over.add(place);
    return false;
  }

  async #look(rows: readonly Row[]): Promise<ReadonlyMap<string, Row>> {
    const placed = rows.flatMap((row) => this.#sight.placed(row) ?? []);
    return new Map((await this.#sight.present(placed)).map((row) => [row.id, row]));
  }

  async take(left: readonly Left[]): Promise<void> {
    const found = await this.#content.collection(Rows).getMany([...new Set(left.map(({ row }) => row))]);
    const rows = new Map(found.map((row) => [row.id, row]));
    const visible = await this.#look(found);
    const lost: Row[] = [];
    for (const one of left) {
      const row = rows.get(one.row);
      const there = visible.get(one.row);
      if (row === undefined || this.#isOver(one)) continue;
      if (there !== undefined) {
        // Its label changed for others, or for this one in nothing that it loses by.
        this.#goesOn(there, one, one.run[4]);
        this.outcome.over.push(one);
      } else {
        await this.#lose(row, one);
        lost.push(row);
      }
    }
    await this.#edgesAt(lost);
  }

  #goesOn(row: Row, { doc, run }: Left, how: number): void {
    const [, , first, day] = run;
    this.outcome.onward.push({
      ...{ lane: row.lane, stamp: writtenAt(row), agency: doc.agency },
      run: [0, 0, first, day, how],
    });
  }

  async #lose(row: Row, left: Left): Promise<void> {
    const { run } = left;
    this.outcome.over.push(left);
    const had = idsHad(this.#renderer, row, run[4]);
    await this.#sight.resolve(had.map(([id]) => id));
    for (const [id, bits] of had) {
      if (this.#sight.shownAs(id) === undefined) this.#recall(id, row, wasGiven(run));
      else {
        // It is there still by others' words, or in another tier: once that goes, it goes.
        const others =
          row.fold !== "alone" && id === thingId(row)
            ? await this.#sight.rowsOfThings([row.thing])
            : await this.#sight.rowsOfIds([row.stixId]);
        for (const other of others) this.#goesOn(other, left, GIVEN.watched | bits);
      }
    }
  }

  #recall(object: string, row: Row, given: boolean): void {
    const held = this.outcome.gone.get(object) ?? { object, contributions: new Set<string>(), places: [] };
    this.outcome.gone.set(object, held);
    if (given) held.contributions.add(row.contribution);
    held.places.push([row.lane, row.stamp], ...(row.stages ?? []).map(({ lane, stamp }) => [lane, stamp] as const));
  }

  /** Edges that the account had and that are gone for want of an end. */
  async #edgesAt(lost: readonly Row[]): Promise<void> {
    const ids = [...new Set(lost.flatMap((row) => (isEdge(row.kind) ? [] : [row.stixId, thingId(row)])))];
    if (ids.length === 0) return;
    const edges = await this.#content.collection(Rows).find({ index: "ends", values: endKeys(ids) });
    const open = edges.filter(({ lane }) => this.#sight.admission.lanes.has(lane));
    if (open.length === 0) return;
    const there = await this.#look(open);
    for (const edge of open) {
      if (there.has(edge.id)) continue;
      const prefix = [edge.lane, stretchOf(edge.stamp)] as const;
      for await (const doc of givenIn(this.#log, this.#sight.viewer.id, [prefix])) {
        const run = alive(doc.runs, edge.stamp);
        if (run === undefined) continue;
        const left = { doc, stamp: edge.stamp, run, row: edge.id };
        if (!this.#isOver(left)) await this.#lose(edge, left);
      }
    }
  }

  /** What was had over TAXII and is gone there: recalled, if it can't be read on a page either. */
  async followed(ids: readonly string[], row: Row | undefined, agency: string): Promise<void> {
    await this.#sight.resolve(ids);
    for (const id of ids) {
      if (this.#sight.shownAs(id) === undefined) {
        const under = isEdge(id.slice(0, id.indexOf("--")))
          ? await this.#content.collection(Rows).find({ index: "stix", values: [id] })
          : row !== undefined && (row.stixId === id || thingId(row) === id)
            ? [row]
            : [];
        const held = this.outcome.gone.get(id) ?? { object: id, contributions: new Set<string>(), places: [] };
        this.outcome.gone.set(id, held);
        for (const { contribution } of under) held.contributions.add(contribution);
        continue;
      }
      const others = [...(await this.#sight.rowsOfIds([id]))];
      const run: Run = [0, 0, 0, 0, GIVEN.watched | GIVEN.original | GIVEN.folded];
      for (const other of others) this.outcome.onward.push({ lane: other.lane, stamp: writtenAt(other), agency, run });
    }
  }
}
