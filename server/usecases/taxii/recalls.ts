import { Rows } from "../../storage/collections.ts";
import type { Unit } from "../../storage/port.ts";
import { isEdge, neededEnds } from "../needed-ends.ts";
import type { Row } from "../sight.ts";
import { Lives, thingId } from "./lives.ts";
import type { OrderedSight } from "./ordered-sight.ts";
import type { Loss } from "./reader-state.ts";

/** What is recalled at one place: ids that the reader had been given and that are gone since then. */
export interface Recall {
  readonly at: number;
  readonly row: Row;
  readonly ids: readonly string[];
}

/**
 * What the reader had and has no more, of what was lost in a stretch: each id once, at the last of its losses, edges with the end that they went with
 * (policy Q32).
 */
export async function recallsIn(
  unit: Unit,
  sight: OrderedSight,
  lost: ReadonlyArray<Loss & { readonly row: Row }>,
): Promise<Recall[]> {
  if (lost.length === 0) return [];
  const rows = unit.collection(Rows);
  const ends = [...new Set(lost.flatMap(({ row }) => (isEdge(row.kind) ? [] : [row.stixId, thingId(row)])))];
  const edges = await rows.find({ index: "ends", values: ends });
  const ids = [...lost.map(({ row }) => row.stixId), ...edges.map(({ stixId }) => stixId)];
  const things = lost.flatMap(({ row }) => (row.fold === "alone" ? [] : [row.thing]));
  const lives = await Lives.read(unit, sight, ids, things);
  const told = new Set<string>();
  const isGone = async (id: string, at: number): Promise<boolean> => {
    if (told.has(id)) return false;
    const spans = lives.under(id).flatMap((row) => lives.of(row));
    if (Math.max(...spans.map(({ end }) => end)) !== at) return false;
    for (const { begin, end } of spans) if (await sight.ledger.had({ before: begin, at: end })) return true;
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
