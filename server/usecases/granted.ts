import type { Label } from "../../schemas/policy/label.ts";
import { grantLabel } from "../policy/client-grant.ts";
import { formatInstant } from "../shared/instant.ts";
import { Rows } from "../storage/collections.ts";
import type { RowDoc } from "../storage/documents.ts";
import type { ClientGrantDoc } from "../storage/grant-documents.ts";
import type { Unit } from "../storage/port.ts";
import { nameGranted } from "./contribution-name.ts";
import { grantsOn, shows, stands } from "./grant-rows.ts";
import type { Secrets } from "./plan-rows.ts";
import type { Snapshot } from "./snapshot.ts";

/** A copy of a contribution that a client reads by its sponsor's grant. */
export interface Granted {
  readonly grant: ClientGrantDoc;
  readonly label: Label;
}

/** The copies of a contribution, with the labels that they stand under. */
export async function grantedOf(
  unit: Unit,
  row: RowDoc,
  { labels, at }: Pick<Snapshot, "labels" | "at">,
  secrets: Secrets,
): Promise<Granted[]> {
  const found: Granted[] = [];
  for (const grant of await grantsOn(unit, [row])) {
    if (!stands(grant, at) || grant.closed.includes(row.contribution)) continue;
    const copy = await unit.collection(Rows).get(nameGranted(row.contribution, grant, secrets));
    const label = copy === undefined ? undefined : labels.get(copy.label)?.label;
    if (label !== undefined) found.push({ grant, label });
  }
  return found;
}

/** The labels of these copies once their contribution has another label: as `followGrants` gives them. */
export function afterGranted(granted: readonly Granted[], label: Label, snapshot: Snapshot): Label[] {
  return granted.flatMap(({ grant, label: before }) => {
    const after = grantLabel(label, grant);
    const client = snapshot.viewer(grant.client);
    const { agencies, agreements } = snapshot;
    const audience = {
      people: client === undefined ? [] : [client],
      agencies,
      agreements,
      at: formatInstant(snapshot.at),
    };
    return after === undefined || shows(before, after, audience) ? [] : [after];
  });
}
