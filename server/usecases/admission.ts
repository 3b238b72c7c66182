import type { Agreements } from "../../schemas/policy/agreement.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Channel } from "../../schemas/policy/vocabulary.ts";
import { judgeMany, LabelDates, nextBoundary } from "../policy/admitted.ts";
import { formatInstant } from "../shared/instant.ts";
import { type AdmittedLane, JudgedLanes, type Judging, laneOf } from "./judged-lanes.ts";
import type { LabelEntry, Snapshot } from "./snapshot.ts";

export type { AdmittedLane };

/** The lanes one viewer may read at one instant over one channel: each label in exactly one tier, or not at all (design 3). */
export interface Admission {
  readonly channel: Channel;
  readonly lanes: ReadonlyMap<string, AdmittedLane>;
  /** ms; until then it stands, if neither the policy nor the set of labels changes. */
  readonly until: number;
}

interface Held {
  readonly viewer: Viewer;
  readonly revision: number;
  readonly agreements: Agreements;
  readonly until: number;
  readonly lanes: JudgedLanes;
}

/** Longest that an admission is kept when no dated change is ahead, ms. */
const LONGEST = 3_600_000;

/** Lanes that are kept for all viewers together, of some 150 bytes each: with 20,000 labels one viewer may have as many. */
const MOST_LANES = 1_000_000;
const MOST_VIEWERS = 5000;

/** Runs `decide` once a label at most and keeps the answer until the policy revision, a dated boundary or the set of labels changes. Who asked last is kept longest. */
export class Admissions {
  /** In the order in which they were asked for. */
  readonly #held = new Map<string, Held>();
  readonly #most: number;
  /** Who had them in hand when they were dropped may still judge by them. */
  readonly #forgotten = new WeakSet<JudgedLanes>();
  #lanes = 0;

  /** `most`: lanes kept for all viewers together. */
  constructor(most = MOST_LANES) {
    this.#most = most;
  }

  #keep(key: string, held: Held): void {
    this.#held.delete(key);
    this.#held.set(key, held);
  }

  #forget(key: string, { lanes }: Held): void {
    this.#held.delete(key);
    this.#forgotten.add(lanes);
    this.#lanes -= lanes.weight;
  }

  #lanesOf(judging: Judging, before: Held | undefined, snapshot: Snapshot): JudgedLanes {
    const known =
      before !== undefined && sameViewer(before.viewer, judging.viewer) && stands(before, snapshot)
        ? { lanes: before.lanes, changed: changedAgreements(before.agreements, snapshot.agreements) }
        : undefined;
    const lanes: JudgedLanes = new JudgedLanes(
      judging,
      (count) => {
        if (!this.#forgotten.has(lanes)) this.#lanes += count;
      },
      known,
    );
    return lanes;
  }

  of(viewer: Viewer, snapshot: Snapshot, channel: Channel): Admission {
    // What may yet be undone is judged for this once.
    if (snapshot.uncommitted === true) {
      const { uncommitted: _, ...once } = snapshot;
      return new Admissions(1).of(viewer, once, channel);
    }
    const { at, agreements, revision, labelList } = snapshot;
    const key = `${channel}|${viewer.id}`;
    const before = this.#held.get(key);
    let held = before;
    if (held === undefined || held.revision !== revision || at >= held.until || held.lanes.count > labelList.length) {
      if (before !== undefined) this.#forget(key, before);
      const lanes = this.#lanesOf({ viewer, agreements, channel }, before, snapshot);
      held = { viewer, revision, agreements, until: at + LONGEST, lanes };
    }
    const fresh = held !== before;
    const { count } = held.lanes;
    held.lanes.grow(labelList, at);
    if (fresh || count < labelList.length) {
      // A new label may bring an earlier boundary than the one known: judge all again then.
      const dates = fresh ? datesOf(labelList) : new LabelDates().add(labelList.slice(count).map(({ label }) => label));
      const ahead = nextBoundary(viewer, dates, fresh ? agreements : {}, formatInstant(at));
      if (ahead !== undefined && ahead < held.until) held = { ...held, until: ahead };
    }
    this.#keep(key, held);
    for (const [oldest, other] of this.#held) {
      if ((this.#lanes <= this.#most && this.#held.size <= MOST_VIEWERS) || oldest === key) break;
      this.#forget(oldest, other);
    }
    return { channel, lanes: held.lanes, until: held.until };
  }
}

const sameViewer = (a: Viewer, b: Viewer): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Whether no date has passed since, and no label is gone: what an account was admitted to then hangs on agreements alone. */
const stands = ({ until, lanes }: Held, { at, labelList }: Snapshot): boolean =>
  at < until && lanes.count <= labelList.length;

/** Agreements that are there, gone or otherwise than they were. */
function changedAgreements(before: Agreements, after: Agreements): ReadonlySet<string> {
  const said = (agreements: Agreements, id: string): string | undefined =>
    Object.hasOwn(agreements, id) ? JSON.stringify(agreements[id]) : undefined;
  const ids = new Set([...Object.keys(before), ...Object.keys(after)]);
  return new Set([...ids].filter((id) => said(before, id) !== said(after, id)));
}

const dated = new WeakMap<readonly LabelEntry[], { count: number; readonly dates: LabelDates }>();

/** The dates on all labels of a list, which only grows. */
function datesOf(list: readonly LabelEntry[]): LabelDates {
  const held = dated.get(list) ?? { count: 0, dates: new LabelDates() };
  held.dates.add(list.slice(held.count).map(({ label }) => label));
  held.count = list.length;
  dated.set(list, held);
  return held.dates;
}

/** The lanes of these labels that a viewer reads. */
export function admittedLanes(
  viewer: Viewer,
  entries: readonly LabelEntry[],
  { agreements, at }: Pick<Snapshot, "agreements" | "at">,
  channel: Channel,
): AdmittedLane[] {
  const tiers = judgeMany(viewer, entries, agreements, at, channel);
  return entries.flatMap((entry, n) => {
    const tier = tiers[n];
    return tier === undefined ? [] : [laneOf(entry, tier)];
  });
}
