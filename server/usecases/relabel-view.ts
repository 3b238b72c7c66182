import type { RelabelTold } from "../../schemas/api/releases.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { audienceChange, type Looking, type Reader, readersOf } from "../policy/audience.ts";
import { decide } from "../policy/decide.ts";
import { gainers } from "../policy/gains.ts";
import { labelText } from "../policy/label-text.ts";
import { wireLabel } from "../policy/wire-label.ts";
import { formatInstant } from "../shared/instant.ts";
import type { ReleaseDoc } from "../storage/release-documents.ts";
import { changeTold, lookingAs } from "./audience-view.ts";
import type { Eyes } from "./eyes.ts";
import { audienceOf } from "./readers-under.ts";
import type { Row } from "./sight.ts";
import type { Snapshot } from "./snapshot.ts";

/** What a relabel does to one contribution, as it stands now. */
interface Step {
  readonly row: Row;
  readonly before: Label;
  readonly to: Label;
  /** It stands under the label that it had when the new one was proposed. */
  readonly same: boolean;
}

function stepsOf({ relabels = [] }: ReleaseDoc, rows: readonly Row[], { labels }: Snapshot): Step[] {
  const own = new Map(rows.map((row) => [row.id, row]));
  return relabels.flatMap(({ contribution, from, to }): Step[] => {
    const row = own.get(contribution);
    const before = row === undefined ? undefined : labels.get(row.label)?.label;
    return row === undefined || before === undefined ? [] : [{ row, before, to, same: row.label === from }];
  });
}

/** Everything that was proposed stands still as it stood then: else what is approved is not what was asked for. */
export function standsAsProposed(release: ReleaseDoc, rows: readonly Row[], snapshot: Snapshot): boolean {
  const steps = stepsOf(release, rows, snapshot);
  return steps.length === (release.relabels ?? []).length && steps.every(({ same }) => same);
}

/** Who would gain by the other label, now or at any date ahead (policy 1.6). */
export function gainsByRelabel(
  release: ReleaseDoc,
  rows: readonly Row[],
  { viewer, snapshot, gained }: Eyes,
): string[] {
  const audience = audienceOf(snapshot, viewer);
  const found = stepsOf(release, rows, snapshot).flatMap(({ row, before, to }) => {
    const key = JSON.stringify([row.label, labelText(to)]);
    const who = gained.get(key) ?? gainers(before, to, audience);
    gained.set(key, who);
    return who;
  });
  return [...new Set(found)].sort();
}

/** Fields that are cut for a viewer who is not of the own agency, as it stands or under the other label: of their names nothing is told. */
function cutFor({ row, before, to }: Step, { own, viewer, snapshot: { agreements, at } }: Eyes): string[] {
  if (own(row)) return [];
  const cut = [before, to].flatMap(
    (label) => decide({ viewer, label, agreements, at: formatInstant(at) }).without ?? [],
  );
  return [...new Set(cut)].sort();
}

/** A label as this viewer may know it: the whole for its own agency's people, the reader's cut of it for others of its country. */
const shownTo = (viewer: Viewer, label: Label, own: boolean, cut: readonly string[]): Record<string, unknown> =>
  own ? { ...label } : { ...wireLabel(label, viewer, cut) };

/** Who reads, without the fields that the one who looks may not know: those who differ by such a field alone stand together. */
const readersBut = (cut: readonly string[], label: Label, looking: Looking): Reader[] =>
  readersOf(label, looking).map((reader) => {
    if (cut.length === 0) return reader;
    const without = reader.without.filter((one) => !cut.includes(one));
    return { ...reader, without, wire: wireLabel(label, reader.viewer, [...reader.without, ...cut]) };
  });

/** What an approval of another label binds to beside the content: the labels as the approver may know them, and the agreements that their rows name. */
export function relabelTerms(release: ReleaseDoc, rows: readonly Row[], eyes: Eyes): unknown {
  const { viewer, snapshot } = eyes;
  return stepsOf(release, rows, snapshot).map((step) => {
    const { row, to, same } = step;
    const own = eyes.own(row);
    const { agreements } = snapshot;
    const named = own ? to.releases : wireLabel(to, viewer, []).releases;
    const under = [...new Set(named.map(({ agreement }) => agreement))].sort();
    return [
      same,
      own ? labelText(to) : shownTo(viewer, to, own, cutFor(step, eyes)),
      under.map((id) => [id, Object.hasOwn(agreements, id) ? agreements[id] : null]),
    ];
  });
}

/** The labels before and after, and what the change makes of the audience, for each version. */
export function relabelsTold(release: ReleaseDoc, rows: readonly Row[], eyes: Eyes): RelabelTold[] {
  const { viewer, snapshot } = eyes;
  const looking = lookingAs(viewer, snapshot);
  return stepsOf(release, rows, snapshot).map((step) => {
    const { row, before, to } = step;
    const own = eyes.own(row);
    const cut = cutFor(step, eyes);
    const [was, is] = [readersBut(cut, before, looking), readersBut(cut, to, looking)];
    const change = changeTold(audienceChange(was, is), snapshot);
    return {
      ...(row.version === undefined ? {} : { version: row.version }),
      from: shownTo(viewer, before, own, cut),
      to: shownTo(viewer, to, own, cut),
      added: change.added,
      lost: change.lost,
      changed: change.changed,
    };
  });
}
