import type { Agreement, Agreements } from "../../schemas/policy/agreement.ts";
import type { Because } from "../../schemas/policy/decision.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Channel } from "../../schemas/policy/vocabulary.ts";
import { parseInstant } from "../shared/instant.ts";
import { decide } from "./decide.ts";
import { tiersOf } from "./tiers.ts";

/** The one tier of a label that a viewer reads. */
export interface AdmittedTier {
  readonly index: number;
  readonly cut: readonly string[];
  readonly because: Because;
}

const NOTHING: readonly string[] = [];

/** A label under its id; with the cut sets of its tiers (`tiersOf`) where they are known already. */
export interface LabelOfId {
  readonly id: string;
  readonly label: Label;
  readonly cuts?: readonly (readonly string[])[];
}

const sameCut = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((selector, i) => selector === b[i]);

const tierCuts = (label: Label): readonly (readonly string[])[] => {
  const found = tiersOf(label);
  return "problem" in found ? [] : found.tiers.map((tier) => tier.cut);
};

/** Place of a cut set among the label's tiers; undefined for one that is none of them, which no row can serve. */
function tierIndex({ label, cuts }: LabelOfId, cut: readonly string[]): number | undefined {
  if (cut.length === 0) return 0;
  const sets = cuts ?? tierCuts(label);
  const index = sets.findIndex((set) => sameCut(set, cut));
  return index === -1 ? undefined : index;
}

/**
 * `decide` once a label (design 3, admitted): those that the viewer reads, each with the tier that lacks exactly what
 * the decision cuts. A cut set without a tier admits nobody: it would have no row.
 */
export function admit(
  viewer: Viewer,
  labels: Iterable<LabelOfId>,
  agreements: Agreements,
  at: string,
  channel: Channel = "page",
): Map<string, AdmittedTier> {
  const admitted = new Map<string, AdmittedTier>();
  for (const entry of labels) {
    const {
      verdict,
      without: cut = NOTHING,
      because,
    } = decide({ viewer, label: entry.label, agreements, at, channel });
    const index = verdict === "hidden" ? undefined : tierIndex(entry, cut);
    if (index !== undefined) admitted.set(entry.id, { index, cut, because });
  }
  return admitted;
}

/**
 * The next instant after `at` at which a date could alter a decision (the end of a row, an embargo, a beginning or end
 * of the account or of an agreement), in whole milliseconds since the epoch, rounded up; undefined if none is ahead.
 * Until then an answer of `admit` stands, as long as nothing else changes.
 */
export function nextBoundary(
  viewer: Viewer,
  labels: Iterable<Label>,
  agreements: Readonly<Record<string, Agreement>>,
  at: string,
): number | undefined {
  const now = parseInstant(at);
  if (now === undefined) return undefined;
  const seen = new Set<string>();
  let next: number | undefined;
  const look = (text: string | undefined): void => {
    if (text === undefined || seen.has(text)) return;
    seen.add(text);
    const then = parseInstant(text);
    if (then === undefined || then.ms < now.ms || (then.ms === now.ms && then.rest <= now.rest)) return;
    const ms = then.rest === "" ? then.ms : then.ms + 1;
    if (next === undefined || ms < next) next = ms;
  };
  look(viewer.from);
  look(viewer.until);
  for (const agreement of Object.values(agreements)) {
    look(agreement.from);
    look(agreement.until);
  }
  for (const { embargoUntil, releases } of labels) {
    look(embargoUntil);
    for (const { until } of releases) look(until);
  }
  return next;
}
