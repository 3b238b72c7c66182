import { z } from "zod";
import { Label } from "../../schemas/policy/label.ts";
import { AccountId, AgencyId, AgreementId, Country, When } from "../../schemas/policy/vocabulary.ts";

/** What leads to a release and back: proposals, samples, emergencies, tear-lines, second words (triage 3). */

/** A contribution that a standing order would have released and that waits for a human: one in fifty (triage 3). */
export const SampleDoc = z.object({
  /** The contribution's. */
  id: z.string(),
  order: z.string(),
  line: z.string(),
  object: z.string(),
  kind: z.string(),
  agency: AgencyId,
  at: z.int(),
  status: z.enum(["waiting", "passed", "failed"]),
  decidedBy: AccountId.optional(),
  decidedAt: z.int().optional(),
  reason: z.string().optional(),
});
export type SampleDoc = z.infer<typeof SampleDoc>;

/** A number that is counted up by compare and set: what an order released in a day, emergencies of a person in a day, failed samples of a line of orders. */
export const TallyDoc = z.object({ id: z.string(), n: z.int() });
export type TallyDoc = z.infer<typeof TallyDoc>;

/** That content of an agency has had its emergency release: id = agency and thing (triage 3). */
export const EmergencyDoc = z.object({ id: z.string(), release: z.string() });
export type EmergencyDoc = z.infer<typeof EmergencyDoc>;

const AskedRowShape = z.object({
  agreement: AgreementId,
  countries: z.array(Country),
  agencies: z.union([z.literal("*"), z.array(AgencyId)]),
  until: When.optional(),
});

/** A proposal to turn on a row of a contribution for other readers (triage 1 and 3). */
export const ReleaseDoc = z.object({
  id: z.string(),
  /**
   * `public`: one country's part of a PUBLIC release. `onward`: somebody who sees it asks its originator. `emergency`: on for an hour by one person. `relabel`: another
   * label, by which somebody gains.
   */
  kind: z.enum(["row", "public", "onward", "emergency", "relabel"]).optional(),
  contributions: z.array(z.string()),
  object: z.string(),
  agency: AgencyId,
  country: Country,
  /** Absent for a `relabel` alone. */
  row: AskedRowShape.optional(),
  /** Of a `relabel`: the label that each contribution gets, and the id of the one that it stood under. */
  relabels: z.array(z.object({ contribution: z.string(), from: z.string(), to: Label })).optional(),
  reason: z.string(),
  code: z.string().optional(),
  /** Digest of tiers' bytes, label and audience that the proposer saw (triage 3): an approval binds to it. */
  hash: z.string(),
  status: z.enum(["proposed", "in-clearance", "released", "refused", "expired", "narrowed", "recalled"]),
  proposedBy: AccountId,
  proposedAt: z.int(),
  /** From this instant on it is expired, whatever `status` says (ms). */
  expires: z.int().optional(),
  decidedBy: AccountId.optional(),
  decidedAt: z.int().optional(),
  decisionReason: z.string().optional(),
  decisionCode: z.string().optional(),
  /** What the one who asked for it is told. */
  say: z.string().optional(),
  /** The parts of one PUBLIC release, and what its country's approver agreed to while others are awaited. */
  group: z.string().optional(),
  approved: z.object({ by: AccountId, at: z.int(), digest: z.string() }).optional(),
  /** The agency of who asked, where that is not the content's own. */
  askedBy: AgencyId.optional(),
  /** The row of an emergency, with its end. */
  interim: AskedRowShape.optional(),
  /** Whom the emergency calls. */
  called: z.array(AccountId).optional(),
  /** What one person took back at once. */
  back: z
    .object({
      verb: z.enum(["narrow", "recall"]),
      by: AccountId,
      at: z.int(),
      reason: z.string(),
      code: z.string(),
      to: AskedRowShape.optional(),
      /** The record of the second person's word. */
      confirmation: z.string(),
    })
    .optional(),
});
export type ReleaseDoc = z.infer<typeof ReleaseDoc>;

/**
 * A tear-line (policy 5): a sanitised sibling that its originator wrote of an object of its own. id = the contribution of the tear-line. The only link between the two: nothing
 * in the tear-line's rows tells of it, and only those of the agency who read the parent are shown it.
 */
export const TearLineDoc = z.object({
  id: z.string(),
  agency: AgencyId,
  /** The parent's id, as its sender wrote it. */
  parent: z.string(),
  /** The tear-line's own. */
  object: z.string(),
  reason: z.string(),
  by: AccountId,
  /** ms. */
  at: z.int(),
});
export type TearLineDoc = z.infer<typeof TearLineDoc>;

/** Narrowing, withdrawing or an embargo by one person, which a second one of the agency confirms within a day (triage 3). What is not confirmed stays done. */
export const ConfirmationDoc = z.object({
  id: z.string(),
  what: z.enum(["withdraw", "narrow"]),
  agency: AgencyId,
  /** Under which id it was asked for. */
  object: z.string(),
  contributions: z.array(z.string()),
  reason: z.string(),
  by: AccountId,
  /** ms. */
  at: z.int(),
  /** By when a second person should have confirmed it, ms. */
  until: z.int(),
  status: z.enum(["open", "confirmed"]),
  confirmedBy: AccountId.optional(),
  confirmedAt: z.int().optional(),
});
export type ConfirmationDoc = z.infer<typeof ConfirmationDoc>;
