import type { Agreements } from "../../schemas/policy/agreement.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { acquaintance } from "./acquaintance.ts";
import { hasBegun, isBefore, stillLasts } from "./dated.ts";
import { decide } from "./decide.ts";
import { ANYONE } from "./gains.ts";
import { byText, sortedSet } from "./meet.ts";
import { type WireLabel, wireLabel } from "./wire-label.ts";

/** Somebody who may read, as far as the one who asks may know. Without `agency`: whoever is not signed in. */
export interface Reader {
  readonly viewer: Viewer;
  readonly agency?: string;
  /** Absent: only that somebody of the agency reads. */
  readonly name?: string;
  readonly without: readonly string[];
  readonly wire: WireLabel;
}

/** Before whom, and among whom, readers are named. `at` is the instant of asking. */
export interface Looking {
  readonly looker: Viewer;
  readonly people: Iterable<Viewer>;
  readonly agreements: Agreements;
  readonly at: string;
}

/**
 * Everybody who reads content under a label at an instant over page and api, with what each lacks and the label as each may know it: `decide` for every account that the
 * looker may know (policy 2.1). An account's own beginning and end are its agency's affair: at an instant ahead those are asked who are in force now.
 */
export function readersOf(label: Label, { looker, people, agreements, at }: Looking, then: string = at): Reader[] {
  const found: Reader[] = [];
  const ask = (viewer: Viewer, shown: Pick<Reader, "agency" | "name">): void => {
    const { from: _, until: __, ...standing } = viewer;
    const { verdict, without = [] } = decide({ viewer: standing, label, agreements, at: then });
    if (verdict !== "hidden") found.push({ viewer, ...shown, without, wire: wireLabel(label, viewer, without) });
  };
  ask(ANYONE, {});
  for (const viewer of people) {
    if (!hasBegun(at, viewer.from) || !stillLasts(at, viewer.until)) continue;
    const known = acquaintance(looker, viewer, agreements, then);
    const { agency = "" } = viewer;
    if (known === "none") continue;
    // Somebody whom an agreement to come will introduce has no name yet.
    const named = known === "name" && acquaintance(looker, viewer, agreements, at) === "name";
    ask(viewer, named ? { agency, name: viewer.id } : { agency });
  }
  return found;
}

/** The same for content that stands under several labels, each for other readers: its own, and those of copies that clients read by grant. */
export const readersOfAll = (labels: readonly Label[], looking: Looking, then?: string): Reader[] =>
  labels.flatMap((label) => readersOf(label, looking, then));

const alike = ({ agency, without, wire }: Reader): string => JSON.stringify([agency ?? "", without, wire]);

/** Readers of one agency who read the same under the same marking. */
export interface ReaderGroup extends Pick<Reader, "viewer" | "agency" | "without" | "wire"> {
  readonly people: readonly string[];
}

function groupsBy(readers: readonly Reader[], key: (reader: Reader) => string): ReaderGroup[] {
  const groups = new Map<string, Reader[]>();
  for (const reader of readers) {
    const held = groups.get(key(reader));
    if (held === undefined) groups.set(key(reader), [reader]);
    else held.push(reader);
  }
  return [...groups]
    .sort(([a], [b]) => byText(a, b))
    .flatMap(([, members]): ReaderGroup[] => {
      const [first] = members;
      const people = sortedSet(members.flatMap(({ name }) => name ?? []));
      return first === undefined ? [] : [{ ...first, people }];
    });
}

/** By agency, in one order: those who read alike together. */
export const readerGroups = (readers: readonly Reader[]): ReaderGroup[] => groupsBy(readers, alike);

/** Who reads after a change and did not before, who does not any more, and for whom fields or the marking change. */
export interface AudienceChange {
  readonly added: readonly ReaderGroup[];
  readonly lost: readonly ReaderGroup[];
  readonly changed: readonly (ReaderGroup & {
    readonly withheld: readonly string[];
    readonly shown: readonly string[];
  })[];
}

const except = (some: readonly string[], others: readonly string[]): string[] =>
  some.filter((one) => !others.includes(one));

export function audienceChange(before: readonly Reader[], after: readonly Reader[]): AudienceChange {
  const [was, is] = [before, after].map((readers) => new Map(readers.map((one) => [one.viewer.id, one] as const)));
  const byFields = ({ agency, without }: Reader): string => JSON.stringify([agency ?? "", without]);
  const changes = new Map<string, { withheld: string[]; shown: string[] }>();
  const changed: Reader[] = [];
  for (const now of after) {
    const then = was?.get(now.viewer.id);
    if (then === undefined || alike(then) === alike(now)) continue;
    changed.push(now);
    changes.set(now.viewer.id, {
      withheld: except(now.without, then.without),
      shown: except(then.without, now.without),
    });
  }
  const difference = ({ viewer }: Pick<Reader, "viewer">): { withheld: string[]; shown: string[] } =>
    changes.get(viewer.id) ?? { withheld: [], shown: [] };
  return {
    added: groupsBy(
      after.filter(({ viewer }) => was?.has(viewer.id) !== true),
      byFields,
    ),
    lost: groupsBy(
      before.filter(({ viewer }) => is?.has(viewer.id) !== true),
      ({ agency }) => agency ?? "",
    ),
    changed: groupsBy(changed, (reader) => JSON.stringify([alike(reader), difference(reader)])).map((group) => ({
      ...group,
      ...difference(group),
    })),
  };
}

export const isChange = ({ added, lost, changed }: AudienceChange): boolean =>
  added.length + lost.length + changed.length > 0;

/** Most dates ahead that are looked at. */
const MOST_AHEAD = 20;

/** What time alone changes: at each date ahead of the label's and of the agreements that its rows name, who comes and who goes (policy 2, embargo and `until`). */
export function laterChanges(
  label: Label,
  looking: Looking,
  besides: readonly Label[] = [],
): { readonly at: string; readonly change: AudienceChange }[] {
  const labels = [label, ...besides];
  const named = new Set(label.releases.map(({ agreement }) => agreement));
  const agreements = Object.entries(looking.agreements).filter(([id]) => named.has(id));
  const dates = [
    label.embargoUntil,
    ...labels.flatMap(({ releases }) => releases.map(({ until }) => until)),
    ...agreements.flatMap(([, { from, until }]) => [from, until]),
  ];
  const ahead = sortedSet(
    dates.filter((date): date is string => date !== undefined && isBefore(looking.at, date)),
  ).sort((a, b) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0));
  let before = readersOfAll(labels, looking);
  return ahead.slice(0, MOST_AHEAD).flatMap((at) => {
    const after = readersOfAll(labels, looking, at);
    const change = audienceChange(before, after);
    before = after;
    return isChange(change) ? [{ at, change }] : [];
  });
}
