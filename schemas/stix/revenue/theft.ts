import { z } from "zod";
import { list } from "../common.ts";
import { propertyExtension } from "../extension-author.ts";
import { ref } from "../identifier.ts";
import { Timestamp } from "../timestamp.ts";
import { sum } from "./amount.ts";

/** Our extension of `incident`: a theft, as several sources tell it (design 3; domain 2). */
export const THEFT_EXTENSION = "extension-definition--79189b80-0225-4412-a15a-956da84b8a0d";

const ExternalLink = z.string().min(1).max(2000);

/** What one source says was taken: figures differ, and each keeps its source. */
const Figure = z.looseObject({
  source: z.string().min(1).max(256).optional(),
  source_ref: ref("identity").optional(),
  date: Timestamp.optional(),
  reference: ExternalLink.optional(),
  ...sum,
});

/** What came back or is held. */
const Held = z.looseObject({
  date: Timestamp.optional(),
  by: z.string().min(1).max(256).optional(),
  reference: ExternalLink.optional(),
  ...sum,
});

export const TheftFacts = z
  .looseObject({
    extension_type: z.literal("property-extension"),
    victim: z.string().min(1).max(512).optional(),
    victim_ref: ref("identity").optional(),
    /** When it happened, and the zone that the source told it in: `2025-02-21T14:13:35Z`, `Asia/Dubai`. */
    time: Timestamp.optional(),
    zone: z.string().min(1).max(64).optional(),
    entry_vector: z.string().min(1).max(512).optional(),
    status: z.enum(["open", "laundering", "cashed-out", "recovered", "closed"]).optional(),
    /** What was taken, one entry an asset; a range where that is all that is known. */
    stolen: list(z.looseObject(sum)).optional(),
    figures: list(Figure).optional(),
    recovered: list(Held).optional(),
    frozen: list(Held).optional(),
  })
  .meta({ id: "TheftFacts" });
export type TheftFacts = z.infer<typeof TheftFacts>;

export const THEFT_DEFINITION = propertyExtension({
  id: THEFT_EXTENSION,
  name: "Tricord theft",
  description:
    "On an incident: victim, time, what was taken (as a range where figures differ), what each source says, what was recovered and " +
    "frozen. Amounts are decimal text.",
  content: TheftFacts,
});
