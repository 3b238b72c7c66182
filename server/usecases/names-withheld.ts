import type { Label } from "../../schemas/policy/label.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { gainers } from "../policy/gains.ts";
import { isPerson } from "../policy/gates.ts";
import type { Problem } from "../shared/fault.ts";
import { Rows } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import { admittedLanes } from "./admission.ts";
import { labelMeant } from "./held-sources.ts";
import { audienceOf } from "./readers-under.ts";
import type { Snapshot } from "./snapshot.ts";

/** An object that is about to be stored, with the label that it got. */
interface Posted {
  readonly index: number;
  readonly object: StixJson;
  readonly stored: Label;
}

/** Ids that one warning names. */
const MOST_NAMED = 5;

const refsOf = ({ object_refs: refs }: StixJson): string[] =>
  Array.isArray(refs) ? (refs as unknown[]).filter((id): id is string => typeof id === "string") : [];

const allOn = (label: Label): Label => ({
  ...label,
  releases: label.releases.map((row) => ({ ...row, status: "on" as const })),
});

/** Labels under which the poster's own agency holds these ids, as far as the poster sees them. */
async function heldLabels(
  unit: Unit,
  ids: readonly string[],
  poster: { readonly id: string; readonly agency: string },
  snapshot: Snapshot,
): Promise<Map<string, Label[]>> {
  const found = new Map<string, Label[]>();
  const viewer = snapshot.viewer(poster.id);
  if (ids.length === 0 || viewer === undefined) return found;
  const rows = (await unit.collection(Rows).find({ index: "stix", values: ids })).filter(
    ({ originator }) => originator === poster.agency,
  );
  const entries = [...new Set(rows.map(({ label }) => label))].flatMap((id) => snapshot.labels.get(id) ?? []);
  const lanes = new Set(admittedLanes(viewer, entries, snapshot, "api").map(({ lane }) => lane));
  for (const row of rows) {
    const { stixId, lane } = row;
    const entry = snapshot.labels.get(row.label);
    if (entry === undefined || !lanes.has(lane) || entry.label.state === "withdrawn") continue;
    found.set(stixId, [...(found.get(stixId) ?? []), labelMeant(entry.label, row, snapshot.quarantines)]);
  }
  return found;
}

/**
 * What a person is warned of who posts a report: that it lists what not all of its readers may see, since its text may name that (policy 6, Q12).
 * It compares what the poster's own agency said, as the poster sees it, with the addressees once all rows are on, and nothing of anybody else's (policy 7).
 */
export async function namesWithheld(
  unit: Unit,
  posted: readonly Posted[],
  poster: { readonly id: string; readonly agency: string; readonly role: Parameters<typeof isPerson>[0] },
  snapshot: Snapshot,
): Promise<ReadonlyMap<number, Problem>> {
  const told = new Map<number, Problem>();
  const listing = posted.filter(({ object }) => refsOf(object).length > 0);
  if (listing.length === 0 || !isPerson(poster.role)) return told;
  const labels = new Map<string, Label[]>();
  for (const { object, stored } of posted)
    labels.set(String(object.id), [...(labels.get(String(object.id)) ?? []), stored]);
  const others = [...new Set(listing.flatMap(({ object }) => refsOf(object)))].filter((id) => !labels.has(id));
  for (const [id, held] of await heldLabels(unit, others, poster, snapshot)) labels.set(id, held);
  const viewer = snapshot.viewer(poster.id);
  if (viewer === undefined) return told;
  const audience = audienceOf(snapshot, viewer);
  const known = new Map<string, boolean>();
  const fewer = (child: Label, parent: Label): boolean => {
    const [a, b] = [allOn(child), allOn(parent)];
    const key = JSON.stringify([a, b]);
    const found = known.get(key) ?? (JSON.stringify(a) !== JSON.stringify(b) && gainers(a, b, audience).length > 0);
    known.set(key, found);
    return found;
  };
  for (const { index, object, stored } of listing) {
    const named = refsOf(object).filter((id) => labels.get(id)?.every((label) => fewer(label, stored)) === true);
    if (named.length === 0) continue;
    const which = `${named.slice(0, MOST_NAMED).join(", ")}${named.length > MOST_NAMED ? ` and ${named.length - MOST_NAMED} more` : ""}`;
    told.set(index, {
      code: "label.names_withheld",
      path: "object_refs",
      message: `not all who may read this may read ${which}: see that its text does not name what they can't see`,
    });
  }
  return told;
}
