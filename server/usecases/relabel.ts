import type { Label } from "../../schemas/policy/label.ts";
import { keyOf } from "../pipeline/key.ts";
import { labelId } from "../pipeline/lane.ts";
import { labelText } from "../policy/label-text.ts";
import { tierProblem } from "../policy/tiers.ts";
import { Fault } from "../shared/fault.ts";
import { Rows, Stages } from "../storage/collections.ts";
import type { RowDoc, StageDoc } from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import { internLabels } from "./intern-labels.ts";
import { moveReview } from "./move-review.ts";
import { placeInLanes } from "./place-in-lanes.ts";
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

/** What a reader for whom nothing changed finds in the old lanes. */
const stagesOf = (held: readonly Stored<RowDoc>[], placed: readonly RowDoc[]): StageDoc[] => {
  const kept = new Set(placed.map(({ id }) => id));
  return held.flatMap(({ id, lane, stamp, kind, stages = [] }) =>
    kept.has(id) ? [{ id: `${id}@${stages.length}`, lane, stamp, kind, row: id }] : [],
  );
};

/**
 * Gives a contribution another label: its rows are made again for the tiers of the new one and get a place in the new lanes, with the
 * stages they went through beside them (order, relabels). Nothing is said twice: a row whose lane stays keeps its place. In the caller's transaction.
 */
export async function relabel(
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
      cuts: labelEntry(id, label).cuts,
      name: { contribution, posted: own.posted },
      flags: own.flags ?? [],
      consumed: own.consumed ?? [],
      ...(own.given === undefined ? {} : { given: own.given }),
    },
    origin,
    secrets,
  );
  const stages = new Map(held.map((row) => [row.id, [...(row.stages ?? []), { lane: row.lane, stamp: row.stamp }]]));
  const placed = await placeInLanes(
    unit,
    plans.map((plan) => ({ ...plan, stages: stages.get(plan.id) ?? [] })),
    now,
  );
  const rows = unit.collection(Rows);
  await rows.remove(held.map((row) => row.id));
  await rows.insert(placed);
  await moveReview(unit, held, placed, label, now);
  await unit.collection(Stages).insertNew(stagesOf(held, placed));
}
