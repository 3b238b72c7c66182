import type { Item, StixJson } from "../pipeline/steps.ts";
import { Fault } from "../shared/fault.ts";

export const isObject = (value: unknown): value is StixJson =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const has = (object: StixJson, name: string): boolean => Object.hasOwn(object, name);
export const isTyped = (value: unknown): boolean =>
  isObject(value) && typeof value.type === "string" && !has(value, "$schema");

export const notStix = (found: string): Fault =>
  new Fault(
    "bad_request",
    `${found}; a STIX object, a bundle, a list of STIX objects or an envelope { "objects": [ … ] } was expected`,
    { code: "input.not_stix" },
  );

const isMisp = (value: StixJson): boolean =>
  isObject(value.Event) || (Array.isArray(value.response) && has(value, "response"));

/** One member of a list of objects. What is no JSON object is a problem of its own; the rest is for `validate` to judge. */
export function stixItem(member: unknown, index: number): Item {
  const place = `objects[${index}]`;
  if (isObject(member)) return { index, object: member, place };
  const found = member === null ? "null" : Array.isArray(member) ? "a list" : `a ${typeof member}`;
  return {
    index,
    place,
    problem: { code: "object.not_an_object", path: place, message: `${place} is ${found}; a JSON object was expected` },
  };
}

/** What a parsed JSON input is: the list of its objects, or strings to be read as values. Faults as {@link readStix}. */
export function unwrapStix(
  json: unknown,
): { readonly objects: readonly unknown[] } | { readonly strings: readonly string[] } {
  if (Array.isArray(json)) {
    if (json.length === 0) return { objects: [] };
    if (json.every((member): member is string => typeof member === "string")) return { strings: json };
    if (!json.some(isTyped)) throw notStix("the input is a JSON list in which no member is a STIX object");
    return { objects: json };
  }
  if (!isObject(json)) throw notStix(`the input is JSON but only ${json === null ? "null" : `a ${typeof json}`}`);
  if (isMisp(json))
    throw new Fault("bad_request", "the input is a MISP event; this version reads STIX 2.1, CSV and text", {
      code: "input.unsupported_format",
    });
  const bundle = json.type === "bundle";
  if (!bundle && !has(json, "objects")) {
    // Other formats have a member "type", too: a MISP galaxy, a JSON schema.
    if (!isTyped(json) || !(has(json, "id") || has(json, "spec_version")))
      throw notStix("the input is one JSON object without the type and id of a STIX object");
    return { objects: [json] };
  }
  const objects = json.objects ?? [];
  if (!Array.isArray(objects)) throw notStix('the member "objects" is not a list');
  if (!bundle && objects.length > 0 && !objects.some(isTyped)) throw notStix('no member of "objects" is a STIX object');
  return { objects };
}

/** Objects of a bundle, envelope or list as items with place `objects[i]`, untouched. Those of a STIX 2.0 bundle too: `validate` refuses them. */
export const readStix = (objects: readonly unknown[]): Item[] => objects.map(stixItem);
