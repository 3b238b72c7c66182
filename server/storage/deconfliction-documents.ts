import { z } from "zod";
import { AccountId, AgencyId, Topic } from "../../schemas/policy/vocabulary.ts";

/** A question whether somebody else has an operational interest in a value too (policy 8). What matched is written nowhere: it is found when somebody looks. */
export const DeconflictionTicketDoc = z.object({
  id: z.string(),
  agency: AgencyId,
  account: AccountId,
  topic: Topic,
  /** ms. */
  at: z.int(),
  ends: z.int(),
  /** Keyed hash of agency and value: what bounds the asks of one value. */
  asks: z.string(),
  /** The ticket that others are asked under, where the agency asked the same before. */
  lead: z.string().optional(),
  /** Under which things and keyed hashes the value is found, and what its asker held of it: sealed for this ticket. */
  about: z.string(),
});
export type DeconflictionTicketDoc = z.infer<typeof DeconflictionTicketDoc>;

/** What an agency's point of contact said to a ticket; id = keyed hash of both. */
export const DeconflictionAnswerDoc = z.object({
  id: z.string(),
  ticket: z.string(),
  agency: AgencyId,
  by: AccountId,
  answer: z.enum(["consent", "decline"]),
  /** ms. */
  at: z.int(),
});
export type DeconflictionAnswerDoc = z.infer<typeof DeconflictionAnswerDoc>;
