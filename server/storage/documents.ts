import { z } from "zod";
import { Agreement } from "../../schemas/policy/agreement.ts";
import { Label, LabelRequest } from "../../schemas/policy/label.ts";
import { Viewer } from "../../schemas/policy/viewer.ts";
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
} from "../../schemas/policy/vocabulary.ts";

/** The shapes of what the store holds. Only `collections.ts` and the repositories name them. */

/** One record a fact about the store itself: `format`, `policy` (its revision), `labels` (how many), `judged` (latest minute that gates were judged at), … */
export const MetaDoc = z.object({ id: z.string(), value: z.union([z.number(), z.string()]) });
export type MetaDoc = z.infer<typeof MetaDoc>;

export const AgencyDoc = z.object({
  id: AgencyId,
  name: z.string(),
  country: Country,
  categories: z.array(Category),
  /** Since when it is off: its accounts ended with that, and nobody is made or moved there. */
  off: When.optional(),
  /** Named label requests that a post may pick, and `default` for one that brings no label of its own. */
  presets: z.record(z.string(), LabelRequest).optional(),
});
export type AgencyDoc = z.infer<typeof AgencyDoc>;

export const AccountDoc = z.object({
  id: AccountId,
  name: z.string(),
  role: Role,
  agency: AgencyId.optional(),
  /** For roles without an agency that belong to a country (a signer). */
  country: Country.optional(),
  clearance: Level,
  topics: z.array(z.union([Topic, z.literal("*")])),
  pii: z.boolean(),
  /** Read and post, or read only. */
  scope: z.enum(["write", "read"]),
  from: When.optional(),
  until: When.optional(),
  /** The verified human behind the account: two accounts of one human are one person (triage 3). Absent for services. */
  person: z.string().optional(),
  /** Accounts and persons that enrolled or promoted it, and those that it acts for: it is no second person to any of them (triage 3). */
  vouchedBy: z.array(z.string()).optional(),
  delegateOf: z.array(z.string()).optional(),
  /** argon2id, encoded form. Absent: no password sign-in. */
  password: z.string().optional(),
});
export type AccountDoc = z.infer<typeof AccountDoc>;

/** id = SHA-256 of the key. */
export const ApiKeyDoc = z.object({
  id: z.string(),
  account: AccountId,
  name: z.string(),
  scopes: z.array(z.enum(["read", "post"])),
  created: When,
  expires: When,
});
export type ApiKeyDoc = z.infer<typeof ApiKeyDoc>;

/** A sign-in: the access tokens that name it live only while it does; `refresh` is the SHA-256 of the one refresh token that is good now. */
export const SessionDoc = z.object({
  id: z.string(),
  account: AccountId,
  refresh: z.string(),
  created: When,
  expires: When,
  revoked: When.optional(),
});
export type SessionDoc = z.infer<typeof SessionDoc>;

/** Failed sign-ins of a name (known or not), for back-off. */
export const LockoutDoc = z.object({ id: z.string(), failures: z.int(), last: When, until: When });
export type LockoutDoc = z.infer<typeof LockoutDoc>;

export const AgreementDoc = Agreement.extend({
  id: AgreementId,
  title: z.string(),
  thirdParty: z.string().optional(),
  purposes: z.array(z.string()).optional(),
});
export type AgreementDoc = z.infer<typeof AgreementDoc>;

/**
 * A standing release order (triage 3): turns on the rows of a feed's posts that are within its scope. Signed by two persons. What is said in it never
 * changes: an edit is another order. Without `status` it was signed when the group was founded.
 */
export const OrderDoc = z.object({
  id: z.string(),
  agency: AgencyId,
  accounts: z.array(AccountId),
  /** STIX types; all where there is none. */
  kinds: z.array(z.string()).optional(),
  tlpUpTo: Tlp,
  classificationUpTo: Level,
  agreements: z.array(AgreementId),
  from: When,
  until: When,
  /** Objects a UTC day that it turns on for one country, at most. */
  ceiling: z.int().min(1).optional(),
  /** Per cent of the objects that wait for a human; 2 where it is not said. */
  sample: z.number().min(0).max(100).optional(),
  proposedBy: z.string(),
  approvedBy: z.string().optional(),
  status: z.enum(["proposed", "signed", "refused"]).optional(),
  reason: z.string().optional(),
  proposedAt: When.optional(),
  /** How long it is in force from the signature on. */
  days: z.int().optional(),
  /** The first of the orders that it renews: failed samples are counted for all of them together. Its own id where it renews none. */
  line: z.string().optional(),
  stopped: When.optional(),
  stoppedBy: z.string().optional(),
  stopReason: z.string().optional(),
});
export type OrderDoc = z.infer<typeof OrderDoc>;

/**
 * An account, agency, agreement or standing order as it was from an instant on (ms): what decisions are replayed from. One chain by `n` (from 1) and `prev`, as a
 * stream of audit rows is. The document is without its password.
 */
export const PolicyVersionDoc = z.object({
  id: z.string(),
  n: z.int().min(1),
  prev: z.string(),
  kind: z.enum(["account", "agency", "agreement", "order", "quarantine"]),
  of: z.string(),
  revision: z.int(),
  at: z.int(),
  doc: z.record(z.string(), z.unknown()),
  digest: z.string(),
});
export type PolicyVersionDoc = z.infer<typeof PolicyVersionDoc>;

/** An interned label: id = keyed digest of its canonical text, never shown; n = order of arrival, for catching up. */
export const LabelDoc = z.object({ id: z.string(), n: z.int(), label: Label });
export type LabelDoc = z.infer<typeof LabelDoc>;

/** Before an end of an edge that may come to be seen later than the edge: it did not stand in the edge's own lane before it, or has moved since. */
export const LATE_END = "~";

/**
 * One contribution as one tier shows it. The tier with nothing cut has the sender's own bytes and is always there; its id is the
 * contribution's. Everything in a row but `lane`, `stamp`, `stages` and `label` is immutable.
 */
export const RowDoc = z.object({
  id: z.string(),
  contribution: z.string(),
  /** Collection order: rows of one tier (label and cut set), stamped in microseconds, strictly increasing in the lane. */
  lane: z.string(),
  stamp: z.int(),
  /** Where it stood before: each with the place it left at. */
  stages: z.array(z.object({ lane: z.string(), stamp: z.int(), left: z.int() })).optional(),
  /** Place among others of a block (order, admission intervals): a hash of (id, version) of 48 bits; edges in the upper half, behind what they end at. */
  mix: z.int(),
  label: z.string(),
  /** The label as it was posted: it stays when releases change `label`. */
  posted: z.string(),
  cut: z.array(z.string()),
  /** UUID of the thing, made from kind and key as this tier shows them: also the UUID of its consolidated id. */
  thing: z.string(),
  kind: z.string(),
  /** `merge`: the key is of a canonical value and folds across agencies. `alone`: keyed by originator and STIX id. */
  fold: z.enum(["value", "pattern", "alone"]),
  stixId: z.string(),
  /** `modified`, as sent; absent for objects without versions. */
  version: z.string().optional(),
  originator: AgencyId,
  /** Ends of an edge, as written; `LATE_END` before one that may come late. */
  ends: z.array(z.string()).optional(),
  /** `kind:canonical value` for values it states besides its own key (all hashes of a file, all values of a pattern). */
  values: z.array(z.string()).optional(),
  terms: z.array(z.string()).optional(),
  /** SHA-256 of the bytes of this tier: equal bytes of several agencies under one id are one object. */
  hash: z.string(),
  batch: z.string(),
  channel: z.string(),
  receivedFrom: AccountId,
  claimedBy: z.string().optional(),
  received: z.int(),
  /** What the sender wrote where we store another form, and how it checked. */
  given: z.string().optional(),
  checksum: z.enum(["ok", "absent", "failed"]).optional(),
  normaliser: z.int(),
  flags: z.array(z.string()).optional(),
  /** Markings of the sender's that were read as its label: nobody else is sent them (their reader's cut stands in). */
  consumed: z.array(z.string()).optional(),
  /** Where the markings stand in the bytes, from their comma on, and where they end; a row without this is read and written anew for each reader. */
  marksAt: z.tuple([z.int(), z.int()]).optional(),
  /** Markings of the sender's that readers get beside ours. */
  marks: z.array(z.string()).optional(),
  /** Whether it refers to objects, singly only or in lists too. */
  refers: z.enum(["singly", "in lists"]).optional(),
  /** An observable that is what a fold of it alone would be. */
  folded: z.literal(true).optional(),
  bytes: z.instanceof(Uint8Array),
});
export type RowDoc = z.infer<typeof RowDoc>;

/**
 * Where a row stood before its label changed: a reader for whom nothing changed still finds it there; one who lost it by that finds what it lost
 * at `left` (order, relabels and tombstones).
 */
export const StageDoc = z.object({
  id: z.string(),
  lane: z.string(),
  stamp: z.int(),
  left: z.int(),
  mix: z.int(),
  kind: z.string(),
  row: z.string(),
});
export type StageDoc = z.infer<typeof StageDoc>;

/** What is known of a lane without looking into it: its first stamp ever, the newest place that a row took or left, and the newest that one left. */
export const LaneDoc = z.object({ id: z.string(), first: z.int(), newest: z.int(), left: z.int().optional() });
export type LaneDoc = z.infer<typeof LaneDoc>;

/** Late ends of edges as formats before 3 kept them; now they are marked in the row. */
export const LateEndDoc = z.object({ id: z.string(), end: z.string(), row: z.string() });
export type LateEndDoc = z.infer<typeof LateEndDoc>;

/**
 * An id or a thing (UUID) under which more than one row stands or stood, or an id at which an edge may appear late; n = order of arrival, for catching
 * up. A row whose keys are not among these is an object by itself for whoever sees it.
 */
export const CrowdedDoc = z.object({ id: z.string(), n: z.int() });
export type CrowdedDoc = z.infer<typeof CrowdedDoc>;

/** Where an account was told of its cut of a label in a collection (`shelf`: account and collection): with the first object that carried it. */
export const MarkingToldDoc = z.object({ id: z.string(), shelf: z.string(), marking: z.string(), place: z.int() });
export type MarkingToldDoc = z.infer<typeof MarkingToldDoc>;

/** Microseconds, from the first exclusive to the second inclusive. */
const Range = z.tuple([z.int(), z.int()]);

/**
 * What an account that reads by cursor was last observed to be admitted to (order, admission intervals): what `decide` was asked with then, and the
 * lanes whose story is more than "open since their first row". `revision`, `until` (ms) and `labels` say how long nothing can have changed.
 */
export const ReaderDoc = z.object({
  id: AccountId,
  revision: z.int(),
  until: z.int().optional(),
  labels: z.int(),
  /** ms. */
  judged: z.int(),
  viewer: Viewer,
  agreements: z.record(z.string(), Agreement),
  /** The newest place given to what was gained or lost. */
  newest: z.int(),
  /** In the order of their ends. */
  intervals: z.array(
    z.object({
      lane: z.string(),
      from: Range.optional(),
      to: Range.optional(),
      view: z.string().optional(),
      own: z.literal(true).optional(),
    }),
  ),
});
export type ReaderDoc = z.infer<typeof ReaderDoc>;

/** In which minute since the epoch an account that reads by cursor read its last page: what its next observation compares with. */
export const LastPageDoc = z.object({
  /** The account's; `*` for when idle readers were looked after. */
  id: z.string(),
  minute: z.int(),
});
export type LastPageDoc = z.infer<typeof LastPageDoc>;

/** An account that is to become a releaser or signer: one proposes, another confirms, a day later (triage 3). id = the account. */
export const PromotionDoc = z.object({ id: AccountId, role: Role, proposedBy: z.string(), proposedAt: z.int() });
export type PromotionDoc = z.infer<typeof PromotionDoc>;

/** A change of an agreement, an agency or an account: done at once where it narrows, else signed by one signer of each of the countries (triage 3). */
export const PolicyChangeDoc = z.object({
  id: z.string(),
  kind: z.enum(["agreement", "agency", "account", "quarantine"]),
  of: z.string(),
  /** What it was as far as it changes, and what it becomes. */
  was: z.record(z.string(), z.unknown()),
  to: z.record(z.string(), z.unknown()),
  narrows: z.boolean(),
  countries: z.array(Country),
  reason: z.string(),
  status: z.enum(["proposed", "applied", "refused"]),
  by: AccountId,
  /** ms. */
  at: z.int(),
  /** From this instant on it is expired, whatever `status` says (ms). */
  expires: z.int().optional(),
  signatures: z.array(z.object({ country: Country, by: AccountId, at: z.int(), hash: z.string() })),
  decidedBy: AccountId.optional(),
  decidedAt: z.int().optional(),
  decisionReason: z.string().optional(),
  /** Whom an agency's turning off ended, and when they would have ended without it. */
  ended: z.array(z.object({ id: AccountId, until: When.optional() })).optional(),
});
export type PolicyChangeDoc = z.infer<typeof PolicyChangeDoc>;

/** Content that an agency, or one account of it, posted since an instant is held until this is lifted: its label names it (policy 3, gate 1). */
export const SourceQuarantineDoc = z.object({
  id: z.string(),
  agency: AgencyId,
  account: AccountId.optional(),
  /** ms. */
  since: z.int(),
  reason: z.string(),
  by: AccountId,
  at: z.int(),
  /** Everything was reached that it holds, or holds no more. */
  swept: z.boolean(),
  lifted: z.int().optional(),
});
export type SourceQuarantineDoc = z.infer<typeof SourceQuarantineDoc>;

/**
 * A data key of encryption at rest, wrapped (base64) by the key named `wrap`: of an agency (empty: the group's own) in a month, the newest turn is the one that seals.
 * id = n as text; stored bytes carry n.
 */
export const SealKeyDoc = z.object({
  id: z.string(),
  n: z.int().min(1),
  agency: z.string(),
  month: z.string(),
  turn: z.int(),
  wrap: z.string(),
  wrapped: z.string(),
});
export type SealKeyDoc = z.infer<typeof SealKeyDoc>;

/** One row per batch or page, never per object; chained by digest within a stream. */
export const AuditDoc = z.object({
  id: z.string(),
  stream: z.string(),
  n: z.int(),
  prev: z.string(),
  actor: z.string(),
  revision: z.int(),
  at: z.int(),
  what: z.string(),
  detail: z.record(z.string(), z.unknown()).optional(),
  digest: z.string(),
});
export type AuditDoc = z.infer<typeof AuditDoc>;

/**
 * The last row of a stream of audit rows: id = the stream; `moved`: when it came, ms. Written with the row. `restarted`: the number behind which a writer found rows and no
 * record, which somebody had removed; it stays for good, for what was there between may be cut off.
 */
export const AuditHeadDoc = z.object({
  id: z.string(),
  n: z.int().min(1),
  digest: z.string(),
  moved: z.int(),
  restarted: z.int().min(1).optional(),
});
export type AuditHeadDoc = z.infer<typeof AuditHeadDoc>;

/**
 * An anchor: the last row of each stream that had moved since the anchor before, signed (Ed25519). `key` is the public key; `digest` is of all but itself and the
 * signature, which is over the same bytes; `prev` is the digest of the anchor before. All binary values are base64url.
 */
export const AnchorDoc = z.object({
  id: z.string(),
  n: z.int().min(1),
  prev: z.string(),
  at: z.int(),
  heads: z.array(
    z.object({
      chain: z.enum(["audit", "disclosures", "policy_versions"]),
      stream: z.string(),
      n: z.int().min(1),
      digest: z.string(),
    }),
  ),
  key: z.string(),
  digest: z.string(),
  signature: z.string(),
});
export type AnchorDoc = z.infer<typeof AnchorDoc>;
