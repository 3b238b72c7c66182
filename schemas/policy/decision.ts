import { z } from "zod";
import { Agreements } from "./agreement.ts";
import { Label } from "./label.ts";
import { Viewer } from "./viewer.ts";
import { Channel, When } from "./vocabulary.ts";

/** The gate that decided (policy 3): for the audit record; a viewer sees it only for content of its own side. */
export const Because = z
  .enum([
    "account",
    "state",
    "embargo",
    "public",
    "role",
    "clearance",
    "caveat",
    "originator",
    "release",
    "field-rule",
    "essential-field-cut",
    "channel",
  ])
  .meta({ id: "Because" });
export type Because = z.infer<typeof Because>;

export const Decision = z
  .object({
    verdict: z.enum(["full", "redacted", "hidden"]),
    /** Only when redacted: the selectors that are cut, sorted, each once. */
    without: z.array(z.string()).optional(),
    because: Because,
  })
  .meta({ id: "Decision" });
export type Decision = z.infer<typeof Decision>;

/** One question to `decide`, everything inlined: a line of `tricord policy decide`. */
export const Ask = z
  .object({ viewer: Viewer, label: Label, agreements: Agreements, at: When, channel: Channel.optional() })
  .meta({ id: "Ask" });
export type Ask = z.infer<typeof Ask>;
