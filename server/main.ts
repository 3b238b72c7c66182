import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { composeContent, openCore } from "./compose.ts";
import { composeApp } from "./compose-http.ts";
import { type Listening, listen, toldToEnd } from "./http/listen.ts";
import { startAnchorFiles } from "./jobs/anchor-files-job.ts";
import { startAnchoring } from "./jobs/anchor-job.ts";
import { startObserving } from "./jobs/observe-job.ts";
import { startQuarantining } from "./jobs/quarantine-job.ts";
import { startRecalling } from "./jobs/recall-job.ts";
import { listenForMetrics, metricsOf } from "./metrics/listen-for-metrics.ts";
import { projectRoot } from "./project-root.ts";
import { readSettings } from "./read-settings.ts";
import { Readiness } from "./readiness.ts";
import { seedOnce } from "./seed-demo.ts";
import { Fault } from "./shared/fault.ts";
import { makeLog } from "./shared/log.ts";
import { realMoments } from "./shared/moment.ts";
import { StandardsThread } from "./standards-thread.ts";
import { Admissions } from "./usecases/admission.ts";
import { dedupReport } from "./usecases/dedup-report.ts";
import { SourceQuarantineFlow } from "./usecases/source-quarantine.ts";
import { WorkerRunner } from "./worker-runner.ts";

/** Reads the settings, opens the store, seeds the demonstration on the first run, listens, and drains when it is told to end. */
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function run(): Promise<void> {
  const config = readSettings(process.env);
  const log = makeLog(config.LOG_LEVEL);
  const metrics = metricsOf(config);
  const core = await openCore(config, realMoments, metrics?.meter);
  const readiness = new Readiness({ ...core, spool: resolve(config.DATA_DIR, "spool") });
  const runner = new WorkerRunner(config, new URL("./ingest-worker.js", import.meta.url), log, core.meter);
  const standards = new StandardsThread(new URL("./standards-worker.js", import.meta.url), log);
  let watched: Listening | undefined;
  try {
    if (metrics !== undefined) watched = await listenForMetrics(metrics, core, readiness, log);
    const seeded = await seedOnce(core, projectRoot(), config.PUBLIC_URL, () =>
      say("Seeding the demonstration group …"),
    );
    if (seeded !== undefined) {
      const { received, created, updated, unchanged, rejected } = seeded;
      const { things } = await dedupReport(core.storage);
      say(
        `  received ${received}, distinct ${things.distinct}, merged ${created + updated + unchanged - things.distinct}, rejected ${rejected}`,
      );
    }
    const notReady = async (): Promise<string | undefined> => (await readiness.check()).reason;
    let base = config.PUBLIC_URL;
    const app = composeApp(core, { runner, standards, moments: realMoments, log, notReady, publicUrl: () => base });
    await runner.start();
    const observing = startObserving({ ...core, admissions: new Admissions() }, realMoments, log);
    const recalling = startRecalling(composeContent(core, realMoments).recalled.settling, realMoments, log);
    const quarantining = startQuarantining(new SourceQuarantineFlow(core), realMoments, log);
    const anchoring = startAnchoring(core, realMoments, log);
    const anchorFiles = startAnchorFiles(core.storage, config.ANCHOR_FOLDERS, realMoments, log);
    const server = await listen({ app, host: config.HOST, port: config.PORT });
    // With port 0 the system picks one, which the settings can't know.
    if (config.PORT === 0) base = config.PUBLIC_URL.replace(/:0$/, `:${server.port}`);
    const reason = await notReady();
    if (reason !== undefined) log.warn(`not ready yet: ${reason}`);
    const lines = [`Tricord is ready: ${base}`, `  API       ${base}/api/v1/   (to browse: ${base}/docs)`];
    const by = core.seal.wrappedBy;
    lines.push(
      `  at rest   ${by === undefined ? "not sealed (SEAL_KEY_FILE seals content)" : `sealed, keys wrapped by ${by}`}`,
    );
    if (watched !== undefined) lines.push(`  metrics   http://${watched.host}:${watched.port}/metrics`);
    if (config.DEMO) lines.push(`  accounts  ${resolve(config.DATA_DIR, "demo-accounts.json")}`);
    // Before it says so: who waits for that may end it at once.
    const told = toldToEnd(process);
    // In one piece: who waits for the first line has them all.
    say(lines.join("\n"));
    const signal = await told;
    say(`${signal}: finishing what is under way …`);
    readiness.stop();
    server.drain();
    // Meanwhile a proxy sees that this one is stopping, and sends elsewhere.
    await pause(config.DRAIN_SECONDS * 1000);
    await server.stop();
    await observing.stop();
    await recalling.stop();
    await quarantining.stop();
    await anchoring.stop();
    await anchorFiles.stop();
  } finally {
    await standards.close();
    await runner.close();
    await core.storage.close();
    await watched?.stop();
  }
  say("Ended.");
}

run().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(
      error instanceof Fault
        ? `tricord: ${error.message}\n`
        : `${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(1);
  },
);
