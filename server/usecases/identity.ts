import type { Storage } from "../storage/port.ts";
import { type AccountChanges, makeAccounts } from "./accounts.ts";
import { type KeyChanges, makeApiKeys } from "./api-keys.ts";
import type { AuditStream } from "./append-audit.ts";
import { type CheckPassword, makeCheckPassword } from "./check-password.ts";
import { Promotions } from "./promotions.ts";
import { makeRefreshSession, type RefreshSession } from "./refresh-session.ts";
import { makeSignIn, type SignIn } from "./sign-in.ts";
import { makeSignOut, type SignOut } from "./sign-out.ts";

/** Everything about who one is, over one store and one audit stream. */
export interface Identity {
  readonly checkPassword: CheckPassword;
  readonly signIn: SignIn;
  readonly refreshSession: RefreshSession;
  readonly signOut: SignOut;
  readonly accounts: AccountChanges;
  readonly apiKeys: KeyChanges;
  readonly promotions: Promotions;
}

/** `tokenKey` signs access and refresh tokens: 32 bytes. */
export function makeIdentity(parts: {
  readonly storage: Storage;
  readonly audit: AuditStream;
  readonly tokenKey: Uint8Array;
}): Identity {
  const checkPassword = makeCheckPassword(parts);
  return {
    checkPassword,
    signIn: makeSignIn({ checkPassword, tokenKey: parts.tokenKey }),
    refreshSession: makeRefreshSession(parts),
    signOut: makeSignOut(parts),
    accounts: makeAccounts(parts),
    apiKeys: makeApiKeys(parts),
    promotions: new Promotions(parts),
  };
}
