import { Rows, Stages } from "../storage/collections.ts";
import type { RowDoc, StageDoc } from "../storage/documents.ts";
import type { Scan, Stored, Unit } from "../storage/port.ts";
import { isPast, type Position } from "./position.ts";
import { inOrder } from "./reader-order.ts";
import { inTurn, type LaneHeads } from "./taxii/lane-heads.ts";

type Row = Stored<RowDoc>;
/** Where a row stands for one viewer; undefined where it does not. */
type Places = { placed(row: Row): Row | undefined };

/** A scan that goes on from where it was, and what of it is held back: the store puts documents of one stamp in the order of their ids. */
class Walk<T extends Stored<RowDoc | StageDoc>> {
  readonly #next: (after: { value: number; id: string } | undefined, limit: number) => Promise<T[]>;
  #limit: number;
  #held: T[] = [];
  /** Everything before this stamp is here; undefined once all is. */
  open: number | undefined;

  constructor(
    limit: number,
    next: (after: { value: number; id: string } | undefined, limit: number) => Promise<T[]>,
    /** Nothing stands before it. */
    begins = Number.NEGATIVE_INFINITY,
  ) {
    this.#limit = limit;
    this.#next = next;
    this.open = begins;
  }

  async readOn(): Promise<void> {
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

/** What to walk: rows of these lanes, of one kind if `kind` says so, placed from `from` on (inclusive) and before `to`; read in pieces of `limit`. */
export interface LaneWalk {
  readonly lanes: { readonly size: number; has(lane: string): boolean; keys(): Iterable<string> };
  readonly kind?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  /** What is known of lanes at the unit's state or later: those that have nothing there are left out. */
  readonly heads?: LaneHeads;
}

/**
 * Rows of these lanes in the viewer's order after a position, in pieces of about `limit`. A row that was labelled again
 * stands at its stage for a viewer for whom nothing changed, and at its new stamp for everybody else.
 */
export async function* walkLanes(
  unit: Unit,
  places: Places,
  { lanes, kind, limit, heads, ...bounds }: LaneWalk,
  after: Position | undefined,
): AsyncGenerator<Row[]> {
  if (heads === undefined && lanes.size === 0) return;
  const from = after === undefined ? bounds.from : Math.max(after.stamp, bounds.from ?? 0);
  const scanOf = (some: readonly string[]): Omit<Scan, "after" | "limit"> => ({
    index: kind === undefined ? "lane" : "kind",
    prefixes: some.map((lane) => (kind === undefined ? [lane] : [lane, kind])),
    ...(from === undefined ? {} : { from }),
    ...(bounds.to === undefined ? {} : { to: bounds.to }),
  });
  const walkOf = <T extends Stored<RowDoc | StageDoc>>(
    read: (scan: Scan) => Promise<T[]>,
    some: readonly string[],
    begins?: number,
  ): Walk<T> => {
    const scan = scanOf(some);
    return new Walk<T>(
      limit,
      (at, most) => read({ ...scan, limit: most, ...(at === undefined ? {} : { after: at }) }),
      begins,
    );
  };
  const { groups, left } =
    heads === undefined
      ? { groups: [{ lanes: [...lanes.keys()], begins: Number.NEGATIVE_INFINITY }].values(), left: [...lanes.keys()] }
      : inTurn(heads, lanes, from ?? 0, bounds.to);
  const rows: Array<Walk<Row>> = [];
  const stages = left.length === 0 ? [] : [walkOf((scan) => unit.collection(Stages).scan(scan), left)];
  /** The lanes that the walk comes to next. */
  let ahead = groups.next().value;
  const least = (): number | undefined =>
    [...rows, ...stages].reduce<number | undefined>(
      (a, { open }) => (open === undefined ? a : a === undefined ? open : Math.min(a, open)),
      ahead?.begins,
    );
  for (;;) {
    const first = least();
    for (; ahead !== undefined && ahead.begins === first; ahead = groups.next().value)
      rows.push(walkOf((scan) => unit.collection(Rows).scan(scan), ahead.lanes, ahead.begins));
    for (const walk of [...rows, ...stages]) if (walk.open !== undefined && walk.open === first) await walk.readOn();
    const open = least();
    const past = stages.flatMap((walk) => walk.take(open));
    const moved =
      past.length === 0 ? [] : await unit.collection(Rows).getMany([...new Set(past.map(({ row }) => row))]);
    const stamps = new Map<string, Set<number>>();
    for (const { row, stamp } of past) stamps.set(row, (stamps.get(row) ?? new Set()).add(stamp));
    const here = rows.flatMap((walk) => walk.take(open)).filter((row) => places.placed(row)?.stamp === row.stamp);
    const there = moved.flatMap((row) => {
      const placed = lanes.has(row.lane) ? places.placed(row) : undefined;
      return placed !== undefined && stamps.get(row.id)?.has(placed.stamp) === true ? [placed] : [];
    });
    const whole = [...here, ...there].filter((row) => after === undefined || isPast(row, after));
    if (whole.length > 0) yield inOrder(whole);
    if (open === undefined) return;
  }
}
