import { isPropertyName } from "../forms/naming.ts";
import { typeOfId } from "../identifier.ts";
import { PREDEFINED_EXTENSIONS } from "../types.ts";
import { EXTENSION_TYPES } from "../vocabulary.ts";
import { checkContent, isObject, isReserved, PROPERTY_NAME_RULE } from "./content.ts";
import { show } from "./path-text.ts";
import type { Check, Walk } from "./walk.ts";

/** The dictionary of extensions (STIX 2.1 sections 3.2, 3.10, 7.3 and 11.3). Unknown ones are legal, and kept. */

const DEFINITION = "extension-definition--";
const KINDS: ReadonlySet<unknown> = new Set(EXTENSION_TYPES);
const PREDEFINED: ReadonlySet<string> = new Set(PREDEFINED_EXTENSIONS);
/** Extensions of observables by a name of their own (deprecated, section 11.3). */
const CUSTOM = /^[a-z0-9-]+-ext$/;

function checkDefined(id: string, content: Readonly<Record<string, unknown>>, walk: Walk): void {
  const kind = content.extension_type;
  if (kind === undefined) walk.add("stix.extension_type", "is missing", id, "extension_type");
  else if (!KINDS.has(kind))
    walk.add(
      "stix.extension_type",
      `found ${show(kind)}; must be ${EXTENSION_TYPES.join(" or ")}`,
      id,
      "extension_type",
    );
  walk.path.push(id);
  for (const name in content) {
    const value = content[name];
    if (name === "extension_type" || value === undefined) continue;
    if (isReserved(name)) walk.remark("stix.reserved_name", "is a reserved name, which no property should have", name);
    else if (!isPropertyName(name)) walk.add("stix.property_name", PROPERTY_NAME_RULE, name);
    if (typeof value !== "object") continue;
    walk.path.push(name);
    checkContent(value, walk);
    walk.path.pop();
  }
  walk.path.pop();
}

function checkNamed(name: string, content: Readonly<Record<string, unknown>>, walk: Walk): void {
  const refuse = (message: string): void => walk.add("stix.extension_key", message, name);
  if (PREDEFINED.has(name)) refuse("is an extension of another type of object");
  else if (!walk.observable)
    walk.remark(
      "stix.extension_key",
      "should be the id of an extension definition, or the name of a predefined one",
      name,
    );
  else if (!CUSTOM.test(name) || name.length > 250)
    refuse("must be the id of an extension definition, or the name of a predefined one");
  else walk.add("stix.custom_extension", "is a custom extension, which 2.1 has extension definitions for", name);
  walk.path.push(name);
  checkContent(content, walk);
  walk.path.pop();
}

/** What stands under `extensions`: names, the predefined ones by their own checks, others by what is known of their definitions (STIX 2.1 section 7.3). */
export function checkExtensions(
  extensions: Readonly<Record<string, unknown>>,
  walk: Walk,
  predefined: ReadonlyMap<string, Check>,
): void {
  let empty = true;
  for (const key in extensions) {
    empty = false;
    const content = extensions[key];
    if (!isObject(content)) {
      walk.add("stix.type", `found ${show(content)}; must be an object`, key);
      continue;
    }
    const check = predefined.get(key);
    if (check !== undefined) {
      if (content.extension_type !== undefined)
        walk.add(
          "stix.extension_type",
          "must not be there: a predefined extension is known by its name",
          key,
          "extension_type",
        );
      check(content, walk, key);
    } else if (key.startsWith(DEFINITION)) {
      if (typeOfId(key) !== "extension-definition")
        walk.add(
          "stix.extension_key",
          `found ${show(key)}; must be extension-definition-- and a UUID in lower case`,
          key,
        );
      checkDefined(key, content, walk);
      walk.extensionContent?.(key, content, walk);
    } else checkNamed(key, content, walk);
  }
  if (empty) walk.add("stix.list_empty", "is empty; leave it out instead");
}
