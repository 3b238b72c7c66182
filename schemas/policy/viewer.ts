import { z } from "zod";
import { AccountId, AgencyId, Category, Country, Level, Role, Topic, When } from "./vocabulary.ts";

/** Who asks: a person or a service account, as `decide` sees it (policy 2). */
export const Viewer = z
  .object({
    id: AccountId,
    role: Role,
    clearance: Level,
    topics: z.array(z.union([Topic, z.literal("*")])),
    pii: z.boolean(),
    active: z.boolean().default(true),
    from: When.optional(),
    until: When.optional(),
    agency: AgencyId.optional(),
    country: Country.optional(),
    categories: z.array(Category).optional(),
  })
  .meta({ id: "Viewer" });
export type Viewer = z.infer<typeof Viewer>;
