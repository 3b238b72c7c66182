import type { Label } from "../../schemas/policy/label.ts";
import { keyOf } from "../pipeline/key.ts";
import { deadLane, labelId } from "../pipeline/lane.ts";
import { labelText } from "../policy/label-text.ts";
import { tierProblem } from "../policy/tiers.ts";
import { Fault } from "../shared/fault.ts";
import { Rows, Stages } from "../storage/collections.ts";
import type { RowDoc, StageDoc } from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import { internLabels } from "./intern-labels.ts";
import { moveReview } from "./move-review.ts";
import { endKeys, neededEnds, withLateEnds } from "./needed-ends.ts";
import { freePlace, noteCrowded, noteLanes, placeInLanes, takePlaces } from "./place-in-lanes.ts";
import { planRows, type Secrets } from "./plan-rows.ts";
import { objectOf } from "./sight.ts";
import { labelEntry } from "./snapshot.ts";

/** Every row of a contribution, hidden tiers too; none if there is no such contribution. */
export async function rowsOfContribution(unit: Unit, contribution: string): Promise<Stored<RowDoc>[]> {
  const rows = unit.collection(Rows);
  const own = await rows.get(contribution);
  if (own === undefined) return [];
  return (await rows.find({ index: "stix", values: [own.stixId] })).filter((row) => row.contribution === contribution);
}

/** Width in microseconds over which rows that leave at once are spread. */
const SPREAD = 1000;

/**
 * Gives a contribution another label: its rows are made again for the tiers of the new one and get a place in the new lanes, with the
 * stages they went through beside them (order, relabels). Nothing is said twice: a row whose lane stays keeps its place. In the caller's transaction.
 * What follows it, and which caller is meant, is `relabel`'s.
 */
export async function relabelRows(
  unit: Unit,
  contribution: string,
  label: Label,
  secrets: Secrets,
  now: number,
): Promise<void> {
  const held = await rowsOfContribution(unit, contribution);
  const own = held.find((row) => row.id === contribution);
  if (own === undefined) throw new Fault("not_found", "there is no such contribution");
  const id = labelId(secrets.digest, labelText(label));
  if (id === own.label) return;
  // Two proposals may each fit alone and not together.
  const many = tierProblem(label);
  if (many !== undefined) throw new Fault("unprocessable", many.message, { code: many.code, path: many.path });
  const object = objectOf(own);
  const keyed = keyOf(object, own.originator);
  if (!("key" in keyed)) throw new Fault("internal", `a stored contribution has no key: ${contribution}`);
  await internLabels(unit, new Map([[id, label]]));
  const origin = {
    originator: own.originator,
    receivedFrom: own.receivedFrom,
    channel: own.channel,
    batch: own.batch,
    received: own.received,
  };
  const plans = planRows(
    {
      object,
      key: keyed.key,
      label: id,
      stored: label,
      cuts: labelEntry(id, label).cuts,
      name: { contribution, posted: own.posted },
      flags: own.flags ?? [],
      consumed: own.consumed ?? [],
      ...(own.given === undefined ? {} : { given: own.given }),
    },
    origin,
    secrets,
  );
  const rows = unit.collection(Rows);
  const clock = await freePlace(unit, now);
  const before = new Map(held.map((row) => [row.id, row]));
  const kept = new Set(plans.map((plan) => plan.id));
  // A tier that the new label has no place for keeps its row, where nobody is admitted: what was lost with it can be told.
  const dead = held
    .filter((row) => !kept.has(row.id))
    .map(({ rev: _, stamp: __, ...row }) => ({ ...row, label: id, lane: deadLane(id), terms: [] }));
  const leaving = (row: RowDoc): { lane: string; stamp: number; left: number } => ({
    lane: row.lane,
    stamp: row.stamp,
    left: clock + (row.mix % SPREAD),
  });
  const placed = await placeInLanes(
    unit,
    [...plans, ...dead].map((plan) => {
      const was = before.get(plan.id);
      if (was === undefined) return plan;
      // An end that was late once may have been for somebody.
      const ends = was.ends === undefined ? {} : { ends: was.ends };
      return { ...plan, ...ends, stages: [...(was.stages ?? []), leaving(was)] };
    }),
    now,
  );
  await rows.remove(held.map((row) => row.id));
  await rows.insert(placed);
  // A copy that a client reads is nobody's to review.
  if (label.grantedBy === undefined) await moveReview(unit, held, placed, label, now);
  const past = held.map((row): StageDoc => {
    const { id: name, kind, mix, stages = [] } = row;
    return { id: `${name}@${stages.length}`, ...leaving(row), mix, kind, row: name };
  });
  await unit.collection(Stages).insertNew(past);
  await noteLanes(
    unit,
    past.map(({ lane, left }) => ({ lane, place: left, left: true as const })),
  );
  await takePlaces(unit, clock + SPREAD);
  await noteEdgesAt(unit, held);
}

/** What edges end at stands in another lane now than it did: whoever sees them may come to see it later than them. */
export async function noteEdgesAt(unit: Unit, moved: readonly RowDoc[]): Promise<void> {
  const ends = [...new Set(moved.flatMap((row) => [row.stixId, `${row.kind}--${row.thing}`]))];
  const rows = unit.collection(Rows);
  const known = new Set(ends);
  const noted = new Set<string>();
  for (const row of await rows.find({ index: "ends", values: endKeys(ends) })) {
    const late = new Set(neededEnds(row).filter((end) => known.has(end)));
    for (const end of late) noted.add(end);
    const marked = withLateEnds(row, late);
    if (marked !== undefined) await rows.put({ ...row, ends: marked });
  }
  await noteCrowded(unit, noted);
}
