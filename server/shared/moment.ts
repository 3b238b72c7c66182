import { randomBytes } from "node:crypto";

/**
 * What a request or a job may know of the world: the time and chance. It is handed in, one a request, so that hidden
 * work can't shift either (design: non-interference) and tests can fix both.
 */
export interface Moment {
  /** Whole milliseconds since the epoch. */
  readonly now: number;
  /** Bytes that nobody can guess. */
  random(bytes: number): Uint8Array;
}

export type Moments = () => Moment;

/** The real thing; only `compose.ts` and the command line call it. */
export const realMoments: Moments = () => ({ now: Date.now(), random: (bytes) => randomBytes(bytes) });

/** A random version 4 UUID from the moment's chance. */
export function uuid4({ random }: Moment): string {
  const b = Uint8Array.from(random(16));
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const hex = Buffer.from(b).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
