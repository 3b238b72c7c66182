import { seal, unseal } from "../shared/seal.ts";
import type { Unit } from "../storage/port.ts";
import { contentHash } from "./content-hash.ts";
import { rowsOfContribution } from "./relabel-rows.ts";
import type { Row, Sight } from "./sight.ts";

/**
 * The name under which an agency finds one of its posts: sealed, and made from what its reader sees of it, since a contribution's own id may
 * depend on what is hidden (policy 7).
 */
export const postToken = (key: Uint8Array, { stixId, batch, hash }: Pick<Row, "stixId" | "batch" | "hash">): string =>
  seal(key, "post", [stixId, batch, hash]);

/** The content hash of one post: its bytes and its label. */
export const postHash = (row: Row): string => contentHash([row]);

/** The row of one's own side's post that the viewer sees; undefined for a token that is none, and for what it may not see. */
export async function rowOfPost(unit: Unit, sight: Sight, key: Uint8Array, token: string): Promise<Row | undefined> {
  const opened = unseal(key, "post", token);
  if (!Array.isArray(opened)) return undefined;
  const [stixId, batch, hash] = opened.map(String);
  if (stixId === undefined) return undefined;
  for (const row of await sight.rowsOfIds([stixId])) {
    if (!sight.ownRow(row) || row.batch !== batch) continue;
    // A colleague may have been shown another tier of it.
    const tiers = row.hash === hash ? [row] : await rowsOfContribution(unit, row.contribution);
    if (tiers.some((tier) => tier.hash === hash)) return row;
  }
  return undefined;
}
