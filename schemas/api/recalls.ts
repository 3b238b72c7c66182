import { z } from "zod";
import { AgencyId, When } from "../policy/vocabulary.ts";
import { ObjectId } from "./objects.ts";

/** That the caller was given an object and may not read it any more. `text` is one and the same whatever the reason was (policy 7). */
export const Recall = z
  .object({
    recall: z.string(),
    object: z.string(),
    at: When,
    text: z.string(),
    /** Serials of the caller's own exports that hold it: files stay their holder's duty (policy 6, Q43). */
    exports: z.array(z.string()),
    acknowledged: When.optional(),
  })
  .meta({ id: "Recall" });
export type Recall = z.infer<typeof Recall>;
export const RecallPage = z
  .object({ recalls: z.array(Recall), next: z.string().optional() })
  .meta({ id: "RecallPage" });
export type RecallPage = z.infer<typeof RecallPage>;

const Limit = z.string().regex(/^[1-9]\d{0,3}$/, "a whole number from 1 to 9999");
const Next = z.string().min(1).max(4000);
/** Newest last; `next` goes on, and may be kept: what comes later is behind it. */
export const RecallQuery = z.strictObject({ limit: Limit.optional(), next: Next.optional() });

/** Who has received something: an agency, or the public. Times are whole minutes, and nobody is named (policy 7, disclosure reports). */
export const Receiving = z
  .object({
    agency: z.union([AgencyId, z.literal("public")]),
    first: When,
    channels: z.array(z.enum(["page", "export", "taxii"])),
    /** When one of it first acknowledged that it was recalled. */
    acknowledged: When.optional(),
  })
  .meta({ id: "Receiving" });
export type Receiving = z.infer<typeof Receiving>;
export const DisclosurePage = z
  .object({
    disclosures: z.array(
      z.object({ object: z.string(), version: z.string().optional(), received: z.array(Receiving) }),
    ),
    next: z.string().optional(),
  })
  .meta({ id: "DisclosurePage" });
export type DisclosurePage = z.infer<typeof DisclosurePage>;
export const DisclosureQuery = z.strictObject({
  object: ObjectId.optional(),
  limit: Limit.optional(),
  next: Next.optional(),
});
