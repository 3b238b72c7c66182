import type { Log } from "../shared/log.ts";
import type { Moments } from "../shared/moment.ts";
import { type ObserveParts, observeIdleReaders } from "../usecases/taxii/observe-reader.ts";

/** How often idle readers are looked after, ms. */
const EVERY = 30_000;

/** Observes idle readers now and then, one round at a time; several processes do no harm. Gives what ends it. */
export function startObserving(parts: ObserveParts, moments: Moments, log: Log): { stop(): Promise<void> } {
  let round: Promise<void> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    round = observeIdleReaders(parts, moments())
      .then(
        () => undefined,
        (error: unknown) => {
          parts.meter?.({ kind: "observing-failed" });
          log.warn({ err: error }, "idle readers could not be observed; it is tried again");
        },
      )
      .finally(() => {
        busy = false;
      });
  }, EVERY);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await round;
    },
  };
}
