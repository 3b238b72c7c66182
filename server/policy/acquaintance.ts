import type { Agreements } from "../../schemas/policy/agreement.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Role } from "../../schemas/policy/vocabulary.ts";
import { inForceBetween } from "./gates.ts";

/** How well an account may know another: by name, as somebody of its agency, or not at all. */
export type Acquaintance = "name" | "agency" | "none";

type Somebody = Pick<Viewer, "id" | "role" | "agency" | "country">;

/** Who may be known outside the own agency. Who administers, audits, signs or keeps liaison is nobody's to find out. */
const KNOWN_AS = {
  analyst: "name",
  reviewer: "name",
  releaser: "name",
  feed: "agency",
  client: "agency",
  liaison: "none",
  admin: "none",
  auditor: "none",
  signer: "none",
  public: "none",
} as const satisfies Record<Role, Acquaintance>;

/**
 * The directory's own rule (policy 6, Q49; 7, "member lists, mention pickers"): whom an account may be told of. Its own agency's people, feeds and clients by name; other
 * agencies' people by name, and their feeds and clients as somebody of that agency, where they are of its country or an agreement is in force between the two
 * countries. Counts are told of nobody. What somebody may read, or when an account begins or ends, has no part in it.
 */
export function acquaintance(looker: Somebody, other: Somebody, agreements: Agreements, at: string): Acquaintance {
  if (looker.id === other.id) return "name";
  const known = KNOWN_AS[other.role] ?? "none";
  const { country } = looker;
  if (known === "none" || looker.role === "client" || looker.agency === undefined || country === undefined)
    return "none";
  if (looker.agency === other.agency) return "name";
  if (other.agency === undefined || other.country === undefined) return "none";
  return country === other.country || inForceBetween(country, other.country, agreements, at) ? known : "none";
}
