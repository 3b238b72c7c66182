import type { Fault } from "../shared/fault.ts";

export type Placed = "content" | "log";

/**
 * What a store tells its operator about its own work: counts and times, and nothing of content, an account or an agency. Plain data, so that a thread can
 * hand it on to another.
 */
export type StoreEvent =
  /** A transaction ended, all its tries together; a write outside of one is one of its own. */
  | {
      readonly kind: "transaction";
      readonly placement: Placed;
      readonly outcome: "committed" | "conflict" | "unavailable" | "given-up";
      readonly ms: number;
    }
  /** It waited so long for its turn to write, whether or not it got it. */
  | { readonly kind: "turn"; readonly placement: Placed; readonly ms: number }
  /** Something was tried again: the lock was held (`busy`), another write came first (`conflict`), the connection went away (`lost`). */
  | {
      readonly kind: "retry";
      readonly placement: Placed;
      readonly why: "busy" | "conflict" | "lost";
      readonly times: number;
    };

/** Hears of each event as it happens. It must neither throw nor wait. */
export type ObserveStore = (event: StoreEvent) => void;

/** How a transaction ended that threw this: what its own work refused is `given-up`. */
export const outcomeOf = (error: unknown): "conflict" | "unavailable" | "given-up" => {
  const kind = (error as Partial<Fault> | undefined)?.kind;
  return kind === "conflict" || kind === "unavailable" ? kind : "given-up";
};
