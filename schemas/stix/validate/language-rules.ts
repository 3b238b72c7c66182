import { isLanguageTag } from "../forms/language-tag.ts";
import { isPropertyName } from "../forms/naming.ts";
import { instantKey, isTimestamp } from "../timestamp.ts";
import { isObject, PROPERTY_NAME_RULE } from "./content.ts";
import { type PathPart, show } from "./path-text.ts";
import type { Walk } from "./walk.ts";

/** Language content (STIX 2.1 section 7.1). */

type Json = Readonly<Record<string, unknown>>;

/** `contents`: language → property → the value in that language. */
export function checkContents(object: Json, walk: Walk): void {
  if (!isObject(object.contents)) return;
  for (const [tag, values] of Object.entries(object.contents)) {
    if (!isLanguageTag(tag))
      walk.add(
        "stix.lang",
        `found ${show(tag)}; must be a language tag of RFC 5646 such as ko, with a registered language`,
        "contents",
        tag,
      );
    if (!isObject(values)) continue;
    for (const name of Object.keys(values))
      if (!isPropertyName(name)) walk.add("stix.property_name", PROPERTY_NAME_RULE, "contents", tag, name);
  }
}

/** The value in another language has the shape of the one that it stands for; of a list, member by member. */
function mirror(said: unknown, original: unknown, path: readonly PathPart[], walk: Walk): void {
  const differs = (message: string): void => walk.add("stix.language_shape", message, ...path);
  if (typeof original === "string") {
    if (typeof said !== "string") differs(`found ${show(said)}; must be text, as it is in the object`);
  } else if (Array.isArray(original)) {
    if (!Array.isArray(said)) differs(`found ${show(said)}; must be a list, as it is in the object`);
    else if (said.length !== original.length)
      differs(`has ${said.length} members; must have ${original.length}, as the list in the object has`);
    // An empty text says that this member is not translated.
    else for (const [at, one] of said.entries()) if (one !== "") mirror(one, original[at], [...path, at], walk);
  } else if (isObject(original) && isObject(said)) {
    for (const [name, one] of Object.entries(said)) mirror(one, original[name], [...path, name], walk);
  }
}

/** The versions of one object that are at hand: the newest, and each by the instant of its `modified`. */
export interface Versions {
  readonly newest: Json;
  readonly at: ReadonlyMap<string, Json>;
}

/** Against the versions of its object. Properties that the object lacks are passed over (section 7.1.1). */
export function checkLanguageTarget(object: Json, { newest, at }: Versions, walk: Walk): void {
  const { object_modified: modified, contents } = object;
  let target: Json | undefined = newest;
  if (typeof modified === "string" && isTimestamp(modified)) {
    target = at.get(instantKey(modified));
    if (target === undefined)
      walk.add(
        "stix.language_target",
        `found ${show(modified)}, which is modified of no version of the object here`,
        "object_modified",
      );
  }
  if (target === undefined || !isObject(contents)) return;
  for (const [tag, values] of Object.entries(contents))
    if (isObject(values))
      for (const [name, value] of Object.entries(values)) mirror(value, target[name], ["contents", tag, name], walk);
}
