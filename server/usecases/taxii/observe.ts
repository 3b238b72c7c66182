import type { Agreements } from "../../../schemas/policy/agreement.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { Lanes, Readers } from "../../storage/collections.ts";
import type { ReaderDoc } from "../../storage/documents.ts";
import type { Stored, Unit } from "../../storage/port.ts";
import { type Admission, type AdmittedLane, admittedLanes } from "../admission.ts";
import { placesIn } from "../judged-lanes.ts";
import { freeFrom, newestPlace, takePlaces } from "../place-in-lanes.ts";
import type { Snapshot } from "../snapshot.ts";
import type { LaneHeads } from "./lane-heads.ts";
import { isOwn, type Range, viewOf } from "./reader-state.ts";

/** Width of the range that what is gained or lost in one step is spread over, in microseconds. It is the same whatever was gained: it tells nothing. */
export const WIDTH = 20_000;

const byLane = (lanes: Iterable<AdmittedLane>): Map<string, AdmittedLane> =>
  new Map([...lanes].map((lane) => [lane.lane, lane]));

/** Whether nothing that a reader is admitted to can have changed since it was observed last. */
export const isCurrent = (doc: ReaderDoc, viewer: Viewer, snapshot: Snapshot): boolean =>
  doc.revision === snapshot.revision &&
  doc.labels >= snapshot.labelCount &&
  (doc.until === undefined || snapshot.at < doc.until) &&
  doc.viewer.id === viewer.id;

const agreementsOf = (agreements: Agreements): Agreements =>
  Object.fromEntries(
    Object.entries(agreements).map(([id, { parties, ceiling, status, from, until }]) => [
      id,
      { parties, ceiling, status, ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) },
    ]),
  );

type Told = ReaderDoc["intervals"];

/** Closes and opens lanes in what is told of a reader; a lane that was open since its first row is not told of yet. */
class Story {
  readonly #told: Array<Told[number] | undefined>;
  /** Where the open one of a lane stands: a search for each of thousands would take their square. */
  readonly #open = new Map<string, number>();

  constructor(told: Told) {
    this.#told = [...told];
    for (const [i, { lane, to }] of told.entries()) if (to === undefined) this.#open.set(lane, i);
  }

  /** In the order of their ends. */
  get told(): Told {
    return this.#told.filter((one) => one !== undefined);
  }

  close(lane: string, view: string, own: boolean, to: Range): void {
    const i = this.#open.get(lane);
    const open = (i === undefined ? undefined : this.#told[i]) ?? { lane };
    if (i !== undefined) this.#told[i] = undefined;
    this.#open.delete(lane);
    this.#told.push({ ...open, view, ...(own ? { own } : {}), to: [...to] });
  }

  open(lane: string, from: Range): void {
    this.#open.set(lane, this.#told.length);
    this.#told.push({ lane, from: [...from] });
  }
}

/** Which of these lanes ever held a row. What a process knows of lanes may be ahead of the state that is read: what began behind its newest place did so later. */
async function withRows(unit: Unit, lanes: readonly string[], heads?: LaneHeads): Promise<ReadonlySet<string>> {
  if (heads === undefined) return new Set((await unit.collection(Lanes).getMany(lanes)).map(({ id }) => id));
  await heads.refresh(unit);
  const newest = await newestPlace(unit);
  return new Set(lanes.filter((lane) => (heads.get(lane)?.first ?? Number.POSITIVE_INFINITY) <= newest));
}

/**
 * Compares what a reader is admitted to now with what it was admitted to when it was observed last, and records what it gained and lost, each in a
 * range of places of its own (order, admission intervals). In the caller's transaction; gives the newest place that was given away, if any.
 *
 * `lastPage` (ms) is when the account looked last. Lanes that came since then count as open from their first row if they would have let the reader in then: so a post under a new label
 * stands where it was written, one that came while an agreement was seen to be suspended does not, and what was labelled anew for others since an
 * unseen suspension began is lost and gained with all else (that was the open question of `order`; decision record 0011). `heads`: what the process knows of lanes; without them
 * the store is asked.
 */
export async function observe(
  unit: Unit,
  viewer: Viewer,
  snapshot: Snapshot,
  admission: Admission,
  when: { readonly now: number; readonly lastPage: number },
  heads?: LaneHeads,
): Promise<number | undefined> {
  const readers = unit.collection(Readers);
  const held: Stored<ReaderDoc> | undefined = await readers.get(viewer.id);
  if (held !== undefined && isCurrent(held, viewer, snapshot)) return undefined;
  const state = {
    id: viewer.id,
    revision: snapshot.revision,
    ...(Number.isFinite(admission.until) ? { until: admission.until } : {}),
    labels: snapshot.labelCount,
    judged: snapshot.at,
    viewer,
    agreements: agreementsOf(snapshot.agreements),
  };
  if (held === undefined) {
    await readers.insert([{ ...state, newest: 0, intervals: [] }]);
    return undefined;
  }
  const places = placesIn(snapshot.labelList);
  const isBefore = ({ entry }: AdmittedLane, count: number): boolean =>
    (places.get(entry.id) ?? Number.POSITIVE_INFINITY) < count;
  const after = byLane([...admission.lanes.values()].filter((lane) => isBefore(lane, snapshot.labelCount)));
  const same =
    JSON.stringify([held.viewer, held.agreements]) === JSON.stringify([viewer, state.agreements]) &&
    (held.until === undefined || snapshot.at < held.until);
  // As of the last page, dates too: whether something came before or after an embargo or a row ended must not hang on a label that is new for others,
  // nor on when the last thing came that this reader sees nothing of. Of the labels that were known then none has a date between `judged` and that page.
  const then = { agreements: held.agreements, at: Math.max(held.judged, when.lastPage) };
  const before = same
    ? byLane([...after.values()].filter((lane) => isBefore(lane, held.labels)))
    : byLane(admittedLanes(held.viewer, snapshot.labelList.slice(0, held.labels), then, "taxii"));
  const young = snapshot.labelList.slice(held.labels, snapshot.labelCount);
  for (const lane of admittedLanes(held.viewer, young, then, "taxii")) before.set(lane.lane, lane);
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((lane) => {
    const [was, is] = [before.get(lane), after.get(lane)];
    return was === undefined || is === undefined || (was !== is && viewOf(held.viewer, was) !== viewOf(viewer, is));
  });
  // What never held a row was never gained or lost.
  const known = await withRows(unit, changed, heads);
  // At the newest place and not behind it: what other readers gained or lost at the same instant must not move this one's.
  const since = Math.max(await freeFrom(unit, when.now), await newestPlace(unit), held.newest);
  const range: Range = [since, since + WIDTH];
  const story = new Story(held.intervals);
  let moved = false;
  for (const lane of changed.sort()) {
    if (!known.has(lane)) continue;
    const [was, is] = [before.get(lane), after.get(lane)];
    if (was !== undefined) story.close(lane, viewOf(held.viewer, was), isOwn(held.viewer, was), range);
    if (is !== undefined) story.open(lane, range);
    moved = true;
  }
  await readers.put({ ...held, ...state, newest: moved ? range[1] : held.newest, intervals: story.told });
  if (!moved) return undefined;
  await takePlaces(unit, since);
  return range[1];
}
