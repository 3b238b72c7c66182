import { z } from "zod";
import { AccountId, AgencyId, When } from "../policy/vocabulary.ts";
import { Hash, Reason } from "./mine.ts";

/** `client`: of one's own agency. `until`: the grant ends by itself then; else until it is taken back. */
export const GrantBody = z
  .strictObject({ client: AccountId, until: When.optional(), reason: Reason })
  .meta({ id: "GrantBody" });

/** `hash`: the grant's, as it was read. */
export const GrantDecideBody = z.strictObject({ hash: Hash, reason: Reason }).meta({ id: "GrantDecideBody" });

export const GrantEndBody = z.strictObject({ reason: Reason }).meta({ id: "GrantEndBody" });

/** `reads`: whether the client may read it by this grant now, once it is in force. */
export const GrantReply = z
  .object({
    grant: z.string(),
    object: z.string(),
    agency: AgencyId,
    client: AccountId,
    until: When.optional(),
    reason: z.string(),
    status: z.enum(["proposed", "in-force", "refused", "expired", "ended", "over"]),
    proposedBy: AccountId,
    proposedAt: When,
    decidedBy: AccountId.optional(),
    decidedAt: When.optional(),
    endedBy: AccountId.optional(),
    endedAt: When.optional(),
    reads: z.boolean(),
    hash: z.string(),
  })
  .meta({ id: "GrantReply" });
export type GrantReply = z.infer<typeof GrantReply>;

export const GrantList = z.object({ grants: z.array(GrantReply) }).meta({ id: "GrantList" });
export type GrantList = z.infer<typeof GrantList>;
