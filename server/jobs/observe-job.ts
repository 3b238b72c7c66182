import type { Log } from "../shared/log.ts";
import type { Moments } from "../shared/moment.ts";
import { type ObserveParts, observeIdleReaders } from "../usecases/taxii/observe-reader.ts";
import { nowAndThen } from "./now-and-then.ts";

/** How often idle readers are looked after, ms. */
const EVERY = 30_000;

/** Observes idle readers now and then; several processes do no harm. Gives what ends it. */
export const startObserving = (parts: ObserveParts, moments: Moments, log: Log): { stop(): Promise<void> } =>
  nowAndThen(
    EVERY,
    () => observeIdleReaders(parts, moments()),
    (error) => {
      parts.meter?.({ kind: "observing-failed" });
      log.warn({ err: error }, "idle readers could not be observed; it is tried again");
    },
  );
