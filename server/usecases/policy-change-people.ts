import type { PolicyChangeAsk } from "../../schemas/api/policy-changes.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { Fault } from "../shared/fault.ts";
import { AgreementsIn } from "../storage/collections.ts";
import type { AccountDoc, PolicyChangeDoc } from "../storage/documents.ts";
import type { Unit } from "../storage/port.ts";
import { noPolicy, type Resolved } from "./policy-change-terms.ts";
import type { Snapshot } from "./snapshot.ts";

const refuse = (code: string, message: string): Fault => new Fault("forbidden", message, { code: `change.${code}` });

/** Who may ask for it at all: administrators, and signers of what is not one person's rights. An agreement exists for the signers of its parties. */
export async function mayPropose(unit: Unit, { role, country }: Viewer, ask: PolicyChangeAsk): Promise<void> {
  if (role === "admin") return;
  if (role !== "signer" || country === undefined)
    throw refuse("role", "an administrator or a signer proposes a change of policy");
  if ("account" in ask) throw refuse("role", "an administrator proposes what changes an account");
  if (!("agreement" in ask)) return;
  const held = await unit.collection(AgreementsIn).get(ask.agreement);
  if (held?.parties.includes(country) !== true) throw noPolicy("agreement");
}

/** What others sign is proposed by somebody whose human is known. */
export function mustBeSomebody(proposer: Pick<AccountDoc, "person"> | undefined): void {
  if (proposer?.person === undefined)
    throw refuse("nobody", "this account names no human: who signs could not be told from who proposes");
}

/** May the caller narrow it alone? True; `Fault("forbidden")` where another has to. */
export function atOnce({ role, country }: Viewer, now: Resolved): true {
  if (now.kind === "account") return true;
  if (role === "admin") throw refuse("not_signer", `a signer of ${now.countries.join(" or ")} does that at once`);
  if (now.kind === "agency" && country !== now.after.country)
    throw refuse("other_country", `a signer of ${now.after.country} does that at once`);
  return true;
}

/**
 * Is this signer a second person (triage 3)? Not who proposed it, unless another country's signer signs too; no human twice; nobody whom the proposer enrolled; never for oneself.
 * `Fault("forbidden")` otherwise.
 */
export function countersigns(account: string, doc: PolicyChangeDoc, now: Resolved, snapshot: Snapshot): void {
  const signer = snapshot.accounts.get(account);
  const proposer = snapshot.accounts.get(doc.by);
  if (signer?.person === undefined)
    throw refuse("nobody", "this account names no human: two of them can't be told from one");
  const { person, vouchedBy = [], delegateOf = [] } = signer;
  const is = (other: typeof signer | undefined): boolean => other === undefined || other.person === person;
  const alone = doc.countries.length === 1;
  if ((alone || doc.by !== account) && is(proposer))
    throw refuse("same_person", "somebody other than who proposed it has to sign it");
  if (doc.signatures.some(({ by }) => is(snapshot.accounts.get(by))))
    throw refuse("same_person", "each country's signer is another person");
  const theirs = [doc.by, ...(proposer?.person === undefined ? [] : [proposer.person])];
  if (doc.by !== account && theirs.some((one) => vouchedBy.includes(one)))
    throw refuse("own_promotion", "who was enrolled by its proposer can't sign it");
  if (doc.by !== account && theirs.some((one) => delegateOf.includes(one)))
    throw refuse("delegate", "who acts for its proposer can't sign it");
  if (now.kind === "account" && (now.before.person === person || now.before.person === proposer?.person))
    throw refuse("same_person", "nobody decides about his own account");
}
