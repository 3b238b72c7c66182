import { z } from "zod";
import { AccountId, When } from "../policy/vocabulary.ts";

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
