import type { RowDoc } from "../storage/documents.ts";

export const isEdge = (kind: string): boolean => kind === "relationship" || kind === "sighting";

/** The ids without which an edge does not exist: a relationship's ends, what a sighting is of (`edgeEnds` puts it first). */
export const neededEnds = ({ kind, ends = [] }: Pick<RowDoc, "kind" | "ends">): readonly string[] =>
  kind === "sighting" ? ends.slice(0, 1) : isEdge(kind) ? ends : [];
