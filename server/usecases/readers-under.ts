import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { acquaintance } from "../policy/acquaintance.ts";
import { decide } from "../policy/decide.ts";
import type { Audience } from "../policy/gains.ts";
import { formatInstant } from "../shared/instant.ts";
import type { Snapshot } from "./snapshot.ts";

export interface ReadersUnder {
  /** Agencies of which somebody can read it, clients of theirs included; sorted. */
  readonly agencies: string[];
  /** Of one's own agency: who they are. Whom others employ is theirs to know (policy Q49). */
  readonly people: string[];
}

/** Who in the directory may read under any of these labels at the instant of the snapshot, of those whom the looker may know to be there: `decide` for each account. */
export function readersUnder(labels: readonly Label[], snapshot: Snapshot, looker: Viewer): ReadersUnder {
  const at = formatInstant(snapshot.at);
  const own = looker.role === "client" ? undefined : looker.agency;
  const agencies = new Set<string>();
  const people = new Set<string>();
  for (const id of snapshot.accounts.keys()) {
    const viewer = snapshot.viewer(id);
    if (viewer?.agency === undefined || (agencies.has(viewer.agency) && viewer.agency !== own)) continue;
    if (acquaintance(looker, viewer, snapshot.agreements, at) === "none") continue;
    const reads = labels.some(
      (label) => decide({ viewer, label, agreements: snapshot.agreements, at }).verdict !== "hidden",
    );
    if (!reads) continue;
    agencies.add(viewer.agency);
    if (viewer.agency === own) people.add(id);
  }
  return { agencies: [...agencies].sort(), people: [...people].sort() };
}

/** Everybody in the directory, told to somebody. */
export const audienceOf = (snapshot: Snapshot, looker: Viewer): Audience => ({
  people: [...snapshot.accounts.keys()].flatMap((id) => snapshot.viewer(id) ?? []),
  agencies: snapshot.agencies,
  agreements: snapshot.agreements,
  at: formatInstant(snapshot.at),
  looker,
});
