import { z } from "zod";
import { AgencyList } from "../policy/label.ts";
import { AgreementId, Country, When } from "../policy/vocabulary.ts";
import { ObjectId } from "./objects.ts";

export const ReleaseRowBody = z
  .strictObject({
    agreement: AgreementId,
    countries: z.array(Country).max(20),
    agencies: AgencyList,
    until: When.optional(),
  })
  .meta({ id: "ReleaseRowBody" });
const Reason = z.string().min(1).max(2000);
const Hash = z.string().min(1).max(100);
/** Which codes a verb knows, `server/policy/release-machine.ts` says; without one it is the verb's first. */
const Code = z
  .string()
  .max(60)
  .regex(/^[a-z][a-z-]{1,58}$/);

/** `inside: all` for a PUBLIC row: every agency's contribution to the object that you see, each agreed to by its own country. */
export const ProposeBody = z
  .strictObject({
    row: ReleaseRowBody,
    reason: Reason,
    hash: Hash,
    code: Code.optional(),
    inside: z.enum(["own", "all"]).optional(),
  })
  .meta({ id: "ProposeBody" });
export type ProposeBody = z.infer<typeof ProposeBody>;
/** `say`: for a request from abroad, what its sender is told beside "not granted" or "granted". */
export const DecideBody = z
  .strictObject({ reason: Reason, hash: Hash, code: Code.optional(), say: z.string().min(1).max(500).optional() })
  .meta({ id: "DecideBody" });
/** `to` for narrowing: what is left of the row. */
export const NarrowBody = z
  .strictObject({ to: ReleaseRowBody, reason: Reason, hash: Hash, code: Code.optional() })
  .meta({ id: "NarrowBody" });
export const RecallBody = z
  .strictObject({ reason: Reason, hash: Hash, code: Code.optional() })
  .meta({ id: "RecallBody" });
/** Of a row that is on, whoever turned it on; without `to` nothing is left of it. `hash` as the object's page gives it. */
export const TakeBackBody = z
  .strictObject({
    row: ReleaseRowBody,
    to: ReleaseRowBody.optional(),
    reason: Reason,
    hash: Hash,
    code: Code.optional(),
  })
  .meta({ id: "TakeBackBody" });
export const EmergencyBody = z
  .strictObject({ row: ReleaseRowBody, reason: Reason, hash: Hash, code: Code })
  .meta({ id: "EmergencyBody" });
export const OnwardBody = z
  .strictObject({ object: ObjectId, row: ReleaseRowBody, reason: Reason })
  .meta({ id: "OnwardBody" });

export const Proposed = z.object({ release: z.string() }).meta({ id: "Proposed" });
export const ReleaseStatus = z.enum([
  "proposed",
  "in-clearance",
  "released",
  "refused",
  "expired",
  "narrowed",
  "recalled",
]);
const TakenBack = z.object({
  verb: z.enum(["narrow", "recall"]),
  by: z.string(),
  at: When,
  reason: z.string(),
  code: z.string(),
  to: ReleaseRowBody.optional(),
  /** The record under which a second person confirms it, by when, and who did. */
  confirmation: z.string(),
  confirmBy: When.optional(),
  confirmedBy: z.string().optional(),
});
const Told = z.object({ agency: z.string(), people: z.array(z.object({ id: z.string(), name: z.string() })) });
/** `from`, `to`: the labels for people of the originating agency; for others of its country as they may know them. */
const Relabel = z.object({
  version: z.string().optional(),
  from: z.record(z.string(), z.unknown()),
  to: z.record(z.string(), z.unknown()),
  added: z.array(Told.extend({ without: z.array(z.string()) })),
  lost: z.array(Told),
  changed: z.array(Told.extend({ withheld: z.array(z.string()), shown: z.array(z.string()) })),
});
export type RelabelTold = z.infer<typeof Relabel>;
export const ReleaseReply = z
  .object({
    release: z.string(),
    object: z.string(),
    kind: z.enum(["row", "public", "onward", "emergency", "relabel"]),
    /** Absent for a `relabel`. */
    row: ReleaseRowBody.optional(),
    /** Of a `relabel`: each version's label as it stands and as it would be, and who is added, lost or shown more or less of it. */
    relabels: z.array(Relabel).optional(),
    reason: z.string(),
    code: z.string().optional(),
    status: ReleaseStatus,
    /** An account of your country; of a request from abroad the agency. */
    proposedBy: z.string(),
    proposedAt: When,
    expires: When.optional(),
    decidedBy: z.string().optional(),
    decidedAt: When.optional(),
    decisionReason: z.string().optional(),
    decisionCode: z.string().optional(),
    /** The row of an emergency, which ends by itself. */
    interim: ReleaseRowBody.optional(),
    /** Whom an emergency calls. */
    called: z.array(z.string()).optional(),
    /** Of a request from abroad: how many reminders are due. */
    reminders: z.int().optional(),
    /** Your country's approver of a PUBLIC release that waits for others. */
    approvedBy: z.string().optional(),
    back: TakenBack.optional(),
    /** Whether you see all of it: only then can you approve it. */
    whole: z.boolean(),
    /** Agencies that could not read it before and could after. */
    gains: z.array(z.string()),
    hash: z.string(),
  })
  .meta({ id: "Release" });
export type ReleaseReply = z.infer<typeof ReleaseReply>;
export const ReleaseList = z
  .object({ releases: z.array(ReleaseReply), next: z.string().optional() })
  .meta({ id: "ReleaseList" });
const Limit = z.string().regex(/^[1-9]\d{0,3}$/, "a whole number from 1 to 9999; a page has 500 at most");
const Cursor = z.string().min(1).max(4096);
/** `due`: instead of one status, requests from others that wait and of which a reminder is due. */
export const ReleaseQuery = z.strictObject({
  status: ReleaseStatus.optional(),
  due: z.literal("true").optional(),
  limit: Limit.optional(),
  next: Cursor.optional(),
});
export const OnwardQuery = z.strictObject({ limit: Limit.optional(), next: Cursor.optional() });

export const OnwardAsked = z.object({ requests: z.array(z.string()) }).meta({ id: "OnwardAsked" });
/** A request as its sender sees it. Silence and a refusal look alike. */
export const OnwardReply = z
  .object({
    request: z.string(),
    object: z.string(),
    row: ReleaseRowBody,
    reason: z.string(),
    askedBy: z.string(),
    askedAt: When,
    decidedBefore: When,
    outcome: z.enum(["waiting", "granted", "not granted"]),
    say: z.string().optional(),
  })
  .meta({ id: "OnwardRequest" });
export type OnwardReply = z.infer<typeof OnwardReply>;
export const OnwardList = z
  .object({ requests: z.array(OnwardReply), next: z.string().optional() })
  .meta({ id: "OnwardList" });
