import type { IngestCounts, IngestResult, JobReply } from "../../schemas/api/ingest.ts";
import { Fault } from "../shared/fault.ts";
import { type Moment, uuid4 } from "../shared/moment.ts";
import { Jobs } from "../storage/collections.ts";
import type { Storage } from "../storage/port.ts";
import type { JobDoc } from "../storage/post-documents.ts";
import { columnMapOf } from "./column-maps.ts";
import { labelAsk, type PostAsk, type PostReply, TOO_MANY_AT_ONCE } from "./ingest-post.ts";

/** Where large posts wait for their job; outside memory. */
export interface Spool {
  /** Keeps what comes under a name; gives the bytes kept. */
  write(name: string, chunks: AsyncIterable<Uint8Array>): Promise<number>;
  read(name: string): AsyncIterable<Uint8Array>;
  remove(name: string): Promise<void>;
  /** Names that nothing was written to since an instant, ms, or that were begun before it. */
  begunBefore(instant: number): Promise<string[]>;
}

/** Does the work of a post somewhere that does not block readers (a worker thread), or at once in tests. */
export interface IngestRunner {
  post(bytes: Uint8Array, ask: PostAsk, moment: Moment): Promise<PostReply>;
  /** Says that a job waits; does not wait for it. */
  wake(): void;
}

interface Body {
  readonly length: number | undefined;
  readonly stream: AsyncIterable<Uint8Array>;
}

interface IntakeParts {
  readonly storage: Storage;
  readonly runner: IngestRunner;
  readonly spool: Spool;
  /** Bytes sent (compressed or not) up to which a post is answered at once. */
  readonly inlineLimit: number;
  readonly uploadLimit: number;
}

/** What came so far, let go as it is handed on, and the rest of the stream. */
async function* resume(held: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let piece = held.shift(); piece !== undefined; piece = held.shift()) yield piece;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** Takes posts: what is small is worked off at once, what is large is kept and answered with a job. By size sent, never by work (policy 9). */
export class Intake {
  readonly #parts: IntakeParts;
  readonly uploadLimit: number;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.uploadLimit = parts.uploadLimit;
  }

  /** `map` names a saved column map of the account's agency: `Fault("unprocessable")`, `csv.unknown_map`, where there is none. */
  async take(body: Body, asked: PostAsk & { readonly map?: string }, moment: Moment): Promise<PostReply | JobReply> {
    const { runner, inlineLimit, storage } = this.#parts;
    // What is wrong with the words of the label is said at once, not in a job.
    labelAsk(asked);
    const { map, ...plain } = asked;
    const ask = map === undefined ? plain : { ...plain, columns: await columnMapOf(storage, asked.account, map) };
    // What says that it is large is not gathered in memory first.
    if (body.length !== undefined && body.length > inlineLimit) return this.#queue(body.stream, ask, moment);
    const chunks = body.stream[Symbol.asyncIterator]();
    const held: Uint8Array[] = [];
    let size = 0;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      held.push(next.value);
      size += next.value.length;
      if (size > inlineLimit) return this.#queue(resume(held, chunks), ask, moment);
    }
    try {
      return await runner.post(Buffer.concat(held), ask, moment);
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== TOO_MANY_AT_ONCE || ask.dryRun) throw error;
      return this.#queue(resume(held, chunks), ask, moment);
    }
  }

  async #queue(chunks: AsyncIterable<Uint8Array>, ask: PostAsk, moment: Moment): Promise<JobReply> {
    if (ask.dryRun)
      throw new Fault("too_large", "a dry run takes no more than what is answered at once", {
        code: "ingest.dry_run_size",
      });
    const { storage, spool, runner } = this.#parts;
    const job = uuid4(moment);
    await spool.write(job, chunks);
    await storage.collection(Jobs).insert([
      {
        id: job,
        kind: "ingest",
        account: ask.account,
        status: "queued",
        created: moment.now,
        input: { ...ask },
        progress: {},
      },
    ]);
    runner.wake();
    return { job, status: "queued" };
  }

  /** A job of this account; another's and an unknown one are alike not there. */
  async job(account: string, id: string): Promise<JobReply> {
    const held = await this.#parts.storage.collection(Jobs).get(id);
    if (held?.account !== account) throw new Fault("not_found", "there is no such job");
    return jobReply(held);
  }
}

export interface JobProgress {
  readonly counts?: IngestCounts;
  readonly batches?: string[];
  readonly rejected?: IngestResult[];
  readonly error?: { code: string; path: string; message: string };
}

/** A job as its sender is told of it. */
export const jobReply = ({ id, status, progress }: JobDoc): JobReply => ({
  job: id,
  status,
  ...(progress as JobProgress),
});
