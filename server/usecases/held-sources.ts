import type { Agreements } from "../../schemas/policy/agreement.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Channel } from "../../schemas/policy/vocabulary.ts";
import { decide } from "../policy/decide.ts";
import { formatInstant } from "../shared/instant.ts";
import type { SourceQuarantineDoc } from "../storage/documents.ts";
import type { Admission, AdmittedLane } from "./admission.ts";
import type { Row } from "./sight.ts";
import type { Snapshot } from "./snapshot.ts";

type Holding = Pick<SourceQuarantineDoc, "id" | "agency" | "swept" | "lifted">;
type Meaning = Holding & Pick<SourceQuarantineDoc, "account" | "since">;

/** A quarantine that is in force and has not reached everything yet: until it has, all of its agency's content is held, since labels don't say when or by which account something was posted. */
export const isUnderWay = ({ swept, lifted }: Holding): boolean => !swept && lifted === undefined;

/** A label as it counts while quarantines are under way: as it will read where they reach it (policy 3, gate 1). The label itself where none holds it. */
export function labelHeld(label: Label, quarantines: readonly Holding[]): Label {
  const ids = quarantines.filter((one) => isUnderWay(one) && one.agency === label.originator).map(({ id }) => id);
  const more = ids.filter((id) => label.quarantined?.includes(id) !== true);
  return more.length === 0 ? label : { ...label, quarantined: [...(label.quarantined ?? []), ...more] };
}

/**
 * The label of one contribution while quarantines are under way: as it will read once they are through, since its row says by which account and when it was posted. So its own
 * agency judges what it holds alike before and after: what of it is not meant stays as it is.
 */
export function labelMeant(
  label: Label,
  { received, receivedFrom }: Pick<Row, "received" | "receivedFrom">,
  quarantines: readonly Meaning[],
): Label {
  const meant = quarantines.filter(
    ({ account, since }) => received >= since && (account ?? receivedFrom) === receivedFrom,
  );
  return labelHeld(label, meant);
}

const hides = (
  { entry: { label } }: AdmittedLane,
  viewer: Viewer,
  { agreements, at, quarantines }: { agreements: Agreements; at: number; quarantines: readonly Holding[] },
  channel: Channel,
): boolean => {
  const held = labelHeld(label, quarantines);
  return (
    held !== label && decide({ viewer, label: held, agreements, at: formatInstant(at), channel }).verdict === "hidden"
  );
};

/** Whether a quarantine under way hides a lane that the viewer is admitted to by its label. */
export const isHeld = (lane: AdmittedLane, viewer: Viewer, snapshot: Snapshot, channel: Channel): boolean =>
  snapshot.quarantines.some(isUnderWay) && hides(lane, viewer, snapshot, channel);

/** Without the lanes that quarantines under way hold: from the commit of the quarantine on, however much there is to label anew. */
export function withoutHeld(admission: Admission, viewer: Viewer, snapshot: Snapshot): Admission {
  if (!snapshot.quarantines.some(isUnderWay)) return admission;
  const { channel } = admission;
  const lanes = new Map([...admission.lanes].filter(([, lane]) => !hides(lane, viewer, snapshot, channel)));
  return lanes.size === admission.lanes.size ? admission : { ...admission, lanes };
}
