import type { RowDoc } from "../storage/documents.ts";

const EDGES: ReadonlySet<string> = new Set(["relationship", "sighting", "language-content"]);

/** What exists for a viewer only with what it ends at. A translation does as well: it says what its object says. */
export const isEdge = (kind: string): boolean => EDGES.has(kind);

/** An id that nothing has. */
const NOWHERE = "none--00000000-0000-0000-0000-000000000000";

const endsAtEdge = (id: string): boolean => isEdge(id.slice(0, id.indexOf("--")));

/**
 * The ids without which an edge does not exist: a relationship's ends, what a sighting is of (`edgeEnds` puts it first), what a translation is of. A
 * translation of an edge is its own agency's alone: edges never end at edges (STIX 2.1 section 5), and the reader's order rests on that.
 */
export const neededEnds = ({ kind, ends = [] }: Pick<RowDoc, "kind" | "ends">): readonly string[] => {
  if (!isEdge(kind)) return [];
  if (kind === "relationship") return ends;
  const first = ends.slice(0, 1);
  return kind === "language-content" && first.some(endsAtEdge) ? [NOWHERE] : first;
};
