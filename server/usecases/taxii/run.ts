import type { WalkedRow } from "./walked-row.ts";

/** Where a row may stand, or may have been lost: it does if the reader's state says the same. */
export interface Candidate {
  readonly place: number;
  readonly id: string;
  /** The row, where it was found and not only named. */
  readonly row?: WalkedRow;
}

/** Where an index is read on from. */
interface Key {
  readonly value: number;
  readonly id: string;
}

/** Candidates in order, with what the index knows the last of them by. */
interface Piece {
  readonly candidates: Candidate[];
  readonly last: Key | undefined;
}

/** Candidates behind a place in the index; less than `limit` where there are no more. */
export type Read = (after: Key | undefined, limit: number) => Promise<Piece>;

/** Candidates of one kind in the order of their places, read on in pieces. */
export class Run {
  readonly #read: Read;
  #limit: number;
  #last: Key | undefined;
  #held: Candidate[] = [];
  /** Everything before this place is here; undefined once all is. */
  open: number | undefined;

  constructor(
    limit: number,
    read: Read,
    /** Nothing stands before it: what begins later is not read before the walk comes there. */
    begins = Number.NEGATIVE_INFINITY,
  ) {
    this.#limit = limit;
    this.#read = read;
    this.open = begins;
  }

  async readOn(): Promise<void> {
    if (this.open === undefined) return;
    const limit = this.#limit;
    const { candidates, last } = await this.#read(this.#last, limit);
    this.#held = this.#held.length === 0 ? candidates : [...this.#held, ...candidates];
    this.#last = last ?? this.#last;
    const open = candidates.length < limit ? undefined : candidates.at(-1)?.place;
    // Many at one place: each piece asks every prefix again, so the next one is larger.
    if (open === this.open) this.#limit = limit * 4;
    this.open = open;
  }

  take(before: number | undefined): Candidate[] {
    // From the end: what stays is only what stands where reading stopped.
    let at = this.#held.length;
    if (before !== undefined) while (at > 0 && (this.#held[at - 1]?.place ?? 0) >= before) at -= 1;
    const taken = this.#held;
    this.#held = taken.slice(at);
    taken.length = at;
    return taken;
  }
}

/** The place before which every run is known; undefined where all of them are at their ends. */
export const leastOpen = (runs: readonly Run[]): number | undefined =>
  runs.reduce<number | undefined>(
    (least, { open }) => (open === undefined ? least : least === undefined ? open : Math.min(least, open)),
    undefined,
  );
