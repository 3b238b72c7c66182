import { z } from "zod";
import { AccountId, AgencyId } from "../../schemas/policy/vocabulary.ts";

/** What an account was given of a lane in one stretch of it: first stamp, last stamp, the minute it was given first, the UTC day it was given last, and how (`GIVEN`). */
const Run = z.tuple([z.int(), z.int(), z.int(), z.int(), z.int()]);

/**
 * What one account, while it was of one agency, was given over REST and in exports of one lane in one stretch of its stamps: runs of stamps, in order, none inside
 * another. It is the recall ledger: ADR 0024.
 */
export const GivenDoc = z.object({
  id: z.string(),
  account: AccountId,
  /** Empty where the account has none. */
  agency: z.union([AgencyId, z.literal("")]),
  lane: z.string(),
  /** 2^30 microseconds of stamps, some 18 minutes, numbered from the epoch: so that no document grows with a lane. */
  stretch: z.int(),
  runs: z.array(Run),
});
export type GivenDoc = z.infer<typeof GivenDoc>;

/** What left in one export of an account: its serial, and stamps of a lane in one stretch, from and to (both inclusive), in order. */
export const GivenFileDoc = z.object({
  id: z.string(),
  account: AccountId,
  serial: z.string(),
  lane: z.string(),
  stretch: z.int(),
  runs: z.array(z.tuple([z.int(), z.int()])),
});
export type GivenFileDoc = z.infer<typeof GivenFileDoc>;

/** How far what one account had was compared with what it may read: in which lanes it has anything, and up to which place of the store. */
export const HolderDoc = z.object({
  id: AccountId,
  lanes: z.array(z.string()),
  /** Microseconds: what left a lane up to there is told. */
  settled: z.int(),
  /** The same of what it lost of its TAXII collections. */
  followed: z.int(),
  /** The place of its newest recall. */
  newest: z.int(),
});
export type HolderDoc = z.infer<typeof HolderDoc>;

/** That one account lost one object that it had been given. */
export const RecallDoc = z.object({
  /** Random. */
  id: z.string(),
  account: AccountId,
  agency: z.union([AgencyId, z.literal("")]),
  /** Its place among the account's recalls, microseconds. */
  place: z.int(),
  /** ms. */
  at: z.int(),
  object: z.string(),
  /** Contributions that it had of it and lost with it: whose side sees that it was acknowledged. */
  contributions: z.array(z.string()),
  /** Exports of the account that hold it. */
  serials: z.array(z.string()),
  /** ms. */
  acknowledged: z.int().optional(),
});
export type RecallDoc = z.infer<typeof RecallDoc>;

/** How many objects an account was given in a UTC day, and which stretches of its own order of the TAXII collections are among them. id = the account. */
export const BudgetDoc = z.object({
  id: AccountId,
  day: z.int(),
  used: z.int(),
  warned: z.literal(true).optional(),
  /** By collection: places from and to, both inclusive. */
  followed: z.record(z.string(), z.array(z.tuple([z.int(), z.int()]))),
});
export type BudgetDoc = z.infer<typeof BudgetDoc>;

/** id = serial of an export; the receipt is JSON, for its account alone. */
export const ExportDoc = z.object({
  id: z.string(),
  account: AccountId,
  at: z.int(),
  receipt: z.instanceof(Uint8Array),
});
export type ExportDoc = z.infer<typeof ExportDoc>;
