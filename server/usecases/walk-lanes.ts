import { Rows } from "../storage/collections.ts";
import type { RowDoc } from "../storage/documents.ts";
import type { Scan, Stored, Unit } from "../storage/port.ts";
import { isPast, type Position } from "./position.ts";
import { inOrder } from "./reader-order.ts";

type Row = Stored<RowDoc>;

/**
 * Rows under these prefixes in the reader's order after a position, in pieces of about `limit`. The store puts rows of one stamp in the order of
 * their ids, so they are held back until all of them are there; that is never more than one a lane.
 */
export async function* walkLanes(
  unit: Unit,
  scan: Omit<Scan, "after" | "reverse">,
  after: Position | undefined,
): AsyncGenerator<Row[]> {
  if (scan.prefixes.length === 0) return;
  const from = after === undefined ? scan.from : Math.max(after.stamp, Number(scan.from ?? 0));
  const bounded = { ...scan, ...(from === undefined ? {} : { from }) };
  let held: Row[] = [];
  let last: Row | undefined;
  do {
    const piece: Row[] = await unit
      .collection(Rows)
      .scan({ ...bounded, ...(last === undefined ? {} : { after: { value: last.stamp, id: last.id } }) });
    const rows = held.concat(piece);
    last = piece.length < scan.limit ? undefined : piece.at(-1);
    const open = last?.stamp;
    held = rows.filter(({ stamp }) => stamp === open);
    const whole = rows.filter((row) => row.stamp !== open && (after === undefined || isPast(row, after)));
    if (whole.length > 0) yield inOrder(whole);
  } while (last !== undefined);
}
