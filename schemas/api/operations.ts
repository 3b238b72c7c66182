import { z } from "zod";

/** `alive`: the process answers. */
export const HealthReply = z.object({ status: z.literal("alive") }).meta({ id: "HealthReply" });
export type HealthReply = z.infer<typeof HealthReply>;

/** `ready`: send requests. `not-ready`: starting, draining, or the store can't be reached; `reason` says which. */
export const ReadyReply = z
  .object({ status: z.enum(["ready", "not-ready"]), reason: z.string().optional() })
  .meta({ id: "ReadyReply" });
export type ReadyReply = z.infer<typeof ReadyReply>;
