import { Rows, Stages } from "../storage/collections.ts";
import type { RowDoc, StageDoc } from "../storage/documents.ts";
import type { Scan, Stored, Unit } from "../storage/port.ts";
import { isPast, type Position } from "./position.ts";
import { inOrder } from "./reader-order.ts";

type Row = Stored<RowDoc>;
/** Where a row stands for one viewer; undefined where it does not. */
type Places = { placed(row: Row): Row | undefined };

/** A scan that goes on from where it was, and what of it is held back: the store puts documents of one stamp in the order of their ids. */
class Walk<T extends Stored<RowDoc | StageDoc>> {
  readonly #next: (after: { value: number; id: string } | undefined, limit: number) => Promise<T[]>;
  #limit: number;
  #held: T[] = [];
  /** Everything before this stamp is here; undefined once all is. */
  open: number | undefined = Number.NEGATIVE_INFINITY;

  constructor(limit: number, next: (after: { value: number; id: string } | undefined, limit: number) => Promise<T[]>) {
    this.#limit = limit;
    this.#next = next;
  }

  /** Reads on if nothing before `until` can be told yet. */
  async reach(until: number | undefined): Promise<void> {
    if (this.open === undefined || (until !== undefined && this.open > until)) return;
    const last = this.#held.at(-1);
    const limit = this.#limit;
    const piece = await this.#next(last === undefined ? undefined : { value: last.stamp, id: last.id }, limit);
    for (const one of piece) this.#held.push(one);
    const open = piece.length < limit ? undefined : piece.at(-1)?.stamp;
    // Many documents of one stamp: each piece asks every prefix again, so the next one is larger.
    if (open === this.open) this.#limit = limit * 4;
    this.open = open;
  }

  /** Takes what stands before a stamp; all, where none is given. */
  take(before: number | undefined): T[] {
    const taken = before === undefined ? this.#held : this.#held.filter(({ stamp }) => stamp < before);
    this.#held = before === undefined ? [] : this.#held.filter(({ stamp }) => stamp >= before);
    return taken;
  }
}

/**
 * Rows under these prefixes (of lanes first) in the viewer's order after a position, in pieces of about `limit`. A row that was labelled again
 * stands at its stage for a viewer for whom nothing changed, and at its new stamp for everybody else.
 */
export async function* walkLanes(
  unit: Unit,
  places: Places,
  scan: Omit<Scan, "after" | "reverse">,
  after: Position | undefined,
): AsyncGenerator<Row[]> {
  if (scan.prefixes.length === 0) return;
  const from = after === undefined ? scan.from : Math.max(after.stamp, Number(scan.from ?? 0));
  const bounded = { ...scan, ...(from === undefined ? {} : { from }) };
  const lanes = new Set(scan.prefixes.map(([lane]) => lane));
  const rows = new Walk<Row>(scan.limit, (at, limit) =>
    unit.collection(Rows).scan({ ...bounded, limit, ...(at === undefined ? {} : { after: at }) }),
  );
  const stages = new Walk<Stored<StageDoc>>(scan.limit, (at, limit) =>
    unit.collection(Stages).scan({ ...bounded, limit, ...(at === undefined ? {} : { after: at }) }),
  );
  for (;;) {
    await rows.reach(stages.open);
    await stages.reach(rows.open);
    const open = [rows.open, stages.open].reduce(
      (a, b) => (a === undefined ? b : b === undefined ? a : Math.min(a, b)),
      undefined,
    );
    const past = stages.take(open);
    const moved =
      past.length === 0 ? [] : await unit.collection(Rows).getMany([...new Set(past.map(({ row }) => row))]);
    const stamps = new Map<string, Set<number>>();
    for (const { row, stamp } of past) stamps.set(row, (stamps.get(row) ?? new Set()).add(stamp));
    const here = rows.take(open).filter((row) => places.placed(row)?.stamp === row.stamp);
    const there = moved.flatMap((row) => {
      const placed = lanes.has(row.lane) ? places.placed(row) : undefined;
      return placed !== undefined && stamps.get(row.id)?.has(placed.stamp) === true ? [placed] : [];
    });
    const whole = [...here, ...there].filter((row) => after === undefined || isPast(row, after));
    if (whole.length > 0) yield inOrder(whole);
    if (rows.open === undefined && stages.open === undefined) return;
  }
}
