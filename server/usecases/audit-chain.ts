import { canonicalJson } from "../shared/canonical-json.ts";
import { sha256 } from "../shared/digest.ts";
import type { AuditDoc } from "../storage/documents.ts";

/** What `prev` says in the first row of a stream. */
export const NO_PREV = "";

/** SHA-256 over the canonical JSON of the row without its digest; the previous row's digest is inside, which makes the chain (design 6, "Audit"). */
export function auditDigest(row: Omit<AuditDoc, "digest">): string {
  const { id, stream, n, prev, actor, revision, at, what, detail } = row;
  return sha256(
    canonicalJson({ id, stream, n, prev, actor, revision, at, what, ...(detail !== undefined && { detail }) }),
  );
}

export interface BrokenLink {
  readonly stream: string;
  readonly n: number;
  readonly reason: "missing" | "prev" | "digest";
}

/**
 * The first fault of one stream's rows, given in order of `n`, or undefined for a whole chain. An edited row fails its digest, one that was
 * removed, added or moved breaks the numbers or the link. Rows cut off at the end are for anchors to find.
 */
export function verifyChain(rows: readonly AuditDoc[]): BrokenLink | undefined {
  let prev = NO_PREV;
  let n = 0;
  for (const row of rows) {
    n++;
    if (row.n !== n || row.stream !== rows[0]?.stream) return { stream: row.stream, n, reason: "missing" };
    if (row.prev !== prev) return { stream: row.stream, n, reason: "prev" };
    if (row.digest !== auditDigest(row)) return { stream: row.stream, n, reason: "digest" };
    prev = row.digest;
  }
  return undefined;
}
