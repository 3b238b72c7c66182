import { Worker } from "node:worker_threads";
import { Fault, type FaultKind } from "./shared/fault.ts";
import type { Log } from "./shared/log.ts";
import type { StandardsAsk, StandardsRunner } from "./usecases/standards.ts";

export interface ToStandards {
  readonly n: number;
  readonly ask: StandardsAsk;
}
export type FromStandards =
  | { readonly n: number; readonly reply: string }
  | { readonly n: number; readonly bug: string }
  | {
      readonly n: number;
      readonly fault: {
        readonly kind: FaultKind;
        readonly message: string;
        readonly code: string;
        readonly path: string | undefined;
      };
    };

interface Waiting {
  readonly ask: StandardsAsk;
  readonly account: string;
  readonly done: (reply: string) => void;
  readonly failed: (error: Error) => void;
}

/** Questions of one account that may be under way; one more is refused. */
const OF_ONE = 4;
/** The longest that one question may take, ms: every step of an answer is bounded, so that this is for what we did not think of. */
const LONGEST = 30_000;

/** One thread that answers one question after the other; it is started with the first, and again when it ended. */
export class StandardsThread implements StandardsRunner {
  readonly #entry: URL;
  readonly #log: Log;
  readonly #line: Waiting[] = [];
  readonly #underWay = new Map<string, number>();
  #worker: Worker | undefined;
  #current: { readonly n: number; readonly waiting: Waiting; readonly timer: NodeJS.Timeout } | undefined;
  #n = 0;

  readonly #longest: number;

  constructor(entry: URL, log: Log, longest = LONGEST) {
    this.#entry = entry;
    this.#log = log;
    this.#longest = longest;
  }

  async answer(account: string, ask: StandardsAsk): Promise<string> {
    const others = this.#underWay.get(account) ?? 0;
    if (others >= OF_ONE)
      throw new Fault("too_many_requests", `an account may ask ${OF_ONE} such questions at a time`, {
        code: "limit.standards",
        retryAfter: 1,
      });
    this.#underWay.set(account, others + 1);
    try {
      return await new Promise((done, failed) => {
        this.#line.push({ ask, account, done, failed });
        this.#next();
      });
    } finally {
      const left = (this.#underWay.get(account) ?? 1) - 1;
      if (left === 0) this.#underWay.delete(account);
      else this.#underWay.set(account, left);
    }
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const waiting = this.#line.shift();
    if (waiting === undefined) return;
    this.#worker ??= this.#start();
    this.#n += 1;
    const n = this.#n;
    this.#current = { n, waiting, timer: setTimeout(() => this.#tooLong(n), this.#longest) };
    this.#worker.postMessage({ n, ask: waiting.ask } satisfies ToStandards);
  }

  #start(): Worker {
    const worker = new Worker(this.#entry);
    worker.unref();
    worker.on("message", (message: FromStandards) => {
      if ("reply" in message) this.#settle(message.n, ({ done }) => done(message.reply));
      else if ("bug" in message) this.#settle(message.n, ({ failed }) => failed(new Error(message.bug)));
      else {
        const { kind, message: words, code, path } = message.fault;
        const fault = new Fault(kind, words, { code, ...(path === undefined ? {} : { path }) });
        this.#settle(message.n, ({ failed }) => failed(fault));
      }
    });
    worker.on("error", (error) => this.#log.error({ err: error }, "the standards worker failed"));
    worker.on("exit", () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      const current = this.#current;
      if (current !== undefined)
        this.#settle(current.n, ({ failed }) =>
          failed(
            new Fault("unprocessable", "this took more memory than there is for it", { code: "standards.too_large" }),
          ),
        );
    });
    return worker;
  }

  #tooLong(n: number): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
    this.#log.error({ verb: this.#current?.waiting.ask.verb }, "a question about the standard took too long");
    this.#settle(n, ({ failed }) =>
      failed(new Fault("unprocessable", "this takes too long to answer", { code: "standards.too_long" })),
    );
  }

  #settle(n: number, how: (waiting: Waiting) => void): void {
    if (this.#current?.n !== n) return;
    clearTimeout(this.#current.timer);
    const { waiting } = this.#current;
    this.#current = undefined;
    how(waiting);
    this.#next();
  }

  /** Ends the thread; what waits is not answered. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#line.length = 0;
    if (this.#current !== undefined) clearTimeout(this.#current.timer);
    await worker?.terminate();
  }
}
