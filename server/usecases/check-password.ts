import { AccountId } from "../../schemas/policy/vocabulary.ts";
import { Fault } from "../shared/fault.ts";
import type { Moment } from "../shared/moment.ts";
import { Accounts } from "../storage/collections.ts";
import type { AccountDoc } from "../storage/documents.ts";
import type { Storage, Stored, Unit } from "../storage/port.ts";
import type { AuditStream } from "./append-audit.ts";
import { inForce } from "./in-force.ts";
import { clearFailures, countFailure, refuseLocked } from "./lockout.ts";
import { verifyPassword } from "./password.ts";
import { readRevision } from "./policy-revision.ts";

export interface PasswordCheck {
  readonly username: string;
  readonly password: string;
  /** `password` or `basic`: goes to the audit row. */
  readonly by: "password" | "basic";
}

/** One wording for an unknown name, a wrong password and an account that is not in force. */
const refused = (): Fault =>
  new Fault("unauthorized", "the user name or the password is wrong", { code: "sign_in.refused" });

/**
 * The account that the name and the password are of. Unknown names cost the same work and lock the same way; attempts on one name
 * take turns, so that many at once get no more tries than one after the other. A success runs `onSuccess` in the transaction that records it.
 */
export function makeCheckPassword({
  storage,
  audit,
}: {
  readonly storage: Storage;
  readonly audit: AuditStream;
}): (
  check: PasswordCheck,
  moment: Moment,
  onSuccess?: (unit: Unit, account: AccountDoc) => Promise<void>,
) => Promise<Stored<AccountDoc>> {
  const turns = new Map<string, Promise<unknown>>();
  const inTurn = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const mine = (turns.get(name) ?? Promise.resolve()).then(work, work);
    turns.set(name, mine);
    try {
      return await mine;
    } finally {
      if (turns.get(name) === mine) turns.delete(name);
    }
  };

  return ({ username, password, by }, moment, onSuccess) =>
    inTurn(username, async () => {
      await refuseLocked(storage, username, moment.now);
      const account = AccountId.safeParse(username).success
        ? await storage.collection(Accounts).get(username)
        : undefined;
      const right = await verifyPassword(account?.password, password);
      const good = right && account !== undefined && inForce(account, moment.now) ? account : undefined;
      await storage.transaction(async (unit) => {
        const revision = await readRevision(unit);
        const row = { actor: account?.id ?? "unknown", revision, at: moment.now, detail: { by } };
        if (good === undefined) {
          await countFailure(unit, username, moment.now);
          await audit.append(unit, { ...row, what: "sign-in.failure" });
        } else {
          // Another process may have locked the name meanwhile: tries there and here are no more than tries here alone.
          await refuseLocked(unit, username, moment.now);
          await clearFailures(unit, username);
          await onSuccess?.(unit, good);
          await audit.append(unit, { ...row, what: "sign-in.success" });
        }
      });
      if (good === undefined) throw refused();
      return good;
    });
}
export type CheckPassword = ReturnType<typeof makeCheckPassword>;
