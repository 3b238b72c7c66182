import { SCO_TYPES, SDO_TYPES, SRO_TYPES } from "../types.ts";

/**
 * Every code of the checker: the section of STIX 2.1 (with errata 01) that it comes from, whether that is a MUST, and what an
 * intake does with an object that breaks it. A code never changes its meaning.
 */
export interface Code {
  readonly level: "must" | "should";
  /** `type`: the section of the object's type, or 3.2 for a common property. */
  readonly section: string;
  /** `refuse`: nothing sound can be made of the object; `warn`: it goes in and its sender hears of it; `quiet`: only who asks hears of it. */
  readonly intake: "refuse" | "warn" | "quiet";
}

const must = (section: string, intake: "refuse" | "warn" = "warn"): Code => ({ level: "must", section, intake });
const should = (section: string, intake: "warn" | "quiet" = "quiet"): Code => ({ level: "should", section, intake });

export const CODES = {
  // What makes a value unsafe or unreadable, whatever it means.
  "stix.not_object": must("1.2.10", "refuse"),
  "stix.forbidden_key": must("3.1", "refuse"),
  "stix.text": must("2.15", "refuse"),
  "stix.number": must("2.10", "refuse"),
  "stix.depth": must("1.2.10", "refuse"),
  "stix.too_large": must("1.2.10", "refuse"),
  "stix.bundle": must("8", "refuse"),
  "stix.version_2_0": must("3.2", "refuse"),
  "stix.spec_version": must("3.2", "refuse"),
  "stix.unknown_type_name": must("3.1", "refuse"),
  // Shapes.
  "stix.required": must("type", "refuse"),
  "stix.type": must("type", "refuse"),
  "stix.enum": must("2.4", "refuse"),
  "stix.range": must("type", "refuse"),
  "stix.list_empty": must("2.12", "refuse"),
  "stix.null": must("2.12", "refuse"),
  "stix.id": must("2.9", "refuse"),
  "stix.ref": must("2.9", "refuse"),
  "stix.timestamp": must("2.16", "refuse"),
  "stix.hex": must("2.8", "refuse"),
  "stix.binary": must("2.1", "refuse"),
  "stix.hash": must("2.7", "refuse"),
  "stix.unknown_key": must("7.3", "refuse"),
  "stix.format": must("7.3", "refuse"),
  "stix.rule": must("7.3", "refuse"),
  "stix.amount": must("7.3", "refuse"),
  // Shapes that were never refused, since feeds that people use have them.
  "stix.uuid": must("2.9"),
  "stix.binary_padding": must("2.1"),
  "stix.hash_name": must("2.7"),
  "stix.hash_form": must("2.7"),
  "stix.dictionary_key": must("2.3"),
  "stix.dictionary_value": must("type"),
  "stix.timestamp_precision": must("3.2"),
  "stix.timestamp_second": must("6.7"),
  "stix.empty_value": must("2.12"),
  "stix.property_name": must("3.1"),
  "stix.property_suffix": must("3.1"),
  "stix.reserved_name": must("3.8"),
  "stix.encoding_alone": must("3.1"),
  "stix.not_applicable": must("3.2"),
  "stix.nothing_said": must("type"),
  // Rules that join properties.
  "stix.version_order": must("3.6.1", "refuse"),
  "stix.time_order": must("type"),
  "stix.external_reference": must("2.5"),
  "stix.external_id": must("type"),
  "stix.kill_chain_name": must("2.11"),
  "stix.granular_marking": must("7.2.3", "refuse"),
  "stix.selector": must("7.2.3"),
  "stix.selector_target": must("7.2.3"),
  "stix.marking_circular": must("3.2"),
  "stix.tlp": must("7.2.1", "refuse"),
  "stix.tlp_instance": must("7.2.1"),
  "stix.extension_type": must("7.3"),
  "stix.extension_key": must("7.3"),
  "stix.extension_properties": must("7.3"),
  "stix.extension_redefines": must("7.3"),
  "stix.extension_content": must("7.3"),
  "stix.location": must("4.10"),
  "stix.analysis": must("4.12"),
  "stix.observed_data": must("4.14"),
  "stix.container": must("2.13"),
  "stix.relationship_type": must("5.1"),
  "stix.artifact": must("6.1"),
  "stix.media_type": must("6.1"),
  "stix.character_set": must("3.9.1"),
  "stix.domain_name": must("6.4"),
  "stix.email_address": must("6.5"),
  "stix.email_body": must("6.6"),
  "stix.mime_part": must("6.6"),
  "stix.file": must("6.7"),
  "stix.ip_address": must("type"),
  "stix.mac_address": must("6.10"),
  "stix.traffic_ends": must("6.12"),
  "stix.traffic_active": must("6.12"),
  "stix.cpe": must("6.14"),
  "stix.url": must("6.15"),
  "stix.registry_hive": must("6.17"),
  "stix.lang": must("3.2"),
  "stix.language_target": must("7.1"),
  "stix.language_shape": must("7.1"),
  "stix.sco_id_random": must("2.9"),
  "stix.sco_versioned": must("3.6"),
  // Of a bundle, and of two versions.
  "stix.bundle_property": must("8"),
  "stix.uuid_reused": must("2.9"),
  "stix.version_conflict": must("3.6"),
  "stix.created_changed": must("3.6"),
  "stix.creator_changed": must("3.6"),
  "stix.type_changed": must("3.6"),
  "stix.id_changed": must("3.6"),
  "stix.revoked_final": must("3.6"),
  "stix.modified_missing": must("3.6"),
  "stix.not_versioned": must("7.2.1"),
  // What should be otherwise.
  "stix.uuid_version": should("2.9"),
  "stix.sco_id": should("2.9", "warn"),
  "stix.vocabulary": should("2.14"),
  "stix.form": should("type"),
  /** A MUST NOT of a purpose, which a word alone does not show. */
  "stix.labels": should("3.2"),
  "stix.url_hashes": should("2.5"),
  "stix.kill_chain_form": should("2.11"),
  "stix.country": should("4.10"),
  "stix.semantic_version": should("7.3"),
  "stix.product_form": should("4.12"),
  "stix.traffic_ports": should("6.12"),
  "stix.relationship": should("5.1"),
  "stix.custom_property": should("11.1"),
  "stix.custom_type": should("11.2"),
  "stix.custom_extension": should("11.3"),
  "stix.deprecated": should("2.13"),
  "stix.identifier_name": should("3.1"),
  "stix.duplicate": should("8"),
  "stix.older_form": should("6", "warn"),
  /** Of an intake: what was put right. */
  "stix.repaired": should("type", "warn"),
} as const satisfies Record<string, Code>;
export type CodeName = keyof typeof CODES;

const BY_NAME: ReadonlyMap<string, Code> = new Map(Object.entries(CODES));

/** What a code means; an unknown one, of a pattern or of somebody's extension, is a MUST that is only warned of on intake. */
export const codeOf = (code: string): Code => BY_NAME.get(code) ?? { level: "must", section: "9", intake: "warn" };

const numbered = (chapter: number, types: readonly string[]): [string, string][] =>
  types.map((type, at) => [type, `${chapter}.${at + 1}`]);

/** The section that defines each type: the standard has them in the order of our lists. */
const TYPE_SECTIONS: ReadonlyMap<string, string> = new Map([
  ...numbered(4, SDO_TYPES),
  ...numbered(5, SRO_TYPES),
  ...numbered(6, SCO_TYPES),
  ["language-content", "7.1"],
  ["marking-definition", "7.2.1"],
  ["extension-definition", "7.3"],
  ["bundle", "8"],
]);

const COMMON = new Set(
  (
    "type spec_version id created_by_ref created modified revoked labels confidence lang external_references object_marking_refs " +
    "granular_markings defanged extensions"
  ).split(" "),
);
export const isCommonProperty = (name: string): boolean => COMMON.has(name);

/** The section of a finding: its code's, or that of the type or the common properties. */
export function sectionOf(code: string, type: string, top: string | number | undefined): string {
  const { section } = codeOf(code);
  if (section !== "type") return section;
  if (typeof top === "string" && COMMON.has(top)) return "3.2";
  return TYPE_SECTIONS.get(type) ?? "11.2";
}
