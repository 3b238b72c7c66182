import { setTimeout as pause } from "node:timers/promises";
import { Fault } from "../shared/fault.ts";
import { type Moments, uuid4 } from "../shared/moment.ts";
import { Meta } from "../storage/collections.ts";
import type { Storage, Unit } from "../storage/port.ts";

/** How long a lease is good without being renewed, how often it is, and how often somebody who waits looks, ms. */
const [LEASE, RENEW, LOOK] = [4000, 500, 100];

interface Lease {
  /** In a transaction: that the work is still this process's; throws otherwise. */
  check(unit: Unit): Promise<void>;
}

const until = (value: string | number | undefined): number => Number(String(value ?? "").split("|")[1] ?? 0);

/**
 * Does what must be done once, in one process at a time: others that come meanwhile wait until it has ended or died, and then ask `wanted` again. Gives what `work`
 * gave, or undefined where it was not wanted any more.
 */
export async function oneAtATime<R>(
  storage: Storage,
  name: string,
  moments: Moments,
  wanted: () => Promise<boolean>,
  work: (lease: Lease) => Promise<R>,
): Promise<R | undefined> {
  const id = `lease:${name}`;
  const holder = uuid4(moments());
  /** Takes or renews it; false where another process has it. A date further off than a lease is long is of a clock that went wrong. */
  const take = (fresh: boolean): Promise<boolean> =>
    storage.transaction(async (unit) => {
      const meta = unit.collection(Meta);
      const held = await meta.get(id);
      const { now } = moments();
      const value = `${holder}|${now + LEASE}`;
      const mine = String(held?.value ?? "").startsWith(`${holder}|`);
      const left = until(held?.value) - now;
      if (!mine && (!fresh || (left > 0 && left <= LEASE))) return false;
      if (held === undefined) await meta.insert([{ id, value }]);
      else await meta.put({ ...held, value });
      return true;
    });
  const check = async (unit: Unit): Promise<void> => {
    if (!String((await unit.collection(Meta).get(id))?.value ?? "").startsWith(`${holder}|`))
      throw new Fault("unavailable", "another process took this over", { code: "lease.lost", retryAfter: 1 });
  };
  for (; await wanted(); await pause(LOOK)) {
    if (!(await take(true))) continue;
    const renewing = setInterval(() => void take(false).catch(() => undefined), RENEW);
    try {
      // Whoever had it before may have ended the work just now.
      return (await wanted()) ? await work({ check }) : undefined;
    } finally {
      clearInterval(renewing);
      await storage
        .transaction(async (unit) => {
          await check(unit);
          await unit.collection(Meta).remove([id]);
        })
        .catch(() => undefined);
    }
  }
  return undefined;
}
