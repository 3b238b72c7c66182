import { z } from "zod";
import { Fault } from "../shared/fault.ts";
import { Audit } from "../storage/collections.ts";
import { AuditDoc } from "../storage/documents.ts";
import type { Storage, Stored } from "../storage/port.ts";
import { Anchor, anchorDigest, anchorLine, isSigned } from "./anchor-text.ts";
import { anchorsAfter } from "./anchoring.ts";
import { auditDigest, chainStep } from "./audit-chain.ts";
import type { FindingCode } from "./verify-store/finding.ts";
import { type HeldReceipt, isReceiptOf } from "./verify-store/held-elsewhere.ts";

/**
 * What shows that a row stands in the audit to who has the public key and no store (design 6, "Audit"): the row, those behind it up to one that an anchor names, and that
 * anchor. Its rows are of whatever happened within those ten seconds, of others too: it is for auditors.
 */
export const AuditProof = z.strictObject({ rows: z.array(AuditDoc).min(1), anchor: Anchor });
export type AuditProof = z.infer<typeof AuditProof>;

const PAGE = 500;

/** Whether a row is about something: the receipt's digest, or the id of a batch, release, recall, change or quarantine. */
const isAbout = ({ detail }: AuditDoc, id: string): boolean => Object.values(detail ?? {}).includes(id);

async function proofOf(storage: Storage, { stream, n }: AuditDoc): Promise<AuditProof> {
  for await (const { id: _, rev: __, ...anchor } of anchorsAfter(storage)) {
    const head = anchor.heads.find((one) => one.chain === "audit" && one.stream === stream && one.n >= n);
    if (head === undefined) continue;
    const rows: AuditDoc[] = [];
    for (let from = n; from <= head.n; from += PAGE) {
      const to = Math.min(head.n + 1, from + PAGE);
      const page = await storage
        .collection(Audit)
        .scan({ index: "stream", prefixes: [[stream]], from, to, limit: PAGE });
      rows.push(...page.map(({ rev: _rev, ...row }) => row));
    }
    return { rows, anchor };
  }
  throw new Fault("conflict", `no anchor is over stream ${stream}, number ${n} yet`, { code: "audit.not_anchored" });
}

/** Proofs of every row that is about something. Fault `not_found` where none is. */
export async function auditProofs(storage: Storage, about: string): Promise<AuditProof[]> {
  const found: AuditDoc[] = [];
  for (let after: string | undefined; ; ) {
    const page: Stored<AuditDoc>[] = await storage
      .collection(Audit)
      .all({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    found.push(...page.filter((row) => isAbout(row, about)));
    after = page.at(-1)?.id;
    if (page.length < PAGE) break;
  }
  if (found.length === 0) throw new Fault("not_found", "no row of the audit is about that", { code: "audit.no_row" });
  const proofs: AuditProof[] = [];
  for (const row of found.sort((a, b) => a.at - b.at || a.n - b.n)) proofs.push(await proofOf(storage, row));
  return proofs;
}

/**
 * What a proof leaves to be desired, without a store: its rows have to follow each other with digests that fit, its anchor has to name the last of them and be signed by a trusted
 * key; where anchors are held, it has to be one of them, and a receipt has to be what its first row says.
 */
export function checkProof(
  { rows, anchor }: AuditProof,
  by: { readonly keys: readonly string[]; readonly held?: readonly Anchor[]; readonly receipt?: HeldReceipt },
): { readonly code: FindingCode; readonly message: string }[] {
  const found: { code: FindingCode; message: string }[] = [];
  const report = (code: FindingCode, message: string): void => void found.push({ code, message });
  const [first] = rows;
  if (first === undefined) return [{ code: "verify.chain_missing", message: "it has no row" }];
  let end = { stream: first.stream, n: first.n - 1, digest: first.prev };
  for (const row of rows) {
    const step = chainStep(end, row, auditDigest);
    end = step.end;
    if (step.broken !== undefined)
      report(`verify.chain_${step.broken.reason}`, `audit, stream ${end.stream}, number ${step.broken.n}`);
  }
  const named = anchor.heads.some(
    ({ chain, stream, n, digest }) =>
      chain === "audit" && stream === end.stream && n === end.n && digest === end.digest,
  );
  if (!named)
    report("verify.anchored", `anchor ${anchor.n} does not name audit, stream ${end.stream}, number ${end.n}`);
  if (!isSigned(anchor) || !by.keys.includes(anchor.key) || anchorDigest(anchor) !== anchor.digest)
    report("verify.anchor_signature", `anchor ${anchor.n} is not signed by a trusted key`);
  if (by.held !== undefined && !by.held.some((one) => anchorLine(one) === anchorLine(anchor)))
    report("verify.anchor_held", `anchor ${anchor.n} is not among those that are held`);
  if (by.receipt !== undefined && !isReceiptOf(first, by.receipt))
    report("verify.receipt_held", `audit, stream ${first.stream}, number ${first.n} is not of this receipt`);
  return found;
}
