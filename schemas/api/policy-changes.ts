import { z } from "zod";
import {
  AccountId,
  AgencyId,
  AgreementId,
  Category,
  Country,
  Level,
  Role,
  Tlp,
  Topic,
  When,
} from "../policy/vocabulary.ts";

const Reason = z.string().min(1).max(2000);
const Hash = z.string().min(1).max(100);
const Topics = z.array(z.union([Topic, z.literal("*")])).max(200);
const Name = z.string().min(1).max(300);

/** What an agreement becomes: members that are not named stay; `null` takes a date away. */
export const AgreementTo = z
  .strictObject({
    status: z.enum(["in-force", "suspended"]).optional(),
    ceiling: Level.optional(),
    parties: z.array(Country).min(2).max(20).optional(),
    from: When.nullable().optional(),
    until: When.nullable().optional(),
  })
  .meta({ id: "AgreementTo" });
export type AgreementTo = z.infer<typeof AgreementTo>;

/** What an agency becomes; one that is new has a name, a country and categories. `off: false` puts it on again. */
export const AgencyTo = z
  .strictObject({
    name: Name.optional(),
    country: Country.optional(),
    categories: z.array(Category).max(5).optional(),
    off: z.literal(false).optional(),
  })
  .meta({ id: "AgencyTo" });
export type AgencyTo = z.infer<typeof AgencyTo>;

/** What an account becomes: another agency of the same country, or other rights. */
export const AccountTo = z
  .strictObject({
    agency: AgencyId.optional(),
    clearance: Level.optional(),
    topics: Topics.optional(),
    pii: z.boolean().optional(),
    scope: z.enum(["write", "read"]).optional(),
    until: When.nullable().optional(),
  })
  .meta({ id: "AccountTo" });
export type AccountTo = z.infer<typeof AccountTo>;

export const PolicyChangeAsk = z
  .union([
    z.strictObject({ agreement: AgreementId, to: AgreementTo }),
    z.strictObject({ agency: AgencyId, to: AgencyTo }),
    z.strictObject({ account: AccountId, to: AccountTo }),
    z.strictObject({ quarantine: z.string().min(1).max(100), to: z.strictObject({ lifted: z.literal(true) }) }),
  ])
  .meta({ id: "PolicyChangeAsk" });
export type PolicyChangeAsk = z.infer<typeof PolicyChangeAsk>;

export const PolicyChangeBody = z
  .strictObject({ change: PolicyChangeAsk, reason: Reason })
  .meta({ id: "PolicyChangeBody" });
export const PolicyChangeDecision = z.strictObject({ reason: Reason, hash: Hash }).meta({ id: "PolicyChangeDecision" });
export const PolicyReason = z.strictObject({ reason: Reason }).meta({ id: "PolicyReason" });

export const POLICY_CHANGE_STATES = ["proposed", "applied", "refused", "expired", "stale"] as const;
export const PolicyChangeReply = z
  .object({
    change: z.string(),
    kind: z.enum(["agreement", "agency", "account", "quarantine"]),
    /** The agreement, agency or account. */
    of: z.string(),
    /** What it was when this was proposed, as far as it changes, and what it becomes. */
    was: z.record(z.string(), z.unknown()),
    to: z.record(z.string(), z.unknown()),
    /** Takes from its readers and adds none: done at once by one person. */
    narrows: z.boolean(),
    /** `stale`: what it is about has changed since it was proposed. */
    status: z.enum(POLICY_CHANGE_STATES),
    reason: z.string(),
    /** An account of one's own country; of another one the country; `administrator`. */
    by: z.string(),
    at: When,
    expires: When.optional(),
    /** Whose signers it takes, and whose have signed. */
    countries: z.array(Country),
    signed: z.array(Country),
    decidedBy: z.string().optional(),
    decidedAt: When.optional(),
    decisionReason: z.string().optional(),
    /** Who would come to read what of one's own country's content: for its signer, while it waits. */
    gains: z.array(z.object({ agency: AgencyId, tlp: Tlp, classification: Level })).optional(),
    /** What a signature binds to. */
    hash: z.string().optional(),
  })
  .meta({ id: "PolicyChange" });
export type PolicyChangeReply = z.infer<typeof PolicyChangeReply>;
export const PolicyChangeList = z.object({ changes: z.array(PolicyChangeReply) }).meta({ id: "PolicyChanges" });
export const PolicyChangeQuery = z.strictObject({ status: z.enum(POLICY_CHANGE_STATES).optional() });

export const AgreementReply = z
  .object({
    agreement: AgreementId,
    title: z.string(),
    parties: z.array(Country),
    ceiling: Level,
    status: z.enum(["in-force", "suspended"]),
    from: When.optional(),
    until: When.optional(),
    thirdParty: z.string().optional(),
    purposes: z.array(z.string()).optional(),
  })
  .meta({ id: "AgreementReply" });
export type AgreementReply = z.infer<typeof AgreementReply>;
export const AgreementList = z.object({ agreements: z.array(AgreementReply) }).meta({ id: "AgreementList" });

export const AgencyReply = z
  .object({
    agency: AgencyId,
    name: z.string(),
    country: Country,
    categories: z.array(Category),
    off: When.optional(),
  })
  .meta({ id: "AgencyReply" });
export type AgencyReply = z.infer<typeof AgencyReply>;
export const AgencyReplies = z.object({ agencies: z.array(AgencyReply) }).meta({ id: "AgencyReplies" });

/** Content of an agency, or of one account of it, since an instant. */
export const QuarantineBody = z
  .strictObject({ agency: AgencyId, account: AccountId.optional(), since: When, reason: Reason })
  .meta({ id: "SourceQuarantineBody" });
export type QuarantineBody = z.infer<typeof QuarantineBody>;
export const QuarantineReply = z
  .object({
    quarantine: z.string(),
    agency: AgencyId,
    /** With the reason given for it: for administrators and signers of the agency's country. */
    account: AccountId.optional(),
    since: When,
    reason: z.string().optional(),
    by: z.string(),
    at: When,
    status: z.enum(["in-force", "lifted"]),
    /** Everything was reached that it holds, or holds no more; else ask to go on. */
    swept: z.boolean(),
  })
  .meta({ id: "SourceQuarantine" });
export type QuarantineReply = z.infer<typeof QuarantineReply>;
export const QuarantineReplies = z.object({ quarantines: z.array(QuarantineReply) }).meta({ id: "SourceQuarantines" });

/** What one administrator may give: no clearance, no topic, no right to personal data (more is a policy change), and no role that decides (that is a promotion). */
export const AccountBody = z
  .strictObject({
    account: AccountId,
    name: Name,
    role: z.enum(["analyst", "feed", "client", "liaison"]),
    agency: AgencyId,
    scope: z.enum(["write", "read"]).optional(),
    from: When.optional(),
    until: When.optional(),
    person: z.string().min(1).max(200).optional(),
    delegateOf: z.array(z.string().min(1).max(200)).max(50).optional(),
    password: z.string().min(1).max(1000).optional(),
  })
  .meta({ id: "AccountBody" });
export type AccountBody = z.infer<typeof AccountBody>;

/** What takes something away. */
export const AccountLess = z
  .strictObject({
    clearance: Level.optional(),
    topics: Topics.optional(),
    pii: z.boolean().optional(),
    scope: z.enum(["write", "read"]).optional(),
    until: When.optional(),
  })
  .meta({ id: "AccountLess" });
export type AccountLess = z.infer<typeof AccountLess>;

export const AccountReply = z
  .object({
    account: AccountId,
    name: z.string(),
    role: Role,
    agency: AgencyId.optional(),
    country: Country.optional(),
    clearance: Level,
    topics: z.array(z.union([Topic, z.literal("*")])),
    pii: z.boolean(),
    scope: z.enum(["write", "read"]),
    from: When.optional(),
    until: When.optional(),
    inForce: z.boolean(),
    person: z.string().optional(),
  })
  .meta({ id: "AccountReply" });
export type AccountReply = z.infer<typeof AccountReply>;
export const AccountList = z
  .object({ accounts: z.array(AccountReply), next: z.string().optional() })
  .meta({ id: "AccountList" });
export const AccountQuery = z.strictObject({ after: AccountId.optional() });
