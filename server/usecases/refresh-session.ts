import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant, parseInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { Accounts, Sessions } from "../storage/collections.ts";
import type { Storage } from "../storage/port.ts";
import type { AuditStream } from "./append-audit.ts";
import { inForce } from "./in-force.ts";
import { readRevision } from "./policy-revision.ts";
import { revokeSessions, sessionLives } from "./sessions.ts";
import { SESSION_IDLE, SESSION_LIFE, type TokenPair } from "./sign-in.ts";
import { ACCESS_LIFE, makeAccessToken, makeRefreshToken, sessionOf } from "./tokens.ts";

/**
 * A refresh token to a new pair; the old one is good no more. One that was used before means that two hold it, so its session ends and both
 * have to sign in again. Fault `unauthorized` for whatever is not the one good token of a living session.
 */
export const makeRefreshSession =
  ({
    storage,
    audit,
    tokenKey,
  }: {
    readonly storage: Storage;
    readonly audit: AuditStream;
    readonly tokenKey: Uint8Array;
  }) =>
  async (refreshToken: string, moment: Moment): Promise<TokenPair> => {
    const session = sessionOf(tokenKey, refreshToken);
    const fresh = session === undefined ? "" : makeRefreshToken(tokenKey, session, moment);
    const account =
      session === undefined
        ? undefined
        : await storage.transaction(async (unit) => {
            const sessions = unit.collection(Sessions);
            const held = await sessions.get(session);
            if (held === undefined || !sessionLives(held, moment.now)) return undefined;
            const row = { actor: held.account, revision: await readRevision(unit), at: moment.now };
            const owner = await unit.collection(Accounts).get(held.account);
            if (held.refresh !== sha256(refreshToken)) {
              await revokeSessions(unit, [session], moment.now);
              await audit.append(unit, { ...row, what: "session.token-used-twice" });
              return undefined;
            }
            if (owner === undefined || !inForce(owner, moment.now)) return undefined;
            const last = (parseInstant(held.created)?.ms ?? 0) + SESSION_LIFE;
            const expires = formatInstant(Math.min(last, moment.now + SESSION_IDLE));
            await sessions.put({ ...held, refresh: sha256(fresh), expires });
            await audit.append(unit, { ...row, what: "session.refreshed" });
            return held.account;
          });
    if (session === undefined || account === undefined)
      throw new Fault("unauthorized", "this refresh token is not good (any more); sign in again", {
        code: "session.refused",
      });
    return {
      accessToken: makeAccessToken(tokenKey, { account, session }, moment),
      refreshToken: fresh,
      expiresIn: ACCESS_LIFE,
    };
  };
export type RefreshSession = ReturnType<typeof makeRefreshSession>;
