import { Crowded } from "../../storage/collections.ts";
import type { RowDoc } from "../../storage/documents.ts";
import type { Unit } from "../../storage/port.ts";
import { crowdedCount } from "../place-in-lanes.ts";

const PAGE = 1000;
/** Keys kept in memory; beyond these every row is taken to be one of several. */
const MOST = 2_000_000;

/**
 * Which rows are an object by themselves, for whoever sees them: those under whose id and thing no other stands. Kept by one process, which reads on
 * from where it stopped; it may know more than a reader's snapshot does, never less.
 */
export class CrowdedKeys {
  readonly #keys = new Set<string>();
  #count = 0;

  async refresh(unit: Unit): Promise<void> {
    const count = Math.min(MOST, await crowdedCount(unit));
    while (this.#count < count) {
      const page = await unit.collection(Crowded).scan({ index: "n", prefixes: [[]], from: this.#count, limit: PAGE });
      const last = page.at(-1);
      if (last === undefined) return;
      for (const { id } of page) this.#keys.add(id);
      this.#count = Math.max(this.#count, last.n + 1);
    }
  }

  /** All of them; undefined where there are more than are kept. */
  get all(): ReadonlySet<string> | undefined {
    return this.#count < MOST ? this.#keys : undefined;
  }

  get isEmpty(): boolean {
    return this.#keys.size === 0;
  }

  isSolitary({ stixId, thing, fold }: Pick<RowDoc, "stixId" | "thing" | "fold">): boolean {
    return this.#count < MOST && !this.#keys.has(stixId) && (fold === "alone" || !this.#keys.has(thing));
  }

  /** Whether more than one row may stand under an id, or stood. */
  isCrowded(id: string): boolean {
    return this.#count >= MOST || this.#keys.has(id);
  }

  /** Whether an edge may come into being with what stands under this id. */
  mayHaveLateEdges(id: string): boolean {
    return this.isCrowded(id);
  }
}
