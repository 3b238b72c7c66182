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

/**
 * Does turning the row on take a second person (triage 3)? Always across a border and for PUBLIC; at home for AMBER and
 * above from feeds, and for what a custodian must approve (read so that it holds for every row, since it names no border).
 */
export const rowNeedsSecondPerson = (row: Named, label: Label, poster: Role): boolean =>
  !staysHome(row, label) ||
  needsCustodian(label) ||
  (!isPerson(poster) &&
    [label, ...label.fieldRules].some(({ tlp }) => tlp !== undefined && tightness(tlp) >= tightness("AMBER")));

/** An account as the rule sees it; `person` is the verified human behind it, absent for services. */
export interface Party {
  readonly id: string;
  readonly role: Role;
  readonly agency?: string | undefined;
  readonly country?: string | undefined;
  readonly person?: string | undefined;
}

export interface Refusal {
  readonly code:
    | "release.same_person"
    | "release.not_originating_country"
    | "release.not_releaser"
    | "release.custodian_required";
  readonly message: string;
}

const refuse = (code: Refusal["code"], message: string): Refusal => ({ code, message });

/** A person's account that names no human can't be told from the approver's: it counts as the same. A service is nobody. */
const samePerson = (a: Party, b: Pick<Party, "id" | "person" | "role">): boolean =>
  a.id === b.id || (b.person === undefined ? isPerson(b.role) : a.person === b.person);

/**
 * May this account approve turning a row on (triage 3)? Another verified human than proposer and author, a releaser of
 * the originator's country (for a row at home a reviewer will do), and for what needs one the originating agency's
 * custodian. Undefined: yes. A proposer or author who is not known can't be told from the approver: no.
 */
export function mayApprove(ask: {
  readonly approver: Party;
  readonly proposer: Pick<Party, "id" | "person" | "role"> | undefined;
  readonly author: Pick<Party, "id" | "person" | "role"> | undefined;
  readonly label: Label;
  readonly row?: Named;
}): Refusal | undefined {
  const { approver, proposer, author, label, row } = ask;
  if (
    proposer === undefined ||
    author === undefined ||
    samePerson(approver, proposer) ||
    samePerson(approver, author)
  ) {
    return refuse("release.same_person", "somebody other than who posted or proposed it has to approve it");
  }
  if (approver.country !== label.originatorCountry) {
    return refuse("release.not_originating_country", `only a releaser of ${label.originatorCountry} can approve it`);
  }
  const atHome = row !== undefined && staysHome(row, label) && approver.role === "reviewer";
  if (approver.person === undefined || (approver.role !== "releaser" && !atHome)) {
    return refuse("release.not_releaser", "only a person with the role of releaser can approve it");
  }
  if (needsCustodian(label) && (approver.role !== "releaser" || approver.agency !== label.originator)) {
    const message = `RED, class S, FIU, LES and personal data are approved by a releaser of ${label.originator} itself`;
    return refuse("release.custodian_required", message);
  }
  return undefined;
}
