import { z } from "zod";
import { AgreementId, Country, Level, When } from "./vocabulary.ts";

/** What `decide` needs to know of an agreement. `PUBLIC` needs no entry. */
export const Agreement = z
  .object({
    parties: z.array(Country),
    ceiling: Level,
    status: z.enum(["in-force", "suspended"]),
    from: When.optional(),
    until: When.optional(),
  })
  .meta({ id: "Agreement" });
export type Agreement = z.infer<typeof Agreement>;

export const Agreements = z.record(AgreementId, Agreement).meta({ id: "Agreements" });
export type Agreements = z.infer<typeof Agreements>;
