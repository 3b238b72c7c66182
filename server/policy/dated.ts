import { type Instant, parseInstant } from "../shared/instant.ts";

/**
 * Labels, accounts and agreements name the same few dates over and over, and `decide` runs hundreds of thousands of
 * times a second: each text is parsed once. The answer never depends on what is remembered.
 */
const REMEMBERED = 65_536;
const known = new Map<string, Instant | null>();
/** The instant that is judged at is the same for all labels of a store. */
let last: { readonly text: string; readonly instant: Instant | null } = { text: "", instant: null };

/** The instant that a text names, or null if it names none. */
function instantOf(text: string): Instant | null {
  const held = known.get(text);
  if (held !== undefined) return held;
  const parsed = typeof text === "string" && text.length <= 64 ? (parseInstant(text) ?? null) : null;
  if (known.size >= REMEMBERED) known.clear();
  known.set(text, parsed);
  return parsed;
}

/** The same for the instant that is judged at. */
function judgedAt(text: string): Instant | null {
  if (last.text !== text) last = { text, instant: instantOf(text) };
  return last.instant;
}

/** Does the text name an instant at all? */
export const isInstant = (text: string): boolean => judgedAt(text) !== null;

const earlier = (a: Instant, b: Instant): boolean => (a.ms === b.ms ? a.rest < b.rest : a.ms < b.ms);

/** Is `a` an instant before `b`? False too if either names none. */
export function isBefore(a: string, b: string): boolean {
  const x = judgedAt(a);
  const y = instantOf(b);
  return x !== null && y !== null && earlier(x, y);
}

/** Has what begins at `from` begun? `from` is inclusive; without one it always has. An unreadable date: no. */
export function hasBegun(at: string, from: string | undefined): boolean {
  if (from === undefined) return true;
  const now = judgedAt(at);
  const start = instantOf(from);
  return now !== null && start !== null && !earlier(now, start);
}

/** Does what ends at `until` still last? `until` is exclusive (policy 3, settled readings). An unreadable date: no. */
export const stillLasts = (at: string, until: string | undefined): boolean =>
  until === undefined || isBefore(at, until);
