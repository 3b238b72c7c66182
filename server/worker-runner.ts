import { Worker } from "node:worker_threads";
import type { Config } from "./config.ts";
import { Fault, type FaultKind } from "./shared/fault.ts";
import type { Log } from "./shared/log.ts";
import type { Moment } from "./shared/moment.ts";
import type { PostAsk, PostReply } from "./usecases/ingest-post.ts";
import type { IngestRunner } from "./usecases/intake.ts";
import type { Meter, MeterEvent } from "./usecases/meter.ts";

interface PlainFault {
  readonly kind: FaultKind;
  readonly message: string;
  readonly code: string;
  readonly path: string | undefined;
  readonly retryAfter: number | undefined;
}
export type ToWorker = { n: number; bytes: Uint8Array; ask: PostAsk; now: number } | { wake: true } | { close: true };
export type FromWorker =
  | { ready: true }
  | { n: number; reply: PostReply }
  | { n: number; fault: PlainFault }
  | { n: number; bug: string }
  | { log: string }
  | { meter: MeterEvent };

interface Waiting {
  readonly done: (reply: PostReply) => void;
  readonly failed: (error: Error) => void;
}

/** Room for what a batch makes and drops, MiB: with much less most of it is copied while it is still in use; with more the process is larger for nothing. */
const YOUNG_MIB = 48;

/** Between two tries to start it, ms. */
const AGAIN = 1000;

/** One worker thread with its own connection; it is started again if it dies, and what it was doing is answered 503. */
class IngestThread {
  readonly #config: Config;
  readonly #entry: URL;
  readonly #log: Log;
  readonly #meter: Meter;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #n = 0;
  #closing: (() => void) | undefined;
  #closed = false;

  constructor(config: Config, entry: URL, log: Log, meter: Meter) {
    this.#config = config;
    this.#entry = entry;
    this.#log = log;
    this.#meter = meter;
  }

  /** Starts the thread; resolves when it takes posts. */
  async start(): Promise<void> {
    const worker = new Worker(this.#entry, {
      workerData: this.#config,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    await new Promise<void>((ready, failed) => {
      worker.once("error", failed);
      worker.on("message", (message: FromWorker) => {
        if ("ready" in message) ready();
        else this.#answer(message);
      });
    });
    worker.on("exit", (code) => this.#gone(code));
    worker.on("error", (error) => this.#log.error({ err: error }, "the ingest worker failed"));
    this.#worker = worker;
  }

  #answer(message: Exclude<FromWorker, { ready: true }>): void {
    if ("meter" in message) {
      this.#meter(message.meter);
      return;
    }
    if ("log" in message) {
      this.#log.error({ detail: message.log }, "a job failed");
      return;
    }
    const waiting = this.#waiting.get(message.n);
    this.#waiting.delete(message.n);
    if ("reply" in message) waiting?.done(message.reply);
    else if ("bug" in message) waiting?.failed(new Error(message.bug));
    else {
      const { kind, message: words, code, path, retryAfter } = message.fault;
      waiting?.failed(
        new Fault(kind, words, {
          code,
          ...(path === undefined ? {} : { path }),
          ...(retryAfter === undefined ? {} : { retryAfter }),
        }),
      );
    }
  }

  #gone(code: number): void {
    this.#worker = undefined;
    for (const { failed } of this.#waiting.values())
      failed(new Fault("unavailable", "the ingest stopped; send it again", { code: "ingest.stopped", retryAfter: 1 }));
    this.#waiting.clear();
    if (this.#closing !== undefined) this.#closing();
    else {
      this.#log.error({ code }, "the ingest worker ended; starting it again");
      this.#startAgain();
    }
  }

  /** Until it starts: the store may be away for now. */
  #startAgain(): void {
    if (this.#closed) return;
    this.start().catch((error: unknown) => {
      this.#log.error({ err: error }, "the ingest worker does not start; it is tried again");
      setTimeout(() => this.#startAgain(), AGAIN).unref();
    });
  }

  /** Posts under way. */
  get load(): number {
    return this.#worker === undefined ? Number.POSITIVE_INFINITY : this.#waiting.size;
  }

  post(bytes: Uint8Array, ask: PostAsk, moment: Moment): Promise<PostReply> {
    const worker = this.#worker;
    if (worker === undefined)
      throw new Fault("unavailable", "the ingest is starting; send it again", {
        code: "ingest.starting",
        retryAfter: 1,
      });
    this.#n += 1;
    const n = this.#n;
    return new Promise((done, failed) => {
      this.#waiting.set(n, { done, failed });
      // A buffer of its own crosses without a copy; one that shares a pool must be copied.
      const own =
        bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
      worker.postMessage({ n, bytes: own, ask, now: moment.now } satisfies ToWorker, [own.buffer as ArrayBuffer]);
    });
  }

  wake(): void {
    this.#worker?.postMessage({ wake: true } satisfies ToWorker);
  }

  /** Lets the thread finish what it has and end. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    await new Promise<void>((ended) => {
      this.#closing = ended;
      worker.postMessage({ close: true } satisfies ToWorker);
    });
  }
}

/**
 * Posts go to the worker thread with the least to do. One is enough: the store lets one write at a time, and threads that write in turn empty each
 * other's page cache, while posts that wait in one thread are committed together.
 */
export class WorkerRunner implements IngestRunner {
  readonly #threads: readonly IngestThread[];

  constructor(config: Config, entry: URL, log: Log, meter: Meter) {
    this.#threads = Array.from({ length: config.INGEST_WORKERS }, () => new IngestThread(config, entry, log, meter));
  }

  /** Starts the threads; resolves when all take posts. */
  async start(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.start()));
  }

  async post(bytes: Uint8Array, ask: PostAsk, moment: Moment): Promise<PostReply> {
    const thread = this.#threads.reduce((a, b) => (b.load < a.load ? b : a));
    return thread.post(bytes, ask, moment);
  }

  wake(): void {
    this.#threads[0]?.wake();
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
