import type { IngestCounts } from "../../schemas/api/ingest.ts";
import { Fault } from "../shared/fault.ts";
import type { Moments } from "../shared/moment.ts";
import { Jobs } from "../storage/collections.ts";
import type { Collection, Storage, Stored } from "../storage/port.ts";
import type { JobDoc } from "../storage/post-documents.ts";
import type { IngestParts } from "../usecases/ingest-batch.ts";
import type { PostAsk } from "../usecases/ingest-post.ts";
import { ingestStream } from "../usecases/ingest-stream.ts";
import type { JobProgress, Spool } from "../usecases/intake.ts";

/** How long a job is one worker's before another may take it up, ms. Two that work on one do no harm: the one that lost it stops at its next word. */
const LEASE = 10_000;
/** How often a lease is renewed, ms. */
const RENEW = 3_000;
const MOST_REJECTED = 1000;
/** Tries that come no further than the one before: a post that ends its process each time is given up. */
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

/**
 * Leases that stand still, by this process's own measure of time: the holder renews its lease while it lives, so that one which nobody has touched for as long as it
 * lasts is a dead holder's, whatever the clocks of the two machines say.
 */
export class StillLeases {
  readonly #seen = new Map<string, { readonly rev: number; readonly since: number }>();

  /** Whether a running job has stood still for a whole lease. */
  isStill({ id, rev }: Stored<JobDoc>): boolean {
    const held = this.#seen.get(id);
    const now = performance.now();
    if (held?.rev === rev) return now - held.since >= LEASE;
    if (this.#seen.size >= 1000) this.#seen.clear();
    this.#seen.set(id, { rev, since: now });
    return false;
  }
}

const isConflict = (error: unknown): boolean => error instanceof Fault && error.kind === "conflict";
/** The store is away, busy or full for now: not the post's fault. */
const isPassing = (error: unknown): boolean => error instanceof Fault && error.kind === "unavailable";

/** A job that is this worker's, as it wrote it last. Its words go one after the other, and one that comes after another worker took the job is refused. */
class LeasedJob {
  readonly #jobs: Collection<JobDoc>;
  #doc: Stored<JobDoc>;
  #last: Promise<void> = Promise.resolve();
  /** Another worker has it. */
  lost = false;

  constructor(jobs: Collection<JobDoc>, doc: Stored<JobDoc>) {
    this.#jobs = jobs;
    this.#doc = doc;
  }

  get doc(): Stored<JobDoc> {
    return this.#doc;
  }

  save(change: Partial<JobDoc>): Promise<void> {
    const mine = this.#last.then(async () => {
      const next = { ...this.#doc, ...change };
      try {
        await this.#jobs.put(next);
      } catch (error) {
        this.lost ||= isConflict(error);
        throw error;
      }
      this.#doc = { ...next, rev: next.rev + 1 };
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

/** The next job that nobody holds, leased to `holder`; undefined if there is none. */
async function leaseNext(
  jobs: Collection<JobDoc>,
  holder: string,
  now: number,
  still: StillLeases,
): Promise<LeasedJob | undefined> {
  for (const status of ["running", "queued"] as const) {
    for (const doc of await jobs.scan({ index: "status", prefixes: [[status]], limit: 100 })) {
      if (status === "running" && (doc.leaseUntil ?? 0) > now && !still.isStill(doc)) continue;
      const job = new LeasedJob(jobs, doc);
      try {
        await job.save({
          status: "running",
          leaseHolder: holder,
          leaseUntil: now + LEASE,
          attempts: (doc.attempts ?? 0) + 1,
        });
        return job;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  }
  return undefined;
}

type Parts = IngestParts & { readonly inflatedLimit: number; readonly spool: Spool };

/** One post, batch by batch. What a try before this one had applied is `unchanged` now. */
async function workOff(parts: Parts, moments: Moments, job: LeasedJob): Promise<void> {
  const { id, input, attempts = 0 } = job.doc;
  if (attempts > MOST_ATTEMPTS)
    throw new Fault("internal", "it ended without a word each time it was tried", { code: "job.given_up" });
  let progress: JobProgress = {};
  await ingestStream(
    parts,
    parts.spool.read(id),
    // What `Intake` put there, as it was.
    input as unknown as PostAsk,
    moments,
    async ({ batch, counts, results }) => {
      const rejected = [...(progress.rejected ?? []), ...results.filter(({ outcome }) => outcome === "rejected")].slice(
        0,
        MOST_REJECTED,
      );
      progress = { counts: add(progress.counts, counts), batches: [...(progress.batches ?? []), batch], rejected };
      const done = progress.batches?.length ?? 0;
      // It came further than any try before: not the post is at fault if this one ends, too.
      const further = done > (job.doc.furthest ?? 0) ? { furthest: done, attempts: 1 } : {};
      await job.save({ progress: { ...progress }, leaseUntil: moments().now + LEASE, ...further });
    },
  );
  await job.save({ status: "done", progress: { ...progress } });
}

/** What becomes of a job whose work failed; throws where it is to be tried again. */
async function settle(job: LeasedJob, error: unknown): Promise<void> {
  const { attempts = 0, progress } = job.doc;
  if (isPassing(error) || isConflict(error)) {
    // For whoever is first once the store is there again; the try doesn't count. If even that can't be said, the lease runs out.
    await job.save({ status: "queued", leaseUntil: 0, attempts: Math.max(0, attempts - 1) }).catch(() => undefined);
    throw error;
  }
  if (!(error instanceof Fault) && attempts < MOST_ATTEMPTS) throw error;
  await job.save({ status: "failed", progress: { ...progress, error: wordsOf(error) } });
}

/** Works off waiting posts, one after the other. One that a dead process held is begun again, whichever process comes first. */
export async function runIngestJobs(
  parts: Parts,
  moments: Moments,
  holder: string,
  still: StillLeases = new StillLeases(),
): Promise<void> {
  const jobs = parts.storage.collection(Jobs);
  for (;;) {
    const job = await leaseNext(jobs, holder, moments().now, still);
    if (job === undefined) return;
    const renewing = setInterval(
      () => void job.save({ leaseUntil: moments().now + LEASE }).catch(() => undefined),
      RENEW,
    );
    renewing.unref();
    try {
      await workOff(parts, moments, job).catch((error: unknown) => {
        if (!job.lost) return settle(job, error);
      });
    } finally {
      clearInterval(renewing);
    }
    if (!job.lost) await parts.spool.remove(job.doc.id);
  }
}

/** Posts that were cut off while they came in, or whose job ended as the process did: a day old, and no job waits for them. */
const FORGOTTEN = 86_400_000;

/** Removes from the spool what nobody waits for. */
export async function sweepSpool(
  { storage, spool }: { readonly storage: Storage; readonly spool: Spool },
  now: number,
): Promise<void> {
  for (const name of await spool.begunBefore(now - FORGOTTEN)) {
    const job = await storage.collection(Jobs).get(name);
    if (job === undefined || job.status === "done" || job.status === "failed") await spool.remove(name);
  }
}
