import type { Agreements } from "../../schemas/policy/agreement.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Channel } from "../../schemas/policy/vocabulary.ts";
import { laneId } from "../pipeline/lane.ts";
import { type AdmittedTier, judgeMany } from "../policy/admitted.ts";
import type { LabelEntry } from "./snapshot.ts";

export interface AdmittedLane {
  readonly lane: string;
  readonly entry: LabelEntry;
  /** What this tier lacks. */
  readonly cut: readonly string[];
}

export const laneOf = (entry: LabelEntry, { index, cut }: AdmittedTier): AdmittedLane => ({
  lane: laneId(entry.id, index),
  entry,
  cut,
});

/** What labels are judged by: all of it stands from one growth to the next (`until` of the admission). */
export interface Judging {
  readonly viewer: Viewer;
  readonly agreements: Agreements;
  readonly channel: Channel;
}

/** What the same viewer was admitted to before a change of policy that no date and nothing but these agreements was part of. */
interface Known {
  readonly lanes: JudgedLanes;
  readonly changed: ReadonlySet<string>;
}

const places = new WeakMap<readonly LabelEntry[], Map<string, number>>();

/** Where labels stand in a list, which only grows. */
export function placesIn(list: readonly LabelEntry[]): ReadonlyMap<string, number> {
  const held = places.get(list) ?? new Map<string, number>();
  for (let n = held.size; n < list.length; n++) held.set(list[n]?.id ?? "", n);
  places.set(list, held);
  return held;
}

/**
 * The lanes that one viewer is admitted to: a label is judged when one of its lanes is asked for, and all are when they are gone through or counted. A page asks for hundreds of what may be
 * tens of thousands, so that after a change of policy the first answer need not wait for the rest. In the labels' order.
 */
export class JudgedLanes implements ReadonlyMap<string, AdmittedLane> {
  readonly #judging: Judging;
  readonly #grown: (lanes: number) => void;
  /** By the label's place: its lane, none (`null`), or not judged yet. */
  readonly #byLabel: Array<AdmittedLane | null | undefined> = [];
  #list: readonly LabelEntry[] = [];
  #count = 0;
  #at = 0;
  /** All of them, once they were asked for. */
  #all: Map<string, AdmittedLane> | undefined;
  /** Labels that are in it. */
  #judgedAll = 0;
  #known: Known | undefined;
  #weight = 0;

  /** `grown` is told how many lanes were judged to be admitted each time. */
  constructor(judging: Judging, grown: (lanes: number) => void, known?: Known) {
    this.#judging = judging;
    this.#grown = grown;
    this.#known = known;
    // What comes before what is known is known no more: there is no chain of them.
    if (known !== undefined) known.lanes.#known = undefined;
  }

  /** Labels that may be judged. */
  get count(): number {
    return this.#count;
  }

  /** Admitted lanes that are kept. */
  get weight(): number {
    return this.#weight;
  }

  /** These are the labels now, judged at `at` (ms): what was judged before stands then too. */
  grow(list: readonly LabelEntry[], at: number): void {
    this.#list = list;
    this.#count = list.length;
    this.#at = at;
    if (this.#all !== undefined && this.#judgedAll < this.#count) this.#judgeAll(this.#all);
  }

  /** What was known of these labels before, and which agreements are otherwise since. */
  #before(): { readonly known: readonly (AdmittedLane | null | undefined)[]; readonly changed: ReadonlySet<string> } {
    const before = this.#known;
    if (before === undefined || before.lanes.#list !== this.#list) return { known: [], changed: new Set() };
    return { known: before.lanes.#byLabel, changed: before.changed };
  }

  /** Judges labels that were not yet. */
  #judge(labels: readonly number[]): void {
    const { viewer, agreements, channel } = this.#judging;
    const { known, changed } = this.#before();
    const asked: number[] = [];
    const entries: LabelEntry[] = [];
    let weight = 0;
    for (const n of labels) {
      const entry = this.#list[n];
      if (entry === undefined || this.#byLabel[n] !== undefined) continue;
      const was = known[n];
      // Gates read an agreement only where a row of the label names it (policy 3, gates 3 and 8).
      if (was !== undefined && !entry.label.releases.some(({ agreement }) => changed.has(agreement))) {
        this.#byLabel[n] = was;
        if (was !== null) weight += 1;
        continue;
      }
      asked.push(n);
      entries.push(entry);
    }
    const tiers = judgeMany(viewer, entries, agreements, this.#at, channel);
    for (const [i, n] of asked.entries()) {
      const [entry, tier, was] = [entries[i], tiers[i], known[n]];
      const lane = entry === undefined || tier === undefined ? null : laneOf(entry, tier);
      // What a viewer may know of a lane is remembered with it: it stays while neither of the two changes.
      this.#byLabel[n] = lane !== null && was?.lane === lane.lane ? was : lane;
      if (lane !== null) weight += 1;
    }
    this.#weight += weight;
    if (weight > 0) this.#grown(weight);
  }

  #judgeAll(all: Map<string, AdmittedLane>): Map<string, AdmittedLane> {
    const first = this.#judgedAll;
    const labels: number[] = [];
    for (let n = first; n < this.#count; n++) if (this.#byLabel[n] === undefined) labels.push(n);
    this.#judge(labels);
    for (let n = first; n < this.#count; n++) {
      const lane = this.#byLabel[n];
      if (lane !== null && lane !== undefined) all.set(lane.lane, lane);
    }
    this.#judgedAll = this.#count;
    this.#known = undefined;
    this.#all = all;
    return all;
  }

  #whole(): Map<string, AdmittedLane> {
    return this.#all ?? this.#judgeAll(new Map());
  }

  get(lane: string): AdmittedLane | undefined {
    if (this.#all !== undefined) return this.#all.get(lane);
    const n = placesIn(this.#list).get(lane.slice(0, -1));
    // Labels that came since are for whoever asks next: their dates were not looked at yet.
    if (n === undefined || n >= this.#count) return undefined;
    if (this.#byLabel[n] === undefined) this.#judge([n]);
    const found = this.#byLabel[n];
    return found?.lane === lane ? found : undefined;
  }

  has(lane: string): boolean {
    return this.get(lane) !== undefined;
  }

  get size(): number {
    return this.#whole().size;
  }

  keys(): MapIterator<string> {
    return this.#whole().keys();
  }

  values(): MapIterator<AdmittedLane> {
    return this.#whole().values();
  }

  entries(): MapIterator<[string, AdmittedLane]> {
    return this.#whole().entries();
  }

  [Symbol.iterator](): MapIterator<[string, AdmittedLane]> {
    return this.#whole()[Symbol.iterator]();
  }

  forEach(call: (lane: AdmittedLane, key: string, map: ReadonlyMap<string, AdmittedLane>) => void): void {
    this.#whole().forEach((lane, key) => {
      call(lane, key, this);
    });
  }
}
