import type { IngestResult } from "../../../schemas/api/ingest.ts";
import { sha256 } from "../../shared/digest.ts";
import { Audit, Labels, Receipts, ReviewEntries, Reviews, Rows } from "../../storage/collections.ts";
import type { AuditDoc, RowDoc } from "../../storage/documents.ts";
import type { Stored, Unit } from "../../storage/port.ts";
import type { ReceiptDoc } from "../../storage/post-documents.ts";
import type { ReviewDoc, ReviewEntryDoc } from "../../storage/review-documents.ts";
import { NOT_REVIEWED } from "../../triage/facts.ts";
import { nameOf } from "../../triage/item-name.ts";
import { nameAside } from "../contribution-name.ts";
import { isEdge } from "../needed-ends.ts";
import type { Report } from "./finding.ts";
import { type Looked, type VerifyParts, walk } from "./walk.ts";

/** Receipts at once: each may tell of a thousand objects. */
const RECEIPTS = 8;
const IDS = 200;

type Results = readonly Pick<IngestResult, "id" | "outcome">[];

function resultsOf({ results }: ReceiptDoc): Results | undefined {
  try {
    const list: unknown = JSON.parse(Buffer.from(results).toString("utf8"));
    return Array.isArray(list) ? (list as Results) : undefined;
  } catch {
    return undefined;
  }
}

const textOf = ({ results }: ReceiptDoc): string => Buffer.from(results).toString("utf8");

/** A receipt says what its audit row says, of the same bytes. */
function agrees(receipt: ReceiptDoc, row: AuditDoc | undefined): boolean {
  const { id, account, counts, audit } = receipt;
  if (row === undefined || row.digest !== audit.digest || row.stream !== audit.stream || row.n !== audit.n)
    return false;
  const { detail = {} } = row;
  const digest = sha256(`${id}|${account}|${textOf(receipt)}`);
  const same =
    JSON.stringify(Object.entries(counts).sort()) === JSON.stringify(Object.entries(detail.counts ?? {}).sort());
  return (
    row.what === "batch.applied" && row.actor === account && detail.batch === id && detail.receipt === digest && same
  );
}

/** Rows that stand under these ids, of one agency; copies for clients came with no batch. */
async function rowsUnder(unit: Unit, ids: readonly string[], agency: string): Promise<Stored<RowDoc>[]> {
  const rows: Stored<RowDoc>[] = [];
  for (let at = 0; at < ids.length; at += IDS)
    for (const row of await unit.collection(Rows).find({ index: "stix", values: ids.slice(at, at + IDS) }))
      if (row.originator === agency) rows.push(row);
  const labels = await unit.collection(Labels).getMany([...new Set(rows.map(({ label }) => label))]);
  const copies = new Set(labels.flatMap(({ id, label }) => (label.grantedBy === undefined ? [] : [id])));
  return rows.filter(({ label }) => !copies.has(label));
}

/** What a receipt says was stored is there: in this batch, or under the name that stood in its way already. Gives whether nothing stood in its way. */
function lookAtStored(
  receipt: ReceiptDoc,
  results: Results,
  rows: readonly RowDoc[],
  secrets: VerifyParts["secrets"],
  report: Report,
): boolean {
  const here = new Set(rows.filter(({ batch }) => batch === receipt.id).map(({ stixId }) => stixId));
  const stood = results.filter(
    ({ id, outcome }) => (outcome === "created" || outcome === "updated") && !here.has(id ?? ""),
  );
  if (stood.length === 0) return true;
  const missing = stood.filter(({ id }) => {
    const held = rows.filter((row) => row.stixId === id && row.id === row.contribution);
    const names = new Set(held.map((row) => nameAside(row.id, receipt.account, secrets)));
    return !held.some((row) => names.has(row.id));
  });
  if (missing.length > 0)
    report("verify.receipt_row", receipt.id, `${missing.length} of its ${results.length} objects`);
  return missing.length === stood.length;
}

const count = (counts: Map<string, { rows: number; edges: number }>, lane: string, edge: boolean): void => {
  const held = counts.get(lane) ?? { rows: 0, edges: 0 };
  held[edge ? "edges" : "rows"] += 1;
  counts.set(lane, held);
};

/** The reviews of a batch and their entries, against the rows that the batch brought (triage 2). */
async function lookAtReviews(
  { id: batch }: ReceiptDoc,
  rows: readonly RowDoc[],
  exact: boolean,
  unit: Unit,
  report: (collection: string) => Report,
): Promise<void> {
  const reviews = await unit.collection(Reviews).find({ index: "names", values: [nameOf(batch, undefined)] });
  const members = new Map(reviews.map((review) => [review.id, new Set(review.members)]));
  const reviewOf = (row: RowDoc): ReviewDoc | undefined => {
    const here = reviews.filter(({ posted }) => posted === row.posted);
    return (
      here.find((one) => members.get(one.id)?.has(row.stixId) === true) ?? here.find((one) => one.members === undefined)
    );
  };
  const lanes = new Map<string, Map<string, { rows: number; edges: number }>>();
  for (const row of rows) {
    if (row.batch !== batch || NOT_REVIEWED.has(row.kind)) continue;
    const review = reviewOf(row);
    if (review === undefined) {
      report(Rows.name)("verify.review_missing", row.id, "its batch has no review for it");
      continue;
    }
    const counts = lanes.get(review.id) ?? new Map<string, { rows: number; edges: number }>();
    lanes.set(review.id, counts);
    count(counts, row.lane, isEdge(row.kind));
  }
  const entries = await unit.collection(ReviewEntries).find({ index: "review", values: reviews.map(({ id }) => id) });
  const held = new Map(entries.map((entry) => [`${entry.review}|${entry.lane}`, entry]));
  for (const [review, counts] of lanes)
    for (const [lane, { rows: n, edges }] of counts) {
      const entry = held.get(`${review}|${lane}`);
      if (entry === undefined) report(Reviews.name)("verify.entry_missing", review, "a lane of its rows has none");
      else if (exact && !isOf(entry, n, edges))
        report(ReviewEntries.name)("verify.tally", entry.id, `${n} objects and ${edges} edges of it stand in its lane`);
    }
  // Facts of what stood in the way of rows are counted with the batch.
  if (!exact) return;
  for (const { id, review, lane } of entries)
    if (lanes.get(review)?.has(lane) !== true)
      report(ReviewEntries.name)("verify.entry_orphan", id, "no row of its review stands in its lane");
}

const isOf = ({ facts, edges }: ReviewEntryDoc, n: number, m: number): boolean =>
  (facts?.n ?? 0) === n && (edges?.n ?? 0) === m;

/** Receipts against the audit, the rows that they tell of, and the reviews that those have. */
async function* receipts(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* walk(
    parts,
    Receipts,
    async (page, unit, report, reportOf) => {
      const marks = page.map(({ audit: { stream, n } }) => `${stream}:${n}`);
      const audit = new Map((await unit.collection(Audit).getMany(marks)).map((row) => [row.id, row]));
      for (const receipt of page) {
        const { stream, n } = receipt.audit;
        if (!agrees(receipt, audit.get(`${stream}:${n}`)))
          report("verify.receipt_audit", receipt.id, "its audit row is not there, or says otherwise");
        const results = resultsOf(receipt);
        if (results === undefined) {
          report("verify.receipt_audit", receipt.id, "its results are no list");
          continue;
        }
        const ids = [
          ...new Set(results.flatMap(({ id, outcome }) => (id === undefined || outcome === "rejected" ? [] : [id]))),
        ];
        const rows = await rowsUnder(unit, ids, receipt.agency);
        const exact = lookAtStored(receipt, results, rows, parts.secrets, report);
        await lookAtReviews(receipt, rows, exact, unit, reportOf);
      }
    },
    { size: RECEIPTS },
  );
}

/** Audit rows of batches have their receipts. */
async function* batches(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* walk(
    parts,
    Audit,
    async (page, unit, report) => {
      const told = page.flatMap(({ id, what, detail }) =>
        what === "batch.applied" ? [[String(detail?.batch), id] as const] : [],
      );
      const held = new Set((await unit.collection(Receipts).getMany(told.map(([batch]) => batch))).map(({ id }) => id));
      for (const [batch, id] of told)
        if (!held.has(batch)) report("verify.audit_receipt", id, "its batch has no receipt");
    },
    { size: RECEIPTS * 4 },
  );
}

/** Receipts against batches, rows and the audit, in both directions. */
export async function* checkReceipts(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* receipts(parts);
  yield* batches(parts);
}
