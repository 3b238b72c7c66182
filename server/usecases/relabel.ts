import type { Label } from "../../schemas/policy/label.ts";
import { keyOf } from "../pipeline/key.ts";
import { labelId } from "../pipeline/lane.ts";
import { labelText } from "../policy/label-text.ts";
import { tierProblem } from "../policy/tiers.ts";
import { Fault } from "../shared/fault.ts";
import { Rows } from "../storage/collections.ts";
import type { RowDoc } from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import { internLabels } from "./intern-labels.ts";
import { placeInLanes } from "./place-in-lanes.ts";
import { planRows, type Secrets } from "./plan-rows.ts";
import { objectOf } from "./sight.ts";
import { labelEntry } from "./snapshot.ts";

/** Most tiers of a label: a contribution has at most so many rows. */
const MOST_TIERS = 32;

/** Every row of a contribution, hidden tiers too. */
export const rowsOfContribution = (unit: Unit, contribution: string): Promise<Stored<RowDoc>[]> =>
  unit
    .collection(Rows)
    .getMany([contribution, ...Array.from({ length: MOST_TIERS - 1 }, (_, i) => `${contribution}.${i + 1}`)]);

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
      name: { contribution },
      flags: own.flags ?? [],
      consumed: own.consumed ?? [],
      ...(own.given === undefined ? {} : { given: own.given }),
    },
    origin,
    secrets,
  );
  const stages = new Map(
    held.map((row) => [row.cut.join(), [...(row.stages ?? []), { lane: row.lane, stamp: row.stamp }]]),
  );
  const before = stages.get("") ?? [];
  const placed = await placeInLanes(
    unit,
    plans.map((plan) => ({ ...plan, stages: stages.get(plan.cut.join()) ?? before })),
    now,
  );
  const rows = unit.collection(Rows);
  await rows.remove(held.map((row) => row.id));
  await rows.insert(placed);
}
