import { drawn } from "../support/drawn.ts";
import type { Ask, Credential, Reply } from "../support/temporary-world.ts";
import { uuidOf } from "./content.ts";
import type { Seat } from "./seats.ts";
import type { Post } from "./steps.ts";

/** What the viewer could know or guess, from either world. */
export interface Known {
  readonly seat: Seat;
  /** Consolidated ids of everything in either world, and keyed ids that a claimed id may be shown under. */
  readonly things: readonly string[];
  /** Marking definitions that any reader of either world was shown. */
  readonly markings: readonly string[];
  readonly jobs: readonly string[];
  /** Posts that only one world saw. */
  readonly secrets: readonly Post[];
  readonly releases: readonly string[];
  /** Changes of policy. */
  readonly changes: readonly string[];
  /** Items of the quality review in either world. */
  readonly reviews: readonly string[];
  /** Turns with each pair, so that what one leaves out another asks. */
  readonly turn: number;
  /** Reads are asked before the viewer's own writes and after them. */
  readonly round: "first" | "second";
}

/** Sends one request as the viewer in both worlds, compares, and gives the reply that both gave. */
export type AskBoth = (ask: Ask, credential?: Credential) => Promise<Reply>;
export type Recipe = (ask: AskBoth, known: Known) => Promise<void>;

export const get = (path: string): Ask => ({ method: "GET", path });
export const json = (path: string, body: unknown): Ask => ({ method: "POST", path, body });
export const query = (members: Readonly<Record<string, string>>): string => new URLSearchParams(members).toString();

/** Of what a full run asks each time so much less is asked: what one seat or turn leaves out another asks. */
export const THINNED = drawn(1, 2, 2);
/** One in `every`, another one each turn and each round. */
export function someOf<T>(list: readonly T[], every: number, { turn, round }: Known): T[] {
  const step = Math.max(1, Math.min(every * THINNED, list.length));
  return list.filter((_, i) => i % step === (turn + (round === "first" ? 0 : 1)) % step);
}
export const unknownId = `malware--${uuidOf("nobody knows")}`;
