import { z } from "zod";

/** TAXII 2.1 section 4.2.1. */
export const TaxiiApiRoot = z
  .object({
    title: z.string(),
    description: z.string().optional(),
    versions: z.array(z.string()).min(1),
    /** Bytes of a request's body as it is sent. */
    max_content_length: z.int().min(1),
  })
  .meta({ id: "TaxiiApiRoot" });
export type TaxiiApiRoot = z.infer<typeof TaxiiApiRoot>;
