import type { Readiness } from "../readiness.ts";
import { Jobs } from "../storage/collections.ts";
import type { Storage } from "../storage/port.ts";
import type { Standing } from "./metrics.ts";

const STATUSES = ["queued", "running", "failed"] as const;
/** Failed posts stay in the store: their number is told no further than this, so that a scrape costs the same in any store. */
const MOST = 1000;

/** How the installation stands at a scrape. A store that does not answer leaves out what it would tell, and keeps nobody waiting. */
export const standingOf =
  (storage: Storage, readiness: Readiness, clock: () => number): (() => Promise<Standing>) =>
  async () => {
    const { reason, offset, format } = await readiness.check();
    const told = {
      ready: reason === undefined,
      ...(offset === undefined ? {} : { clockOffset: offset / 1000 }),
      ...(format === undefined ? {} : { storeFormat: format }),
    };
    if (offset === undefined) return told;
    try {
      const jobs = storage.collection(Jobs);
      const [queued = 0, running = 0, failed = 0] = await jobs.tally({
        ...{ index: "status", prefixes: STATUSES.map((status) => [status]), most: MOST },
      });
      const [first] = await jobs.scan({ index: "status", prefixes: [["queued"]], limit: 1 });
      const oldestWaiting = first === undefined ? 0 : Math.max(0, clock() - first.created) / 1000;
      return { ...told, jobs: { queued, running, failed }, oldestWaiting };
    } catch {
      return told;
    }
  };
