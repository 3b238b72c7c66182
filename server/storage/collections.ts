import type { Declared } from "./declared.ts";
import { DeconflictionAnswerDoc, DeconflictionTicketDoc } from "./deconfliction-documents.ts";
import {
  AccountDoc,
  AgencyDoc,
  AgreementDoc,
  AnchorDoc,
  ApiKeyDoc,
  AuditDoc,
  AuditHeadDoc,
  CrowdedDoc,
  LabelDoc,
  LaneDoc,
  LastPageDoc,
  LateEndDoc,
  LockoutDoc,
  MarkingToldDoc,
  MetaDoc,
  OrderDoc,
  PolicyChangeDoc,
  PolicyVersionDoc,
  PromotionDoc,
  ReaderDoc,
  RowDoc,
  SealKeyDoc,
  SessionDoc,
  SourceQuarantineDoc,
  StageDoc,
} from "./documents.ts";
import { BudgetDoc, ExportDoc, GivenDoc, GivenFileDoc, HolderDoc, RecallDoc } from "./given-documents.ts";
import { ClientGrantDoc } from "./grant-documents.ts";
import type { CollectionSpec } from "./port.ts";
import {
  ColumnMapDoc,
  FeedbackDoc,
  JobDoc,
  QuarantinedDoc,
  QuarantineTallyDoc,
  ReceiptDoc,
  SpoolDoc,
} from "./post-documents.ts";
import { ConfirmationDoc, EmergencyDoc, ReleaseDoc, SampleDoc, TallyDoc, TearLineDoc } from "./release-documents.ts";
import { ReviewDoc, ReviewEntryDoc } from "./review-documents.ts";

/** Every collection and index of the store, declared once. A change here needs a migration (`migrations.ts`). */
export const Meta = { name: "meta", shape: MetaDoc, indexes: {} } satisfies CollectionSpec<MetaDoc>;
export const Agencies = {
  name: "agencies",
  shape: AgencyDoc,
  indexes: { country: { fields: ["country"] } },
} satisfies CollectionSpec<AgencyDoc>;
export const Accounts = {
  name: "accounts",
  shape: AccountDoc,
  indexes: { agency: { fields: ["agency"] } },
} satisfies CollectionSpec<AccountDoc>;
export const ApiKeys = {
  name: "api_keys",
  shape: ApiKeyDoc,
  indexes: { account: { fields: ["account"] } },
} satisfies CollectionSpec<ApiKeyDoc>;
export const Sessions = {
  name: "sessions",
  shape: SessionDoc,
  indexes: { account: { fields: ["account"] }, expires: { fields: ["expires"] } },
} satisfies CollectionSpec<SessionDoc>;
export const Lockouts = { name: "lockouts", shape: LockoutDoc, indexes: {} } satisfies CollectionSpec<LockoutDoc>;
export const AgreementsIn = {
  name: "agreements",
  shape: AgreementDoc,
  indexes: {},
} satisfies CollectionSpec<AgreementDoc>;
export const Orders = {
  name: "orders",
  shape: OrderDoc,
  indexes: { agency: { fields: ["agency"] } },
} satisfies CollectionSpec<OrderDoc>;
/** How those four were, from when on: written by `usecases/policy-history.ts` alone. */
export const PolicyVersions = {
  name: "policy_versions",
  shape: PolicyVersionDoc,
  indexes: { n: { fields: ["n"], unique: true }, of: { fields: ["kind", "of", "at"] } },
} satisfies CollectionSpec<PolicyVersionDoc>;
export const PolicyChanges = {
  name: "policy_changes",
  shape: PolicyChangeDoc,
  indexes: { at: { fields: ["at"] }, of: { fields: ["kind", "of", "at"] } },
  sealedBy: { at: "at" },
} satisfies CollectionSpec<PolicyChangeDoc>;
export const SourceQuarantines = {
  name: "source_quarantines",
  shape: SourceQuarantineDoc,
  indexes: {},
  sealedBy: { agency: "agency", at: "at" },
} satisfies CollectionSpec<SourceQuarantineDoc>;
export const Labels = {
  name: "labels",
  shape: LabelDoc,
  indexes: { n: { fields: ["n"], unique: true } },
} satisfies CollectionSpec<LabelDoc>;
export const Rows = {
  name: "rows",
  shape: RowDoc,
  indexes: {
    lane: { fields: ["lane", "stamp"], unique: true },
    kind: { fields: ["lane", "kind", "stamp"], few: true },
    thing: { fields: ["thing"], few: true },
    stix: { fields: ["stixId", "lane"], few: true },
    mix: { fields: ["lane", "mix"], few: true },
  },
  multi: { ends: "ends", values: "values" },
  search: { scope: "lane", terms: "terms" },
  bytes: ["bytes"],
  sealedBy: { agency: "originator", at: "received" },
  hot: {
    ...{ version: "value", fold: "value", originator: "value", refers: "value" },
    ...{ stages: "json", ends: "json", marksAt: "json", marks: "json", folded: "json" },
  },
} satisfies CollectionSpec<RowDoc>;
export const Stages = {
  name: "stages",
  shape: StageDoc,
  indexes: {
    lane: { fields: ["lane", "stamp"] },
    kind: { fields: ["lane", "kind", "stamp"] },
    left: { fields: ["lane", "left"] },
    mix: { fields: ["lane", "mix"] },
  },
} satisfies CollectionSpec<StageDoc>;
export const Lanes = {
  name: "lanes",
  shape: LaneDoc,
  indexes: { newest: { fields: ["newest"] } },
} satisfies CollectionSpec<LaneDoc>;
export const LateEnds = {
  name: "late_ends",
  shape: LateEndDoc,
  indexes: { end: { fields: ["end"] }, edge: { fields: ["row"] } },
} satisfies CollectionSpec<LateEndDoc>;
export const Crowded = {
  name: "crowded",
  shape: CrowdedDoc,
  indexes: { n: { fields: ["n"], unique: true } },
} satisfies CollectionSpec<CrowdedDoc>;
export const MarkingsTold = {
  name: "markings_told",
  shape: MarkingToldDoc,
  indexes: { shelf: { fields: ["shelf", "place"] } },
} satisfies CollectionSpec<MarkingToldDoc>;
export const Readers = { name: "readers", shape: ReaderDoc, indexes: {} } satisfies CollectionSpec<ReaderDoc>;
export const Receipts = {
  name: "receipts",
  shape: ReceiptDoc,
  indexes: { agency: { fields: ["agency", "at"] } },
  bytes: ["results"],
  sealedBy: { agency: "agency", at: "at" },
} satisfies CollectionSpec<ReceiptDoc>;
export const Releases = {
  name: "releases",
  shape: ReleaseDoc,
  indexes: {
    agency: { fields: ["agency", "status", "proposedAt"] },
    country: { fields: ["country", "status", "proposedAt"] },
    group: { fields: ["group"] },
    asked: { fields: ["proposedBy", "kind", "proposedAt"] },
  },
  multi: { contributions: "contributions" },
  sealedBy: { agency: "agency", at: "proposedAt" },
} satisfies CollectionSpec<ReleaseDoc>;
export const Samples = {
  name: "samples",
  shape: SampleDoc,
  indexes: { agency: { fields: ["agency", "status", "at"] }, order: { fields: ["order", "status"] } },
  sealedBy: { agency: "agency", at: "at" },
} satisfies CollectionSpec<SampleDoc>;
export const Tallies = { name: "tallies", shape: TallyDoc, indexes: {} } satisfies CollectionSpec<TallyDoc>;
/** Which of an agency's objects is a tear-line of which. */
export const TearLines = {
  name: "tear_lines",
  shape: TearLineDoc,
  indexes: { parent: { fields: ["agency", "parent"] } },
  sealedBy: { agency: "agency", at: "at" },
} satisfies CollectionSpec<TearLineDoc>;
export const ClientGrants = {
  name: "client_grants",
  shape: ClientGrantDoc,
  indexes: { agency: { fields: ["agency", "proposedAt"] } },
  multi: { chains: "chains" },
  sealedBy: { agency: "agency", at: "proposedAt" },
} satisfies CollectionSpec<ClientGrantDoc>;
export const Emergencies = {
  name: "emergencies",
  shape: EmergencyDoc,
  indexes: {},
} satisfies CollectionSpec<EmergencyDoc>;
export const Promotions = {
  name: "promotions",
  shape: PromotionDoc,
  indexes: {},
} satisfies CollectionSpec<PromotionDoc>;
export const Confirmations = {
  name: "confirmations",
  shape: ConfirmationDoc,
  indexes: { agency: { fields: ["agency", "status", "at"] } },
  multi: { contributions: "contributions" },
  sealedBy: { agency: "agency", at: "at" },
} satisfies CollectionSpec<ConfirmationDoc>;
/** Deconfliction (policy 8): tickets of those who ask, and answers of those who are asked. */
export const DeconflictionTickets = {
  name: "deconfliction_tickets",
  shape: DeconflictionTicketDoc,
  indexes: { agency: { fields: ["agency", "at"] }, asks: { fields: ["asks", "at"] }, at: { fields: ["at"] } },
  sealedBy: { agency: "agency", at: "at" },
} satisfies CollectionSpec<DeconflictionTicketDoc>;
export const DeconflictionAnswers = {
  name: "deconfliction_answers",
  shape: DeconflictionAnswerDoc,
  indexes: { ticket: { fields: ["ticket"], few: true } },
  sealedBy: { agency: "agency", at: "at" },
} satisfies CollectionSpec<DeconflictionAnswerDoc>;
/** Items of the quality review, and what each lane shows of them: the queue reads the lanes that its reader is admitted to (triage 2). */
export const Reviews = {
  name: "reviews",
  shape: ReviewDoc,
  indexes: {
    account: { fields: ["account", "received"] },
    holder: { fields: ["holder"], few: true },
  },
  multi: { names: "names" },
  sealedBy: { agency: "agency", at: "received" },
} satisfies CollectionSpec<ReviewDoc>;
export const ReviewEntries = {
  name: "review_entries",
  shape: ReviewEntryDoc,
  indexes: { place: { fields: ["place", "lane", "at"] }, review: { fields: ["review"], few: true } },
  sealedBy: { at: "at" },
} satisfies CollectionSpec<ReviewEntryDoc>;
export const Feedback = {
  name: "feedback",
  shape: FeedbackDoc,
  indexes: { contribution: { fields: ["contribution"], few: true } },
  sealedBy: { agency: "originator", at: "at" },
} satisfies CollectionSpec<FeedbackDoc>;
export const Quarantined = {
  name: "quarantined",
  shape: QuarantinedDoc,
  indexes: {
    agency: { fields: ["agency", "at"] },
    account: { fields: ["account", "at"] },
    code: { fields: ["agency", "code", "at"] },
    batch: { fields: ["batch", "at"] },
    age: { fields: ["at"] },
  },
  bytes: ["text"],
  sealedBy: { agency: "agency", at: "at" },
} satisfies CollectionSpec<QuarantinedDoc>;
export const QuarantineTallies = {
  name: "quarantine_tallies",
  shape: QuarantineTallyDoc,
  indexes: {},
} satisfies CollectionSpec<QuarantineTallyDoc>;
export const Jobs = {
  name: "jobs",
  shape: JobDoc,
  indexes: { status: { fields: ["status", "created"] }, account: { fields: ["account", "created"] } },
  sealedBy: { at: "created" },
} satisfies CollectionSpec<JobDoc>;
/** Large posts that wait for their job, in pieces, where processes share no folder: beside content, so that what comes in slowly holds nobody up. */
export const Spooled = {
  name: "spooled",
  shape: SpoolDoc,
  indexes: { name: { fields: ["name", "n"] }, begun: { fields: ["n", "at"] } },
  bytes: ["bytes"],
  sealedBy: { at: "at" },
  placement: "log",
} satisfies CollectionSpec<SpoolDoc>;
export const Audit = {
  name: "audit",
  shape: AuditDoc,
  indexes: { stream: { fields: ["stream", "n"], unique: true } },
} satisfies CollectionSpec<AuditDoc>;
/** Receipts of exports: beside the disclosures, so that a reader never waits for an ingest. */
export const Exports = {
  name: "exports",
  shape: ExportDoc,
  indexes: { account: { fields: ["account", "at"] } },
  bytes: ["receipt"],
  sealedBy: { at: "at" },
  placement: "log",
} satisfies CollectionSpec<ExportDoc>;
/** Who was shown which lanes up to where: written before the bytes leave; apart from content, so that a reader never waits for an ingest. */
export const Disclosures = {
  name: "disclosures",
  shape: AuditDoc,
  indexes: { stream: { fields: ["stream", "n"], unique: true }, actor: { fields: ["actor", "at"] } },
  placement: "log",
} satisfies CollectionSpec<AuditDoc>;
/** Where the streams of both end: each is written with the row that it names, and by the one process whose stream it is. */
export const AuditHeads = {
  name: "audit_heads",
  shape: AuditHeadDoc,
  indexes: { moved: { fields: ["moved"] } },
} satisfies CollectionSpec<AuditHeadDoc>;
export const DisclosureHeads = {
  name: "disclosure_heads",
  shape: AuditHeadDoc,
  indexes: { moved: { fields: ["moved"] } },
  placement: "log",
} satisfies CollectionSpec<AuditHeadDoc>;
/** The ends of chains of which there is one: policy versions, anchors. */
export const ChainHeads = {
  name: "chain_heads",
  shape: AuditHeadDoc,
  indexes: {},
} satisfies CollectionSpec<AuditHeadDoc>;
export const Anchors = {
  name: "anchors",
  shape: AnchorDoc,
  indexes: { n: { fields: ["n"], unique: true } },
} satisfies CollectionSpec<AnchorDoc>;
/** What accounts were given over REST and in exports, by lane and stretch: beside the disclosures, in whose transaction it is written. */
export const Given = {
  name: "given",
  shape: GivenDoc,
  indexes: { account: { fields: ["account", "lane", "stretch"] }, lane: { fields: ["lane", "stretch"] } },
  placement: "log",
} satisfies CollectionSpec<GivenDoc>;
export const GivenFiles = {
  name: "given_files",
  shape: GivenFileDoc,
  indexes: { account: { fields: ["account", "lane", "stretch"] } },
  placement: "log",
} satisfies CollectionSpec<GivenFileDoc>;
export const Holders = {
  name: "holders",
  shape: HolderDoc,
  indexes: {},
  placement: "log",
} satisfies CollectionSpec<HolderDoc>;
export const Recalls = {
  name: "recalls",
  shape: RecallDoc,
  indexes: { account: { fields: ["account", "place"], unique: true } },
  multi: { contributions: "contributions" },
  sealedBy: { at: "at" },
  placement: "log",
} satisfies CollectionSpec<RecallDoc>;
export const Budgets = {
  name: "budgets",
  shape: BudgetDoc,
  indexes: {},
  placement: "log",
} satisfies CollectionSpec<BudgetDoc>;
/** When accounts that read by cursor read last: apart from content for the same reason. */
export const LastPages = {
  name: "last_pages",
  shape: LastPageDoc,
  indexes: {},
  placement: "log",
} satisfies CollectionSpec<LastPageDoc>;

/** How an agency's people read the tables of its senders, by name. */
export const ColumnMaps = {
  name: "column_maps",
  shape: ColumnMapDoc,
  indexes: { agency: { fields: ["agency", "name"], unique: true } },
  sealedBy: { agency: "agency", at: "changedAt" },
} satisfies CollectionSpec<ColumnMapDoc>;

/** Data keys of encryption at rest, wrapped: beside the disclosures, since they are made while a transaction on content is open. */
export const SealKeys = {
  name: "seal_keys",
  shape: SealKeyDoc,
  indexes: { n: { fields: ["n"], unique: true }, turn: { fields: ["agency", "month", "turn"], unique: true } },
  placement: "log",
} satisfies CollectionSpec<SealKeyDoc>;

/** All of them, whatever their documents. */
export const COLLECTIONS: readonly Declared[] = [
  Meta,
  Agencies,
  Accounts,
  ApiKeys,
  Sessions,
  Lockouts,
  AgreementsIn,
  Orders,
  PolicyVersions,
  PolicyChanges,
  SourceQuarantines,
  Labels,
  Rows,
  Stages,
  Lanes,
  LateEnds,
  Crowded,
  MarkingsTold,
  Readers,
  Receipts,
  Releases,
  Samples,
  Tallies,
  Emergencies,
  TearLines,
  ClientGrants,
  Promotions,
  Reviews,
  ReviewEntries,
  Confirmations,
  DeconflictionTickets,
  DeconflictionAnswers,
  Feedback,
  Quarantined,
  QuarantineTallies,
  Jobs,
  ColumnMaps,
  Spooled,
  Audit,
  AuditHeads,
  ChainHeads,
  Anchors,
  Exports,
  Disclosures,
  DisclosureHeads,
  LastPages,
  Given,
  GivenFiles,
  Holders,
  Recalls,
  Budgets,
  SealKeys,
];
