import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant, parseInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { Accounts, ApiKeys } from "../storage/collections.ts";
import type { ApiKeyDoc } from "../storage/documents.ts";
import type { Storage, Unit } from "../storage/port.ts";
import type { AuditStream } from "./append-audit.ts";
import { readRevision } from "./policy-revision.ts";

/** So that a key that turns up in a file or a log is known for what it is. */
export const KEY_PREFIX = "tri_";
const DAY = 86_400_000;
export const KEY_DAYS_MAX = 730;

export interface NewKey {
  readonly account: string;
  /** What it is for, in the owner's words. */
  readonly name: string;
  readonly scopes: readonly ("read" | "post")[];
  readonly days: number;
}

/** Machines' keys: 32 random bytes, shown once, stored as SHA-256 (a slow hash is for what people can remember), scoped, expiring. */
export function makeApiKeys({ storage, audit }: { readonly storage: Storage; readonly audit: AuditStream }) {
  return {
    /** The key itself, which nobody sees again, and when it ends. Fault `unprocessable` for an unknown account, no scope or a bad life. */
    async make(
      ask: NewKey,
      actor: string,
      moment: Moment,
    ): Promise<{ readonly key: string; readonly expires: string }> {
      if (!Number.isInteger(ask.days) || ask.days < 1 || ask.days > KEY_DAYS_MAX)
        throw new Fault("unprocessable", `a key lives 1 to ${KEY_DAYS_MAX} days, not ${ask.days}`, {
          code: "key.days",
          path: "days",
        });
      if (ask.scopes.length === 0)
        throw new Fault("unprocessable", "a key has at least one scope: read, post", {
          code: "key.scopes",
          path: "scopes",
        });
      const key = `${KEY_PREFIX}${Buffer.from(moment.random(32)).toString("base64url")}`;
      const expires = formatInstant(moment.now + ask.days * DAY);
      await storage.transaction(async (unit) => {
        if ((await unit.collection(Accounts).get(ask.account)) === undefined)
          throw new Fault("unprocessable", `there is no account ${ask.account}`, {
            code: "account.unknown",
            path: "username",
          });
        await unit.collection(ApiKeys).insert([
          {
            ...{ id: sha256(key), account: ask.account, name: ask.name, scopes: [...new Set(ask.scopes)] },
            ...{ created: formatInstant(moment.now), expires },
          },
        ]);
        const revision = await readRevision(unit);
        await audit.append(unit, {
          actor,
          revision,
          at: moment.now,
          what: "key.made",
          detail: { account: ask.account, expires },
        });
      });
      return { key, expires };
    },

    /** Ends keys of an account: the one of that name, or all. Gives how many there were. */
    revoke: (
      ask: { readonly account: string; readonly name?: string },
      actor: string,
      moment: Moment,
    ): Promise<number> =>
      storage.transaction(async (unit) => {
        const held = await unit.collection(ApiKeys).find({ index: "account", values: [ask.account] });
        const ids = held.filter((key) => ask.name === undefined || key.name === ask.name).map((key) => key.id);
        await unit.collection(ApiKeys).remove(ids);
        const revision = await readRevision(unit);
        await audit.append(unit, {
          actor,
          revision,
          at: moment.now,
          what: "key.ended",
          detail: { account: ask.account, keys: ids.length },
        });
        return ids.length;
      }),
  };
}
export type KeyChanges = ReturnType<typeof makeApiKeys>;

/** The record of a key that is good at that instant, ms. */
export async function keyOf(unit: Unit, key: string, now: number): Promise<ApiKeyDoc | undefined> {
  const held =
    key.startsWith(KEY_PREFIX) && key.length < 100 ? await unit.collection(ApiKeys).get(sha256(key)) : undefined;
  return held !== undefined && now < (parseInstant(held.expires)?.ms ?? 0) ? held : undefined;
}
