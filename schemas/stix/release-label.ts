import { z } from "zod";
import { AgencyList } from "../policy/label.ts";
import {
  AccountId,
  AgencyId,
  AgreementId,
  Caveat,
  Country,
  Level,
  Selector,
  Tlp,
  Topic,
} from "../policy/vocabulary.ts";
import { list } from "./common.ts";
import { propertyExtension } from "./extension-author.ts";
import { Timestamp } from "./timestamp.ts";

/** Our extension of `marking-definition`: the sharing label on the wire, cut for its reader (design 3). */
export const RELEASE_LABEL_EXTENSION = "extension-definition--6ac4d8e5-2743-4824-b706-2a8442aae4b2";

const Row = z.strictObject({
  agreement: AgreementId,
  countries: z.array(Country),
  agencies: AgencyList,
  until: Timestamp.optional(),
});

const Rule = z.strictObject({
  selectors: list(Selector),
  tlp: Tlp.optional(),
  countries: z.array(Country).optional(),
  agencies: AgencyList.optional(),
  classification: Level.optional(),
  caveats: z.array(Caveat).optional(),
  pii: z.boolean().optional(),
  notice: z.boolean().optional(),
});

/**
 * Strict, unlike the rest of STIX: a key that we can't read may be somebody's restriction, and passing it over would
 * widen the audience (policy 1.3).
 */
export const ReleaseLabel = z
  .strictObject({
    extension_type: z.literal("property-extension"),
    tlp: Tlp,
    classification: Level,
    caveats: z.array(Caveat),
    topics: z.array(Topic).optional(),
    releases: z.array(Row),
    recipients: z.array(AccountId).optional(),
    field_rules: z.array(Rule).optional(),
    count_shareable: z.boolean().optional(),
    /** Held by a quarantine of its source: told to the originating agency, which alone reads it then. */
    quarantined: z.boolean().optional(),
    originator: AgencyId.optional(),
  })
  .meta({ id: "ReleaseLabel" });
export type ReleaseLabel = z.infer<typeof ReleaseLabel>;

export const RELEASE_LABEL_DEFINITION = propertyExtension({
  id: RELEASE_LABEL_EXTENSION,
  name: "Tricord release label",
  description:
    "On a marking definition: TLP, classification, caveats and the release rows under which content may be read. " +
    "A receiver sees the rows that concern it; absent rows grant nothing.",
  content: ReleaseLabel,
});
