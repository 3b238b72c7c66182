import { formatInstant, parseInstant } from "../shared/instant.ts";
import { Sessions } from "../storage/collections.ts";
import type { SessionDoc } from "../storage/documents.ts";
import type { Unit } from "../storage/port.ts";

/** Whether a session is good at that instant, ms: not revoked, not over. */
export const sessionLives = (session: SessionDoc, now: number): boolean =>
  session.revoked === undefined && now < (parseInstant(session.expires)?.ms ?? 0);

/** Ends sessions that are not ended yet; their access tokens are refused from the next request on. */
export async function revokeSessions(unit: Unit, ids: readonly string[], now: number): Promise<void> {
  const sessions = unit.collection(Sessions);
  for (const held of await sessions.getMany(ids))
    if (held.revoked === undefined) await sessions.put({ ...held, revoked: formatInstant(now) });
}

/** Ends every session of an account. */
export async function revokeSessionsOf(unit: Unit, account: string, now: number): Promise<void> {
  const held = await unit.collection(Sessions).find({ index: "account", values: [account] });
  await revokeSessions(
    unit,
    held.map(({ id }) => id),
    now,
  );
}
