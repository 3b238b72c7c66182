import { z } from "zod";
import type { Role } from "../../schemas/policy/vocabulary.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant, parseInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { Accounts, Agencies, ApiKeys } from "../storage/collections.ts";
import { AccountDoc } from "../storage/documents.ts";
import type { Storage, Stored, Unit } from "../storage/port.ts";
import type { AuditStream } from "./append-audit.ts";
import { hashPassword } from "./password.ts";
import { insertPolicy, putPolicy } from "./policy-history.ts";
import { refuseBothRoles } from "./promotions.ts";
import { revokeSessionsOf } from "./sessions.ts";

/** Which roles belong to an agency, to a country of their own, or to neither (policy 2; clients have a sponsor agency). */
const BELONGS = {
  analyst: "agency",
  reviewer: "agency",
  releaser: "agency",
  feed: "agency",
  client: "agency",
  liaison: "either",
  auditor: "either",
  admin: "neither",
  public: "neither",
  signer: "country",
} as const satisfies Record<Role, "agency" | "country" | "neither" | "either">;

/** What makes an account; `password` is the plain one. Without it there is no password sign-in. */
export const NewAccount = z.strictObject({ ...AccountDoc.shape, password: z.string().optional() });
export type NewAccount = z.infer<typeof NewAccount>;

const wrong = (code: string, path: string, message: string): Fault =>
  new Fault("unprocessable", message, { code: `account.${code}`, path });

async function checkPlace(unit: Unit, { role, agency, country }: NewAccount): Promise<void> {
  const belongs = BELONGS[role];
  if (belongs === "agency" && agency === undefined)
    throw wrong("agency", "agency", `a ${role} belongs to an agency; none is named`);
  if ((belongs === "neither" || belongs === "country") && agency !== undefined)
    throw wrong("agency", "agency", `a ${role} belongs to no agency, so that the role gives no reading`);
  if (belongs === "country" && country === undefined)
    throw wrong("country", "country", `a ${role} signs for a country; none is named`);
  if (belongs !== "country" && belongs !== "either" && country !== undefined)
    throw wrong("country", "country", `a ${role} has no country of its own`);
  if (agency === undefined) return;
  const found = await unit.collection(Agencies).get(agency);
  if (found === undefined) throw wrong("unknown_agency", "agency", `there is no agency ${agency}`);
  if (found.off !== undefined) throw wrong("agency", "agency", `${agency} is off: nobody is added to it`);
  if (country !== undefined && country !== found.country)
    throw wrong("country", "country", `${agency} is of ${found.country}, not of ${country}`);
}

/** Who enrolled it, and the human behind: it is no second person to either (triage 3). */
async function voucher(unit: Unit, actor: string, others: readonly string[] = []): Promise<string[]> {
  const person = (await unit.collection(Accounts).get(actor))?.person;
  return [...new Set([...others, actor, ...(person === undefined ? [] : [person])])].sort();
}

/** The account as its schema has it; dates must exist. */
function checkShape(account: NewAccount): NewAccount {
  const result = NewAccount.safeParse(account);
  const issue = result.error?.issues[0];
  if (!result.success) {
    const path = issue?.path.join(".") ?? "";
    throw wrong("invalid", path, `${path === "" ? "the account" : path}: ${issue?.message ?? "wrong shape"}`);
  }
  for (const name of ["from", "until"] as const) {
    const date = result.data[name];
    if (date !== undefined && parseInstant(date) === undefined) throw wrong("invalid", name, "there is no such date");
  }
  return result.data;
}

/**
 * A further releaser of an agency takes two persons and a day (triage 3): an account is made as something else and promoted. An agency's first releaser
 * founds it, and so the operator's word is enough.
 */
async function refuseSecondReleaser(unit: Unit, { role, agency }: NewAccount): Promise<void> {
  if (role !== "releaser" || agency === undefined) return;
  const held = await unit.collection(Accounts).find({ index: "agency", values: [agency] });
  if (held.some((account) => account.role === "releaser"))
    throw wrong(
      "promotion",
      "role",
      `${agency} has a releaser: make the account an analyst, and two administrators promote it (accounts promote, accounts confirm)`,
    );
}

async function existing(unit: Unit, id: string): Promise<Stored<AccountDoc>> {
  const held = await unit.collection(Accounts).get(id);
  if (held === undefined)
    throw new Fault("unprocessable", `there is no account ${id}`, { code: "account.unknown", path: "username" });
  return held;
}

/** Making, ending and changing accounts. Each change, its audit row and the new policy revision are one transaction. `actor` is an account id, or `operator` for the command line. */
export function makeAccounts({ storage, audit }: { readonly storage: Storage; readonly audit: AuditStream }) {
  /** `work` gives the revision that the policy has then. */
  const change = (
    actor: string,
    moment: Moment,
    what: string,
    id: string,
    work: (unit: Unit) => Promise<number>,
  ): Promise<void> =>
    storage.transaction(async (unit) => {
      const revision = await work(unit);
      await audit.append(unit, { actor, revision, at: moment.now, what, detail: { account: id } });
    });

  return {
    /** Faults: `conflict` for a name that is taken; `unprocessable` for an unknown agency, a role that does not fit, or a weak password. */
    async create(account: NewAccount, actor: string, moment: Moment): Promise<void> {
      const { password, ...rest } = checkShape(account);
      const encoded = password === undefined ? undefined : await hashPassword(password, moment);
      await change(actor, moment, "account.created", account.id, async (unit) => {
        await checkPlace(unit, account);
        if ((await unit.collection(Accounts).get(account.id)) !== undefined)
          throw new Fault("conflict", `there is an account ${account.id} already`, {
            code: "account.exists",
            path: "username",
          });
        await refuseSecondReleaser(unit, account);
        await refuseBothRoles(unit, account, moment.now);
        const vouchedBy = actor === "operator" ? undefined : await voucher(unit, actor, rest.vouchedBy);
        const doc = {
          ...rest,
          ...(encoded !== undefined && { password: encoded }),
          ...(vouchedBy !== undefined && { vouchedBy }),
        };
        return insertPolicy(unit, { kind: "account", doc, at: moment.now });
      });
    },

    /** The account is in force no more; its sessions and keys end with it. The account itself stays, since content names it. */
    end: (id: string, actor: string, moment: Moment): Promise<void> =>
      change(actor, moment, "account.ended", id, async (unit) => {
        const doc = { ...(await existing(unit, id)), until: formatInstant(moment.now) };
        await revokeSessionsOf(unit, id, moment.now);
        const keys = await unit.collection(ApiKeys).find({ index: "account", values: [id] });
        await unit.collection(ApiKeys).remove(keys.map((key) => key.id));
        return putPolicy(unit, { kind: "account", doc, at: moment.now });
      }),

    /** A new password ends all sessions. */
    async setPassword(id: string, password: string, actor: string, moment: Moment): Promise<void> {
      const encoded = await hashPassword(password, moment);
      await change(actor, moment, "account.password", id, async (unit) => {
        const doc = { ...(await existing(unit, id)), password: encoded };
        await revokeSessionsOf(unit, id, moment.now);
        return putPolicy(unit, { kind: "account", doc, at: moment.now });
      });
    },
  };
}
export type AccountChanges = ReturnType<typeof makeAccounts>;
