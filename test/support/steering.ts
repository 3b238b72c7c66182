import { createHash } from "node:crypto";
import type { Moment, Moments } from "../../server/shared/moment.ts";

/** Where the clock of a world stands until the test moves it. */
export const START = Date.UTC(2026, 3, 11, 9, 30);

/**
 * Time and chance as the test says: each request gets the instant set last, and chance that depends on nothing but the word set with it and on
 * how much the request itself has drawn. So what else goes on in a world can shift neither.
 */
export interface Steering {
  now: number;
  chance: string;
  /** Each request has chance of its own, in the order in which they come: for those that are made at once, whose ids must differ. */
  apart: boolean;
  /** The moment of the very next request and of nothing else: several are then under way at once, each with time and chance of its own. */
  next: { readonly now: number; readonly chance: string } | undefined;
  readonly moments: Moments;
}

/** One moment: the same word, the same chance. */
export function momentOf(now: number, word: string): Moment {
  let drawn = 0;
  return {
    now,
    random: (bytes) => {
      drawn++;
      const pieces = Array.from({ length: Math.ceil(bytes / 32) }, (_, i) =>
        createHash("sha256").update(`${word}/${drawn}/${i}`).digest(),
      );
      return new Uint8Array(Buffer.concat(pieces).subarray(0, bytes));
    },
  };
}

export function steering(now = START, chance = "start"): Steering {
  let asked = 0;
  const word = (): string => (steer.apart ? `${steer.chance}/${asked++}` : steer.chance);
  const moments: Moments = () => {
    const own = steer.next;
    steer.next = undefined;
    return own === undefined ? momentOf(steer.now, word()) : momentOf(own.now, own.chance);
  };
  const steer: Steering = { now, chance, apart: false, next: undefined, moments };
  return steer;
}
