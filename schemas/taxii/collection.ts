import { z } from "zod";

/** TAXII 2.1 section 5.2.1. Rights are those of who asks. */
export const TaxiiCollection = z
  .object({
    id: z.uuidv4(),
    title: z.string(),
    description: z.string().optional(),
    /** Stands wherever the id does. */
    alias: z.string().optional(),
    can_read: z.boolean(),
    can_write: z.boolean(),
    media_types: z.array(z.string()).min(1).optional(),
  })
  .meta({ id: "TaxiiCollection" });
export type TaxiiCollection = z.infer<typeof TaxiiCollection>;

/** Section 5.1.1. Where there is none to see the key is left out. */
export const TaxiiCollections = z
  .object({ collections: z.array(TaxiiCollection).min(1).optional() })
  .meta({ id: "TaxiiCollections" });
export type TaxiiCollections = z.infer<typeof TaxiiCollections>;
