import type { IngestReply, IngestResult } from "../../../schemas/api/ingest.ts";
import type { StatusDetail, TaxiiStatus } from "../../../schemas/taxii/status.ts";
import { Fault } from "../../shared/fault.ts";
import { formatMicros } from "../../shared/instant.ts";
import { Jobs, Receipts } from "../../storage/collections.ts";
import type { Storage } from "../../storage/port.ts";
import type { JobDoc, ReceiptDoc } from "../../storage/post-documents.ts";
import type { JobProgress } from "../intake.ts";

/** Details of one kind that a status lists. Counts are whole whatever the lists hold; a post that is answered at once may be larger. */
const MOST_DETAILS = 10_000;
const LONGEST_MESSAGE = 1000;

/** An object of STIX 2.0 is refused here, and read where whole bundles of it are lifted (TAXII reference T-064). */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "stix.version_2_0": "; POST /api/v1/ingest reads bundles of STIX 2.0",
};

const wordsOf = ({ code = "", path = "", message = "" }: Partial<IngestResult>): string =>
  `${code}${path === "" ? "" : ` at ${path}`}: ${message}${ELSEWHERE[code] ?? ""}`.slice(0, LONGEST_MESSAGE);

/** What became of one object. What has no id is named by its place, what has no version by when it was posted. */
function detailOf(result: IngestResult, posted: string): StatusDetail {
  const { index, id = `objects[${index}]`, version = posted, outcome, warnings = [] } = result;
  const message = outcome === "rejected" ? wordsOf(result) : warnings.map(wordsOf).join("; ").slice(0, LONGEST_MESSAGE);
  return { id, version, ...(message === "" ? {} : { message }) };
}

const failed = ({ outcome }: IngestResult): boolean => outcome === "rejected";
const listed = (details: StatusDetail[]): StatusDetail[] | undefined => (details.length === 0 ? undefined : details);

interface Told {
  readonly id: string;
  /** When it was posted, ms. */
  readonly at: number;
  readonly status: TaxiiStatus["status"];
  readonly counts: { readonly received: number; readonly rejected: number };
  readonly successes: StatusDetail[];
  readonly failures: StatusDetail[];
}

function statusOf({ id, at, status, counts, successes, failures }: Told): TaxiiStatus {
  const [good, bad] = [listed(successes), listed(failures)];
  return {
    id,
    status,
    request_timestamp: formatMicros(at * 1000),
    total_count: counts.received,
    success_count: counts.received - counts.rejected,
    ...(good === undefined ? {} : { successes: good }),
    failure_count: counts.rejected,
    ...(bad === undefined ? {} : { failures: bad }),
    pending_count: 0,
  };
}

/** The status of a post that was worked off at once (TAXII 2.1 section 4.3.1). */
export function statusOfReply({ batch, counts, results }: IngestReply, at: number): TaxiiStatus {
  const posted = formatMicros(at * 1000);
  const [successes, failures]: [StatusDetail[], StatusDetail[]] = [[], []];
  for (const result of results) (failed(result) ? failures : successes).push(detailOf(result, posted));
  return statusOf({ id: batch, at, status: "complete", counts, successes, failures });
}

/** The status of a post that waits for its turn: nothing is counted yet. */
export const statusOfWaiting = (job: string, at: number): TaxiiStatus =>
  statusOf({ id: job, at, status: "pending", counts: { received: 0, rejected: 0 }, successes: [], failures: [] });

const resultsOf = ({ results }: ReceiptDoc): IngestResult[] => JSON.parse(Buffer.from(results).toString("utf8"));

/** Statuses of posts, from their receipts and jobs: nothing else is kept of them, and receipts stay. */
export class Statuses {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Of a post of this account; another's and an unknown one are alike not there. */
  async read(account: string, id: string): Promise<TaxiiStatus> {
    const receipt = await this.#storage.collection(Receipts).get(id);
    if (receipt?.account === account) {
      const { received = 0, created = 0, unchanged = 0, updated = 0, rejected = 0 } = receipt.counts;
      const counts = { received, created, unchanged, updated, rejected };
      return statusOfReply({ batch: id, counts, results: resultsOf(receipt) }, receipt.at);
    }
    const job = await this.#storage.collection(Jobs).get(id);
    if (job?.account !== account) throw new Fault("not_found", "there is no such status");
    return this.#ofJob(job);
  }

  async #ofJob(job: JobDoc): Promise<TaxiiStatus> {
    const { counts, batches = [], error } = job.progress as JobProgress;
    const [successes, failures]: [StatusDetail[], StatusDetail[]] = [[], []];
    const add = (list: StatusDetail[], detail: StatusDetail): void =>
      void (list.length < MOST_DETAILS && list.push(detail));
    for (const batch of batches) {
      if (successes.length >= MOST_DETAILS && failures.length >= MOST_DETAILS) break;
      const receipt = await this.#storage.collection(Receipts).get(batch);
      if (receipt === undefined) continue;
      const posted = formatMicros(receipt.at * 1000);
      for (const result of resultsOf(receipt)) add(failed(result) ? failures : successes, detailOf(result, posted));
    }
    const { received, rejected } = counts ?? { received: 0, rejected: 0 };
    // Where reading ended for good, what comes next was not taken: one failure with the words stands for all of it.
    const ended = job.status === "failed" && error !== undefined;
    if (ended)
      failures.push({ id: `objects[${received}]`, version: formatMicros(job.created * 1000), message: wordsOf(error) });
    return statusOf({
      id: job.id,
      at: job.created,
      status: job.status === "done" || job.status === "failed" ? "complete" : "pending",
      counts: ended ? { received: received + 1, rejected: rejected + 1 } : { received, rejected },
      successes,
      failures,
    });
  }
}
