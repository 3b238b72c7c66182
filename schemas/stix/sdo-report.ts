import { z } from "zod";
import { dictionary, KillChainPhase, list, openVocab, versioned } from "./common.ts";
import { anyRef, scoOrSroRef } from "./identifier.ts";
import { Timestamp } from "./timestamp.ts";
import { GROUPING_CONTEXTS, INDICATOR_TYPES, OPINIONS, PATTERN_TYPES, REPORT_TYPES } from "./vocabulary.ts";

/** Domain objects for what was seen, said and reported (STIX 2.1 section 4). */

export const Grouping = z
  .looseObject({
    ...versioned("grouping"),
    name: z.string().optional(),
    description: z.string().optional(),
    context: openVocab(GROUPING_CONTEXTS),
    object_refs: list(anyRef()),
  })
  .meta({ id: "Grouping" });
export type Grouping = z.infer<typeof Grouping>;

export const Incident = z
  .looseObject({
    ...versioned("incident"),
    name: z.string(),
    description: z.string().optional(),
  })
  .meta({ id: "Incident" });
export type Incident = z.infer<typeof Incident>;

export const Indicator = z
  .looseObject({
    ...versioned("indicator"),
    name: z.string().optional(),
    description: z.string().optional(),
    indicator_types: list(openVocab(INDICATOR_TYPES)).optional(),
    pattern: z.string(),
    pattern_type: openVocab(PATTERN_TYPES),
    pattern_version: z.string().optional(),
    valid_from: Timestamp,
    valid_until: Timestamp.optional(),
    kill_chain_phases: list(KillChainPhase).optional(),
  })
  .meta({ id: "Indicator" });
export type Indicator = z.infer<typeof Indicator>;

export const Note = z
  .looseObject({
    ...versioned("note"),
    abstract: z.string().optional(),
    content: z.string(),
    authors: list(z.string()).optional(),
    object_refs: list(anyRef()),
  })
  .meta({ id: "Note" });
export type Note = z.infer<typeof Note>;

export const ObservedData = z
  .looseObject({
    ...versioned("observed-data"),
    first_observed: Timestamp,
    last_observed: Timestamp,
    number_observed: z.int().min(1).max(999999999),
    objects: dictionary(z.looseObject({ type: z.string() })).optional(),
    object_refs: list(scoOrSroRef()).optional(),
  })
  .meta({ id: "ObservedData" });
export type ObservedData = z.infer<typeof ObservedData>;

export const Opinion = z
  .looseObject({
    ...versioned("opinion"),
    explanation: z.string().optional(),
    authors: list(z.string()).optional(),
    opinion: z.enum(OPINIONS),
    object_refs: list(anyRef()),
  })
  .meta({ id: "Opinion" });
export type Opinion = z.infer<typeof Opinion>;

export const Report = z
  .looseObject({
    ...versioned("report"),
    name: z.string(),
    description: z.string().optional(),
    report_types: list(openVocab(REPORT_TYPES)).optional(),
    published: Timestamp,
    object_refs: list(anyRef()),
  })
  .meta({ id: "Report" });
export type Report = z.infer<typeof Report>;
