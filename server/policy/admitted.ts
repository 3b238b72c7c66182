import type { Agreement, Agreements } from "../../schemas/policy/agreement.ts";
import type { Because, Decision } from "../../schemas/policy/decision.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Channel } from "../../schemas/policy/vocabulary.ts";
import { formatInstant, type Instant, parseInstant } from "../shared/instant.ts";
import type { Alike } from "./alike.ts";
import { decide } from "./decide.ts";
import { tiersOf } from "./tiers.ts";

/** The one tier of a label that a viewer reads. */
export interface AdmittedTier {
  readonly index: number;
  readonly cut: readonly string[];
  readonly because: Because;
}

const NOTHING: readonly string[] = [];

/** A label under its id; with the cut sets of its tiers (`tiersOf`) and what it is decided like, where they are known already. */
export interface LabelOfId {
  readonly id: string;
  readonly label: Label;
  readonly cuts?: readonly (readonly string[])[];
  readonly alike?: Alike | undefined;
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
 * `decide` on a label (design 3, admitted): the tier that lacks exactly what the decision cuts; undefined where the viewer reads none. A cut set without a
 * tier admits nobody: it would have no row.
 */
export function admitOne(
  viewer: Viewer,
  entry: LabelOfId,
  agreements: Agreements,
  at: string,
  channel: Channel = "page",
): AdmittedTier | undefined {
  return tierOf(entry, decide({ viewer, label: entry.label, agreements, at, channel }));
}

function tierOf(entry: LabelOfId, { verdict, without, because }: Decision): AdmittedTier | undefined {
  const cut = without ?? NOTHING;
  const index = verdict === "hidden" ? undefined : tierIndex(entry, cut);
  return index === undefined ? undefined : { index, cut, because };
}

/** The same for many labels at one instant (ms), in their order: `decide` once for all that are alike but for dates that none of them waits for. */
export function judgeMany(
  viewer: Viewer,
  entries: readonly LabelOfId[],
  agreements: Agreements,
  at: number,
  channel: Channel = "page",
): Array<AdmittedTier | undefined> {
  const instant = formatInstant(at);
  const known = new Map<string, Decision>();
  return entries.map((entry) => {
    const { alike, label } = entry;
    const text = alike !== undefined && alike.from <= at && at < alike.to ? alike.text : undefined;
    let decision = text === undefined ? undefined : known.get(text);
    if (decision === undefined) {
      decision = decide({ viewer, label, agreements, at: instant, channel });
      if (text !== undefined) known.set(text, decision);
    }
    return tierOf(entry, decision);
  });
}

const order = (a: Instant, b: Instant): number =>
  a.ms !== b.ms ? a.ms - b.ms : a.rest < b.rest ? -1 : a.rest > b.rest ? 1 : 0;

/** The dates on labels in order, so that the next one is found without a look at every label. They grow with the labels; a text that names no instant is none. */
export class LabelDates {
  readonly #texts = new Set<string>();
  #dates: Instant[] = [];

  add(labels: Iterable<Label>): this {
    const found: Instant[] = [];
    const look = (text: string | undefined): void => {
      if (text === undefined || this.#texts.has(text)) return;
      this.#texts.add(text);
      const instant = parseInstant(text);
      if (instant !== undefined) found.push(instant);
    };
    for (const { embargoUntil, releases } of labels) {
      look(embargoUntil);
      for (const { until } of releases) look(until);
    }
    if (found.length > 0) this.#dates = [...this.#dates, ...found].sort(order);
    return this;
  }

  /** The first one after an instant. */
  after(now: Instant): Instant | undefined {
    let [low, high] = [0, this.#dates.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const date = this.#dates[middle];
      if (date !== undefined && order(date, now) <= 0) low = middle + 1;
      else high = middle;
    }
    return this.#dates[low];
  }
}

/**
 * The next instant after `at` at which a date could alter a decision (the end of a row, an embargo, a beginning or end
 * of the account or of an agreement), in whole milliseconds since the epoch, rounded up; undefined if none is ahead.
 * Until then an answer of `admitOne` stands, as long as nothing else changes.
 */
export function nextBoundary(
  viewer: Viewer,
  dates: LabelDates,
  agreements: Readonly<Record<string, Agreement>>,
  at: string,
): number | undefined {
  const now = parseInstant(at);
  if (now === undefined) return undefined;
  const others = [viewer, ...Object.values(agreements)].flatMap(({ from, until }) =>
    [from, until].flatMap((text) => (text === undefined ? [] : (parseInstant(text) ?? []))),
  );
  let next = dates.after(now);
  for (const then of others) if (order(then, now) > 0 && (next === undefined || order(then, next) < 0)) next = then;
  return next === undefined ? undefined : next.rest === "" ? next.ms : next.ms + 1;
}
