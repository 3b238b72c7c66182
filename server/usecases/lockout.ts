import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant, parseInstant } from "../shared/instant.ts";
import { Lockouts } from "../storage/collections.ts";
import type { LockoutDoc } from "../storage/documents.ts";
import type { Unit } from "../storage/port.ts";

const FREE_FAILURES = 4;
const LONGEST = 15 * 60_000;
/** A name that nobody failed at for this long after its lock begins anew. */
const FORGET = 60 * 60_000;

/** Known or not, a name has one entry, under its digest, since a name may be any text. */
const idOf = (username: string): string => sha256(username);
const ms = (instant: string): number => parseInstant(instant)?.ms ?? 0;

/** Milliseconds that a name is locked for after so many failures: none for four, then 1 s, 2 s, 4 s … 15 min. */
export const lockFor = (failures: number): number =>
  failures <= FREE_FAILURES ? 0 : Math.min(LONGEST, 1000 * 2 ** Math.min(20, failures - FREE_FAILURES - 1));

/** `Fault("too_many_requests")` while the name is locked. The same for names that no account has. */
export async function refuseLocked(unit: Unit, username: string, now: number): Promise<void> {
  const held = await unit.collection(Lockouts).get(idOf(username));
  const left = held === undefined ? 0 : ms(held.until) - now;
  if (left > 0)
    throw new Fault("too_many_requests", "too many failed sign-ins for this name; wait before the next one", {
      code: "sign_in.locked",
      retryAfter: left / 1000,
    });
}

/** Counts one failure of the name. */
export async function countFailure(unit: Unit, username: string, now: number): Promise<void> {
  const lockouts = unit.collection(Lockouts);
  const held = await lockouts.get(idOf(username));
  const before = held === undefined || ms(held.until) + FORGET < now ? 0 : held.failures;
  const entry: LockoutDoc = {
    id: idOf(username),
    failures: before + 1,
    last: formatInstant(now),
    until: formatInstant(now + lockFor(before + 1)),
  };
  if (held === undefined) await lockouts.insert([entry]);
  else await lockouts.put({ ...entry, rev: held.rev });
}

/** A right password: failures before it are forgotten. */
export const clearFailures = (unit: Unit, username: string): Promise<void> =>
  unit.collection(Lockouts).remove([idOf(username)]);
