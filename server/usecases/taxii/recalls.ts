import { Rows } from "../../storage/collections.ts";
import type { Unit } from "../../storage/port.ts";
import { isEdge, neededEnds } from "../needed-ends.ts";
import { type Row, uuidOf } from "../sight.ts";
import type { OrderedSight } from "./ordered-sight.ts";
import type { Loss } from "./reader-state.ts";

/** From where to where something stood for the reader; without an end it still does. */
interface Span {
  readonly begin: number;
  readonly end: number;
  /** While it did, its agency was the reader's. */
  readonly own: boolean;
}

/** What is recalled at one place: ids that the reader had been given and that are gone since then. */
export interface Recall {
  readonly at: number;
  readonly row: Row;
  readonly ids: readonly string[];
}

type Had = (loss: Loss) => Promise<boolean>;

const overlap = (a: Span, b: Span): boolean => a.begin < b.end && b.begin < a.end;
const thingId = ({ kind, thing }: Row): string => `${kind}--${thing}`;

/** Rows by the ids that they may be shown under: the sender's, and the thing's where it folds. */
class ById {
  readonly #rows = new Map<string, Map<string, Row>>();

  add(rows: readonly Row[]): void {
    for (const row of rows)
      for (const id of [row.stixId, thingId(row)]) {
        const held = this.#rows.get(id);
        if (held === undefined) this.#rows.set(id, new Map([[row.id, row]]));
        else held.set(row.id, row);
      }
  }

  get(id: string): Row[] {
    return [...(this.#rows.get(id)?.values() ?? [])];
  }
}

/** What happened to rows as one reader saw it, for recalls. */
class Lives {
  readonly #sight: OrderedSight;
  readonly #byId: ById;

  constructor(sight: OrderedSight, byId: ById) {
    this.#sight = sight;
    this.#byId = byId;
  }

  #spans(row: Row): Span[] {
    return this.#sight.state
      .history(row)
      .map(({ begin, end = Number.POSITIVE_INFINITY, own }) => ({ begin, end, own }));
  }

  /** An edge that lacked an end was not there: it came with the later of its ends and went with the first that went. */
  of(row: Row): Span[] {
    const own = this.#spans(row);
    if (!isEdge(row.kind)) return own;
    const ends = neededEnds(row)
      .filter((id) => !this.#sight.common.has(id))
      .map((id) =>
        this.#byId
          .get(id)
          .filter(({ kind }) => !isEdge(kind))
          .flatMap((one) => this.#spans(one)),
      );
    return own.flatMap((span) => {
      if (span.own) return [span];
      let { begin, end } = span;
      for (const spans of ends) {
        const beside = spans.filter((one) => overlap(one, span));
        if (beside.length === 0) return [];
        begin = Math.max(begin, Math.min(...beside.map((one) => one.begin)));
        end = Math.min(end, Math.max(...beside.map((one) => one.end)));
      }
      return begin < end ? [{ begin, end, own: false }] : [];
    });
  }
}

/**
 * What the reader had and has no more, of what was lost in a stretch: each id once, at the last of its losses, edges with the end that they went with
 * (policy Q32). `had` says whether the account had been given what stood at a place when it was lost.
 */
export async function recallsIn(
  unit: Unit,
  sight: OrderedSight,
  had: Had,
  lost: ReadonlyArray<Loss & { readonly row: Row }>,
): Promise<Recall[]> {
  if (lost.length === 0) return [];
  const rows = unit.collection(Rows);
  const ends = [...new Set(lost.flatMap(({ row }) => (isEdge(row.kind) ? [] : [row.stixId, thingId(row)])))];
  const edges = await rows.find({ index: "ends", values: ends });
  const ids = [
    ...new Set([...lost.map(({ row }) => row), ...edges].flatMap((row) => [row.stixId, ...neededEnds(row)])),
  ];
  const byId = new ById();
  byId.add(await rows.find({ index: "stix", values: ids }));
  const things = [...lost.flatMap(({ row }) => (row.fold === "alone" ? [] : [row.thing])), ...ids.map(uuidOf)];
  byId.add(await rows.find({ index: "thing", values: [...new Set(things)] }));
  for (const row of edges) byId.add(byId.get(row.stixId));
  const lives = new Lives(sight, byId);
  const told = new Set<string>();
  const isGone = async (id: string, at: number): Promise<boolean> => {
    if (told.has(id)) return false;
    const spans = byId.get(id).flatMap((row) => lives.of(row));
    if (Math.max(...spans.map(({ end }) => end)) !== at) return false;
    for (const { begin, end } of spans) if (await had({ before: begin, at: end })) return true;
    return false;
  };
  const atEnds = new Map<string, Set<string>>();
  for (const edge of edges)
    for (const end of neededEnds(edge)) atEnds.set(end, (atEnds.get(end) ?? new Set()).add(edge.stixId));
  const recalls: Recall[] = [];
  for (const { row, at } of lost) {
    const asked = [
      row.stixId,
      ...(row.fold === "alone" ? [] : [thingId(row)]),
      ...(isEdge(row.kind) ? [] : [row.stixId, thingId(row)].flatMap((id) => [...(atEnds.get(id) ?? [])])),
    ];
    const gone: string[] = [];
    for (const id of new Set(asked)) if (await isGone(id, at)) gone.push(id);
    for (const id of gone) told.add(id);
    if (gone.length > 0) recalls.push({ at, row, ids: gone });
  }
  return recalls;
}
