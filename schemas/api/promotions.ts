import { z } from "zod";
import { AccountId, Role, When } from "../policy/vocabulary.ts";

export const PromotionBody = z
  .strictObject({ account: AccountId, role: z.enum(["reviewer", "releaser"]).default("releaser") })
  .meta({ id: "PromotionBody" });
export const PromotionReply = z
  .object({
    account: AccountId,
    role: Role,
    proposedBy: z.string(),
    proposedAt: When,
    /** Not before, and by another administrator. */
    confirmFrom: When,
  })
  .meta({ id: "Promotion" });
export type PromotionReply = z.infer<typeof PromotionReply>;
export const PromotionList = z.object({ promotions: z.array(PromotionReply) }).meta({ id: "PromotionList" });
