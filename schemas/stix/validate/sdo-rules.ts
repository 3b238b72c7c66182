import { typeOfId } from "../identifier.ts";
import { isSuggested } from "../relationships.ts";
import { META_TYPES, SCO_TYPES, SDO_TYPES, SRO_TYPES } from "../types.ts";
import {
  INDICATOR_TYPES,
  INFRASTRUCTURE_TYPES,
  MALWARE_TYPES,
  REPORT_TYPES,
  THREAT_ACTOR_TYPES,
  TOOL_TYPES,
} from "../vocabulary.ts";
import { isObject } from "./content.ts";
import { show } from "./path-text.ts";
import type { CheckMembers, Walk } from "./walk.ts";

/** Rules of domain and relationship objects that join properties (STIX 2.1 sections 4 and 5). */

type Json = Readonly<Record<string, unknown>>;
const has = (object: Json, name: string): boolean => object[name] !== undefined;

/** Types with a property of their own for their kinds, which are no labels then (section 3.2). */
const KINDS: ReadonlyMap<string, readonly [string, ReadonlySet<string>]> = new Map([
  ["indicator", ["indicator_types", new Set(INDICATOR_TYPES)]],
  ["infrastructure", ["infrastructure_types", new Set(INFRASTRUCTURE_TYPES)]],
  ["malware", ["malware_types", new Set(MALWARE_TYPES)]],
  ["report", ["report_types", new Set(REPORT_TYPES)]],
  ["threat-actor", ["threat_actor_types", new Set(THREAT_ACTOR_TYPES)]],
  ["tool", ["tool_types", new Set(TOOL_TYPES)]],
] as const);

/** `stix.labels` where a label says the kind of a thing that has a property for it. */
export function checkLabels(type: string, object: Json, walk: Walk): void {
  const [name, kinds] = KINDS.get(type) ?? [];
  if (kinds === undefined || !Array.isArray(object.labels)) return;
  for (const [at, label] of object.labels.entries())
    if (typeof label === "string" && kinds.has(label))
      walk.add("stix.labels", `found ${show(label)}, a kind of ${type}: should stand in ${name}`, "labels", at);
}

/** A weakness or technique is named by the register that numbers it (sections 4.1 and 4.19). */
const registerRule =
  (source: string, form: RegExp, words: string): CheckMembers =>
  (object, walk) => {
    if (!Array.isArray(object.external_references)) return;
    for (const [at, reference] of object.external_references.entries()) {
      if (!isObject(reference)) continue;
      const { source_name: name, external_id: id } = reference;
      const is = typeof id === "string" && id.length <= 64 && form.test(id);
      if (name === source && !is) {
        const found = id === undefined ? "is missing" : `found ${show(id)}`;
        walk.add(
          "stix.external_id",
          `${found}; must be ${words} where source_name is ${source}`,
          "external_references",
          at,
          "external_id",
        );
      } else if (name !== source && is)
        walk.add(
          "stix.external_id",
          `found ${show(name)}; must be ${source}, since external_id is ${words}`,
          "external_references",
          at,
          "source_name",
        );
    }
  };

const location: CheckMembers = (object, walk) => {
  const [latitude, longitude] = [has(object, "latitude"), has(object, "longitude")];
  if (!has(object, "region") && !has(object, "country") && !(latitude && longitude))
    walk.add("stix.location", "must have at least one of region, country, and latitude with longitude");
  else if (latitude !== longitude)
    walk.add(
      "stix.location",
      `is missing: ${latitude ? "latitude" : "longitude"} needs it`,
      latitude ? "longitude" : "latitude",
    );
  if (has(object, "precision") && !(latitude && longitude))
    walk.add("stix.location", "must stand beside latitude and longitude", "precision");
};

const malware: CheckMembers = (object, walk) => {
  if (object.is_family === true && !has(object, "name"))
    walk.add("stix.required", "is missing: a family must have a name", "name");
};

const malwareAnalysis: CheckMembers = (object, walk) => {
  if (!has(object, "result") && !has(object, "analysis_sco_refs"))
    walk.add("stix.analysis", "must have at least one of result and analysis_sco_refs");
};

const NO_SCO = new Set<string>([...SRO_TYPES, ...SDO_TYPES, ...META_TYPES]);

const observedData: CheckMembers = (object, walk) => {
  const { objects, object_refs: refs } = object;
  if ((objects === undefined) === (refs === undefined))
    walk.add(
      "stix.observed_data",
      `has ${objects === undefined ? "neither" : "both"} objects and object_refs; must have one of them`,
    );
  if (objects !== undefined)
    walk.add("stix.deprecated", "is deprecated; object_refs should name the observables", "objects");
  if (!Array.isArray(refs) || refs.length === 0) return;
  const types = refs.map((id) => (typeof id === "string" ? typeOfId(id) : undefined));
  if (types.every((type) => type !== undefined && NO_SCO.has(type)))
    walk.add("stix.observed_data", "must name at least one observable", "object_refs");
};

const relationship: CheckMembers = (object, walk) => {
  const { relationship_type: type, source_ref: source, target_ref: target } = object;
  if (typeof type !== "string" || typeof source !== "string" || typeof target !== "string") return;
  const [from, to] = [typeOfId(source), typeOfId(target)];
  if (from === undefined || to === undefined || isSuggested(from, type, to)) return;
  // What joins a type that the standard does not know it can't suggest anything for.
  if (!STANDARD.has(from) || !STANDARD.has(to)) return;
  walk.add(
    "stix.relationship",
    `${from} ${show(type)} ${to} is none of the relationships that the standard suggests`,
    "relationship_type",
  );
};
const STANDARD = new Set<string>([...SDO_TYPES, ...SCO_TYPES]);

const extensionDefinition: CheckMembers = (object, walk) => {
  const { extension_types: types, extension_properties: properties } = object;
  const adds = Array.isArray(types) && types.includes("toplevel-property-extension");
  if (properties !== undefined && !adds)
    walk.add(
      "stix.extension_properties",
      "must be there only where extension_types has toplevel-property-extension",
      "extension_properties",
    );
  if (properties === undefined && adds)
    walk.remark("stix.extension_properties", "should name the properties that are added", "extension_properties");
};

const sighting: CheckMembers = (object, walk) => {
  if (typeof object.summary === "string")
    walk.remark("stix.type", `found ${show(object.summary)}; should be true or false`, "summary");
};

export const SDO_RULES: ReadonlyMap<string, CheckMembers> = new Map([
  ["attack-pattern", registerRule("capec", /^CAPEC-\d+$/, "CAPEC- and a number")],
  ["vulnerability", registerRule("cve", /^CVE-\d{4}-\d{4,}$/, "CVE-, a year and a number of four digits or more")],
  ["location", location],
  ["malware", malware],
  ["malware-analysis", malwareAnalysis],
  ["observed-data", observedData],
  ["relationship", relationship],
  ["sighting", sighting],
  ["extension-definition", extensionDefinition],
] as const);
