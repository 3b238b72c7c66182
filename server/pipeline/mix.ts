import { hash } from "node:crypto";

/** Values of `mixOf` are below this. */
export const MIXES = 2 ** 48;

/**
 * The place of a row among others that a reader gains at once (order, admission intervals): a hash of (id, version), so that the order of a block says
 * nothing of what was there before. Edges come in the upper half: what they end at stands before them.
 */
export function mixOf(stixId: string, version: string | undefined, edge: boolean): number {
  const hex = hash("sha256", `${stixId}|${version ?? ""}`, "hex");
  const half = Math.floor(Number.parseInt(hex.slice(0, 12), 16) / 2);
  return edge ? half + MIXES / 2 : half;
}
