import { z } from "zod";
import { propertyExtension } from "./extension-author.ts";

/** Our extension of any object: what a row of a table or a passage of a report said about the value. */
export const MENTION_EXTENSION = "extension-definition--b7c3e1de-5c0b-4d0e-9d6a-6a0f5b6f3a21";

/** All of it is the source's own text, dates too. */
export const Mention = z
  .looseObject({
    extension_type: z.literal("property-extension"),
    notes: z.string().optional(),
    tags: z.array(z.string()).optional(),
    reporter: z.string().optional(),
    first_seen: z.string().optional(),
    last_seen: z.string().optional(),
    link: z.string().optional(),
    confidence: z.int().min(0).max(100).optional(),
    /** Columns that have no place of their own, by heading. */
    context: z.record(z.string(), z.string()).optional(),
  })
  .meta({ id: "Mention" });
export type Mention = z.infer<typeof Mention>;

export const MENTION_DEFINITION = propertyExtension({
  id: MENTION_EXTENSION,
  name: "Tricord mention",
  description: "On any object: what the row or report that it was read from said of it.",
  content: Mention,
});
