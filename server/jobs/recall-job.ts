import type { Log } from "../shared/log.ts";
import type { Moments } from "../shared/moment.ts";
import type { Settling } from "../usecases/recall/settle.ts";
import { nowAndThen } from "./now-and-then.ts";

/** How often it is looked what accounts lost that do not ask, ms. */
const EVERY = 30_000;

/** Writes recalls now and then, so that what was lost and came back while nobody asked was told; several processes do no harm. Gives what ends it. */
export const startRecalling = (settling: Settling, moments: Moments, log: Log): { stop(): Promise<void> } =>
  nowAndThen(
    EVERY,
    () => settling.settleAll(moments()),
    (error) => log.warn({ err: error }, "recalls could not be written; it is tried again"),
  );
