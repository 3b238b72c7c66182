import type { StixJson } from "../../pipeline/steps.ts";
import { uuid5 } from "../../shared/digest.ts";
import { formatInstant } from "../../shared/instant.ts";
import type { Unit } from "../../storage/port.ts";
import { tieOf } from "../reader-order.ts";
import type { PageAsk } from "./collection-page.ts";
import type { OrderedSight } from "./ordered-sight.ts";
import type { Item } from "./page-item.ts";
import { RECALL_TEXT, recallsIn } from "./recalls.ts";
import type { Stretch } from "./walk-order.ts";

export interface NoteParts {
  /** The group's secret namespace. */
  readonly namespace: Uint8Array;
  /** The reader's account. */
  readonly viewer: string;
  /** The group's identity. */
  readonly author: string;
}

/** What the reader had and has no more, each id once, at the newest of its losses (policy Q32). */
export async function recallItems(
  unit: Unit,
  sight: OrderedSight,
  { types }: PageAsk,
  { lost }: Pick<Stretch, "lost">,
): Promise<Item[]> {
  if (types !== undefined && !types.includes("note")) return [];
  const recalls = await recallsIn(unit, sight, lost);
  return recalls.map(({ at, row, ids }) => ({
    ...{ place: at, tie: tieOf(row), id: row.id, lanes: [] },
    shown: { recalled: ids },
  }));
}

/** The id of the note that tells of a recall. */
export function noteId({ namespace, viewer }: NoteParts, { shown, place }: Item): string {
  const ids = "recalled" in shown ? shown.recalled.join() : "";
  return `note--${uuid5(namespace, `recall|${viewer}|${ids}|${place}`)}`;
}

/** A recall as a note of the group that refers to what is to be stopped using (policy Q32). */
export function noteOf(parts: NoteParts, item: Item, recalled: readonly string[]): StixJson {
  const at = formatInstant(Math.ceil(item.place / 1000));
  return {
    type: "note",
    spec_version: "2.1",
    id: noteId(parts, item),
    created_by_ref: parts.author,
    created: at,
    modified: at,
    abstract: "Recalled",
    content: RECALL_TEXT,
    object_refs: [...recalled],
  };
}
