import { z } from "zod";
import { ExternalReference, list } from "../common.ts";
import { propertyExtension } from "../extension-author.ts";
import { ref } from "../identifier.ts";
import { Timestamp } from "../timestamp.ts";

/** Our extension of any object that may be attributed: who says so, in whose words (design 3; domain 1: "always somebody's claim"). */
export const ATTRIBUTION_EXTENSION = "extension-definition--84420998-1252-4d63-aaf3-a664c23a3dda";

/** What one country states. Its own words are kept; nobody's percentage is made of them. */
const Statement = z.looseObject({
  /** ISO 3166-1 alpha-3. */
  country: z.stringFormat("country", /^[A-Z]{3}$/, { error: "must be a country by ISO 3166-1 alpha-3, such as JPN" }),
  /** Who speaks for it: `FBI`, `NPA and NISC`. */
  by: z.string().min(1).max(256).optional(),
  by_ref: ref("identity").optional(),
  actor: z.string().min(1).max(256),
  actor_ref: ref("intrusion-set", "threat-actor", "campaign", "identity").optional(),
  /** As it was said: `is responsible for`, `assesses with high confidence`. */
  confidence_words: z.string().min(1).max(512).optional(),
  confidence: z.int().min(0).max(100).optional(),
  date: Timestamp,
  reference: ExternalReference.optional(),
  /** What was said instead, or that it was taken back. */
  superseded: z.boolean().optional(),
});

export const Attribution = z
  .looseObject({ extension_type: z.literal("property-extension"), statements: list(Statement) })
  .meta({ id: "Attribution" });
export type Attribution = z.infer<typeof Attribution>;

export const ATTRIBUTION_DEFINITION = propertyExtension({
  id: ATTRIBUTION_EXTENSION,
  name: "Tricord attribution statements",
  description:
    "On an incident, campaign, intrusion set or relationship: what each country states, with actor, words of confidence, date and public " +
    "reference. Countries may differ about one incident.",
  content: Attribution,
});
