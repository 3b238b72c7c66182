import { z } from "zod";
import { AccountId, AgencyId, Country, When } from "../policy/vocabulary.ts";

/** What a receiver says of what it got (triage 1); `not useful` and `action taken` as they are spoken, or with a hyphen. */
export const Verdict = z
  .enum(["acknowledge", "useful", "not-useful", "not useful", "conflicts", "action-taken", "action taken"])
  .meta({ id: "Verdict" });
export const ReceivedState = z
  .enum(["new", "acknowledged", "useful", "not-useful", "conflicts", "action-taken"])
  .meta({ id: "ReceivedState" });

export const FeedbackBody = z
  .strictObject({
    verdict: Verdict,
    note: z.string().min(1).max(2000).optional(),
    /** Let the originator know which agency says so; else it is told the country. */
    nameUnit: z.boolean().optional(),
  })
  .meta({ id: "FeedbackBody" });
export type FeedbackBody = z.infer<typeof FeedbackBody>;

/** What one's own agency said. */
export const GivenFeedback = z
  .object({
    state: ReceivedState,
    note: z.string().optional(),
    nameUnit: z.boolean(),
    by: AccountId,
    at: When,
  })
  .meta({ id: "GivenFeedback" });
export type GivenFeedback = z.infer<typeof GivenFeedback>;

/** What receivers said of one's own agency's contributions: by country, and by agency where it wanted to be named. */
export const ReceivedFeedback = z
  .object({
    country: Country,
    agency: AgencyId.optional(),
    state: ReceivedState,
    note: z.string().optional(),
    at: When,
  })
  .meta({ id: "ReceivedFeedback" });
export type ReceivedFeedback = z.infer<typeof ReceivedFeedback>;

export const FeedbackReply = z
  .object({ given: GivenFeedback.optional(), received: z.array(ReceivedFeedback) })
  .meta({ id: "Feedback" });
export type FeedbackReply = z.infer<typeof FeedbackReply>;
