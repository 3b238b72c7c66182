import type { Label, ReleaseRow } from "../../schemas/policy/label.ts";
import type { Role } from "../../schemas/policy/vocabulary.ts";
import { isPerson } from "./gates.ts";
import { tightness } from "./meet.ts";

type Named = Pick<ReleaseRow, "agreement"> & { readonly countries: readonly string[] };

/** Does the row stay within the originator's country? */
const staysHome = ({ agreement, countries }: Named, label: Label): boolean =>
  agreement !== "PUBLIC" && countries.every((country) => country === label.originatorCountry);

/** RED, class S, FIU, LES or PII, in the label or in a rule of it: only the originating agency's custodian approves (triage 3). */
export const needsCustodian = (label: Label): boolean =>
  [label, ...label.fieldRules].some(
    (part) =>
      part.tlp === "RED" ||
      part.classification === "S" ||
      part.caveats?.includes("FIU") === true ||
      part.caveats?.includes("LES") === true ||
      ("pii" in part && part.pii === true),
  );

/** Who has to agree before a row is on (triage 3). */
export type Needed = "author" | "reviewer" | "releaser" | "custodian" | "every-country";

/**
 * What the second-person table asks for this row of this content, posted by an account of this role (triage 3). What a custodian must approve, it asks for
 * every row, since the table names no border there.
 */
export function neededFor(row: Named, label: Label, poster: Role): Needed {
  if (row.agreement === "PUBLIC") return "every-country";
  if (needsCustodian(label)) return "custodian";
  if (!staysHome(row, label)) return "releaser";
  const tight = [label, ...label.fieldRules].some(
    ({ tlp }) => tlp !== undefined && tightness(tlp) >= tightness("AMBER"),
  );
  return tight && !isPerson(poster) ? "reviewer" : "author";
}

/** Does turning the row on take a second person (triage 3)? */
export const rowNeedsSecondPerson = (row: Named, label: Label, poster: Role): boolean =>
  neededFor(row, label, poster) !== "author";

/** An account as the rule sees it; `person` is the verified human behind it, absent for services. */
export interface Party {
  readonly id: string;
  readonly role: Role;
  readonly agency?: string | undefined;
  readonly country?: string | undefined;
  readonly person?: string | undefined;
  /** Accounts and persons that enrolled or promoted it. */
  readonly vouchedBy?: readonly string[] | undefined;
  /** Accounts or persons that it acts for. */
  readonly delegateOf?: readonly string[] | undefined;
  /** The same human also signs agreements. */
  readonly signs?: boolean | undefined;
}
export type Other = Pick<Party, "id" | "person" | "role" | "delegateOf">;

export interface Refusal {
  readonly code:
    | "release.same_person"
    | "release.own_promotion"
    | "release.delegate"
    | "release.signer"
    | "release.not_originating_country"
    | "release.not_releaser"
    | "release.custodian_required";
  readonly message: string;
}

const refuse = (code: Refusal["code"], message: string): Refusal => ({ code, message });

/** A person's account that names no human can't be told from the approver's: it counts as the same. A service is nobody. */
const samePerson = (a: Party, b: Other): boolean =>
  a.id === b.id || (b.person === undefined ? isPerson(b.role) : a.person === b.person);

const names = (list: readonly string[] | undefined, { id, person }: Other): boolean =>
  list !== undefined && (list.includes(id) || (person !== undefined && list.includes(person)));

/**
 * Is this account another person than all of these (triage 3)? Not the same human, nobody that one of them enrolled or promoted,
 * neither's delegate, no service. Undefined: yes. One who is not known can't be told from the account: no.
 */
export function mayBeSecond(approver: Party, others: readonly (Other | undefined)[]): Refusal | undefined {
  for (const other of others) {
    if (other === undefined || samePerson(approver, other))
      return refuse("release.same_person", "somebody other than who posted or proposed it has to approve it");
    if (names(approver.vouchedBy, other))
      return refuse("release.own_promotion", "who was enrolled or promoted by its proposer or author can't approve it");
    // What a delegate proposes is proposed for the other: either way round there is one will.
    if (names(approver.delegateOf, other) || names(other.delegateOf, approver))
      return refuse("release.delegate", "who acts for its proposer or author, or is acted for, can't approve it");
  }
  if (approver.person === undefined || !isPerson(approver.role))
    return refuse("release.not_releaser", "only a person with the role of releaser can approve it");
  if (approver.signs === true)
    return refuse("release.signer", "a signer of agreements holds no releaser role, under no account");
  return undefined;
}

/**
 * May this account approve turning a row on (triage 3)? Another verified human than proposer and author, a releaser of
 * the originator's country (for a row at home a reviewer will do), and for what needs one the originating agency's
 * custodian. Undefined: yes.
 */
export function mayApprove(ask: {
  readonly approver: Party;
  readonly proposer: Other | undefined;
  readonly author: Other | undefined;
  readonly label: Label;
  readonly row: Named;
}): Refusal | undefined {
  const { approver, proposer, author, label, row } = ask;
  const notSecond = mayBeSecond(approver, [proposer, author]);
  if (notSecond?.code === "release.same_person") return notSecond;
  if (approver.country !== label.originatorCountry) {
    return refuse("release.not_originating_country", `only a releaser of ${label.originatorCountry} can approve it`);
  }
  if (notSecond !== undefined) return notSecond;
  const atHome = staysHome(row, label) && approver.role === "reviewer";
  if (approver.role !== "releaser" && !(atHome && !needsCustodian(label))) {
    return needsCustodian(label)
      ? custodian(label)
      : refuse("release.not_releaser", "only a person with the role of releaser can approve it");
  }
  return needsCustodian(label) && approver.agency !== label.originator ? custodian(label) : undefined;
}

const custodian = (label: Label): Refusal =>
  refuse(
    "release.custodian_required",
    `RED, class S, FIU, LES and personal data are approved by a releaser of ${label.originator} itself`,
  );

/** May this account propose it (triage 3): its author, or a reviewer? What a service posted has its agency's people for authors. */
export const mayPropose = (proposer: Party, author: Other | undefined): boolean =>
  proposer.role === "reviewer" ||
  proposer.role === "releaser" ||
  (author !== undefined && (!isPerson(author.role) || samePerson(proposer, author)));
