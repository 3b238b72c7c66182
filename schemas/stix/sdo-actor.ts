import { z } from "zod";
import { formed, list, openVocab, versioned } from "./common.ts";
import { ADMINISTRATIVE_AREA, COUNTRY } from "./forms/country.ts";
import { Timestamp } from "./timestamp.ts";
import {
  ATTACK_MOTIVATIONS,
  ATTACK_RESOURCE_LEVELS,
  IDENTITY_CLASSES,
  INDUSTRY_SECTORS,
  REGIONS,
  THREAT_ACTOR_ROLES,
  THREAT_ACTOR_SOPHISTICATION,
  THREAT_ACTOR_TYPES,
} from "./vocabulary.ts";

/** Domain objects for who acts and whom it meets (STIX 2.1 section 4). */

export const Campaign = z
  .looseObject({
    ...versioned("campaign"),
    name: z.string(),
    description: z.string().optional(),
    aliases: list(z.string()).optional(),
    first_seen: Timestamp.optional(),
    last_seen: Timestamp.optional(),
    objective: z.string().optional(),
  })
  .meta({ id: "Campaign" });
export type Campaign = z.infer<typeof Campaign>;

export const Identity = z
  .looseObject({
    ...versioned("identity"),
    name: z.string(),
    description: z.string().optional(),
    roles: list(z.string()).optional(),
    identity_class: openVocab(IDENTITY_CLASSES).optional(),
    sectors: list(openVocab(INDUSTRY_SECTORS)).optional(),
    contact_information: z.string().optional(),
  })
  .meta({ id: "Identity" });
export type Identity = z.infer<typeof Identity>;

export const IntrusionSet = z
  .looseObject({
    ...versioned("intrusion-set"),
    name: z.string(),
    description: z.string().optional(),
    aliases: list(z.string()).optional(),
    first_seen: Timestamp.optional(),
    last_seen: Timestamp.optional(),
    goals: list(z.string()).optional(),
    resource_level: openVocab(ATTACK_RESOURCE_LEVELS).optional(),
    primary_motivation: openVocab(ATTACK_MOTIVATIONS).optional(),
    secondary_motivations: list(openVocab(ATTACK_MOTIVATIONS)).optional(),
  })
  .meta({ id: "IntrusionSet" });
export type IntrusionSet = z.infer<typeof IntrusionSet>;

export const Location = z
  .looseObject({
    ...versioned("location"),
    name: z.string().optional(),
    description: z.string().optional(),
    latitude: z.number().min(-90).max(90).optional(),
    longitude: z.number().min(-180).max(180).optional(),
    precision: z.number().min(0).optional(),
    region: openVocab(REGIONS).optional(),
    country: formed(COUNTRY).optional(),
    administrative_area: formed(ADMINISTRATIVE_AREA).optional(),
    city: z.string().optional(),
    street_address: z.string().optional(),
    postal_code: z.string().optional(),
  })
  .meta({ id: "Location" });
export type Location = z.infer<typeof Location>;

export const ThreatActor = z
  .looseObject({
    ...versioned("threat-actor"),
    name: z.string(),
    description: z.string().optional(),
    threat_actor_types: list(openVocab(THREAT_ACTOR_TYPES)).optional(),
    aliases: list(z.string()).optional(),
    first_seen: Timestamp.optional(),
    last_seen: Timestamp.optional(),
    roles: list(openVocab(THREAT_ACTOR_ROLES)).optional(),
    goals: list(z.string()).optional(),
    sophistication: openVocab(THREAT_ACTOR_SOPHISTICATION).optional(),
    resource_level: openVocab(ATTACK_RESOURCE_LEVELS).optional(),
    primary_motivation: openVocab(ATTACK_MOTIVATIONS).optional(),
    secondary_motivations: list(openVocab(ATTACK_MOTIVATIONS)).optional(),
    personal_motivations: list(openVocab(ATTACK_MOTIVATIONS)).optional(),
  })
  .meta({ id: "ThreatActor" });
export type ThreatActor = z.infer<typeof ThreatActor>;
