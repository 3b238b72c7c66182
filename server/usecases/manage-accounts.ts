import type { AccountBody, AccountLess, AccountReply } from "../../schemas/api/policy-changes.ts";
import { sortedSet } from "../policy/meet.ts";
import { narrowsAccount } from "../policy/policy-change.ts";
import { Fault } from "../shared/fault.ts";
import { parseInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { Accounts } from "../storage/collections.ts";
import type { AccountDoc } from "../storage/documents.ts";
import type { Storage } from "../storage/port.ts";
import type { AccountChanges } from "./accounts.ts";
import type { AuditStream } from "./append-audit.ts";
import { inForce } from "./in-force.ts";
import { noPolicy } from "./policy-change-terms.ts";
import { putPolicy } from "./policy-history.ts";

const PAGE = 500;

const replyOf = (account: AccountDoc, now: number): AccountReply => {
  const { id, name, role, agency, country, clearance, topics, pii, scope, from, until, person } = account;
  return {
    ...{ account: id, name, role, clearance, topics: [...topics], pii, scope, inForce: inForce(account, now) },
    ...(agency === undefined ? {} : { agency }),
    ...(country === undefined ? {} : { country }),
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
    ...(person === undefined ? {} : { person }),
  };
};

interface By {
  readonly by: string;
  readonly moment: Moment;
}

/** What one administrator does with accounts: sees them, makes one that reads what is for everybody of its agency, lowers and ends. More takes a signer (`policy-changes.ts`). */
export class ManagedAccounts {
  readonly #storage: Storage;
  readonly #audit: AuditStream;
  readonly #changes: AccountChanges;

  constructor(parts: { readonly storage: Storage; readonly audit: AuditStream; readonly changes: AccountChanges }) {
    this.#storage = parts.storage;
    this.#audit = parts.audit;
    this.#changes = parts.changes;
  }

  async list(moment: Moment, after?: string): Promise<{ accounts: AccountReply[]; next?: string }> {
    const held = await this.#storage
      .collection(Accounts)
      .all({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    const last = held.length < PAGE ? undefined : held.at(-1)?.id;
    return {
      accounts: held.map((account) => replyOf(account, moment.now)),
      ...(last === undefined ? {} : { next: last }),
    };
  }

  async show(id: string, moment: Moment): Promise<AccountReply> {
    const held = await this.#storage.collection(Accounts).get(id);
    if (held === undefined) throw noPolicy("account");
    return replyOf(held, moment.now);
  }

  /** No clearance, no topic, no right to personal data: one administrator gives none. Faults as `accounts create`. */
  async create({ account: id, scope = "write", ...rest }: AccountBody, { by, moment }: By): Promise<AccountReply> {
    await this.#changes.create({ ...rest, id, scope, clearance: "U", topics: [], pii: false }, by, moment);
    return this.show(id, moment);
  }

  /** Takes something away, on the next request. `account.widens` (422) where it would add something too. */
  async lower(id: string, less: AccountLess, { by, moment }: By): Promise<AccountReply> {
    return this.#storage.transaction(async (unit) => {
      const held = await unit.collection(Accounts).get(id);
      if (held === undefined) throw noPolicy("account");
      const { clearance = held.clearance, topics = held.topics, pii = held.pii, scope = held.scope, until } = less;
      if (until !== undefined && parseInstant(until) === undefined)
        throw new Fault("unprocessable", "there is no such date", { code: "account.invalid", path: "until" });
      const after = {
        ...held,
        ...{ clearance, topics: sortedSet(topics), pii, scope },
        ...(until === undefined ? {} : { until }),
      };
      if (!narrowsAccount(held, after))
        throw new Fault("unprocessable", "one person lowers only: propose what adds something as a policy change", {
          code: "account.widens",
        });
      const revision = await putPolicy(unit, { kind: "account", doc: after, at: moment.now });
      const detail = { account: id };
      await this.#audit.append(unit, { actor: by, revision, at: moment.now, what: "account.lowered", detail });
      return replyOf(after, moment.now);
    });
  }

  /** Not in force from this instant on; sessions and keys end. */
  async end(id: string, { by, moment }: By): Promise<void> {
    if ((await this.#storage.collection(Accounts).get(id)) === undefined) throw noPolicy("account");
    await this.#changes.end(id, by, moment);
  }
}
