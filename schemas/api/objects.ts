import { z } from "zod";
import { Label } from "../policy/label.ts";
import { AgencyId, Tlp, When } from "../policy/vocabulary.ts";

/** A STIX object as it leaves: checked on the way in, so it passes as it is. */
export const StixReply = z.looseObject({ type: z.string(), id: z.string() }).meta({ id: "StixObject" });

export const ObjectId = z
  .string()
  .max(300)
  .regex(/^[a-z][a-z0-9-]{1,249}--[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/)
  .meta({ id: "ObjectId" });

const Limit = z.string().regex(/^[1-9]\d{0,3}$/, "a whole number from 1 to 9999; a page has 1000 at most");
const TypeName = z
  .string()
  .max(250)
  .regex(/^[a-z][a-z0-9-]{2,249}$/);
const Cursor = z.string().min(1).max(4096);

/** Filters that lists and exports share. `received_after` is inclusive, `received_before` exclusive. */
const Filters = {
  view: z.enum(["consolidated", "originals"]).optional(),
  type: TypeName.optional(),
  value: z.string().min(1).max(4096).optional(),
  text: z.string().min(1).max(500).optional(),
  tlp: Tlp.optional(),
  source: AgencyId.optional(),
  received_after: When.optional(),
  received_before: When.optional(),
};
export const ListQuery = z.strictObject({ ...Filters, limit: Limit.optional(), next: Cursor.optional() });
export type ListQuery = z.infer<typeof ListQuery>;
export const ExportQuery = z.strictObject({
  ...Filters,
  /** One object; no other filter beside it. */
  id: ObjectId.optional(),
  format: z.enum(["stix", "csv", "list", "misp", "plain", "hosts", "rpz"]).optional(),
  /** Of plain, hosts and rpz: one kind of value. */
  kind: z.enum(["domains", "ipv4", "ipv6", "url", "hashes", "wallets"]).optional(),
});
export type ExportQuery = z.infer<typeof ExportQuery>;
export const PageQuery = z.strictObject({ limit: Limit.optional(), next: Cursor.optional() });
/** `id`: what was posted under this id, as its sender wrote it. */
export const MineQuery = z.strictObject({ id: ObjectId.optional(), limit: Limit.optional(), next: Cursor.optional() });

export const ObjectPage = z
  .object({ objects: z.array(StixReply), next: z.string().optional() })
  .meta({ id: "ObjectPage" });

/** `lang`: translations are asked for too, into this language (RFC 4647 basic filtering: `ko` is `ko-KR` as well), or `*` for all. */
export const OneQuery = z.strictObject({
  lang: z
    .string()
    .max(35)
    .regex(/^(?:\*|[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,5})$/, "a language tag such as ko, or *")
    .optional(),
});

/** `translations` where `lang` asks: language content with its own markings. `hash` and `label` only for one's own agency's contributions: what an approval or an edit binds to. */
export const OneObject = z
  .object({
    object: StixReply,
    markings: z.array(StixReply),
    translations: z.array(StixReply).optional(),
    hash: z.string().optional(),
    label: Label.optional(),
  })
  .meta({ id: "OneObject" });

export const SourceReply = z
  .object({
    agency: z.string(),
    id: z.string(),
    version: z.string().optional(),
    received: When,
    tlp: Tlp,
    channel: z.string(),
    given: z.string().optional(),
    checksum: z.string().optional(),
    confidence: z.number().optional(),
    flags: z.array(z.string()).optional(),
    batch: z.string().optional(),
    /** Of one's own agency's, where it is withdrawn: nobody else sees it. */
    state: z.string().optional(),
    object: StixReply,
  })
  .meta({ id: "Source" });
export const SourceList = z.object({ sources: z.array(SourceReply) }).meta({ id: "SourceList" });

/** A pasted list: `values` one by one, or `text` with one value a line, in any spelling. */
export const LookupBody = z
  .strictObject({
    values: z.array(z.string().max(4096)).min(1).max(1000).optional(),
    text: z.string().max(200_000).optional(),
  })
  .refine((body) => (body.values === undefined) !== (body.text === undefined), "give either values or text")
  .meta({ id: "LookupBody" });
export const LookupReply = z
  .object({
    results: z.array(
      z.object({
        given: z.string(),
        kind: z.string().optional(),
        canonical: z.string().optional(),
        objects: z.array(StixReply),
      }),
    ),
  })
  .meta({ id: "LookupReply" });

/** One of my agency's posts and what became of it. */
export const MinePage = z
  .object({
    posts: z.array(
      z.object({
        /** Its own name, for `/api/v1/mine/{post}`, and the hash that an edit binds to. */
        post: z.string(),
        hash: z.string(),
        id: z.string(),
        type: z.string(),
        version: z.string().optional(),
        name: z.string().optional(),
        received: When,
        by: z.string(),
        batch: z.string(),
        channel: z.string(),
        state: z.string(),
        tlp: Tlp,
        flags: z.array(z.string()),
        releases: z.array(
          z.object({
            agreement: z.string(),
            countries: z.array(z.string()),
            agencies: z.union([z.literal("*"), z.array(z.string())]),
            until: When.optional(),
            status: z.enum(["on", "off", "expired"]),
          }),
        ),
      }),
    ),
    next: z.string().optional(),
  })
  .meta({ id: "MinePage" });
