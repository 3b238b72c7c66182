import { mongoSource } from "./mongo-server.ts";
import { STORE } from "./which-store.ts";

/**
 * How much of something a suite draws, writes or repeats. On the stand-in for MongoDB, which is some ten times slower than any store that we run on, it is the
 * second: what is asked of a store stays the same.
 */
export const drawn = (full: number, onStandIn: number): number =>
  STORE === "mongo" && mongoSource() === "stand-in" ? onStandIn : full;
