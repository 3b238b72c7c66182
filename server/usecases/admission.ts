import type { Agreements } from "../../schemas/policy/agreement.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Channel } from "../../schemas/policy/vocabulary.ts";
import { laneId } from "../pipeline/lane.ts";
import { admitMany, LabelDates, nextBoundary } from "../policy/admitted.ts";
import { formatInstant } from "../shared/instant.ts";
import type { LabelEntry, Snapshot } from "./snapshot.ts";

export interface AdmittedLane {
  readonly lane: string;
  readonly entry: LabelEntry;
  /** What this tier lacks. */
  readonly cut: readonly string[];
}

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
  labels: number;
  readonly lanes: Map<string, AdmittedLane>;
}

/** Longest that an admission is kept when no dated change is ahead, ms. */
const LONGEST = 3_600_000;

/** Lanes that are kept for all viewers together, of some 150 bytes each: with 20,000 labels one viewer may have as many. */
const MOST_LANES = 1_000_000;
const MOST_VIEWERS = 5000;

/** Runs `decide` once a label and keeps the answer until the policy revision, a dated boundary or the set of labels changes. Who asked last is kept longest. */
export class Admissions {
  /** In the order in which they were asked for. */
  readonly #held = new Map<string, Held>();
  readonly #most: number;
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
    this.#lanes -= lanes.size;
  }

  of(viewer: Viewer, snapshot: Snapshot, channel: Channel): Admission {
    // What may yet be undone is judged for this once.
    if (snapshot.uncommitted === true) {
      const { uncommitted: _, ...once } = snapshot;
      return new Admissions(1).of(viewer, once, channel);
    }
    const key = `${channel}|${viewer.id}`;
    const before = this.#held.get(key);
    let held = before;
    if (
      held === undefined ||
      held.revision !== snapshot.revision ||
      snapshot.at >= held.until ||
      held.labels > snapshot.labelList.length
    )
      held = {
        ...{ viewer, revision: snapshot.revision, agreements: snapshot.agreements, until: snapshot.at + LONGEST },
        ...{ labels: 0, lanes: new Map() },
      };
    if (held.labels < snapshot.labelList.length || held !== before) {
      const fresh = held !== before;
      if (fresh && before !== undefined) this.#forget(key, before);
      const added = fresh ? snapshot.labelList : snapshot.labelList.slice(held.labels);
      // What a viewer may know of a lane is remembered with it: it stays while neither of the two changes.
      const known = fresh && before !== undefined && sameViewer(before.viewer, viewer) ? before : undefined;
      const there = held.lanes.size;
      const lanes =
        known === undefined || !stands(known, snapshot)
          ? admittedLanes(viewer, added, snapshot, channel)
          : judgedAgain(known, snapshot, channel);
      for (const lane of lanes) {
        const was = known?.lanes.get(lane.lane);
        held.lanes.set(lane.lane, was?.entry === lane.entry ? was : lane);
      }
      this.#lanes += held.lanes.size - there;
      held.labels = snapshot.labelList.length;
      // A new label may bring an earlier boundary than the one known: judge all again then.
      const dates = fresh ? datesOf(snapshot.labelList) : new LabelDates().add(added.map(({ label }) => label));
      const ahead = nextBoundary(viewer, dates, fresh ? snapshot.agreements : {}, formatInstant(snapshot.at));
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
const stands = ({ until, labels }: Held, { at, labelList }: Snapshot): boolean =>
  at < until && labels <= labelList.length;

/** Agreements that are there, gone or otherwise than they were. */
function changedAgreements(before: Agreements, after: Agreements): ReadonlySet<string> {
  const said = (agreements: Agreements, id: string): string | undefined =>
    Object.hasOwn(agreements, id) ? JSON.stringify(agreements[id]) : undefined;
  const ids = new Set([...Object.keys(before), ...Object.keys(after)]);
  return new Set([...ids].filter((id) => said(before, id) !== said(after, id)));
}

/**
 * What the same viewer is admitted to after a change of policy, in the labels' order: gates read an agreement only where a row of the label names it (policy 3, gates 3 and 8), so that all other
 * labels stand as they were judged. New labels, and those that name one that changed, are judged.
 */
function judgedAgain(before: Held, snapshot: Snapshot, channel: Channel): AdmittedLane[] {
  const changed = changedAgreements(before.agreements, snapshot.agreements);
  const open = snapshot.labelList.filter(
    ({ label }, n) => n >= before.labels || label.releases.some(({ agreement }) => changed.has(agreement)),
  );
  // Both come in the labels' order.
  const judged = admittedLanes(before.viewer, open, snapshot, channel);
  const lanes: AdmittedLane[] = [];
  let [asked, found] = [0, 0];
  for (const entry of snapshot.labelList) {
    if (entry === open[asked]) {
      asked += 1;
      const lane = judged[found];
      if (lane?.entry !== entry) continue;
      found += 1;
      lanes.push(lane);
      continue;
    }
    for (let tier = 0; tier < entry.cuts.length; tier++) {
      const lane = before.lanes.get(laneId(entry.id, tier));
      if (lane === undefined) continue;
      lanes.push(lane);
      break;
    }
  }
  return lanes;
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

/** The lanes of these labels that a viewer reads: the one use of `admitMany` on stored labels. */
export function admittedLanes(
  viewer: Viewer,
  entries: Iterable<LabelEntry>,
  { agreements, at }: Pick<Snapshot, "agreements" | "at">,
  channel: Channel,
): AdmittedLane[] {
  return admitMany(viewer, entries, agreements, at, channel).map(({ entry, tier }) => ({
    lane: laneId(entry.id, tier.index),
    entry,
    cut: tier.cut,
  }));
}
