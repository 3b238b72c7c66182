import { z } from "zod";
import { Because } from "../policy/decision.ts";
import { Label } from "../policy/label.ts";
import { AccountId, AgencyId, Channel, Selector, When } from "../policy/vocabulary.ts";
import { ObjectId } from "./objects.ts";

/**
 * Why could this account read, or not read, what your agency said of this object at that instant? Or, with `agency` in its place, the feeds and clients of another agency, which are nobody's
 * to know one by one. `channel`: `page` where none is named.
 */
export const ReplayBody = z
  .strictObject({
    account: AccountId.optional(),
    agency: AgencyId.optional(),
    ...{ object: ObjectId, at: When, channel: Channel.optional() },
  })
  .meta({ id: "ReplayBody" });
export type ReplayBody = z.infer<typeof ReplayBody>;

/**
 * One of your agency's contributions as the account could read it then. `because` is the gate that decided; of an account of another agency `reader` stands for what that
 * account was (in force, its role, its clearance), which is its own agency's to know. `label` is the one that it had then.
 */
const Post = z.object({
  id: z.string(),
  version: z.string().optional(),
  received: When,
  label: Label,
  verdict: z.enum(["full", "redacted", "hidden"]),
  without: z.array(Selector).optional(),
  because: z.union([Because, z.literal("reader")]),
  why: z.string(),
});

/**
 * `agency`: of which it was then; without `account` its feeds and clients as one: what the one of them could read that could read most. `delivered`: of your own agency's account, when it was shown a page with it until then, first and last; of another's, since when and by which ways its agency
 * has received it until today. Absent where that never was.
 */
export const ReplayReply = z
  .object({
    object: z.string(),
    account: AccountId.optional(),
    agency: AgencyId.optional(),
    at: When,
    channel: Channel,
    posts: z.array(Post),
    delivered: z.object({ first: When, last: When.optional(), channels: z.array(z.string()).optional() }).optional(),
  })
  .meta({ id: "Replay" });
export type ReplayReply = z.infer<typeof ReplayReply>;
