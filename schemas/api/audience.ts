import { z } from "zod";
import { Label, LabelRequest } from "../policy/label.ts";
import { AccountId, AgencyId, Country, Selector, When } from "../policy/vocabulary.ts";
import { Remark } from "./ingest.ts";
import { PostToken } from "./mine.ts";
import { ReleaseRowBody } from "./releases.ts";

const Person = z.object({ id: AccountId, name: z.string() });
const Marking = z.looseObject({ type: z.literal("marking-definition"), id: z.string() });

/**
 * Readers of one agency who read the same under the same marking: `without` are the fields that they are not shown, `marking` is the label as they read it. `people` are those whom
 * your agency may know by name; where nobody is named, somebody of the agency reads.
 */
export const AudienceGroup = z
  .object({
    agency: AgencyId,
    name: z.string(),
    country: Country,
    people: z.array(Person),
    without: z.array(Selector),
    marking: Marking,
  })
  .meta({ id: "AudienceGroup" });

/** What a change makes of an audience. `PUBLIC`: who is not signed in. `withheld`: fields that they lose; `shown`: fields that they get. */
const Changed = z.object({ agency: z.string(), people: z.array(Person), without: z.array(Selector) });
export const AudienceChange = z
  .object({
    added: z.array(Changed),
    lost: z.array(Changed.omit({ without: true })),
    changed: z.array(Changed.extend({ withheld: z.array(Selector), shown: z.array(Selector), marking: Marking })),
  })
  .meta({ id: "AudienceChange" });
export type AudienceChangeReply = z.infer<typeof AudienceChange>;

export const Audience = z
  .object({
    /** There for anybody, signed in or not; what such a reader is not shown. */
    public: z.object({ without: z.array(Selector), marking: Marking }).optional(),
    readers: z.array(AudienceGroup),
    /** What the dates of the label and its agreements change by themselves. */
    later: z.array(z.object({ at: When, change: AudienceChange })),
  })
  .meta({ id: "Audience" });
export type AudienceReply = z.infer<typeof Audience>;

const Judged = z.object({
  post: PostToken,
  id: z.string(),
  version: z.string().optional(),
  hash: z.string(),
  label: Label,
});

/** Of each contribution of your agency to the object: who reads it now, and once the rows that are off are on. */
export const ObjectAudience = z
  .object({
    object: z.string(),
    at: When,
    posts: z.array(Judged.extend({ now: Audience, released: Audience.optional() })),
  })
  .meta({ id: "ObjectAudience" });
export type ObjectAudience = z.infer<typeof ObjectAudience>;

/** Another label (the whole of it, as a request), or a row more. */
export const AudienceBody = z
  .strictObject({ label: LabelRequest.optional(), row: ReleaseRowBody.optional() })
  .refine((body) => (body.label === undefined) !== (body.row === undefined), "give label or row")
  .meta({ id: "AudienceBody" });

/** `after`: who would read once all that was asked for is on. `widens`: for whom two persons are needed, now or at any date ahead; empty where one is enough. */
export const ObjectAudienceChange = z
  .object({
    object: z.string(),
    at: When,
    posts: z.array(Judged.extend({ after: Audience, change: AudienceChange, widens: z.array(z.string()) })),
  })
  .meta({ id: "ObjectAudienceChange" });
export type ObjectAudienceChange = z.infer<typeof ObjectAudienceChange>;

/** A label request or one of your agency's presets; with `object`, met with what that says itself of its markings. */
export const DraftBody = z
  .strictObject({
    label: LabelRequest.optional(),
    preset: z.string().max(64).optional(),
    object: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: "AudienceDraft" });
export const DraftAudience = z
  .object({
    at: When,
    label: Label,
    flags: z.array(z.string()),
    warnings: z.array(Remark),
    now: Audience,
    released: Audience.optional(),
  })
  .meta({ id: "DraftAudience" });
export type DraftAudience = z.infer<typeof DraftAudience>;
