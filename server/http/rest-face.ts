import { z } from "zod";
import type { Face } from "./face.ts";
import { readQuery } from "./read-query.ts";

/** The body of every error reply but TAXII's. */
export const FaultReply = z
  .object({
    error: z.object({
      code: z.string(),
      path: z.string().optional(),
      message: z.string(),
      /** Only with 500: what the operator looks up in the log. */
      error_id: z.string().optional(),
    }),
  })
  .meta({ id: "FaultReply", description: "An error we foresaw: a stable code, where in the input, and plain words." });
export type FaultReply = z.infer<typeof FaultReply>;

/** Everything that no other face claims. Media types are each route's own to check. */
export const REST: Face = {
  prefix: "/",
  type: "application/json; charset=utf-8",
  challenge: 'Bearer realm="tricord", Basic realm="tricord", charset="UTF-8"',
  faultReply: FaultReply,
  faultBody: ({ code, path, message, errorId }): FaultReply => ({
    error: {
      code,
      ...(path !== undefined && { path }),
      message,
      ...(errorId !== undefined && { error_id: errorId }),
    },
  }),
  signInFirst: false,
  spellings: (path) => [path],
  readQuery,
  checkAccept: () => undefined,
  checkContentType: () => undefined,
};
