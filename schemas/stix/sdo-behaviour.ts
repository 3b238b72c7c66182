import { z } from "zod";
import { formed, KillChainPhase, list, openVocab, versioned } from "./common.ts";
import { PRODUCT } from "./forms/naming.ts";
import { ref, scoRef } from "./identifier.ts";
import { Timestamp } from "./timestamp.ts";
import {
  IMPLEMENTATION_LANGUAGES,
  INFRASTRUCTURE_TYPES,
  MALWARE_CAPABILITIES,
  MALWARE_RESULTS,
  MALWARE_TYPES,
  PROCESSOR_ARCHITECTURES,
  TOOL_TYPES,
} from "./vocabulary.ts";

/** Domain objects for what is done, with what, and against what (STIX 2.1 section 4). */

export const AttackPattern = z
  .looseObject({
    ...versioned("attack-pattern"),
    name: z.string(),
    description: z.string().optional(),
    aliases: list(z.string()).optional(),
    kill_chain_phases: list(KillChainPhase).optional(),
  })
  .meta({ id: "AttackPattern" });
export type AttackPattern = z.infer<typeof AttackPattern>;

export const CourseOfAction = z
  .looseObject({
    ...versioned("course-of-action"),
    name: z.string(),
    description: z.string().optional(),
  })
  .meta({ id: "CourseOfAction" });
export type CourseOfAction = z.infer<typeof CourseOfAction>;

export const Infrastructure = z
  .looseObject({
    ...versioned("infrastructure"),
    name: z.string(),
    description: z.string().optional(),
    infrastructure_types: list(openVocab(INFRASTRUCTURE_TYPES)).optional(),
    aliases: list(z.string()).optional(),
    kill_chain_phases: list(KillChainPhase).optional(),
    first_seen: Timestamp.optional(),
    last_seen: Timestamp.optional(),
  })
  .meta({ id: "Infrastructure" });
export type Infrastructure = z.infer<typeof Infrastructure>;

export const Malware = z
  .looseObject({
    ...versioned("malware"),
    name: z.string().optional(),
    description: z.string().optional(),
    malware_types: list(openVocab(MALWARE_TYPES)).optional(),
    is_family: z.boolean(),
    aliases: list(z.string()).optional(),
    kill_chain_phases: list(KillChainPhase).optional(),
    first_seen: Timestamp.optional(),
    last_seen: Timestamp.optional(),
    operating_system_refs: list(ref("software")).optional(),
    architecture_execution_envs: list(openVocab(PROCESSOR_ARCHITECTURES)).optional(),
    implementation_languages: list(openVocab(IMPLEMENTATION_LANGUAGES)).optional(),
    capabilities: list(openVocab(MALWARE_CAPABILITIES)).optional(),
    sample_refs: list(ref("artifact", "file")).optional(),
  })
  .meta({ id: "Malware" });
export type Malware = z.infer<typeof Malware>;

export const MalwareAnalysis = z
  .looseObject({
    ...versioned("malware-analysis"),
    product: formed(PRODUCT),
    version: z.string().optional(),
    host_vm_ref: ref("software").optional(),
    operating_system_ref: ref("software").optional(),
    installed_software_refs: list(ref("software")).optional(),
    configuration_version: z.string().optional(),
    modules: list(z.string()).optional(),
    analysis_engine_version: z.string().optional(),
    analysis_definition_version: z.string().optional(),
    submitted: Timestamp.optional(),
    analysis_started: Timestamp.optional(),
    analysis_ended: Timestamp.optional(),
    result_name: z.string().optional(),
    result: openVocab(MALWARE_RESULTS).optional(),
    analysis_sco_refs: list(scoRef()).optional(),
    sample_ref: ref("file", "artifact", "network-traffic").optional(),
  })
  .meta({ id: "MalwareAnalysis" });
export type MalwareAnalysis = z.infer<typeof MalwareAnalysis>;

export const Tool = z
  .looseObject({
    ...versioned("tool"),
    name: z.string(),
    description: z.string().optional(),
    tool_types: list(openVocab(TOOL_TYPES)).optional(),
    aliases: list(z.string()).optional(),
    kill_chain_phases: list(KillChainPhase).optional(),
    tool_version: z.string().optional(),
  })
  .meta({ id: "Tool" });
export type Tool = z.infer<typeof Tool>;

export const Vulnerability = z
  .looseObject({
    ...versioned("vulnerability"),
    name: z.string(),
    description: z.string().optional(),
  })
  .meta({ id: "Vulnerability" });
export type Vulnerability = z.infer<typeof Vulnerability>;
