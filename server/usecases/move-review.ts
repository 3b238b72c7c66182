import type { Label } from "../../schemas/policy/label.ts";
import { ReviewEntries, Reviews } from "../storage/collections.ts";
import type { RowDoc } from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import type { ReviewDoc, ReviewEntryDoc } from "../storage/review-documents.ts";
import { type Facts, FactsSum, factsOf, NOT_REVIEWED, without } from "../triage/facts.ts";
import { nameOf } from "../triage/item-name.ts";
import { nextQuality } from "../triage/quality.ts";
import { isEdge } from "./needed-ends.ts";
import { entryOf, type LaneFacts, statedBy } from "./review-at-post.ts";

/** The review that a contribution belongs to: the report that gathered it, else the rest of its batch under its posted label. */
export async function reviewOfRow(unit: Unit, row: RowDoc): Promise<Stored<ReviewDoc> | undefined> {
  if (NOT_REVIEWED.has(row.kind)) return undefined;
  const here = (await unit.collection(Reviews).find({ index: "names", values: [nameOf(row.batch, undefined)] })).filter(
    ({ posted }) => posted === row.posted,
  );
  return (
    here.find(({ members }) => members?.includes(row.stixId) === true) ??
    here.find(({ members }) => members === undefined)
  );
}

/** Everything of it was withdrawn: so is the item. What withdrew it is in the audit; here stands the agency. */
function withdrawnReview(review: Stored<ReviewDoc>, now: number): Stored<ReviewDoc> | undefined {
  const to = nextQuality(review.state, "withdraw");
  if (to === undefined) return undefined;
  const { claim: _, holder: __, ...rest } = review;
  const event = { verb: "withdraw" as const, from: review.state, to, by: review.agency, at: now };
  return { ...rest, state: to, since: now, events: [...review.events, event] };
}

/**
 * Keeps what each lane shows of a review true when a contribution is labelled again: its facts leave the lanes that it left, with the words of its title, and stand in
 * those it is in now. In the relabel's transaction; `now` in ms.
 */
export async function moveReview(
  unit: Unit,
  before: readonly RowDoc[],
  after: readonly RowDoc[],
  label: Label,
  now: number,
): Promise<void> {
  const [own] = before;
  if (own === undefined) return;
  const review = await reviewOfRow(unit, own);
  if (review === undefined) return;
  const collection = unit.collection(ReviewEntries);
  const entries = new Map(
    (await collection.find({ index: "review", values: [review.id] })).map((entry) => [entry.lane, entry]),
  );
  const factsIn = (row: RowDoc): Facts => factsOf(statedBy(row), review.sender, review.received);
  const gone: string[] = [];
  const place = (
    lane: string,
    said: LaneFacts,
    stamps: ReviewEntryDoc["stamps"],
    flags: Partial<ReviewEntryDoc>,
  ): void => {
    const held = entries.get(lane);
    const entry = entryOf(review, lane, said, stamps);
    if (entry !== undefined) entries.set(lane, { ...entry, ...flags, split: true, rev: held?.rev ?? 0 });
    else if (held !== undefined) {
      gone.push(held.id);
      entries.delete(lane);
    }
  };
  for (const row of before) {
    const entry = entries.get(row.lane);
    if (entry === undefined) continue;
    const part = isEdge(row.kind) ? "edges" : "facts";
    const left = entry[part] === undefined ? undefined : without(entry[part] as Facts, factsIn(row), row.stixId);
    const { facts, edges } = entry as LaneFacts;
    const holds = entry.holds === true && row.stixId !== review.report ? { holds: true } : {};
    place(row.lane, { facts, edges, [part]: left }, entry.stamps, holds);
  }
  const known = new Set(entries.keys());
  for (const row of after) {
    const held = entries.get(row.lane);
    const part = isEdge(row.kind) ? "edges" : "facts";
    const sum = new FactsSum();
    if (held?.[part] !== undefined) sum.add(held[part] as Facts);
    const { facts, edges } = (held ?? {}) as LaneFacts;
    const stamps: ReviewEntryDoc["stamps"] =
      held === undefined
        ? [row.stamp, row.stamp]
        : [Math.min(held.stamps[0], row.stamp), Math.max(held.stamps[1], row.stamp)];
    place(row.lane, { facts, edges, [part]: sum.add(factsIn(row)).facts }, stamps, {
      ...(row.stixId === review.report || held?.holds === true ? { holds: true } : {}),
      ...(label.state === "withdrawn" ? { withdrawn: true } : {}),
    });
  }
  const fresh = [...entries.values()]
    .filter(({ lane }) => !known.has(lane))
    .map(({ rev: _, ...entry }): ReviewEntryDoc => entry);
  await collection.remove(gone);
  await collection.insert(fresh);
  const inserted = new Set(fresh.map(({ id }) => id));
  const touched = new Set([...before, ...after].map(({ lane }) => lane));
  for (const entry of entries.values())
    if (touched.has(entry.lane) && !inserted.has(entry.id)) await collection.put(entry);
  const all = [...entries.values()];
  const ended =
    all.length > 0 && all.every((entry) => entry.withdrawn === true) ? withdrawnReview(review, now) : undefined;
  if (ended === undefined) return;
  await unit.collection(Reviews).put(ended);
  await placeEntries(unit, ended);
}

/** Puts the entries of a review where its state has them wait. */
export async function placeEntries(unit: Unit, review: ReviewDoc): Promise<void> {
  const collection = unit.collection(ReviewEntries);
  for (const entry of await collection.find({ index: "review", values: [review.id] })) {
    const made = entryOf(review, entry.lane, entry as LaneFacts, entry.stamps);
    if (made !== undefined) await collection.put({ ...entry, place: made.place, at: made.at, due: made.due });
  }
}
