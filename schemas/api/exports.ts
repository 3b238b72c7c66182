import { z } from "zod";
import { Banner } from "../policy/banner.ts";
import { When } from "../policy/vocabulary.ts";

/** What became of an export, for the one who asked: `withheld` is what that account may read and not take away, which the file says nothing of. */
export const ExportReceipt = z
  .object({
    serial: z.string(),
    at: When,
    format: z.string(),
    file: z.string(),
    banner: Banner,
    written: z.int(),
    leftOut: z.record(z.string(), z.int()),
    sha256: z.string(),
    withheld: z.object({
      counts: z.record(z.string(), z.int()),
      objects: z.array(z.object({ id: z.string(), reason: z.string() })),
    }),
  })
  .meta({ id: "ExportReceipt" });
