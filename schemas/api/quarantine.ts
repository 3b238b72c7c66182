import { z } from "zod";
import { LabelRequest } from "../policy/label.ts";
import { AccountId, When } from "../policy/vocabulary.ts";
import { Remark } from "./ingest.ts";

export const QuarantineId = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9_-]+$/);

const entry = {
  entry: z.string(),
  code: z.string(),
  path: z.string(),
  message: z.string(),
  /** What else is wrong with it. */
  more: z.array(Remark).optional(),
  /** Id and type as it says them itself. */
  id: z.string().optional(),
  type: z.string().optional(),
  by: AccountId,
  /** The last batch that it came with, its place there, and how often it came. */
  batch: z.string(),
  index: z.int(),
  times: z.int(),
  channel: z.string(),
  at: When,
  /** Until when it is kept. */
  until: When,
  place: z.string().optional(),
  given: z.string().optional(),
  /** Bytes of the object; `cut`: not all of them were kept. */
  length: z.int(),
  cut: z.boolean(),
};

export const QuarantineEntry = z.object(entry).meta({ id: "QuarantineEntry" });
export type QuarantineEntry = z.infer<typeof QuarantineEntry>;
/** With the object as it came, as JSON text, and what its post said of labels. */
export const QuarantineShown = z
  .object({ ...entry, text: z.string(), label: LabelRequest.optional(), preset: z.string().optional() })
  .meta({ id: "QuarantineShown" });
export type QuarantineShown = z.infer<typeof QuarantineShown>;

/** Newest first. `lost`: how many of the caller's own were not kept or made room since the first. */
export const QuarantinePage = z
  .object({ entries: z.array(QuarantineEntry), lost: z.int(), next: z.string().optional() })
  .meta({ id: "QuarantinePage" });
export type QuarantinePage = z.infer<typeof QuarantinePage>;

export const QuarantineQuery = z.strictObject({
  code: z.string().min(1).max(100).optional(),
  batch: z.string().min(1).max(100).optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, "a whole number from 1 to 9999; a page has 500 at most")
    .optional(),
  next: z.string().min(1).max(4096).optional(),
});

/** The object as mended (default: as it came), under the label that it came with or another one. */
export const RetryBody = z
  .strictObject({
    object: z.record(z.string(), z.unknown()).optional(),
    label: LabelRequest.optional(),
    preset: z.string().max(64).optional(),
  })
  .meta({ id: "RetryBody" });
export type RetryBody = z.infer<typeof RetryBody>;
