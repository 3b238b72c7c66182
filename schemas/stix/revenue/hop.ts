import { z } from "zod";
import { list } from "../common.ts";
import { propertyExtension } from "../extension-author.ts";
import { ref } from "../identifier.ts";
import { Timestamp } from "../timestamp.ts";
import { sum } from "./amount.ts";

/** Our extension of `relationship`: one step of laundering, from `source_ref` to `target_ref` (design 3; domain 2, sent-to). */
export const LAUNDERING_HOP_EXTENSION = "extension-definition--65f80a51-72ea-4ec0-974f-c244ea112f8f";

/** How the money went on. `swap`: another coin on the same chain; `chain-hop`: another chain without a bridge of its own. */
export const HOP_KINDS = [
  "transfer",
  "swap",
  "mixer",
  "bridge",
  "exchange",
  "otc-trader",
  "chain-hop",
  "peel",
  "consolidation",
  "cash-out",
] as const;

export const LaunderingHop = z
  .looseObject({
    extension_type: z.literal("property-extension"),
    kind: z.enum(HOP_KINDS),
    /** Mixer, bridge, exchange or trader that it went through, by name. */
    service: z.string().min(1).max(256).optional(),
    ...sum,
    /** What came out, where that is another coin or less of it. */
    received: z.looseObject(sum).optional(),
    time: Timestamp.optional(),
    /** Steps since the theft: 1 is the first. */
    number: z.int().min(1).optional(),
    transaction_refs: list(ref("cryptocurrency-transaction")).optional(),
    confidence: z.int().min(0).max(100).optional(),
    /** By what rule the two ends were joined: common spend, amount and time through a mixer, an exchange's answer. */
    heuristic: z.string().min(1).max(2000).optional(),
  })
  .meta({ id: "LaunderingHop" });
export type LaunderingHop = z.infer<typeof LaunderingHop>;

export const LAUNDERING_HOP_DEFINITION = propertyExtension({
  id: LAUNDERING_HOP_EXTENSION,
  name: "Tricord laundering hop",
  description:
    "On a relationship between two wallets, or a wallet and a service: how money went from its source to its target, how much of " +
    "what, how sure that is and by which heuristic. Amounts are decimal text.",
  content: LaunderingHop,
});
