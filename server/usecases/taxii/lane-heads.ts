import { Lanes } from "../../storage/collections.ts";
import type { LaneDoc } from "../../storage/documents.ts";
import type { Stored, Unit } from "../../storage/port.ts";
import { newestPlace } from "../place-in-lanes.ts";

const PAGE = 1000;

/**
 * What is known of every lane, kept by one process: each request reads on from where the last one stopped, and nothing where nothing came
 * (order, page). It may know more than a reader's snapshot does, never less.
 */
export class LaneHeads {
  readonly #heads = new Map<string, Stored<LaneDoc>>();
  /** Lanes in the order of their newest places, some more than once: the last time counts. */
  #touched: Stored<LaneDoc>[] = [];
  #clock = -1;
  #newest = 0;

  get(lane: string): LaneDoc | undefined {
    return this.#heads.get(lane);
  }

  /** Lanes that rows took or left places in at `place` or later; undefined where that is most of them. */
  since(place: number): ReadonlySet<string> | undefined {
    const found = new Set<string>();
    for (let i = this.#touched.length - 1; i >= 0; i--) {
      const head = this.#touched[i];
      if (head === undefined || head.newest < place) return found;
      found.add(head.id);
      if (found.size * 2 > this.#heads.size) return undefined;
    }
    return undefined;
  }

  async refresh(unit: Unit): Promise<void> {
    const clock = await newestPlace(unit);
    if (clock <= this.#clock) return;
    for (let after: { value: number; id: string } | undefined; ; ) {
      const page = await unit.collection(Lanes).scan({
        index: "newest",
        prefixes: [[]],
        limit: PAGE,
        ...(after === undefined ? { from: this.#newest } : { after }),
      });
      for (const head of page) {
        // A request that began before this one, on an earlier state of the store, may come to it later: what is known is not forgotten.
        if ((this.#heads.get(head.id)?.rev ?? 0) >= head.rev) continue;
        this.#heads.set(head.id, head);
        this.#touched.push(head);
        this.#newest = Math.max(this.#newest, head.newest);
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      after = { value: last.newest, id: last.id };
    }
    if (this.#touched.length > 1000 + 4 * this.#heads.size)
      this.#touched = [...this.#heads.values()].sort((a, b) => a.newest - b.newest);
    this.#clock = Math.max(this.#clock, clock);
  }
}
