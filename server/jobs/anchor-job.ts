import type { Log } from "../shared/log.ts";
import type { Moments } from "../shared/moment.ts";
import type { Anchor } from "../usecases/anchor-text.ts";
import { type AnchorParts, isUnanchored, lastAnchor, makeAnchors } from "../usecases/anchoring.ts";
import { nowAndThen } from "./now-and-then.ts";
import { oneAtATime } from "./one-at-a-time.ts";

/** How often the audit is anchored where something changed, ms. */
const EVERY = 10_000;

/**
 * Anchors what moved, in one process at a time. `apart` (ms) is how long after the anchor before: that of another process will do, too. Gives the anchors made.
 */
export const anchorOnce = async (parts: AnchorParts, moments: Moments, apart = 0): Promise<readonly Anchor[]> =>
  (await oneAtATime(
    parts.storage,
    "anchor",
    moments,
    async () => {
      const { now } = moments();
      const last = await lastAnchor(parts.storage);
      const early = last !== undefined && now >= last.at && now < last.at + apart;
      return !early && (await isUnanchored(parts, now));
    },
    ({ check }) => makeAnchors(parts, moments().now, check),
  )) ?? [];

/**
 * Anchors the audit every ten seconds in which something changed; several processes do no harm. What moved last before all of them ended is anchored once one is there again.
 * Gives what ends it.
 */
export const startAnchoring = (parts: AnchorParts, moments: Moments, log: Log): { stop(): Promise<void> } =>
  nowAndThen(
    EVERY,
    // Two processes whose rounds fall between each other's would else make twice as many.
    () => anchorOnce(parts, moments, EVERY / 2),
    (error) => log.warn({ err: error }, "the audit could not be anchored; it is tried again"),
  );
