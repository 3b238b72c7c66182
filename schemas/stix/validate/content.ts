import { isBase64 } from "../forms/host.ts";
import { isDictionaryKey, isHyphenated, isPropertyName } from "../forms/naming.ts";
import { isStixId } from "../identifier.ts";
import { show } from "./path-text.ts";
import type { Walk } from "./walk.ts";

/** What the standard asks of content that it does not define: custom properties, dictionaries, and what stands in extensions. */

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const EMPTY_LIST = "is an empty list; leave it out instead";
const EMPTY_DICTIONARY = "is empty; leave it out instead";

/** A value of any base type: no null, no empty list or dictionary anywhere in it, keys of dictionaries as of section 2.3. */
export function checkContent(value: unknown, walk: Walk): void {
  if (value === null) walk.add("stix.empty_value", "found null; leave it out instead");
  else if (typeof value !== "object") return;
  else if (Array.isArray(value)) {
    if (value.length === 0) walk.add("stix.empty_value", EMPTY_LIST);
    for (let at = 0; at < value.length; at++) {
      const item: unknown = value[at];
      if (typeof item !== "object") continue;
      walk.path.push(at);
      checkContent(item, walk);
      walk.path.pop();
    }
  } else checkEntries(value as Record<string, unknown>, walk);
}

/** The entries of a dictionary. */
export function checkEntries(dictionary: Readonly<Record<string, unknown>>, walk: Walk): void {
  let empty = true;
  for (const key in dictionary) {
    empty = false;
    if (!isDictionaryKey(key))
      walk.add("stix.dictionary_key", "must be 1 to 250 of the characters a-z, A-Z, 0-9, hyphen and underscore", key);
    const value = dictionary[key];
    if (typeof value !== "object") continue;
    walk.path.push(key);
    checkContent(value, walk);
    walk.path.pop();
  }
  if (empty) walk.add("stix.empty_value", EMPTY_DICTIONARY);
}

export const badPropertyName = (name: string): boolean => !isPropertyName(name);
export const PROPERTY_NAME_RULE = "must be 3 to 250 lower-case letters, digits and underscores, a letter first";

const RESERVED = new Set(["severity", "username", "phone_number", "phone_numbers", "action"]);
export const isReserved = (name: string): boolean => RESERVED.has(name);

const HEX = /^(?:[0-9a-f]{2})*$/;

/** What the end of a name promises (section 3.1): references, bytes. */
function checkSuffix(name: string, value: unknown, walk: Walk): void {
  const odd = (allowed: string): void =>
    walk.remark("stix.property_suffix", `found ${show(value)}; ${allowed}, as its name says`, name);
  const wrong = (allowed: string): void =>
    walk.add("stix.property_suffix", `found ${show(value)}; ${allowed}, as its name says`, name);
  if (name.endsWith("_ref")) {
    if (typeof value !== "string" || !(walk.container !== undefined || isStixId(value)))
      odd("should be the id of an object");
  } else if (name.endsWith("_refs")) {
    if (
      !Array.isArray(value) ||
      !value.every((one) => typeof one === "string" && (walk.container !== undefined || isStixId(one)))
    )
      odd("should be a list of ids of objects");
  } else if (name.endsWith("_hex")) {
    if (typeof value !== "string" || !HEX.test(value)) wrong("must be pairs of the digits 0-9 and a-f");
  } else if (name.endsWith("_bin")) {
    if (typeof value !== "string" || !isBase64(value)) wrong("must be base64");
  } else if (typeof value === "string" && value.includes("--") && value.length <= 300 && isStixId(value)) {
    walk.add(
      "stix.identifier_name",
      "holds an id; a property that refers to an object has a name that ends in _ref",
      name,
    );
  }
}

/** A property that the type does not define. `known` is false for what stands under no extension's rules. */
export function checkCustomProperty(name: string, value: unknown, walk: Walk, known: boolean): void {
  if (isReserved(name)) walk.add("stix.reserved_name", "is a reserved name, which no property may have", name);
  else if (badPropertyName(name)) walk.add("stix.property_name", PROPERTY_NAME_RULE, name);
  else if (!known && !name.startsWith("x_"))
    walk.add("stix.custom_property", "is no property of this type; a custom one should begin with x_", name);
  checkSuffix(name, value, walk);
  if (typeof value !== "object") return;
  walk.path.push(name);
  checkContent(value, walk);
  walk.path.pop();
}

/** A value that should be of a vocabulary (section 2.14). */
export function checkVocabulary(value: string, members: ReadonlySet<string>, walk: Walk, key: string | number): void {
  if (members.has(value)) return;
  const form = isHyphenated(value) ? "" : ", and should be lower case with hyphens between words";
  walk.add("stix.vocabulary", `found ${show(value)}, which is not in the vocabulary${form}`, key);
}
