import { Rows } from "../../storage/collections.ts";
import type { RowDoc } from "../../storage/documents.ts";
import type { Stored, Unit } from "../../storage/port.ts";
import { neededEnds } from "../needed-ends.ts";
import { uuidOf } from "../sight.ts";

/** Keys that are looked up in one go. */
const STEP = 500;

/** A row by what its place in a range is made of. */
export type SharedRow = Pick<RowDoc, "id" | "lane" | "mix">;

/**
 * Rows in these lanes that do not stand alone: others stand under their id or thing, or an edge of which there are several ends at them. With no other row does
 * something of what a reader sees change but the row itself. Found by the keys of more than one row, so that the cost follows these and not what the lanes hold.
 */
export async function sharedRows(
  unit: Unit,
  keys: ReadonlySet<string>,
  lanes: { has(lane: string): boolean },
): Promise<SharedRow[]> {
  const rows = unit.collection(Rows);
  const found = new Map<string, SharedRow>();
  const under = async (names: readonly string[]): Promise<Stored<RowDoc>[]> => {
    // A key is a sender's id, a thing, or the id that a thing has: an edge may end at any of them.
    const ids = names.filter((name) => name.includes("--"));
    const things = names.map((name) => (name.includes("--") ? uuidOf(name) : name));
    const here = [
      ...(ids.length === 0 ? [] : await rows.find({ index: "stix", values: ids })),
      ...(things.length === 0 ? [] : await rows.find({ index: "thing", values: things })),
    ];
    for (const { id, lane, mix } of here) if (lanes.has(lane)) found.set(id, { id, lane, mix });
    return here;
  };
  const all = [...keys];
  for (let at = 0; at < all.length; at += STEP) {
    const ends = new Set((await under(all.slice(at, at + STEP))).flatMap(neededEnds));
    await under([...ends].filter((end) => !keys.has(end)));
  }
  return [...found.values()];
}
