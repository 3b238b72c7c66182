import type { Moment } from "../shared/moment.ts";
import type { Storage } from "../storage/port.ts";
import type { AuditStream } from "./append-audit.ts";
import { readRevision } from "./policy-revision.ts";
import { revokeSessions } from "./sessions.ts";

/** Ends a session: its access and refresh tokens are refused from the next request on. Twice is as once. */
export const makeSignOut =
  ({ storage, audit }: { readonly storage: Storage; readonly audit: AuditStream }) =>
  (ask: { readonly account: string; readonly session: string }, moment: Moment): Promise<void> =>
    storage.transaction(async (unit) => {
      await revokeSessions(unit, [ask.session], moment.now);
      await audit.append(unit, {
        actor: ask.account,
        revision: await readRevision(unit),
        at: moment.now,
        what: "session.ended",
      });
    });
export type SignOut = ReturnType<typeof makeSignOut>;
