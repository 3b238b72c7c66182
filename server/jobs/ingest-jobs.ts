import type { IngestCounts } from "../../schemas/api/ingest.ts";
import { Fault } from "../shared/fault.ts";
import type { Moments } from "../shared/moment.ts";
import { Jobs } from "../storage/collections.ts";
import type { JobDoc } from "../storage/documents.ts";
import type { Storage, Stored } from "../storage/port.ts";
import type { IngestParts } from "../usecases/ingest-batch.ts";
import type { PostAsk } from "../usecases/ingest-post.ts";
import { ingestStream } from "../usecases/ingest-stream.ts";
import type { JobProgress, Spool } from "../usecases/intake.ts";

/** How long a job is one worker's before another may take it up, ms. Renewed with each batch; two that work on one do no harm. */
const LEASE = 20_000;
const MOST_REJECTED = 1000;
const MOST_ATTEMPTS = 3;

/** What the sender is told: a fault's words; of a bug only that there was one. */
const wordsOf = (error: unknown): NonNullable<JobProgress["error"]> =>
  error instanceof Fault
    ? { code: error.code, path: error.path ?? "", message: error.message }
    : { code: "job.given_up", path: "", message: "it failed each time it was tried; the operator's log has more" };

const add = (a: IngestCounts | undefined, b: IngestCounts): IngestCounts =>
  a === undefined
    ? b
    : {
        received: a.received + b.received,
        created: a.created + b.created,
        unchanged: a.unchanged + b.unchanged,
        updated: a.updated + b.updated,
        rejected: a.rejected + b.rejected,
      };

/** The next job that nobody holds, leased to `holder`; undefined if there is none. */
async function leaseNext(storage: Storage, holder: string, now: number): Promise<Stored<JobDoc> | undefined> {
  for (const status of ["running", "queued"] as const) {
    const waiting = await storage.collection(Jobs).scan({ index: "status", prefixes: [[status]], limit: 100 });
    for (const job of waiting) {
      if (status === "running" && (job.leaseUntil ?? 0) > now) continue;
      try {
        await storage.collection(Jobs).put({
          ...job,
          status: "running",
          leaseHolder: holder,
          leaseUntil: now + LEASE,
          attempts: (job.attempts ?? 0) + 1,
        });
        return await storage.collection(Jobs).get(job.id);
      } catch (error) {
        if (!(error instanceof Fault && error.kind === "conflict")) throw error;
      }
    }
  }
  return undefined;
}

/** Works off waiting posts, one after the other. One that a dead process held is begun again: what it had applied is `unchanged` then. */
export async function runIngestJobs(
  parts: IngestParts & { readonly inflatedLimit: number; readonly spool: Spool },
  moments: Moments,
  holder: string,
): Promise<void> {
  const jobs = parts.storage.collection(Jobs);
  for (;;) {
    const leased = await leaseNext(parts.storage, holder, moments().now);
    if (leased === undefined) return;
    let job = leased;
    const save = async (change: Partial<JobDoc>): Promise<void> => {
      await jobs.put({ ...job, ...change });
      job = (await jobs.get(job.id)) ?? job;
    };
    let progress: JobProgress = {};
    try {
      if ((job.attempts ?? 0) > MOST_ATTEMPTS)
        throw new Fault("internal", "it ended without a word each time it was tried", { code: "job.given_up" });
      await ingestStream(
        parts,
        parts.spool.read(job.id),
        // What `Intake` put there, as it was.
        job.input as unknown as PostAsk,
        moments,
        async ({ batch, counts, results }) => {
          const rejected = [
            ...(progress.rejected ?? []),
            ...results.filter(({ outcome }) => outcome === "rejected"),
          ].slice(0, MOST_REJECTED);
          progress = { counts: add(progress.counts, counts), batches: [...(progress.batches ?? []), batch], rejected };
          await save({ progress: { ...progress }, leaseUntil: moments().now + LEASE });
        },
      );
      await save({ status: "done", progress: { ...progress } });
    } catch (error) {
      const passing = error instanceof Fault && (error.kind === "unavailable" || error.kind === "conflict");
      if (passing || (!(error instanceof Fault) && (job.attempts ?? 0) < MOST_ATTEMPTS)) throw error;
      await save({
        status: "failed",
        progress: { ...progress, error: wordsOf(error) },
      });
    }
    await parts.spool.remove(job.id);
  }
}
