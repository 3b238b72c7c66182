import { exportAnchors } from "../anchor-files.ts";
import type { Log } from "../shared/log.ts";
import type { Moments } from "../shared/moment.ts";
import type { Storage } from "../storage/port.ts";
import { nowAndThen } from "./now-and-then.ts";
import { oneAtATime } from "./one-at-a-time.ts";

/** How often folders are looked at, and how long the anchors in them may be behind, ms. */
const [EVERY, APART] = [60_000, 3_600_000];

/** Writes the next files into each folder that is an hour behind, in one process at a time. Gives the names written, by folder. */
export async function anchorFilesOnce(
  storage: Storage,
  folders: readonly string[],
  moments: Moments,
  log: Log,
): Promise<Record<string, readonly string[]>> {
  const written: Record<string, readonly string[]> = {};
  let looked = false;
  await oneAtATime(
    storage,
    "anchor-files",
    moments,
    async () => !looked,
    async () => {
      looked = true;
      for (const folder of folders)
        try {
          const names = await exportAnchors(storage, folder, { now: moments().now, apart: APART });
          if (names.length > 0) written[folder] = names;
        } catch (error) {
          // One country's folder may be away, or hold what this store does not: the others go on.
          log.error({ err: error }, "anchors could not be exported; it is tried again");
        }
    },
  );
  return written;
}

/** Exports anchors to the countries' folders every hour in which something was anchored. Gives what ends it. */
export const startAnchorFiles = (
  storage: Storage,
  folders: readonly string[],
  moments: Moments,
  log: Log,
): { stop(): Promise<void> } =>
  folders.length === 0
    ? { stop: async () => undefined }
    : nowAndThen(
        EVERY,
        () => anchorFilesOnce(storage, folders, moments, log),
        (error) => log.warn({ err: error }, "anchors could not be exported; it is tried again"),
      );
