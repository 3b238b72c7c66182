import { COLLECTIONS } from "../../storage/collections.ts";
import { checkAnchors } from "./check-anchors.ts";
import { checkAudit } from "./check-audit.ts";
import { checkLabels } from "./check-labels.ts";
import { checkLanes } from "./check-lanes.ts";
import { checkPolicyVersions } from "./check-policy-versions.ts";
import { checkReaders } from "./check-readers.ts";
import { checkReceipts } from "./check-receipts.ts";
import { checkReferences } from "./check-references.ts";
import { checkReviews } from "./check-reviews.ts";
import { checkRows } from "./check-rows.ts";
import type { Finding, FindingCode } from "./finding.ts";
import { type Check, type Looked, type VerifyParts, walk } from "./walk.ts";

export interface VerifyOptions {
  /** Documents looked at since the last call of one collection; a collection begins with 0. */
  readonly onProgress?: (collection: string, documents: number) => void;
  /** Findings of one code that are given one by one; the rest is only counted. Default: 100. */
  readonly most?: number;
}

/** What was looked at. */
export interface VerifySummary {
  /** Documents by collection. */
  readonly documents: Readonly<Record<string, number>>;
  /** All findings by code, those too that were not given one by one. */
  readonly findings: Readonly<Partial<Record<FindingCode, number>>>;
}

/** The chains: audit, disclosures, the history of policy, and the anchors over all of them. */
export const AUDIT_CHECKS: readonly Check[] = [checkAudit, checkPolicyVersions, checkAnchors];

const CHECKS: readonly Check[] = [
  checkReferences,
  checkLabels,
  checkRows,
  checkLanes,
  checkReceipts,
  checkReviews,
  checkReaders,
  ...AUDIT_CHECKS,
  checkShapes,
];

/** What is held against nothing else still has a shape and indexes. */
async function* checkShapes(parts: VerifyParts, counted: Readonly<Record<string, number>>): AsyncGenerator<Looked> {
  for (const spec of COLLECTIONS) if (!(spec.name in counted)) yield* walk(parts, spec, () => undefined, { size: 50 });
}

/** Runs checks one after the other; nothing is written. */
export async function* runChecks(
  parts: VerifyParts,
  checks: readonly Check[],
  { onProgress, most = 100 }: VerifyOptions = {},
): AsyncGenerator<Finding, VerifySummary> {
  const documents: Record<string, number> = {};
  const findings: Partial<Record<FindingCode, number>> = {};
  for (const check of checks)
    for await (const { collection, looked, found } of check(parts, documents)) {
      documents[collection] = (documents[collection] ?? 0) + looked;
      onProgress?.(collection, looked);
      for (const finding of found) {
        const before = findings[finding.code] ?? 0;
        findings[finding.code] = before + 1;
        if (before < most) yield finding;
      }
    }
  return { documents, findings };
}

/**
 * Walks the store through its port and holds things, contributions, tiers, labels, lanes, terms, records and audit against each other (design 5 and 6). Others may write
 * meanwhile: what is compared is read in one snapshot, page by page. Nothing is written.
 */
export const verifyStore = (parts: VerifyParts, options: VerifyOptions = {}): AsyncGenerator<Finding, VerifySummary> =>
  runChecks(parts, CHECKS, options);

/** The findings as a list; as `verifyStore` otherwise. */
export async function findingsOf(parts: VerifyParts, options: VerifyOptions = {}): Promise<Finding[]> {
  const all: Finding[] = [];
  for await (const finding of verifyStore(parts, options)) all.push(finding);
  return all;
}
