import { sha256 } from "../shared/digest.ts";
import { formatInstant } from "../shared/instant.ts";
import { type Moment, uuid4 } from "../shared/moment.ts";
import { Sessions } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import type { CheckPassword } from "./check-password.ts";
import { ACCESS_LIFE, makeAccessToken, makeRefreshToken } from "./tokens.ts";

/** What a client holds after sign-in or refresh; `expiresIn` is the access token's life in seconds. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
}

/** A session ends a day after its last refresh and a week after sign-in. */
export const SESSION_IDLE = 24 * 3_600_000;
export const SESSION_LIFE = 7 * 24 * 3_600_000;
const SWEEP = 20;

/** Removes some sessions that have ended, so that they don't gather. */
async function sweep(unit: Unit, now: number): Promise<void> {
  const sessions = unit.collection(Sessions);
  const ended = await sessions.scan({ index: "expires", prefixes: [[]], to: formatInstant(now), limit: SWEEP });
  if (ended.length > 0) await sessions.remove(ended.map(({ id }) => id));
}

/**
 * Name and password to a token pair and a session. Faults: `unauthorized` (unknown name, wrong password and an account not in force alike),
 * `too_many_requests` while the name is locked.
 */
export const makeSignIn =
  ({ checkPassword, tokenKey }: { readonly checkPassword: CheckPassword; readonly tokenKey: Uint8Array }) =>
  async (ask: { readonly username: string; readonly password: string }, moment: Moment): Promise<TokenPair> => {
    const session = uuid4(moment);
    const refreshToken = makeRefreshToken(tokenKey, session, moment);
    const account = await checkPassword({ ...ask, by: "password" }, moment, async (unit, { id }) => {
      await sweep(unit, moment.now);
      await unit.collection(Sessions).insert([
        {
          ...{ id: session, account: id, refresh: sha256(refreshToken) },
          created: formatInstant(moment.now),
          expires: formatInstant(moment.now + SESSION_IDLE),
        },
      ]);
    });
    return {
      accessToken: makeAccessToken(tokenKey, { account: account.id, session }, moment),
      refreshToken,
      expiresIn: ACCESS_LIFE,
    };
  };
export type SignIn = ReturnType<typeof makeSignIn>;
