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
  /** Lanes in the order in which they began, which never changes; the last ones may not be in it yet. */
  #begun: LaneDoc[] = [];
  /** Lanes that rows left: few. */
  readonly #leaving = new Set<string>();
  #ordered = true;
  #clock = -1;
  #newest = 0;

  get(lane: string): LaneDoc | undefined {
    return this.#heads.get(lane);
  }

  get size(): number {
    return this.#heads.size;
  }

  /** Lanes that rows left. */
  get leaving(): LaneDoc[] {
    return [...this.#leaving].flatMap((lane) => this.#heads.get(lane) ?? []);
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

  /** What is known of lanes, in the order in which they began. */
  *inOrder(): Generator<LaneDoc> {
    // In another list: who walks this one is not disturbed.
    if (!this.#ordered) this.#begun = [...this.#begun].sort((a, b) => a.first - b.first);
    this.#ordered = true;
    for (const { id } of this.#begun) {
      const head = this.#heads.get(id);
      if (head !== undefined) yield head;
    }
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
        if (!this.#heads.has(head.id)) {
          if ((this.#begun.at(-1)?.first ?? 0) > head.first) this.#ordered = false;
          this.#begun.push(head);
        }
        this.#heads.set(head.id, head);
        if (head.left !== undefined) this.#leaving.add(head.id);
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

/** Lanes that begin later are read so many at a time: a reader of thousands of lanes pays on a page for those that may have something there. */
const TOGETHER = 256;

interface LaneGroup {
  readonly lanes: string[];
  /** Nothing stands before it in any of them. */
  readonly begins: number;
}

/** Lanes in pieces by when their first rows came: those that had begun at a place together, then the others as a walk from there comes to them. */
export function byBeginning(
  lanes: Iterable<{ readonly lane: string; readonly first: number }>,
  from: number,
): LaneGroup[] {
  const groups: LaneGroup[] = [];
  const begun: LaneGroup = { lanes: [], begins: Number.NEGATIVE_INFINITY };
  for (const { lane, first } of lanes) {
    if (first <= from) {
      begun.lanes.push(lane);
      continue;
    }
    const group = groups.at(-1);
    if (group === undefined || group.lanes.length >= TOGETHER) groups.push({ lanes: [lane], begins: first });
    else group.lanes.push(lane);
  }
  return begun.lanes.length === 0 ? groups : [begun, ...groups];
}

/**
 * Those of some lanes that may have rows from a place on (and before another), in pieces by when they begin, each made when it is asked for: a page comes to few of thousands. `left`: those that
 * rows left.
 */
export function inTurn(
  heads: LaneHeads,
  lanes: { has(lane: string): boolean },
  from: number,
  to = Number.POSITIVE_INFINITY,
): { groups: Iterator<LaneGroup, undefined>; left: string[] } {
  const left = heads.leaving.flatMap(({ id, first, newest }) =>
    newest >= from && first < to && lanes.has(id) ? [id] : [],
  );
  return { groups: groupsInTurn(heads, lanes, from, to), left };
}

function* groupsInTurn(
  heads: LaneHeads,
  lanes: { has(lane: string): boolean },
  from: number,
  to: number,
): Generator<LaneGroup, undefined> {
  let group: LaneGroup = { lanes: [], begins: Number.NEGATIVE_INFINITY };
  for (const { id: lane, first, newest } of heads.inOrder()) {
    if (first >= to) break;
    if (newest < from || !lanes.has(lane)) continue;
    const whole = group.begins === Number.NEGATIVE_INFINITY ? first > from : group.lanes.length >= TOGETHER;
    if (whole) {
      if (group.lanes.length > 0) yield group;
      group = { lanes: [], begins: first };
    }
    group.lanes.push(lane);
  }
  if (group.lanes.length > 0) yield group;
  return undefined;
}
