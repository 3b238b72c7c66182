import { z } from "zod";

/** TAXII 2.1 section 5.3: one record an object version. `next` as the erratum has it. */
export const TaxiiManifest = z
  .object({
    more: z.boolean().optional(),
    next: z.string().optional(),
    objects: z
      .array(
        z.object({
          id: z.string(),
          date_added: z.string(),
          version: z.string(),
          media_type: z.string().optional(),
        }),
      )
      .optional(),
  })
  .meta({ id: "TaxiiManifest" });
