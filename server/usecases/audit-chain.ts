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

/** How far a stream was looked at: its last row. */
export interface ChainEnd {
  readonly stream: string;
  readonly n: number;
  readonly digest: string;
}

/** What stands in a chain: of a stream, or by itself in the only one of its kind. */
interface Link {
  readonly stream?: string;
  readonly n: number;
  readonly prev: string;
  readonly digest: string;
}

/** Holds the next row of a chain against the one before it. An edited row fails its digest, one that was removed, added or moved breaks the numbers or the link. */
export function chainStep<T extends Link>(
  before: ChainEnd,
  row: T,
  digestOf: (row: T) => string,
): { readonly broken?: BrokenLink; readonly end: ChainEnd } {
  const { stream = before.stream } = row;
  const end = { stream: before.stream, n: row.n, digest: row.digest };
  const n = before.n + 1;
  if (row.n !== n || stream !== before.stream) return { broken: { stream, n, reason: "missing" }, end };
  if (row.prev !== before.digest) return { broken: { stream, n, reason: "prev" }, end };
  if (row.digest !== digestOf(row)) return { broken: { stream, n, reason: "digest" }, end };
  return { end };
}

/** The first fault of one stream's rows, given in order of `n`, or undefined for a whole chain. Rows cut off at the end are for anchors to find. */
export function verifyChain(rows: readonly AuditDoc[]): BrokenLink | undefined {
  let end: ChainEnd = { stream: rows[0]?.stream ?? "", n: 0, digest: NO_PREV };
  for (const row of rows) {
    const step = chainStep(end, row, auditDigest);
    if (step.broken !== undefined) return step.broken;
    end = step.end;
  }
  return undefined;
}
