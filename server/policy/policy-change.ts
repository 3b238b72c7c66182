import type { Agreement } from "../../schemas/policy/agreement.ts";
import type { Category, Level } from "../../schemas/policy/vocabulary.ts";
import { hasBegun, isBefore } from "./dated.ts";
import { height, sortedSet } from "./meet.ts";

/** What of an agency decides who reads. */
export interface AgencyTerms {
  readonly categories: readonly Category[];
  /** Since when it is off. */
  readonly off?: string | undefined;
}

/** What of an account decides what it reads. */
export interface AccountTerms {
  readonly agency?: string | undefined;
  readonly clearance: Level;
  readonly topics: readonly string[];
  readonly pii: boolean;
  readonly scope: "read" | "write";
  readonly until?: string | undefined;
}

const within = <T>(some: readonly T[], all: readonly T[]): boolean => some.every((one) => all.includes(one));

/** Does it begin as late or later? Without a date it always has. */
const beginsLater = (after: string | undefined, before: string | undefined): boolean =>
  before === undefined || (after !== undefined && hasBegun(after, before));

/** Does it end as early or earlier? Without a date it never does. */
const endsEarlier = (after: string | undefined, before: string | undefined): boolean =>
  before === undefined || (after !== undefined && !isBefore(before, after));

/**
 * Does nobody read by the second form of an agreement who could not by the first, whatever the day (policy 3, "never adds a reader")? What is suspended counts
 * with the terms that it would have again.
 */
export const narrowsAgreement = (before: Agreement, after: Agreement): boolean =>
  (after.status === "suspended" || before.status === "in-force") &&
  height(after.ceiling) <= height(before.ceiling) &&
  within(after.parties, before.parties) &&
  beginsLater(after.from, before.from) &&
  endsEarlier(after.until, before.until);

/** The same of an agency. */
export const narrowsAgency = (before: AgencyTerms, after: AgencyTerms): boolean =>
  within(after.categories, before.categories) && (before.off === undefined || after.off !== undefined);

/** The same of an account; a scope that grows counts too, although it adds no reading. */
export const narrowsAccount = (before: AccountTerms, after: AccountTerms): boolean =>
  after.agency === before.agency &&
  height(after.clearance) <= height(before.clearance) &&
  (before.topics.includes("*") || within(after.topics, before.topics)) &&
  (before.pii || !after.pii) &&
  (before.scope === "write" || after.scope === "read") &&
  endsEarlier(after.until, before.until);

/**
 * The countries that a widening takes a signature of (triage 3: one signer a country): of an agreement those that are parties before or after; of an agency all of the group, since
 * every `*` row reaches it.
 */
export const partiesOf = (before: Pick<Agreement, "parties">, after: Pick<Agreement, "parties">): string[] =>
  sortedSet([...before.parties, ...after.parties]);
