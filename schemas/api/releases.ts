import { z } from "zod";
import { AgencyList } from "../policy/label.ts";
import { AgreementId, Country, When } from "../policy/vocabulary.ts";

export const ReleaseRowBody = z
  .strictObject({
    agreement: AgreementId,
    countries: z.array(Country).max(20),
    agencies: AgencyList,
    until: When.optional(),
  })
  .meta({ id: "ReleaseRowBody" });
const Reason = z.string().min(1).max(2000);
const Hash = z.string().min(1).max(100);

export const ProposeBody = z
  .strictObject({ row: ReleaseRowBody, reason: Reason, hash: Hash })
  .meta({ id: "ProposeBody" });
export type ProposeBody = z.infer<typeof ProposeBody>;
export const DecideBody = z.strictObject({ reason: Reason, hash: Hash }).meta({ id: "DecideBody" });

export const Proposed = z.object({ release: z.string() }).meta({ id: "Proposed" });
export const ReleaseReply = z
  .object({
    release: z.string(),
    object: z.string(),
    row: ReleaseRowBody,
    reason: z.string(),
    status: z.enum(["proposed", "released", "refused", "expired"]),
    proposedBy: z.string(),
    proposedAt: When,
    decidedBy: z.string().optional(),
    decidedAt: When.optional(),
    decisionReason: z.string().optional(),
    /** Agencies that could not read it before and could after. */
    gains: z.array(z.string()),
    hash: z.string(),
  })
  .meta({ id: "Release" });
export type ReleaseReply = z.infer<typeof ReleaseReply>;
export const ReleaseList = z.object({ releases: z.array(ReleaseReply) }).meta({ id: "ReleaseList" });
export const ReleaseQuery = z.strictObject({
  status: z.enum(["proposed", "released", "refused", "expired"]).optional(),
});
