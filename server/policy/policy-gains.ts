import type { Agreements } from "../../schemas/policy/agreement.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Category, Level, Tlp } from "../../schemas/policy/vocabulary.ts";
import { isBefore } from "./dated.ts";
import { decide } from "./decide.ts";
import { height, sortedSet, tightness } from "./meet.ts";

/** What of one's own country's content an agency would come to read by a change of policy: the tightest and the highest of it. */
export interface PolicyGain {
  readonly agency: string;
  readonly tlp: Tlp;
  readonly classification: Level;
}

/** Somebody before and after the change; without `before` nobody was there. */
export interface Changed {
  readonly agency: string;
  readonly before?: Viewer | undefined;
  readonly after: Viewer;
}

/** Who reads all that somebody of an agency can but for what names persons: whom the agency may take on tomorrow counts. */
export const anybodyOf = (agency: string, country: string, categories: readonly Category[]): Viewer => ({
  ...{ id: "?", role: "releaser", clearance: "S", topics: ["*"], pii: true, active: true },
  ...{ agency, country, categories: [...categories] },
});

/** Now, and each day ahead on which one of the agreements begins or ends. */
const instants = (at: string, worlds: readonly Agreements[]): string[] => [
  at,
  ...sortedSet(
    worlds
      .flatMap((agreements) => Object.values(agreements).flatMap(({ from, until }) => [from, until]))
      .filter((date): date is string => date !== undefined && isBefore(at, date)),
  ),
];

/**
 * Who would read under the agreements after a change what nobody of them reads under those before it, label by label (triage 3: a widening shows its audience). Sorted by agency.
 * Labels are the caller's choice: a country is shown what of its own content others gain, and nothing of others' content.
 */
export function policyGains(
  labels: Iterable<Label>,
  changed: readonly Changed[],
  worlds: { readonly before: Agreements; readonly after: Agreements },
  at: string,
): PolicyGain[] {
  const gains = new Map<string, PolicyGain>();
  const moments = instants(at, [worlds.before, worlds.after]);
  const reads = (viewer: Viewer | undefined, label: Label, agreements: Agreements, when: string) =>
    viewer === undefined ? undefined : decide({ viewer, label, agreements, at: when });
  for (const label of labels)
    for (const { agency, before, after } of changed) {
      const held = gains.get(agency);
      const tlp = held === undefined || tightness(label.tlp) > tightness(held.tlp) ? label.tlp : held.tlp;
      const higher = held === undefined || height(label.classification) > height(held.classification);
      const classification = higher ? label.classification : held.classification;
      if (held !== undefined && tlp === held.tlp && classification === held.classification) continue;
      const gained = moments.some((when) => {
        const then = reads(after, label, worlds.after, when);
        if (then === undefined || then.verdict === "hidden") return false;
        const now = reads(before, label, worlds.before, when);
        if (now === undefined || now.verdict === "hidden") return true;
        return now.without?.some((selector) => then.without?.includes(selector) !== true) === true;
      });
      if (gained) gains.set(agency, { agency, tlp, classification });
    }
  return [...gains.values()].sort((a, b) => (a.agency < b.agency ? -1 : 1));
}
