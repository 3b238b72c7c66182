import { z } from "zod";
import { AccountId, AgencyId, Country, Tlp, When } from "../policy/vocabulary.ts";
import { ObjectId } from "./objects.ts";

/** States of the quality review, as `server/triage/quality.ts` has them; a test compares. */
export const ReviewState = z
  .enum([
    "draft",
    "submitted",
    "in-triage",
    "accepted",
    "needs-info",
    "duplicate",
    "rejected",
    "superseded",
    "withdrawn",
  ])
  .meta({ id: "ReviewState" });
export const ReviewClass = z.enum(["P0", "P1", "P2", "P3"]).meta({ id: "ReviewClass" });

export const ReviewId = z.string().regex(/^[0-9a-f]{32}$/, "the id of an item has 32 digits, 0 to 9 and a to f");
const Cursor = z.string().min(1).max(4096);
const Limit = z.string().regex(/^[1-9]\d{0,3}$/, "a whole number from 1 to 9999; a page has 200 at most");
const Reason = z.string().min(1).max(64);
const Words = z.string().min(1).max(4000);
const Hash = z.string().min(1).max(100);

/** Without a state: what is open. `mine=true`: what you have claimed. */
export const QueueQuery = z.strictObject({
  class: ReviewClass.optional(),
  state: ReviewState.optional(),
  originator: AgencyId.optional(),
  type: z
    .string()
    .max(250)
    .regex(/^[a-z][a-z0-9-]{2,249}$/)
    .optional(),
  mine: z.literal("true").optional(),
  limit: Limit.optional(),
  next: Cursor.optional(),
});
export type QueueQuery = z.infer<typeof QueueQuery>;
export const FateQuery = z.strictObject({
  state: ReviewState.optional(),
  limit: Limit.optional(),
  next: Cursor.optional(),
});
export type FateQuery = z.infer<typeof FateQuery>;

const Parts = z.object({
  value: z.number(),
  freshness: z.number(),
  source: z.number(),
  novelty: z.number(),
  countries: z.number(),
  topic: z.number(),
  waiting: z.number(),
});

const item = {
  review: z.string(),
  state: ReviewState,
  since: When,
  class: ReviewClass,
  /** The rule that put it into its class: `named-victim`. */
  rule: z.string(),
  title: z.string().optional(),
  /** Objects by type, of those that you may see. */
  kinds: z.record(z.string(), z.int()),
  objects: z.int(),
  originator: AgencyId,
  sender: z.enum(["person", "feed"]),
  /** Who posted it: on the own agency's side only. */
  by: z.string().optional(),
  received: When,
  due: z.object({ acknowledge: When.optional(), decide: When.optional() }),
  late: z.object({ acknowledge: z.boolean(), decide: z.boolean() }),
  /** Before whom a breach is brought. */
  escalatedTo: z.string().optional(),
  /** Who has it taken, until when. */
  claim: z.object({ by: AccountId, until: When }).optional(),
};

/** One item of the queue. `standing`: the class it stands in, above its own where it is late. */
export const QueueItem = z
  .object({
    ...item,
    standing: ReviewClass.optional(),
    score: z.object({ total: z.number(), parts: Parts }).optional(),
  })
  .meta({ id: "QueueItem" });
export type QueueItem = z.infer<typeof QueueItem>;
export const QueuePage = z.object({ items: z.array(QueueItem), next: z.string().optional() }).meta({ id: "QueuePage" });
export type QueuePage = z.infer<typeof QueuePage>;

export const ReviewReply = z
  .object({
    ...item,
    /** What a decision binds to. */
    hash: z.string(),
    /** The first of its contributions, as you may see them. */
    contents: z.array(
      z.object({
        id: z.string(),
        type: z.string(),
        version: z.string().optional(),
        name: z.string().optional(),
        tlp: Tlp,
        /** A later version has come since. */
        replaced: z.boolean().optional(),
      }),
    ),
    /** Verbs that lead on from its state. */
    verbs: z.array(z.string()),
    history: z.array(
      z.object({
        verb: z.string(),
        from: ReviewState,
        to: ReviewState,
        by: z.string(),
        at: When,
        reason: z.string().optional(),
        words: z.string().optional(),
        link: z.string().optional(),
      }),
    ),
  })
  .meta({ id: "Review" });
export type ReviewReply = z.infer<typeof ReviewReply>;

const said = { reason: Reason, words: Words.optional(), hash: Hash };
export const JudgeBody = z.strictObject(said).meta({ id: "JudgeBody" });
export const NeedsInfoBody = z.strictObject({ ...said, words: Words }).meta({ id: "NeedsInfoBody" });
export const AnswerBody = z.strictObject({ words: Words }).meta({ id: "AnswerBody" });
/** `of`: the object that it is a duplicate of, one that you see. */
export const DuplicateBody = z.strictObject({ ...said, of: ObjectId }).meta({ id: "DuplicateBody" });
/** `by`: the item that replaces it. */
export const SupersedeBody = z.strictObject({ ...said, by: ReviewId.optional() }).meta({ id: "SupersedeBody" });

const MOST_ITEMS = 100;
export const BulkBody = z
  .strictObject({
    verb: z.enum(["accept", "needs-info", "duplicate", "reject", "supersede"]),
    reason: Reason,
    words: Words.optional(),
    /** For `duplicate`. */
    of: ObjectId.optional(),
    items: z
      .array(z.strictObject({ review: ReviewId, hash: Hash }))
      .min(1)
      .max(MOST_ITEMS),
    dryRun: z.boolean().optional(),
  })
  .refine(({ verb, of }) => (verb === "duplicate") === (of !== undefined), "duplicate, and nothing else, says of what")
  .refine(({ items }) => new Set(items.map(({ review }) => review)).size === items.length, "an item stands there twice")
  .meta({ id: "BulkBody" });
export type BulkBody = z.infer<typeof BulkBody>;
export const BulkReply = z
  .object({
    dryRun: z.boolean(),
    results: z.array(
      z.object({
        review: z.string(),
        outcome: z.enum(["done", "refused"]),
        state: ReviewState.optional(),
        code: z.string().optional(),
        /** The field that it is about. */
        path: z.string().optional(),
        message: z.string().optional(),
      }),
    ),
  })
  .meta({ id: "BulkReply" });
export type BulkReply = z.infer<typeof BulkReply>;

const PerClass = z.object({
  class: ReviewClass,
  open: z.int(),
  /** Open items that are past their time, by stage. */
  late: z.object({ acknowledge: z.int(), decide: z.int() }),
  /** Items decided in the last seven days, and how many of them late, by stage. */
  decided: z.int(),
  decidedLate: z.object({ acknowledge: z.int(), decide: z.int() }),
  escalated: z.record(z.string(), z.int()),
});
/** Counted per stage and never per person (triage 2), over what the caller may see. */
export const TriageSummary = z
  .object({ country: Country, at: When, classes: z.array(PerClass) })
  .meta({ id: "TriageSummary" });
export type TriageSummary = z.infer<typeof TriageSummary>;
