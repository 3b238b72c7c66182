import type { Moment } from "../shared/moment.ts";
import { Sessions } from "../storage/collections.ts";
import type { Storage } from "../storage/port.ts";
import type { AuditStream } from "./append-audit.ts";
import { readRevision } from "./policy-revision.ts";
import { revokeSessions } from "./sessions.ts";
import { sessionOf } from "./tokens.ts";

export interface SignOutAsk {
  readonly account: string;
  readonly session: string;
  /** A refresh token of the same account, whose session ends as well. */
  readonly refreshToken?: string | undefined;
}

/** Ends a session: its access and refresh tokens are refused from the next request on. Twice is as once. */
export const makeSignOut =
  ({
    storage,
    audit,
    tokenKey,
  }: {
    readonly storage: Storage;
    readonly audit: AuditStream;
    readonly tokenKey: Uint8Array;
  }) =>
  (ask: SignOutAsk, moment: Moment): Promise<void> =>
    storage.transaction(async (unit) => {
      const other = ask.refreshToken === undefined ? undefined : sessionOf(tokenKey, ask.refreshToken);
      const named = other === undefined ? undefined : await unit.collection(Sessions).get(other);
      const ids = named?.account === ask.account ? [...new Set([ask.session, named.id])] : [ask.session];
      await revokeSessions(unit, ids, moment.now);
      const revision = await readRevision(unit);
      await audit.append(unit, { actor: ask.account, revision, at: moment.now, what: "session.ended" });
    });
export type SignOut = ReturnType<typeof makeSignOut>;
