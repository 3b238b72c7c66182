import type { Label } from "../../schemas/policy/label.ts";
import { parseInstant } from "../shared/instant.ts";

/** A label without its dates, and the time in which none of these keeps anybody out: labels of one `text` are decided alike then, whoever asks. */
export interface Alike {
  readonly text: string;
  /** ms since the epoch: the first inclusive, the second exclusive. */
  readonly from: number;
  readonly to: number;
}

/** Gates read the dates of a label in two ways only: whether its embargo is over, and which of its rows still last (policy 3). Undefined where a date can't be read. */
export function alikeOf({ embargoUntil, releases, ...rest }: Label): Alike | undefined {
  let [from, to] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (embargoUntil !== undefined) {
    const over = parseInstant(embargoUntil);
    if (over === undefined) return undefined;
    from = over.rest === "" ? over.ms : over.ms + 1;
  }
  for (const { until } of releases) {
    if (until === undefined) continue;
    const end = parseInstant(until);
    if (end === undefined) return undefined;
    to = Math.min(to, end.ms);
  }
  return { text: JSON.stringify({ ...rest, releases: releases.map(({ until: _, ...row }) => row) }), from, to };
}
