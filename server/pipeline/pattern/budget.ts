/** Matching stops with a clear error where a pattern and its data would take too long: the search grows with every AND and REPEATS. About a second. */
export const MOST_STEPS = 500_000;

/** The budget of a search is spent. */
export class TooLong extends Error {}

/** Counts steps down; `TooLong` when there are none left. */
export class Budget {
  #left: number;
  constructor(steps: number) {
    this.#left = steps;
  }
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new TooLong("too many steps");
  }
}
