import { z } from "zod";
import { list } from "./common.ts";
import { idOf } from "./identifier.ts";

/**
 * Carriage only (STIX 2.1 section 8): nothing refers to a bundle, and it is never stored. Its members are judged one by
 * one, so that one bad object never sinks the rest; here it is enough that they are objects.
 */
export const Bundle = z
  .looseObject({
    type: z.literal("bundle"),
    id: idOf("bundle"),
    objects: list(z.looseObject({})).optional(),
  })
  .meta({ id: "Bundle" });
export type Bundle = z.infer<typeof Bundle>;
