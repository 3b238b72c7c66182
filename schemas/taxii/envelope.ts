import { z } from "zod";

/** TAXII 2.1 section 3.7: `{}` where there is nothing. `next` is always there with `more`. */
export const TaxiiEnvelope = z
  .object({
    more: z.boolean().optional(),
    next: z.string().optional(),
    objects: z.array(z.looseObject({ type: z.string(), id: z.string() })).optional(),
  })
  .meta({ id: "TaxiiEnvelope" });
