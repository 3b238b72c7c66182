import { Rows } from "../../storage/collections.ts";
import type { Unit } from "../../storage/port.ts";
import { endKeys, isEdge, neededEnds } from "../needed-ends.ts";
import type { RowBrief } from "../sight.ts";
import { joined, Lives, thingId } from "./lives.ts";
import type { OrderedSight } from "./ordered-sight.ts";
import type { Loss } from "./reader-state.ts";

/** One text, whatever the reason was (policy 7, recall reasons): over TAXII and REST alike. */
export const RECALL_TEXT = "This is no longer shared with you: stop using it, and delete it where you can.";

/** What is recalled at one place: ids that the reader had been given and that are gone since then. */
export interface Recall {
  readonly at: number;
  readonly row: RowBrief;
  readonly ids: readonly string[];
}

/**
 * What the reader had and has no more, of what was lost in a stretch: each id once, at the last of its losses, edges with the end that they went with
 * (policy Q32).
 */
export async function recallsIn(
  unit: Unit,
  sight: OrderedSight,
  lost: ReadonlyArray<Loss & { readonly row: RowBrief }>,
): Promise<Recall[]> {
  if (lost.length === 0) return [];
  const rows = unit.collection(Rows);
  const ends = [...new Set(lost.flatMap(({ row }) => (isEdge(row.kind) ? [] : [row.stixId, thingId(row)])))];
  const edges = await rows.find({ index: "ends", values: endKeys(ends) });
  const ids = [...lost.map(({ row }) => row.stixId), ...edges.map(({ stixId }) => stixId)];
  const things = lost.flatMap(({ row }) => (row.fold === "alone" ? [] : [row.thing]));
  const lives = await Lives.read(unit, sight, ids, things);
  const told = new Set<string>();
  const places = new Map<string, number | undefined>();
  /** Where it is told that an id is gone: at the end of the last time that it was given, or that hid this from who read meanwhile. */
  const goneAt = async (id: string): Promise<number | undefined> => {
    if (!places.has(id)) places.set(id, await lastGone(id));
    return places.get(id);
  };
  const lastGone = async (id: string): Promise<number | undefined> => {
    const spans = lives.under(id).flatMap((row) => lives.of(row));
    let gone: number | undefined;
    for (const time of joined(spans)) {
      if (!Number.isFinite(time.end)) return undefined;
      let due = gone !== undefined && (await sight.ledger.looked(time));
      for (const { begin, end } of spans)
        due ||= begin >= time.begin && end <= time.end && (await sight.ledger.had({ before: begin, at: end }));
      if (due) gone = time.end;
    }
    return gone;
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
    for (const id of new Set(asked)) if (!told.has(id) && (await goneAt(id)) === at) gone.push(id);
    for (const id of gone) told.add(id);
    if (gone.length > 0) recalls.push({ at, row, ids: gone });
  }
  return recalls;
}
