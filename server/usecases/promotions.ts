import type { PromotionReply } from "../../schemas/api/promotions.ts";
import type { Role } from "../../schemas/policy/vocabulary.ts";
import { isPerson } from "../policy/gates.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { Accounts, Promotions as PromotionsIn } from "../storage/collections.ts";
import type { AccountDoc, PromotionDoc } from "../storage/documents.ts";
import type { Storage, Stored, Unit } from "../storage/port.ts";
import type { AuditStream } from "./append-audit.ts";
import { inForce } from "./in-force.ts";
import { putPolicy } from "./policy-history.ts";
import { readRevision } from "./policy-revision.ts";
import { revokeSessionsOf } from "./sessions.ts";

/** "Making a releaser or custodian takes two persons and 24 hours" (triage 3); a custodian is a releaser of the originating agency. */
const WAITS = 24 * 3_600_000;
const MOST = 1000;

/** The roles that decide about content: no administrator alone makes one over HTTP. */
type Promoted = "reviewer" | "releaser";

const wrong = (code: string, path: string, message: string): Fault =>
  new Fault("unprocessable", message, { code: `promotion.${code}`, path });

const replyOf = ({ id, role, proposedBy, proposedAt }: PromotionDoc): PromotionReply => ({
  account: id,
  role,
  proposedBy,
  proposedAt: formatInstant(proposedAt),
  confirmFrom: formatInstant(proposedAt + WAITS),
});

/** The other roles of the human behind an account that do not go with this one: a signer of agreements holds no releaser role (triage 3). */
export async function refuseBothRoles(unit: Unit, { id, role, person }: AccountDoc, now: number): Promise<void> {
  const other = role === "releaser" ? "signer" : role === "signer" ? "releaser" : undefined;
  if (other === undefined || person === undefined) return;
  let after: string | undefined;
  for (;;) {
    const page = await unit.collection(Accounts).all({ limit: MOST, ...(after === undefined ? {} : { after }) });
    const held = page.find((one) => one.id !== id && one.person === person && one.role === other && inForce(one, now));
    if (held !== undefined)
      throw new Fault(
        "unprocessable",
        `${held.id} is the same human's: a signer of agreements holds no releaser role`,
        {
          code: "account.signer_and_releaser",
          path: "person",
        },
      );
    if (page.length < MOST) return;
    after = page.at(-1)?.id;
  }
}

/** Making a reviewer or a releaser of an account, who decide about content: an administrator proposes, another one, another human, confirms a day later. */
export class Promotions {
  readonly #storage: Storage;
  readonly #audit: AuditStream;

  constructor({ storage, audit }: { readonly storage: Storage; readonly audit: AuditStream }) {
    this.#storage = storage;
    this.#audit = audit;
  }

  async list(): Promise<PromotionReply[]> {
    return (await this.#storage.collection(PromotionsIn).all({ limit: MOST })).map(replyOf);
  }

  async propose(ask: { account: string; role?: Promoted; by: string; moment: Moment }): Promise<PromotionReply> {
    return this.#storage.transaction(async (unit) => {
      const admin = await adminOf(unit, ask.by, ask.moment.now);
      const role = ask.role ?? "releaser";
      const account = await candidateOf(unit, ask.account, role, ask.moment.now);
      if (admin.person === account.person)
        throw new Fault("forbidden", `nobody makes a ${role} of himself`, {
          code: "promotion.same_person",
          path: "account",
        });
      const promotion: PromotionDoc = {
        id: account.id,
        role,
        proposedBy: admin.id,
        proposedAt: ask.moment.now,
      };
      const held = await unit.collection(PromotionsIn).get(account.id);
      if (held !== undefined)
        throw new Fault("conflict", `${account.id} is proposed already`, { code: "promotion.exists", path: "account" });
      await unit.collection(PromotionsIn).insert([promotion]);
      await this.#note(unit, "account.promotion-proposed", ask);
      return replyOf(promotion);
    });
  }

  /** The account's sessions end: whoever holds one signs in again as what it is now. */
  async confirm(ask: { account: string; by: string; moment: Moment }): Promise<void> {
    await this.#storage.transaction(async (unit) => {
      const promotion = await unit.collection(PromotionsIn).get(ask.account);
      if (promotion === undefined) throw noPromotion();
      const admin = await adminOf(unit, ask.by, ask.moment.now);
      const first = await unit.collection(Accounts).get(promotion.proposedBy);
      const account = await candidateOf(unit, ask.account, promotion.role, ask.moment.now);
      if (admin.id === promotion.proposedBy || admin.person === first?.person || admin.person === account.person)
        throw new Fault("forbidden", "a second administrator, another person, has to confirm it", {
          code: "promotion.same_person",
          path: "by",
        });
      if (ask.moment.now < promotion.proposedAt + WAITS)
        throw new Fault("conflict", `it can be confirmed from ${formatInstant(promotion.proposedAt + WAITS)} on`, {
          code: "promotion.too_early",
        });
      const vouched = [...(account.vouchedBy ?? []), ...[first, admin].flatMap((one) => [one?.id, one?.person])];
      const vouchedBy = [...new Set(vouched.filter((one) => one !== undefined))].sort();
      const doc = { ...account, role: promotion.role, vouchedBy };
      await putPolicy(unit, { kind: "account", doc, at: ask.moment.now });
      await unit.collection(PromotionsIn).remove([promotion.id]);
      await revokeSessionsOf(unit, account.id, ask.moment.now);
      await this.#note(unit, "account.promoted", ask);
    });
  }

  /** One administrator is enough to let it be. */
  async drop(ask: { account: string; by: string; moment: Moment }): Promise<void> {
    await this.#storage.transaction(async (unit) => {
      if ((await unit.collection(PromotionsIn).get(ask.account)) === undefined) throw noPromotion();
      await unit.collection(PromotionsIn).remove([ask.account]);
      await this.#note(unit, "account.promotion-dropped", ask);
    });
  }

  async #note(unit: Unit, what: string, ask: { account: string; by: string; moment: Moment }): Promise<void> {
    const revision = await readRevision(unit);
    await this.#audit.append(unit, {
      actor: ask.by,
      revision,
      at: ask.moment.now,
      what,
      detail: { account: ask.account },
    });
  }
}

const noPromotion = (): Fault => new Fault("not_found", "there is no such promotion");

/** An administrator in force with a human behind it: without one, two can't be told from one. */
async function adminOf(unit: Unit, id: string, now: number): Promise<Stored<AccountDoc>> {
  const admin = await unit.collection(Accounts).get(id);
  if (admin === undefined || admin.role !== "admin" || !inForce(admin, now))
    throw new Fault("forbidden", `${id} is no administrator in force`, { code: "promotion.admin", path: "by" });
  if (admin.person === undefined)
    throw wrong("nobody", "by", `${id} names no human: an administrator who vouches for others has a person`);
  return admin;
}

async function candidateOf(unit: Unit, id: string, role: Role, now: number): Promise<Stored<AccountDoc>> {
  const account = await unit.collection(Accounts).get(id);
  if (account === undefined || !inForce(account, now))
    throw wrong("unknown", "account", `there is no account ${id} in force`);
  if (account.role === "releaser") throw wrong("releaser", "account", `${id} is a releaser already`);
  if (account.role === role) throw wrong(role, "account", `${id} is a ${role} already`);
  if (
    account.agency === undefined ||
    !isPerson(account.role) ||
    account.role === "liaison" ||
    account.role === "auditor"
  )
    throw wrong(
      "role",
      "account",
      `only an analyst${role === "releaser" ? " or a reviewer" : ""} of an agency becomes its ${role}`,
    );
  if (account.person === undefined) throw wrong("nobody", "account", `${id} names no human`);
  await refuseBothRoles(unit, { ...account, role }, now);
  return account;
}
