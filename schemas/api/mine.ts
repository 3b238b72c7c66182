import { z } from "zod";
import { Label, LabelRequest, State } from "../policy/label.ts";
import { AccountId, AgencyId, When } from "../policy/vocabulary.ts";
import { ReceivedFeedback } from "./feedback.ts";
import { Remark } from "./ingest.ts";
import { ReleaseReply, ReleaseRowBody } from "./releases.ts";
import { ReviewState } from "./triage.ts";

export const Reason = z.string().min(1).max(2000);
export const Hash = z.string().min(1).max(100);

/** One's own agency's contributions to an object, or one version of them; `hash` as `GET /api/v1/objects/{id}` gave it. */
export const WithdrawBody = z
  .strictObject({ reason: Reason, version: When.optional(), hash: Hash.optional() })
  .meta({ id: "WithdrawBody" });

/** How many contributions went, and by when a second person should confirm it. */
export const WithdrawReply = z
  .object({ withdrawn: z.int(), confirmation: z.string(), confirmUntil: When })
  .meta({ id: "Withdrawn" });
export type WithdrawReply = z.infer<typeof WithdrawReply>;

/** What one person did at once and a second one looks at (triage 3). `overdue`: nobody did within a day; it stays done. */
export const ConfirmationReply = z
  .object({
    confirmation: z.string(),
    what: z.enum(["withdraw", "narrow"]),
    object: z.string(),
    contributions: z.int(),
    reason: z.string(),
    by: AccountId,
    at: When,
    until: When,
    state: z.enum(["open", "overdue", "confirmed"]),
    confirmedBy: AccountId.optional(),
    confirmedAt: When.optional(),
  })
  .meta({ id: "Confirmation" });
export type ConfirmationReply = z.infer<typeof ConfirmationReply>;
export const ConfirmationList = z
  .object({ confirmations: z.array(ConfirmationReply) })
  .meta({ id: "ConfirmationList" });
/** `open` (default) has the overdue ones too. */
export const ConfirmationQuery = z.strictObject({ state: z.enum(["open", "overdue", "confirmed"]).optional() });

/** A post of one's own agency, as a list of them names it. */
export const PostToken = z
  .string()
  .min(1)
  .max(2000)
  .regex(/^[A-Za-z0-9_-]+$/);

/**
 * Another version and another label of one post. `object` is the whole object, `patch` a JSON merge patch (RFC 7396); `label` is the whole label as a request (`request` of
 * the post, changed). `hash` is the post's.
 */
export const EditBody = z
  .strictObject({
    object: z.record(z.string(), z.unknown()).optional(),
    patch: z.record(z.string(), z.unknown()).optional(),
    label: LabelRequest.optional(),
    hash: Hash,
    reason: Reason,
    dryRun: z.boolean().optional(),
  })
  .refine((body) => body.object === undefined || body.patch === undefined, "give object or patch, not both")
  .refine(
    (body) => body.object !== undefined || body.patch !== undefined || body.label !== undefined,
    "give object, patch or label",
  )
  .meta({ id: "EditBody" });
export type EditBody = z.infer<typeof EditBody>;

/** The whole label as a request (`request` of the post, changed), by which somebody would gain: another person has to approve it. */
export const RelabelBody = z
  .strictObject({ label: LabelRequest, hash: Hash, reason: Reason, code: z.string().max(60).optional() })
  .meta({ id: "RelabelBody" });
/** `widens`: for whom. What becomes of it stands under `GET /api/v1/releases/{release}`. */
export const RelabelProposed = z
  .object({ release: z.string(), widens: z.array(z.string()) })
  .meta({ id: "RelabelProposed" });

export const EditReply = z
  .object({
    /** `updated`: another version; `narrowed`: another label; `unchanged`: it says so already. */
    outcome: z.enum(["updated", "narrowed", "unchanged"]),
    object: z.string(),
    /** The post as it stands now and its hash, where its editor may still read it. */
    post: z.string().optional(),
    hash: z.string().optional(),
    version: z.string().optional(),
    /** Agencies that could read it, and that can. */
    readers: z.object({ before: z.array(z.string()), after: z.array(z.string()) }),
    /** Rows that were on and wait for a second person, since what is new has not been released yet. */
    releaseAgain: z.array(ReleaseRowBody),
    warnings: z.array(Remark),
    /** What a second person confirms, and by when. */
    confirmation: z.string().optional(),
    confirmUntil: When.optional(),
  })
  .meta({ id: "EditReply" });
export type EditReply = z.infer<typeof EditReply>;

const FateRow = ReleaseRowBody.extend({ status: z.enum(["on", "off", "expired"]) });
const Readers = z.object({ agencies: z.array(AgencyId), people: z.array(AccountId) });

/** What became of one post, as far as its reader may know. */
export const FateReply = z
  .object({
    post: z.string(),
    /** What an edit binds to. */
    hash: z.string(),
    id: z.string(),
    type: z.string(),
    version: z.string().optional(),
    name: z.string().optional(),
    received: When,
    by: AccountId,
    batch: z.string(),
    channel: z.string(),
    state: State,
    flags: z.array(z.string()),
    /** There is a later version of it. */
    superseded: z.boolean(),
    label: Label,
    /** The label as the request that would ask for it: change it, and send it with an edit. */
    request: LabelRequest,
    releases: z.array(FateRow),
    proposals: z.array(ReleaseReply),
    /** Its quality review, where there is one. */
    review: z
      .object({
        review: z.string(),
        state: ReviewState,
        since: When,
        reason: z.string().optional(),
        words: z.string().optional(),
      })
      .optional(),
    /** What was withdrawn or narrowed of it, and whether a second person confirmed that. */
    confirmations: z.array(ConfirmationReply),
    /** Who can read it, and who will once its rows are on: agencies, and people of one's own. */
    readers: z.object({ now: Readers, released: Readers }),
    /** The object that it is part of, and the agencies behind that whom its reader sees. */
    merged: z.object({ object: z.string(), sources: z.array(z.string()) }).optional(),
    feedback: z.array(ReceivedFeedback),
  })
  .meta({ id: "Fate" });
export type FateReply = z.infer<typeof FateReply>;

/** Who would read something under a label, before it is saved. With `post`: what would change for that post. */
export const PreviewBody = z
  .strictObject({ label: LabelRequest.optional(), preset: z.string().max(64).optional(), post: PostToken.optional() })
  .meta({ id: "PreviewBody" });
export const PreviewReply = z
  .object({
    /** The label as it would be stored. */
    label: Label,
    flags: z.array(z.string()),
    warnings: z.array(Remark),
    readers: z.object({ now: Readers, released: Readers }),
    /** With `post`: agencies that could not read it and could, and that could and could not any more, once all rows are on. */
    gains: z.array(z.string()).optional(),
    losses: z.array(z.string()).optional(),
  })
  .meta({ id: "Preview" });
export type PreviewReply = z.infer<typeof PreviewReply>;
