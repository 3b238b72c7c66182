import { z } from "zod";
import { AccountId, AgencyId, Country, When } from "../../schemas/policy/vocabulary.ts";

/**
 * A sponsor lets one of its clients read an object of another agency (policy 4, AMBER). Its client reads copies of the contributions, under a label of their own
 * (ADR 0030): what stands for everybody else stays as it is.
 */
export const ClientGrantDoc = z.object({
  id: z.string(),
  /** The sponsor, and its country. */
  agency: AgencyId,
  country: Country,
  client: AccountId,
  /** Under which id it was asked for. */
  object: z.string(),
  /** What it is on: originator and sender's id, `|` between. Later versions are the same object. */
  chains: z.array(z.string()).min(1),
  until: When.optional(),
  reason: z.string(),
  status: z.enum(["proposed", "in-force", "refused", "ended"]),
  proposedBy: AccountId,
  /** ms. */
  proposedAt: z.int(),
  /** From this instant on a proposal is expired, whatever `status` says (ms). */
  expires: z.int(),
  decidedBy: AccountId.optional(),
  decidedAt: z.int().optional(),
  decisionReason: z.string().optional(),
  endedBy: AccountId.optional(),
  endedAt: z.int().optional(),
  endReason: z.string().optional(),
  /** Contributions for which it is over for good: their label went where no grant goes, or would have shown the client more. */
  closed: z.array(z.string()),
});
export type ClientGrantDoc = z.infer<typeof ClientGrantDoc>;
