import { z } from "zod";

/** TAXII 2.1 section 3.6.1: the body of every error reply of this face. `http_status` is text. */
export const TaxiiError = z
  .object({
    title: z.string(),
    description: z.string().optional(),
    /** Only with 500: what the operator looks up in the log. */
    error_id: z.string().optional(),
    /** Stable and dotted, as REST's `error.code`. */
    error_code: z.string().optional(),
    http_status: z.string(),
    /** `path`: where in the request. */
    details: z.record(z.string(), z.string()).optional(),
  })
  .meta({ id: "TaxiiError", description: "An error as TAXII 2.1 has it." });
export type TaxiiError = z.infer<typeof TaxiiError>;
