import { compareTimestamps, isTimestamp } from "../timestamp.ts";
import { isObject } from "./content.ts";
import { show } from "./path-text.ts";
import { type Finding, Walk } from "./walk.ts";

/** Rules between two versions of one object (STIX 2.1 section 3.6). */

type Json = Readonly<Record<string, unknown>>;

/** Values that leaving a property out means the same as (section 3.2), so that doing so is no change (section 3.6). */
const DEFAULTS: Readonly<Record<string, unknown>> = { revoked: false, lang: "en", defanged: false };

/** Whether two values are the same, however their members are ordered; dates are the same that name one instant. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === "string" && typeof b === "string")
    return isTimestamp(a) && isTimestamp(b) && compareTimestamps(a, b) === 0;
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, at) => same(one, b[at]));
  if (!isObject(a) || !isObject(b)) return false;
  const [left, right] = [Object.keys(a), Object.keys(b)];
  return left.length === right.length && left.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]));
}

const withDefaults = (object: Json): Json => ({ ...DEFAULTS, ...object });

/** Whether two representations of one version say the same. */
export const sameVersion = (a: Json, b: Json): boolean => same(withDefaults(a), withDefaults(b));

const isDate = (value: unknown): value is string => typeof value === "string" && isTimestamp(value);

/**
 * What speaks against `after` as the version that comes next after `before`, both of them valid objects: `modified` has to rise,
 * `id`, `type`, `created` and `created_by_ref` stay, nothing comes after `revoked`, and one version is always the same.
 */
export function checkSuccession(before: Json, after: Json): readonly Finding[] {
  const walk = new Walk();
  walk.type = typeof after.type === "string" ? after.type : "";
  if (before.id !== after.id)
    walk.add(
      "stix.id_changed",
      `found ${show(after.id)}; must be ${show(before.id)}, which is a version's own object`,
      "id",
    );
  if (before.type !== after.type)
    walk.add("stix.type_changed", `found ${show(after.type)}; must stay ${show(before.type)}`, "type");
  if (before.type === "marking-definition") {
    if (!sameVersion(before, after))
      walk.add("stix.not_versioned", "differs from what was sent under this id; a marking definition never changes");
    return walk.errors;
  }
  if (before.modified === undefined && after.modified === undefined) return walk.errors;
  if (!isDate(before.modified) || !isDate(after.modified)) {
    if (after.modified === undefined || before.modified === undefined)
      walk.add(
        "stix.modified_missing",
        "is missing in one of two versions; each must say when it was made",
        "modified",
      );
    return walk.errors;
  }
  const order = compareTimestamps(after.modified, before.modified);
  if (order === 0) {
    if (!sameVersion(before, after))
      walk.add(
        "stix.version_conflict",
        `found ${show(after.modified)} with other content; a change must have a later modified`,
        "modified",
      );
    return walk.errors;
  }
  if (order < 0)
    walk.add(
      "stix.version_order",
      `found ${show(after.modified)}, before ${show(before.modified)}; a later version must have a later modified`,
      "modified",
    );
  if (isDate(before.created) && !same(before.created, after.created))
    walk.add("stix.created_changed", `found ${show(after.created)}; must stay ${show(before.created)}`, "created");
  if (before.created_by_ref !== after.created_by_ref)
    walk.add(
      "stix.creator_changed",
      `found ${show(after.created_by_ref)}; must stay ${show(before.created_by_ref)}: only the creator makes versions`,
      "created_by_ref",
    );
  if (before.revoked === true && order > 0)
    walk.add(
      "stix.revoked_final",
      "comes after a version that revoked the object; no later version may exist",
      "modified",
    );
  return walk.errors;
}
