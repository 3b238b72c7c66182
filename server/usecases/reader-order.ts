import type { RowDoc } from "../storage/documents.ts";

type Placed = Pick<RowDoc, "stamp" | "stixId" | "version" | "id">;

/** What parts rows of one stamp for a reader: what they say of themselves. Row ids are made from bytes and labels that may be hidden in part. */
export const tieOf = ({ stixId, version = "" }: Pick<RowDoc, "stixId" | "version">): string => `${stixId}|${version}`;

/** Whether `a` comes after `b` in a reader's order: the stamp, what tells ties apart, and the row's id only where nothing else does. */
export function comesLater(a: Placed, b: Placed): boolean {
  if (a.stamp !== b.stamp) return a.stamp > b.stamp;
  const [x, y] = [tieOf(a), tieOf(b)];
  return x === y ? a.id > b.id : x > y;
}

export const inOrder = <T extends Placed>(rows: readonly T[]): T[] =>
  [...rows].sort((a, b) => (comesLater(a, b) ? 1 : -1));
