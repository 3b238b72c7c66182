import { mongoSource } from "./mongo-server.ts";
import { STORE } from "./which-store.ts";

/** `DEPTH=full npm test` draws as much as there is; without it a run is to be over in ten minutes on two cores. */
const depth = process.env.DEPTH ?? "each time";
if (depth !== "each time" && depth !== "full") throw new Error(`DEPTH=${depth}: full, or not set`);
export const FULL = depth === "full";

/**
 * How much of something a suite draws, writes or repeats: in a full run, on the stand-in for MongoDB, which is some ten times slower than any store that we run on, and
 * each time, where that is less. What is asked of a store stays the same.
 */
export const drawn = (full: number, onStandIn: number, eachTime: number = full): number => {
  if (STORE === "mongo" && mongoSource() === "stand-in") return onStandIn;
  return FULL ? full : eachTime;
};
