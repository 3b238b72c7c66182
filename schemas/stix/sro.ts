import { z } from "zod";
import { formed, list, versioned } from "./common.ts";
import { RELATIONSHIP_TYPE_NAME } from "./forms/naming.ts";
import { ref, sdoOrScoRef, sdoRef } from "./identifier.ts";
import { Timestamp } from "./timestamp.ts";

/** Relationship objects (STIX 2.1 section 5). */

export const Relationship = z
  .looseObject({
    ...versioned("relationship"),
    relationship_type: formed(RELATIONSHIP_TYPE_NAME),
    description: z.string().optional(),
    source_ref: sdoOrScoRef(),
    target_ref: sdoOrScoRef(),
    start_time: Timestamp.optional(),
    stop_time: Timestamp.optional(),
  })
  .meta({ id: "Relationship" });
export type Relationship = z.infer<typeof Relationship>;

export const Sighting = z
  .looseObject({
    ...versioned("sighting"),
    description: z.string().optional(),
    first_seen: Timestamp.optional(),
    last_seen: Timestamp.optional(),
    count: z.int().min(0).max(999999999).optional(),
    sighting_of_ref: sdoRef(),
    observed_data_refs: list(ref("observed-data")).optional(),
    where_sighted_refs: list(ref("identity", "location")).optional(),
    /** Printed as text in the tables of the standard; its words and default, and the OASIS schema, are of a truth value. */
    summary: z.union([z.boolean(), z.string()]).optional(),
  })
  .meta({ id: "Sighting" });
export type Sighting = z.infer<typeof Sighting>;
