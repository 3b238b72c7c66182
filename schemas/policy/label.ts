import { z } from "zod";
import { AccountId, AgencyId, AgreementId, Caveat, Country, Level, Selector, Tlp, Topic, When } from "./vocabulary.ts";

/** Everyone in the listed countries is written `*`; an empty list is nobody (policy 1.3). */
export const AgencyList = z.union([z.literal("*"), z.array(AgencyId)]).meta({ id: "AgencyList" });

/** A grant: these agencies of these countries, under this agreement, once it is `on` and before `until` (exclusive). */
export const ReleaseRow = z
  .object({
    agreement: AgreementId,
    countries: z.array(Country),
    agencies: AgencyList,
    until: When.optional(),
    status: z.enum(["on", "off"]),
  })
  .meta({ id: "ReleaseRow" });
export type ReleaseRow = z.infer<typeof ReleaseRow>;

/** Tightens the label for some properties: label ∧ rule decides whether they are cut (policy 5). */
export const FieldRule = z
  .object({
    selectors: z.array(Selector).min(1),
    tlp: Tlp.optional(),
    countries: z.array(Country).optional(),
    agencies: AgencyList.optional(),
    classification: Level.optional(),
    caveats: z.array(Caveat).optional(),
    pii: z.boolean().optional(),
    notice: z.boolean().optional(),
  })
  .meta({ id: "FieldRule" });
export type FieldRule = z.infer<typeof FieldRule>;

/** Draft and submitted content is for persons of its own agency; withdrawn content too (policy 3, settled readings). */
export const State = z.enum(["draft", "submitted", "released", "withdrawn"]).meta({ id: "State" });

/** The sharing label: every attribute of a contribution that decides who reads it (policy 2). */
export const Label = z
  .object({
    tlp: Tlp,
    classification: Level,
    caveats: z.array(Caveat),
    topics: z.array(Topic),
    originator: AgencyId,
    originatorCountry: Country,
    author: AccountId.optional(),
    state: State,
    releases: z.array(ReleaseRow),
    recipients: z.array(AccountId),
    clientGrants: z.array(AccountId),
    /** Whose grant to its client this is, of another agency's content: under such a label `clientGrants` read and nobody else (policy 4, AMBER). */
    grantedBy: AgencyId.optional(),
    embargoUntil: When.optional(),
    embargoReaders: z.array(AccountId).optional(),
    /** Quarantines of its source that hold it: until they are lifted it is read by persons of the originating agency alone. */
    quarantined: z.array(z.string()).optional(),
    /** Of which agency each account that is named here was when it was named: who has moved since is named no more (policy 6, Q44). */
    namedAs: z.record(AccountId, AgencyId).optional(),
    fieldRules: z.array(FieldRule),
    /** A sighting keeps its count for those who may not see where it was (policy 6, Q06). No gate reads it. */
    countShareable: z.boolean().optional(),
  })
  .meta({ id: "Label" });
export type Label = z.infer<typeof Label>;

/** What a poster may say of a label; the originator, the author and the status of rows are the server's. */
export const LabelRequest = z
  .strictObject({
    tlp: Tlp.optional(),
    classification: Level.optional(),
    caveats: z.array(Caveat).max(5).optional(),
    topics: z.array(Topic).max(50).optional(),
    recipients: z.array(AccountId).max(200).optional(),
    clientGrants: z.array(AccountId).max(200).optional(),
    embargoUntil: When.optional(),
    embargoReaders: z.array(AccountId).max(200).optional(),
    releases: z
      .array(
        z.strictObject({
          agreement: AgreementId,
          countries: z.array(Country).max(20),
          agencies: AgencyList,
          until: When.optional(),
        }),
      )
      .max(50)
      .optional(),
    fieldRules: z.array(FieldRule.strict()).max(50).optional(),
    countShareable: z.boolean().optional(),
  })
  .meta({ id: "LabelRequest" });
export type LabelRequest = z.infer<typeof LabelRequest>;
