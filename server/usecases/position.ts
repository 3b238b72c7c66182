import { Fault } from "../shared/fault.ts";
import { seal, unseal } from "../shared/seal.ts";
import type { RowDoc } from "../storage/documents.ts";
import { tieOf } from "./reader-order.ts";

type Placed = Pick<RowDoc, "stamp" | "stixId" | "version" | "id">;

/** A place in a reader's order: the last row that was given. */
export interface Position {
  readonly stamp: number;
  readonly tie: string;
  /** Of the row, only where another has this stamp and this tie: a row's id may differ by what is hidden of it. */
  readonly id?: string;
}

/** The place of a row among others that are on their way to the same reader. */
export function positionOf(row: Placed, others: readonly Placed[]): Position {
  const tie = tieOf(row);
  const twin = others.some((other) => other.id !== row.id && other.stamp === row.stamp && tieOf(other) === tie);
  return { stamp: row.stamp, tie, ...(twin ? { id: row.id } : {}) };
}

/** Whether a row comes after a position in the reader's order. */
export function isPast(row: Placed, { stamp, tie, id }: Position): boolean {
  if (row.stamp !== stamp) return row.stamp > stamp;
  const own = tieOf(row);
  return own === tie ? id !== undefined && row.id > id : own > tie;
}

/** The cursor that goes on after a position; good only for the question it was made for (a digest of who asks what). */
export const sealPosition = (key: Uint8Array, purpose: string, asked: string, position: Position): string =>
  seal(key, purpose, { ...position, asked });

/** The position in a cursor; `Fault("bad_request", cursor.invalid)` for one that was cut, forged, or made for another question or account. */
export function openPosition(
  key: Uint8Array,
  purpose: string,
  asked: string,
  next: string | undefined,
): Position | undefined {
  if (next === undefined) return undefined;
  const opened = unseal(key, purpose, next) as (Position & { asked: string }) | undefined;
  if (opened?.asked === asked) {
    const { stamp, tie, id } = opened;
    return { stamp, tie, ...(id === undefined ? {} : { id }) };
  }
  throw new Fault(
    "bad_request",
    "next is not a cursor of this question: send it with the same filters and account as the request that gave it",
    {
      code: "cursor.invalid",
      path: "next",
    },
  );
}
