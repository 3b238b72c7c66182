import { COLLECTIONS } from "../../storage/collections.ts";
import { checkAudit } from "./check-audit.ts";
import { checkLabels } from "./check-labels.ts";
import { checkLanes } from "./check-lanes.ts";
import { checkReaders } from "./check-readers.ts";
import { checkReceipts } from "./check-receipts.ts";
import { checkReferences } from "./check-references.ts";
import { checkReviews } from "./check-reviews.ts";
import { checkRows } from "./check-rows.ts";
import type { Finding, FindingCode } from "./finding.ts";
import { target } from "./naming.ts";
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

const CHECKS: readonly Check[] = [
  checkReferences,
  checkLabels,
  checkRows,
  checkLanes,
  checkReceipts,
  checkReviews,
  checkReaders,
  checkAudit,
];

/**
 * Walks the store through its port and holds things, contributions, tiers, labels, lanes, terms, records and audit against each other (design 5 and 6). Others may write
 * meanwhile: what is compared is read in one snapshot, page by page. Nothing is written.
 */
export async function* verifyStore(
  parts: VerifyParts,
  { onProgress, most = 100 }: VerifyOptions = {},
): AsyncGenerator<Finding, VerifySummary> {
  const documents: Record<string, number> = {};
  const findings: Partial<Record<FindingCode, number>> = {};
  const run = async function* (check: AsyncIterable<Looked>): AsyncGenerator<Finding> {
    for await (const { collection, looked, found } of check) {
      documents[collection] = (documents[collection] ?? 0) + looked;
      onProgress?.(collection, looked);
      for (const finding of found) {
        const before = findings[finding.code] ?? 0;
        findings[finding.code] = before + 1;
        if (before < most) yield finding;
      }
    }
  };
  for (const check of CHECKS) yield* run(check(parts));
  // What is held against nothing else still has a shape and indexes.
  for (const spec of COLLECTIONS)
    if (!(spec.name in documents)) yield* run(walk(parts, target(spec), () => undefined, { size: 50 }));
  return { documents, findings };
}

/** The findings as a list; as `verifyStore` otherwise. */
export async function findingsOf(parts: VerifyParts, options: VerifyOptions = {}): Promise<Finding[]> {
  const all: Finding[] = [];
  for await (const finding of verifyStore(parts, options)) all.push(finding);
  return all;
}
