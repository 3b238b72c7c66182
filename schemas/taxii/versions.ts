import { z } from "zod";

/** TAXII 2.1 section 5.8: the versions of one object, oldest in the collection first. */
export const TaxiiVersions = z
  .object({ more: z.boolean().optional(), next: z.string().optional(), versions: z.array(z.string()).optional() })
  .meta({ id: "TaxiiVersions" });
