import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Meter, MeterEvent } from "../usecases/meter.ts";

/** Upper ends of the groups that times are counted in, seconds. */
const OF_REQUESTS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];
const OF_WRITES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** What is asked of the installation at each scrape; a member that can't be told now is absent, and so is its metric. */
export interface Standing {
  readonly ready: boolean;
  /** Seconds that the clock is ahead of the store's. */
  readonly clockOffset?: number;
  readonly storeFormat?: number;
  readonly jobs?: Readonly<Record<"queued" | "running" | "failed", number>>;
  /** Seconds that the job that came first has been waiting; 0 where none waits. */
  readonly oldestWaiting?: number;
}

export interface MetricsParts {
  readonly engine: "sqlite" | "mongo";
  /** Whether bytes at rest are encrypted. */
  readonly sealed: boolean;
}

export interface Metrics {
  readonly meter: Meter;
  /** All of it, in the text format of Prometheus. */
  text(standing: Standing): Promise<string>;
  readonly contentType: string;
}

type Events = { readonly [K in MeterEvent["kind"]]: Extract<MeterEvent, { kind: K }> };
type Counters = { readonly [K in keyof Events]: (event: Events[K]) => void };

/**
 * The operator's metrics: Node's own and ours. Nothing in a name or a label comes from content, a label, an agency or an account: whoever reads them has not been
 * judged by `decide`. Routes are patterns, codes and outcomes are closed lists.
 */
export function makeMetrics({ engine, sealed }: MetricsParts): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
    new Counter({ name: `tricord_${name}`, help, labelNames, registers: [register] });
  const times = <L extends string>(name: string, help: string, buckets: number[], labelNames: readonly L[] = []) =>
    new Histogram<L>({ name: `tricord_${name}`, help, buckets, labelNames, registers: [register] });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
    new Gauge({ name: `tricord_${name}`, help, labelNames, registers: [register] });

  const requests = counter("http_requests_total", "Requests answered.", ["method", "route", "status"]);
  const requestTimes = times(
    "http_request_duration_seconds",
    "From the request's head to the reply's end.",
    OF_REQUESTS,
    [...(["method", "route"] as const)],
  );
  const refusals = counter("refusals_total", "Replies 429 (a limit) and 503 (not now), by code.", ["status", "code"]);
  const batches = counter("ingest_batches_total", "Batches taken in.");
  const objects = counter("ingest_objects_total", "Objects of batches, by outcome.", ["outcome"]);
  const batchTimes = times(
    "ingest_batch_duration_seconds",
    "One batch, from its first object to its commit.",
    OF_REQUESTS,
  );
  const disclosed = counter("disclosures_total", "Disclosures recorded.");
  const disclosing = times("disclosure_commit_duration_seconds", "One commit of disclosures together.", OF_WRITES);
  const observed = counter("observations_total", "Looks at what a reader gained or lost.", ["outcome"]);
  const transactions = counter("store_transactions_total", "Transactions ended.", ["placement", "outcome"]);
  const transactionTimes = times("store_transaction_duration_seconds", "Transactions, all tries.", OF_WRITES, [
    "placement",
  ]);
  const retries = counter("store_retries_total", "Tries after the first, by reason.", ["placement", "why"]);
  const turns = times("store_turn_wait_seconds", "Waiting for the turn to write.", OF_WRITES, ["placement"]);

  const jobs = gauge("jobs", "Large posts by status; failed ones are counted to 1,000.", ["status"]);
  const waiting = gauge("jobs_oldest_waiting_seconds", "How long the first of the waiting posts has waited.");
  const ready = gauge("ready", "1: requests may be sent here.");
  const offset = gauge("clock_offset_seconds", "How far this clock is ahead of the store's.");
  const format = gauge("store_format", "Format that the store records.");
  gauge("sealed", "1: bytes at rest are encrypted.").set(sealed ? 1 : 0);
  gauge("store_info", "1, with the store's engine.", ["engine"]).set({ engine }, 1);
  // Those of a closed list are there from the first, so that a rate has something to start from.
  for (const outcome of ["created", "unchanged", "updated", "rejected"]) objects.inc({ outcome }, 0);
  for (const outcome of ["done", "failed"]) observed.inc({ outcome }, 0);

  const counters: Counters = {
    request({ method, route = "none", status, ms, code }) {
      const known = METHODS.has(method) ? method : "other";
      requests.inc({ method: known, route, status });
      requestTimes.observe({ method: known, route }, ms / 1000);
      if ((status === 429 || status === 503) && code !== undefined) refusals.inc({ status, code });
    },
    batch({ counts, ms }) {
      batches.inc();
      const { created, unchanged, updated, rejected } = counts;
      for (const [outcome, n] of Object.entries({ created, unchanged, updated, rejected })) objects.inc({ outcome }, n);
      batchTimes.observe(ms / 1000);
    },
    disclosed({ records, ms }) {
      disclosed.inc(records);
      disclosing.observe(ms / 1000);
    },
    observed: () => observed.inc({ outcome: "done" }),
    "observing-failed": () => observed.inc({ outcome: "failed" }),
    transaction({ placement, outcome, ms }) {
      transactions.inc({ placement, outcome });
      transactionTimes.observe({ placement }, ms / 1000);
    },
    turn: ({ placement, ms }) => turns.observe({ placement }, ms / 1000),
    retry: ({ placement, why, times: n }) => retries.inc({ placement, why }, n),
  };

  const count = <K extends keyof Events>(kind: K, event: Events[K]): void => counters[kind](event);

  const show = (of: Gauge, value: number | undefined): void => {
    of.reset();
    if (value === undefined) of.remove();
    else of.set(value);
  };

  return {
    meter: (event) => count(event.kind, event),
    contentType: register.contentType,
    async text(now) {
      show(ready, now.ready ? 1 : 0);
      show(offset, now.clockOffset);
      show(format, now.storeFormat);
      show(waiting, now.oldestWaiting);
      jobs.reset();
      for (const [status, n] of Object.entries(now.jobs ?? {})) jobs.set({ status }, n);
      return register.metrics();
    },
  };
}
