import { randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { parentPort, workerData } from "node:worker_threads";
import { composeIngest, composeStream, openCore } from "./compose.ts";
import type { Config } from "./config.ts";
import { runIngestJobs, StillLeases, sweepSpool } from "./jobs/ingest-jobs.ts";
import { Fault } from "./shared/fault.ts";
import { realMoments } from "./shared/moment.ts";
import { CommitTogether } from "./usecases/commit-together.ts";
import { ingestPost } from "./usecases/ingest-post.ts";
import type { FromWorker, ToWorker } from "./worker-runner.ts";

/** The ingest worker's thread: its own connection to the store, so that a large post never blocks a reader (design 6). */
const config = workerData as Config;
// A heap is swept when it is twice what was live. Where there is much memory V8 would wait for up to four times that, in every thread of the process, and a batch leaves nothing behind.
setFlagsFromString("--heap-growing-percent=100");
const port = parentPort;
if (port === null) throw new Error("the ingest worker is started by the server");
const say = (message: FromWorker): void => port.postMessage(message);
const core = await openCore(config, realMoments, (event) => say({ meter: event }));
const parts = { ...composeIngest(core), commits: new CommitTogether(core.storage) };
const holder = randomBytes(9).toString("base64url");

const wordsOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
const tell = (error: unknown): void => say({ log: wordsOf(error) });

const still = new StillLeases();
/** One run of the jobs at a time; a wake that comes while one runs starts another after it. */
let closing = false;
let working = false;
let again = false;
async function work(): Promise<void> {
  working = true;
  try {
    while (again) {
      again = false;
      await runIngestJobs(composeStream(core), realMoments, holder, still);
    }
  } catch (error) {
    // The store is closed under the job when the server ends; whoever comes next takes it up again.
    if (!closing) tell(error);
  } finally {
    working = false;
  }
}
function wake(): void {
  again = true;
  if (!working && !closing) void work();
}
/** A job whose holder died is taken up once its lease is over, without anybody saying so. */
const LOOK_AGAIN = 5000;
setInterval(wake, LOOK_AGAIN).unref();

const HOUR = 3_600_000;
const sweep = (): void => void sweepSpool(core, Date.now()).catch(tell);
setInterval(sweep, HOUR).unref();

async function post({ n, bytes, ask, now }: Extract<ToWorker, { n: number }>): Promise<void> {
  try {
    say({ n, reply: await ingestPost(parts, bytes, ask, { now, random: (size) => randomBytes(size) }) });
  } catch (error) {
    if (error instanceof Fault) {
      const { kind, message, code, path, retryAfter } = error;
      say({ n, fault: { kind, message, code, path, retryAfter } });
    } else say({ n, bug: wordsOf(error) });
  }
}

let open = 0;
async function end(): Promise<void> {
  if (!closing || open > 0) return;
  await core.storage.close();
  process.exit(0);
}
port.on("message", (message: ToWorker) => {
  if ("wake" in message) wake();
  else if ("close" in message) {
    closing = true;
    void end();
  } else {
    open += 1;
    void post(message).finally(() => {
      open -= 1;
      void end();
    });
  }
});
say({ ready: true });
wake();
