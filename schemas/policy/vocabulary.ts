import { z } from "zod";

/** TLP 2.0 levels, loosest first: the order of the meet (policy: two markings combine to the tightest). */
export const TLP = ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"] as const;
export const Tlp = z.enum(TLP).meta({ id: "Tlp" });
export type Tlp = z.infer<typeof Tlp>;

/** Classification and clearance levels, lowest first; national levels are mapped to them by the agreement's table. */
export const LEVELS = ["U", "R", "C", "S"] as const;
export const Level = z.enum(LEVELS).meta({ id: "Level" });
export type Level = z.infer<typeof Level>;

/** NATL own country only; LES law enforcement; FIU finance intelligence; NOATTRIB source withheld abroad; NOEXPORT no files. */
export const Caveat = z.enum(["NATL", "LES", "FIU", "NOATTRIB", "NOEXPORT"]).meta({ id: "Caveat" });
export type Caveat = z.infer<typeof Caveat>;

/** LE law enforcement, FIU finance intelligence unit, CERT, INT intelligence, SANC sanctions. */
export const Category = z.enum(["LE", "FIU", "CERT", "INT", "SANC"]).meta({ id: "Category" });
export type Category = z.infer<typeof Category>;

/** Roles give verbs, never reading (policy 1.4). `server/http/verbs.ts` says which role may use which verb. */
export const Role = z
  .enum(["analyst", "reviewer", "releaser", "feed", "client", "liaison", "admin", "auditor", "signer", "public"])
  .meta({ id: "Role" });
export type Role = z.infer<typeof Role>;

export const Channel = z.enum(["page", "api", "taxii", "stream", "export", "mail", "webhook"]).meta({ id: "Channel" });
export type Channel = z.infer<typeof Channel>;

/** ISO 3166-1 alpha-3. */
export const Country = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .meta({ id: "Country" });
export const AgencyId = z
  .string()
  .regex(/^[A-Z]{2}-[A-Z0-9]{2,12}$/)
  .meta({ id: "AgencyId" });
export const AccountId = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/)
  .meta({ id: "AccountId" });
export const AgreementId = z
  .string()
  .regex(/^[A-Z][A-Z0-9-]{1,31}$/)
  .meta({ id: "AgreementId" });
/** Text that has a canonical form: no control characters, no half of a surrogate pair. */
const PLAIN = /^[^\p{Cc}\p{Cs}]+$/u;
export const Topic = z.string().min(1).max(64).regex(PLAIN).meta({ id: "Topic" });
/** RFC 3339 UTC; the value of an instant is compared, never its text. */
export const When = z
  .string()
  .max(40)
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/)
  .meta({ id: "When" });
/** `description`, `hashes.SHA-256`, `x_list.[0].name`: STIX granular-marking selector syntax. */
export const Selector = z.string().min(1).max(250).regex(PLAIN).meta({ id: "Selector" });
