import { z } from "zod";
import { AccountId, AgencyId, AgreementId, Level, Tlp, When } from "../policy/vocabulary.ts";

const Reason = z.string().min(1).max(2000);
const Hash = z.string().min(1).max(100);
const TypeName = z
  .string()
  .max(250)
  .regex(/^[a-z][a-z0-9-]{2,249}$/);

/** Never above GREEN, never above class U, never longer than 90 days (triage 3). */
export const OrderBody = z
  .strictObject({
    accounts: z.array(AccountId).min(1).max(50),
    kinds: z.array(TypeName).min(1).max(100).optional(),
    tlpUpTo: z.enum(["CLEAR", "GREEN"]),
    agreements: z.array(AgreementId).min(1).max(20),
    days: z.int().min(1).max(90),
    /** Objects a UTC day, for each country. */
    ceiling: z.int().min(1).max(10_000_000),
    reason: Reason,
  })
  .meta({ id: "OrderBody" });
export type OrderBody = z.infer<typeof OrderBody>;
export const OrderDecision = z.strictObject({ reason: Reason, hash: Hash }).meta({ id: "OrderDecision" });
export const OrderStop = z.strictObject({ reason: Reason }).meta({ id: "OrderStop" });

export const OrderReply = z
  .object({
    order: z.string(),
    agency: AgencyId,
    accounts: z.array(AccountId),
    kinds: z.array(z.string()).optional(),
    tlpUpTo: Tlp,
    classificationUpTo: Level,
    agreements: z.array(AgreementId),
    /** `over`: past its end. `stopped`: by a person, by failed samples, or because another order took its place. */
    status: z.enum(["proposed", "refused", "in-force", "over", "stopped"]),
    reason: z.string().optional(),
    proposedBy: z.string(),
    proposedAt: When.optional(),
    signedBy: z.string().optional(),
    days: z.int().optional(),
    from: When.optional(),
    until: When.optional(),
    stopped: When.optional(),
    stoppedBy: z.string().optional(),
    stopReason: z.string().optional(),
    ceiling: z.int().optional(),
    /** Released today, by country; `*` is the public. */
    today: z.record(z.string(), z.int()),
    sampledPercent: z.number(),
    samplesWaiting: z.int(),
    /** Samples that failed, of this order and those that it renews; three stop it. */
    failures: z.int(),
    /** What a signature binds to. */
    hash: z.string(),
  })
  .meta({ id: "StandingOrder" });
export type OrderReply = z.infer<typeof OrderReply>;
export const OrderList = z.object({ orders: z.array(OrderReply) }).meta({ id: "StandingOrders" });

export const SampleReply = z
  .object({
    sample: z.string(),
    order: z.string(),
    object: z.string(),
    type: z.string(),
    at: When,
    status: z.enum(["waiting", "passed", "failed"]),
    decidedBy: z.string().optional(),
    decidedAt: When.optional(),
    reason: z.string().optional(),
    hash: z.string(),
  })
  .meta({ id: "Sample" });
export type SampleReply = z.infer<typeof SampleReply>;
export const SampleList = z
  .object({ samples: z.array(SampleReply), next: z.string().optional() })
  .meta({ id: "SampleList" });
export const SampleQuery = z.strictObject({
  status: z.enum(["waiting", "passed", "failed"]).optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, "a whole number from 1 to 9999; a page has 500 at most")
    .optional(),
  next: z.string().min(1).max(4096).optional(),
});
