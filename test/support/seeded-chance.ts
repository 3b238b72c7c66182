/** Chance that repeats (mulberry32), from 0 to 1: what was drawn in one run can be drawn again. */
export function seededChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The connection went with the server. Not by class: errors of the platform come from outside of the test's realm. */
export const isCut = (error: unknown): boolean =>
  typeof error === "object" &&
  error !== null &&
  "code" in error &&
  /^(?:ECONNRESET|ECONNREFUSED|EPIPE)$/.test(String(error.code));
