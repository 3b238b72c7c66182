import { compareTimestamps, isTimestamp } from "../timestamp.ts";
import { show } from "./path-text.ts";
import type { Walk } from "./walk.ts";

/** Rules that join dates (STIX 2.1 sections 3.2, 3.6.1, 4.2, 4.7, 4.14, 5.1, 6.12 …). */

type Json = Readonly<Record<string, unknown>>;

interface Pair {
  readonly from: string;
  readonly to: string;
  /** `to` must be later than `from`, not the same. */
  readonly strictly: boolean;
}
const pair = (from: string, to: string, strictly = false): Pair => ({ from, to, strictly });
const SEEN = pair("first_seen", "last_seen");

const PAIRS: ReadonlyMap<string, Pair> = new Map([
  ...["campaign", "infrastructure", "intrusion-set", "malware", "threat-actor", "sighting"].map(
    (type) => [type, SEEN] as const,
  ),
  ["indicator", pair("valid_from", "valid_until", true)],
  ["relationship", pair("start_time", "stop_time", true)],
  ["observed-data", pair("first_observed", "last_observed")],
  ["network-traffic", pair("start", "end")],
]);

const isDate = (value: unknown): value is string => typeof value === "string" && isTimestamp(value);

function checkPair(object: Json, { from, to, strictly }: Pair, code: string, walk: Walk): void {
  const [first, last] = [object[from], object[to]];
  if (first === undefined || last === undefined || !isDate(first) || !isDate(last)) return;
  const order = compareTimestamps(last, first);
  if (order > 0 || (order === 0 && !strictly)) return;
  const where = order === 0 ? "the same instant as" : "before";
  const allowed = strictly ? "must be later" : "must be the same instant or later";
  walk.add(code, `found ${show(last)}, ${where} ${from} (${show(first)}); ${allowed}`, to);
}

const VERSION = pair("created", "modified");
/** `2026-04-11T09:30:00.000Z`: no shorter text has three digits of fraction. */
const SHORTEST_PRECISE = 24;

/** Dates of a version: to the millisecond, in order (sections 3.2 and 3.6.1). */
export function checkVersionTimes(object: Json, walk: Walk): void {
  for (const name of ["created", "modified"]) {
    const text = object[name];
    if (typeof text === "string" && text.length < SHORTEST_PRECISE && isTimestamp(text))
      walk.add("stix.timestamp_precision", `found ${show(text)}; must have three digits of fraction or more`, name);
  }
  if (object.created !== object.modified) checkPair(object, VERSION, "stix.version_order", walk);
}

/** `stix.time_order` where a type's two times stand in the wrong order. */
export function checkTimes(type: string, object: Json, walk: Walk): void {
  const times = PAIRS.get(type);
  if (times !== undefined) checkPair(object, times, "stix.time_order", walk);
}
