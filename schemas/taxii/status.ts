import { z } from "zod";

/** What became of one object of a post. */
const StatusDetail = z.object({ id: z.string(), version: z.string(), message: z.string().optional() });
export type StatusDetail = z.infer<typeof StatusDetail>;

/** TAXII 2.1 section 4.3.1. */
export const TaxiiStatus = z
  .object({
    id: z.uuidv4(),
    status: z.enum(["complete", "pending"]),
    request_timestamp: z.string().optional(),
    total_count: z.int().min(0),
    success_count: z.int().min(0),
    successes: z.array(StatusDetail).min(1).optional(),
    failure_count: z.int().min(0),
    failures: z.array(StatusDetail).min(1).optional(),
    pending_count: z.int().min(0),
    pendings: z.array(StatusDetail).min(1).optional(),
  })
  .meta({ id: "TaxiiStatus" });
export type TaxiiStatus = z.infer<typeof TaxiiStatus>;
