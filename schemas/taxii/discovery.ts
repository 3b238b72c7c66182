import { z } from "zod";

/** TAXII 2.1 section 4.1.1. */
export const TaxiiDiscovery = z
  .object({
    title: z.string(),
    description: z.string().optional(),
    contact: z.string().optional(),
    /** One of `api_roots`, character for character. */
    default: z.string().optional(),
    api_roots: z.array(z.string()).min(1).optional(),
  })
  .meta({ id: "TaxiiDiscovery" });
export type TaxiiDiscovery = z.infer<typeof TaxiiDiscovery>;
