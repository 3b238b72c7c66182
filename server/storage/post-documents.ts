import { z } from "zod";
import { ColumnMap, ColumnMapName } from "../../schemas/api/column-maps.ts";
import { Label, LabelRequest } from "../../schemas/policy/label.ts";
import { AccountId, AgencyId, Country, Tlp } from "../../schemas/policy/vocabulary.ts";
import { RECEIVED_STATES } from "../triage/received.ts";

/** What becomes of a post beside its rows: receipts, jobs, what was refused, what receivers say. */

export const ReceiptDoc = z.object({
  id: z.string(),
  account: AccountId,
  agency: AgencyId,
  at: z.int(),
  counts: z.record(z.string(), z.int()),
  results: z.instanceof(Uint8Array),
  audit: z.object({ stream: z.string(), n: z.int(), digest: z.string() }),
});
export type ReceiptDoc = z.infer<typeof ReceiptDoc>;

/** What one agency that received a contribution says of it (triage 1): one document each, so that its state is one. */
export const FeedbackDoc = z.object({
  id: z.string(),
  contribution: z.string(),
  /** Who received it. */
  agency: AgencyId,
  country: Country,
  /** Whose it is: whom the feedback goes back to. */
  originator: AgencyId,
  state: z.enum(RECEIVED_STATES),
  note: z.string().optional(),
  /** The receiver wants the originator to know which agency it is; else its country only. */
  named: z.boolean(),
  by: AccountId,
  /** ms. */
  at: z.int(),
});
export type FeedbackDoc = z.infer<typeof FeedbackDoc>;

/** An object that was refused, kept for its sender to mend and send again. One document for the same text refused for the same reason. */
export const QuarantinedDoc = z.object({
  id: z.string(),
  agency: AgencyId,
  /** Who sent it. */
  account: AccountId,
  /** The last batch that it came with, and its place there. */
  batch: z.string(),
  index: z.int(),
  /** When it came last, ms. */
  at: z.int(),
  /** How often it came. */
  times: z.int(),
  code: z.string(),
  path: z.string(),
  message: z.string(),
  more: z.array(z.object({ code: z.string(), path: z.string(), message: z.string() })).optional(),
  place: z.string().optional(),
  given: z.string().optional(),
  /** Id and type as it says them itself. */
  object: z.string().optional(),
  type: z.string().optional(),
  channel: z.string(),
  /** What the post said of labels. */
  request: LabelRequest.optional(),
  preset: z.string().optional(),
  /** What its source said beside it (a MISP event's tags and distribution): it holds when it is sent again. */
  said: z.object({ tlps: z.array(Tlp).optional(), ownAgency: z.literal(true).optional() }).optional(),
  /** Who of the agency may read it: what the post and the object say met; nobody but sender and custodian where that can't be told. */
  label: Label,
  /** The object as JSON, as it came, up to a length; `length` is of all of it. Nothing where the place could not be read. */
  text: z.instanceof(Uint8Array),
  length: z.int(),
});
export type QuarantinedDoc = z.infer<typeof QuarantinedDoc>;

/** How much of an account's was not kept, or went to make room, since it first sent something that was refused. */
export const QuarantineTallyDoc = z.object({ id: AccountId, lost: z.int() });
export type QuarantineTallyDoc = z.infer<typeof QuarantineTallyDoc>;

export const JobDoc = z.object({
  id: z.string(),
  kind: z.literal("ingest"),
  account: AccountId,
  status: z.enum(["queued", "running", "done", "failed"]),
  created: z.int(),
  /** What the work needs, and how far it is. */
  input: z.record(z.string(), z.unknown()),
  progress: z.record(z.string(), z.unknown()),
  leaseHolder: z.string().optional(),
  leaseUntil: z.int().optional(),
  /** How often a worker took it up since one came further than any before: a job that kills its workers is given up. */
  attempts: z.int().optional(),
  /** Batches that the try which came furthest has done. */
  furthest: z.int().optional(),
});
export type JobDoc = z.infer<typeof JobDoc>;

/** A piece of a large post that waits for its job, where processes share no folder; id = `name:n`. */
export const SpoolDoc = z.object({
  id: z.string(),
  name: z.string(),
  n: z.int(),
  at: z.int(),
  /** How many pieces there are: with the last of them. */
  pieces: z.int().optional(),
  bytes: z.instanceof(Uint8Array),
});
export type SpoolDoc = z.infer<typeof SpoolDoc>;

/** A saved column map of an agency: id = `agency:name`. */
export const ColumnMapDoc = z.object({
  id: z.string(),
  agency: AgencyId,
  name: ColumnMapName,
  map: ColumnMap,
  changedBy: AccountId,
  changedAt: z.int(),
});
export type ColumnMapDoc = z.infer<typeof ColumnMapDoc>;
