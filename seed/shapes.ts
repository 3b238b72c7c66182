import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LabelRequest } from "../schemas/policy/label.ts";
import { AccountId } from "../schemas/policy/vocabulary.ts";
import { FORMATS } from "../server/pipeline/steps.ts";
import { AccountDoc, AgencyDoc, AgreementDoc, OrderDoc } from "../server/storage/documents.ts";

/** The shapes of the demonstration group's files. They hold no secret and no date that goes stale: both are made when they are loaded. */

export const SeedAccount = AccountDoc.omit({ password: true })
  .extend({
    /** Scopes of the API key that a service account gets. */
    keyScopes: z
      .array(z.enum(["read", "post"]))
      .min(1)
      .optional(),
  })
  .strict();
export type SeedAccount = z.infer<typeof SeedAccount>;

/**
 * `days`: how long the order is in force, from the moment of loading. `sample` is 0 in the demonstration, so that what a feed of it posts is there at
 * once, whichever secret the store has; orders that people propose are sampled at 2 per cent.
 */
export const SeedOrder = OrderDoc.omit({ from: true, until: true })
  .extend({ days: z.int().min(1).max(90), approvedBy: z.string() })
  .strict();
export type SeedOrder = z.infer<typeof SeedOrder>;

export const SeedEntry = z.strictObject({
  file: z.string().regex(/^[a-z0-9-]+\.(json|csv|txt)$/),
  as: AccountId,
  format: z.enum(FORMATS),
  /** Of the poster's agency; `label` replaces what it says, property by property. */
  preset: z.string().optional(),
  label: LabelRequest.optional(),
  /** Embargo that many days from the moment of loading. */
  embargoDays: z.int().min(1).optional(),
  /** The post's rows are turned on by these two, as the release workflow would. */
  release: z.strictObject({ proposedBy: AccountId, approvedBy: AccountId, reason: z.string().min(1) }).optional(),
});
export type SeedEntry = z.infer<typeof SeedEntry>;

export interface SeedFiles {
  readonly agencies: readonly AgencyDoc[];
  readonly accounts: readonly SeedAccount[];
  readonly agreements: readonly AgreementDoc[];
  readonly orders: readonly SeedOrder[];
  readonly entries: readonly SeedEntry[];
}

/** Reads and checks the files of a seed folder. Throws what zod or the file system throws: a wrong seed is a fault of ours. */
export function readSeed(folder: string): SeedFiles {
  const read = <T>(name: string, shape: z.ZodType<T>): T =>
    shape.parse(JSON.parse(readFileSync(join(folder, name), "utf8")));
  return {
    agencies: read("agencies.json", z.array(AgencyDoc.strict())),
    accounts: read("accounts.json", z.array(SeedAccount)),
    agreements: read("agreements.json", z.array(AgreementDoc.strict())),
    orders: read("orders.json", z.array(SeedOrder)),
    entries: read(join("content", "manifest.json"), z.array(SeedEntry)),
  };
}
