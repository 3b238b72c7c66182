import { LATE_END, type RowDoc } from "../storage/documents.ts";

const EDGES: ReadonlySet<string> = new Set(["relationship", "sighting", "language-content"]);

/** What exists for a viewer only with what it ends at. A translation does as well: it says what its object says. */
export const isEdge = (kind: string): boolean => EDGES.has(kind);

const isLate = (end: string): boolean => end.startsWith(LATE_END);
const plain = (end: string): string => (isLate(end) ? end.slice(LATE_END.length) : end);

type Ends = Pick<RowDoc, "ends">;

/** Under what an edge is found by an end that may come later than it. */
export const lateEnd = (id: string): string => LATE_END + id;

/** Under what edges at these ids are found, be the end late or not. */
export const endKeys = (ids: Iterable<string>): string[] => [...ids].flatMap((id) => [id, lateEnd(id)]);

/** The ends of an edge as written; undefined for what is none. */
export const endsOf = ({ ends }: Ends): readonly string[] | undefined => (ends?.some(isLate) ? ends.map(plain) : ends);

/** Whether an end of it did not stand in its own lane before it, or has moved since: who sees both may see the end later (order, relabels). */
export const hasLateEnds = ({ ends }: Ends): boolean => ends?.some(isLate) === true;

/** Its ends with these among them marked as late, beside those that are; undefined where nothing changes. */
export function withLateEnds({ ends }: Ends, late: ReadonlySet<string>): string[] | undefined {
  if (!ends?.some((end) => late.has(end))) return undefined;
  return ends.map((end) => (late.has(end) ? lateEnd(end) : end));
}

/** An id that nothing has. */
const NOWHERE = "none--00000000-0000-0000-0000-000000000000";

const endsAtEdge = (id: string): boolean => isEdge(id.slice(0, id.indexOf("--")));

/**
 * The ids without which an edge does not exist: a relationship's ends, what a sighting is of (`edgeEnds` puts it first), what a translation is of. A
 * translation of an edge is its own agency's alone: edges never end at edges (STIX 2.1 section 5), and the reader's order rests on that.
 */
export const neededEnds = (row: Pick<RowDoc, "kind" | "ends">): readonly string[] => {
  const { kind } = row;
  if (!isEdge(kind)) return [];
  const ends = endsOf(row) ?? [];
  if (kind === "relationship") return ends;
  const first = ends.slice(0, 1);
  return kind === "language-content" && first.some(endsAtEdge) ? [NOWHERE] : first;
};
