import { z } from "zod";

/** A remark or a reason about one object: stable code, path into it, words. */
export const Remark = z.object({ code: z.string(), path: z.string(), message: z.string() }).meta({ id: "Remark" });

export const IngestCounts = z
  .object({ received: z.int(), created: z.int(), unchanged: z.int(), updated: z.int(), rejected: z.int() })
  .meta({ id: "IngestCounts" });
export type IngestCounts = z.infer<typeof IngestCounts>;

/** The fate of one object: the receipt speaks of what the account may see, never of what others hold (design 4). */
export const IngestResult = z
  .object({
    index: z.int(),
    id: z.string().optional(),
    /** Over TAXII, whose status names it: `modified`, else `created`, else when it was added. */
    version: z.string().optional(),
    outcome: z.enum(["created", "unchanged", "updated", "rejected"]),
    code: z.string().optional(),
    path: z.string().optional(),
    message: z.string().optional(),
    warnings: z.array(Remark).optional(),
    /** Where in the text it was found, and how it was written there. */
    given: z.string().optional(),
    offset: z.int().optional(),
  })
  .meta({ id: "IngestResult" });
export type IngestResult = z.infer<typeof IngestResult>;

export const IngestReply = z
  .object({
    batch: z.string(),
    counts: IngestCounts,
    results: z.array(IngestResult),
    /** Of a dry run: which agencies could read it now, and which once its rows are released. */
    readers: z.object({ now: z.array(z.string()), released: z.array(z.string()) }).optional(),
    /** Of a batch that refused something: how many entries it has in quarantine, and how many were lost to the limit there. */
    quarantined: z.object({ kept: z.int(), lost: z.int() }).optional(),
    /** SHA-256 (base64url) of `batch|account|results`, which the batch's audit row holds too: a tail that was cut off the chain shows. */
    receipt: z.string().optional(),
  })
  .meta({ id: "IngestReply" });
export type IngestReply = z.infer<typeof IngestReply>;

export const IngestQuery = z.strictObject({
  format: z.enum(["stix", "misp", "csv", "html", "text"]).optional(),
  dry_run: z.enum(["true", "false"]).optional(),
  preset: z.string().max(64).optional(),
});

export const JobReply = z
  .object({
    job: z.string(),
    status: z.enum(["queued", "running", "done", "failed"]),
    counts: IngestCounts.optional(),
    batches: z.array(z.string()).optional(),
    rejected: z.array(IngestResult).optional(),
    error: Remark.optional(),
  })
  .meta({ id: "JobReply" });
export type JobReply = z.infer<typeof JobReply>;
