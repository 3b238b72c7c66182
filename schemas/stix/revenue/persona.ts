import { z } from "zod";
import { Hashes, list } from "../common.ts";
import { propertyExtension } from "../extension-author.ts";
import { ref } from "../identifier.ts";
import { Timestamp } from "../timestamp.ts";
import { personal } from "./personal.ts";

/** Our extension of `threat-actor` and `identity`: the made-up or borrowed person behind whom an IT worker works (design 3; domain 2). */
export const PERSONA_EXTENSION = "extension-definition--7d5efa6b-7d4b-4555-85ce-9e74f860194f";

const Text = z.string().min(1).max(2000);
const Name = z.string().min(1).max(256);

const PersonaName = z.looseObject({
  name: Name,
  /** RFC 5646: `ko`, `ja`, `en`, `ko-Latn`. */
  lang: z.string().min(2).max(35).optional(),
  script: z.string().length(4).optional(),
});

/** An account on a platform; handles are used again by others, so with an interval. */
const PlatformAccount = z.looseObject({
  account_ref: ref("user-account", "email-addr", "phone-number").optional(),
  service: Name.optional(),
  /** The service's own number comes before the handle. */
  user_id: Name.optional(),
  handle: Name.optional(),
  created: Timestamp.optional(),
  from: Timestamp.optional(),
  until: Timestamp.optional(),
  suspended: z.boolean().optional(),
});

const Document = z.looseObject({
  /** `passport`, `driving-licence`, `resume`, `diploma`. */
  kind: Name,
  number: Name.optional(),
  country: Name.optional(),
  /** The picture or file, by its hashes; never the picture itself. */
  hashes: Hashes.optional(),
  file_ref: ref("file", "artifact").optional(),
  /** `forged`, `stolen`, `rented`, `genuine`. */
  state: Name.optional(),
  photo_made_by_ai: z.boolean().optional(),
});

/** An employer is a victim: its name is protected like one. */
const Employment = z.looseObject({
  employer: Name.optional(),
  employer_ref: ref("identity").optional(),
  role: Name.optional(),
  start: Timestamp.optional(),
  stop: Timestamp.optional(),
  /** How it was found out. */
  found: Text.optional(),
  device_sent_to: Text.optional(),
});

const PaymentRoute = z.looseObject({
  /** `bank`, `payment-service`, `stablecoin`, `cash`. */
  kind: Name,
  service: Name.optional(),
  account_ref: ref("bank-account", "cryptocurrency-wallet", "payment-card", "user-account").optional(),
  from: Timestamp.optional(),
  until: Timestamp.optional(),
});

export const PersonaFacts = z
  .looseObject({
    extension_type: z.literal("property-extension"),
    names: personal(list(PersonaName)).optional(),
    claimed_nationality: personal(Name).optional(),
    /** A day: `1990-05-17`. */
    date_of_birth: personal(z.string().regex(/^\d{4}(?:-\d{2}(?:-\d{2})?)?$/)).optional(),
    residence: personal(Text).optional(),
    accounts: personal(list(PlatformAccount)).optional(),
    documents: personal(list(Document)).optional(),
    employers: personal(list(Employment)).optional(),
    payment_routes: personal(list(PaymentRoute)).optional(),
    /** Whose identity it is: a victim, or somebody who rents it out. */
    real_owner: personal(
      z.looseObject({ name: Name.optional(), owner_ref: ref("identity").optional(), part: Name.optional() }),
    ).optional(),
    skills: list(Name).optional(),
    languages: list(Name).optional(),
    /** When it works, as seen: `UTC+9, 00:00 to 09:00`. */
    time_zone_pattern: Text.optional(),
    remote_tools: list(Name).optional(),
  })
  .meta({ id: "PersonaFacts" });
export type PersonaFacts = z.infer<typeof PersonaFacts>;

export const PERSONA_DEFINITION = propertyExtension({
  id: PERSONA_EXTENSION,
  name: "Tricord persona",
  description:
    "On a threat-actor or identity: a persona of an IT worker, with names, accounts, documents, employers and payment routes. What is " +
    "personal data carries x-personal in the schema.",
  content: PersonaFacts,
});
