import { isCommonProperty } from "./codes.ts";
import { isObject } from "./content.ts";
import { show } from "./path-text.ts";
import type { Walk } from "./walk.ts";

/** Which common properties a kind of object has, and what a type of somebody's own has to have (STIX 2.1 sections 3.2, 7.3, 11.2). */

type Json = Readonly<Record<string, unknown>>;
export type Kind =
  | "sdo"
  | "sro"
  | "sco"
  | "language-content"
  | "marking-definition"
  | "extension-definition"
  | "custom";

const words = (text: string): readonly string[] => text.split(" ");
const NOT_OF_OBSERVABLES = words("labels confidence lang external_references");
const VERSIONING = words("created modified created_by_ref revoked");

const FOREIGN: Readonly<Record<Kind, readonly string[]>> = {
  sdo: ["defanged"],
  sro: ["defanged"],
  sco: NOT_OF_OBSERVABLES,
  "language-content": words("lang defanged"),
  "marking-definition": words("modified revoked labels confidence lang defanged"),
  "extension-definition": words("confidence lang defanged extensions"),
  custom: [],
};

const KIND_WORDS: Readonly<Record<Kind, string>> = {
  sdo: "domain objects",
  sro: "relationship objects",
  sco: "observables",
  "language-content": "language content",
  "marking-definition": "marking definitions",
  "extension-definition": "extension definitions",
  custom: "this object",
};

/** Common properties that are not for this kind of object. */
export function checkApplicable(kind: Kind, object: Json, walk: Walk): void {
  for (const name of FOREIGN[kind])
    if (object[name] !== undefined) walk.add("stix.not_applicable", `is no property of ${KIND_WORDS[kind]}`, name);
  if (kind !== "sco" || (object.created !== undefined && object.modified !== undefined)) return;
  for (const name of VERSIONING)
    if (object[name] !== undefined)
      walk.add(
        "stix.not_applicable",
        "is no property of observables, unless they are versioned: then created and modified are both there",
        name,
      );
}

/** The kinds of extension that an object says it carries. */
function extensionTypes(object: Json): readonly (readonly [string, unknown])[] {
  if (!isObject(object.extensions)) return [];
  return Object.entries(object.extensions).flatMap(([id, content]) =>
    isObject(content) && content.extension_type !== undefined ? [[id, content.extension_type] as const] : [],
  );
}

/** Whether an extension adds properties at the top of this object. */
export const addsTopLevel = (object: Json): boolean =>
  object.extensions !== undefined && extensionTypes(object).some(([, type]) => type === "toplevel-property-extension");

const NEW = new Map<unknown, Kind>([
  ["new-sdo", "sdo"],
  ["new-sro", "sro"],
  ["new-sco", "sco"],
]);

/** The kind of a type that is not of the standard, as its extension says. */
export function kindOfCustom(object: Json): Kind {
  for (const [, type] of extensionTypes(object)) {
    const kind = NEW.get(type);
    if (kind !== undefined) return kind;
  }
  return "custom";
}

/** An extension adds; it never makes a type of the standard anew (section 7.3). */
export function checkNotRedefined(object: Json, walk: Walk): void {
  if (object.extensions === undefined) return;
  for (const [id, type] of extensionTypes(object))
    if (NEW.has(type))
      walk.add(
        "stix.extension_redefines",
        `found ${show(type)} on a type of the standard, which no extension makes anew`,
        "extensions",
        id,
        "extension_type",
      );
}

/** A type of somebody's own: the common properties of its kind, and one of its own at least. */
export function checkCustomType(type: string, object: Json, kind: Kind, walk: Walk): void {
  if (kind === "sdo" || kind === "sro") {
    for (const name of ["spec_version", "created", "modified"])
      if (object[name] === undefined)
        walk.add("stix.required", "is missing; an extension that makes a new type keeps the common properties", name);
  } else if (kind === "custom") {
    if (!type.startsWith("x-"))
      walk.add(
        "stix.custom_type",
        "is no type of the standard, and no extension defines it; a custom one should begin with x-",
        "type",
      );
    if ((object.created === undefined) !== (object.modified === undefined))
      walk.add("stix.required", "is missing", object.created === undefined ? "created" : "modified");
  }
  if (!Object.keys(object).some((name) => !isCommonProperty(name)))
    walk.add("stix.nothing_said", "has no property of its own; must have at least one");
}
