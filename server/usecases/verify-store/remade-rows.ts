import { keyOf } from "../../pipeline/key.ts";
import { deadLane } from "../../pipeline/lane.ts";
import type { StixJson } from "../../pipeline/steps.ts";
import type { RowDoc } from "../../storage/documents.ts";
import { planRows, type RowPlan, type Secrets } from "../plan-rows.ts";
import { objectOf } from "../sight.ts";
import type { LabelEntry } from "../snapshot.ts";

/** The rows of a contribution as the ingest would make them today from its whole row. */
export interface Remade {
  /** The name that it would get, before what stands in its way gives it another. */
  readonly name: string;
  /** By row id. */
  readonly live: ReadonlyMap<string, RowPlan>;
  /** Tiers that the label does not have, where they were left: by row id. */
  readonly dead: ReadonlyMap<string, RowPlan>;
}

const cutOf = (cut: readonly string[]): string => JSON.stringify(cut);

function parsed(own: RowDoc): StixJson | undefined {
  try {
    const object: unknown = objectOf(own);
    return typeof object === "object" && object !== null && !Array.isArray(object) ? (object as StixJson) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes the rows of a contribution again from its uncut one and its label: by the functions of the ingest, so that both change together. `left` are the cuts of the
 * rows that are there. The problem is a row's code where the bytes are no object or have no key.
 */
export function remadeRows(
  own: RowDoc,
  entry: LabelEntry,
  left: readonly (readonly string[])[],
  secrets: Secrets,
): Remade | { readonly problem: "verify.row_bytes" | "verify.row_key" } {
  const object = parsed(own);
  if (object === undefined) return { problem: "verify.row_bytes" };
  const keyed = keyOf(object, own.originator);
  if (!("key" in keyed)) return { problem: "verify.row_key" };
  const tiers = new Set(entry.cuts.map(cutOf));
  const besides = left.filter((cut) => !tiers.has(cutOf(cut)));
  const plans = planRows(
    {
      ...{ object, key: keyed.key, label: own.label, stored: entry.label, cuts: [...entry.cuts, ...besides] },
      name: { posted: own.posted },
      ...{ flags: own.flags ?? [], consumed: own.consumed ?? [] },
      ...(own.given === undefined ? {} : { given: own.given }),
    },
    {
      ...{ originator: own.originator, receivedFrom: own.receivedFrom, channel: own.channel },
      ...{ batch: own.batch, received: own.received },
    },
    secrets,
  );
  const name = plans[0]?.contribution ?? "";
  const live = new Map<string, RowPlan>();
  const dead = new Map<string, RowPlan>();
  for (const plan of plans) {
    // Under the name that it has.
    const here = { ...plan, contribution: own.id, id: `${own.id}${plan.id.slice(name.length)}` };
    if (tiers.has(cutOf(plan.cut))) live.set(here.id, here);
    else dead.set(here.id, { ...here, lane: deadLane(own.label), terms: [] });
  }
  return { name, live, dead };
}
