import type { Core } from "../compose.ts";
import type { Config } from "../config.ts";
import { type Listening, listen } from "../http/listen.ts";
import type { Readiness } from "../readiness.ts";
import type { Log } from "../shared/log.ts";
import { type Metrics, makeMetrics } from "./metrics.ts";
import { metricsApp } from "./metrics-app.ts";
import { standingOf } from "./standing.ts";

/** Metrics, where `METRICS_PORT` asks for them. */
export function metricsOf(config: Config): Metrics | undefined {
  if (config.METRICS_PORT === undefined) return undefined;
  const { SEAL_KEY, SEAL_KEY_FILE, SEAL_KEY_COMMAND } = config;
  return makeMetrics({
    engine: config.MONGODB_URI === undefined ? "sqlite" : "mongo",
    sealed: (SEAL_KEY ?? SEAL_KEY_FILE ?? SEAL_KEY_COMMAND) !== undefined,
  });
}

/** Serves them on a listener of their own; faults as of `listen`. */
export function listenForMetrics(
  metrics: Metrics,
  { config, storage, clock }: Core,
  readiness: Readiness,
  log: Log,
): Promise<Listening> {
  return listen({
    app: metricsApp(metrics, standingOf(storage, readiness, clock), log),
    ...{ host: config.METRICS_HOST, port: config.METRICS_PORT ?? 0, drainMs: 1000 },
    settings: { port: "METRICS_PORT", host: "METRICS_HOST" },
  });
}
