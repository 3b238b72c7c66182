import { z } from "zod";
import { AgencyId, AgreementId, Caveat, Country, Level, Tlp } from "./vocabulary.ts";

/** What stands on a file: the tightest of what is inside, as its maker may know it (policy 10). */
export const Banner = z
  .object({
    tlp: Tlp,
    classification: Level,
    caveats: z.array(Caveat),
    /** The countries that all of it may go to, or everybody. */
    relTo: z.union([z.literal("PUBLIC"), z.array(Country)]),
    agreements: z.array(AgreementId),
    /** Agencies that its maker may know. */
    originators: z.array(AgencyId),
    /** Some of it is of an agency that its maker may not know. */
    sourceWithheld: z.boolean(),
  })
  .meta({ id: "Banner" });
export type Banner = z.infer<typeof Banner>;
