import { typeOfId } from "../identifier.ts";
import { compareTimestamps, instantKey, isTimestamp } from "../timestamp.ts";
import { type Beyond, checkObject } from "./check-object.ts";
import { checkUuid } from "./compile.ts";
import { checkCustomProperty, isObject } from "./content.ts";
import { checkLanguageTarget, type Versions } from "./language-rules.ts";
import { pathText, show } from "./path-text.ts";
import { checkSuccession, sameVersion } from "./succession.ts";
import { type Finding, Walk } from "./walk.ts";

/** Rules of a bundle, and of what its objects say together (STIX 2.1 sections 2.9, 3.6, 7.1 and 8). */

type Json = Record<string, unknown>;
export interface Found {
  readonly errors: Finding[];
  readonly warnings: Finding[];
}

/** Findings of one object as findings of the whole: `objects[3].name`. */
const below = (place: string, findings: readonly Finding[]): Finding[] =>
  findings.map((finding) => ({ ...finding, path: finding.path === "" ? place : `${place}.${finding.path}` }));

interface Placed {
  readonly object: Json;
  readonly place: string;
}

/** By id, in the order in which they stand. */
function byId(placed: readonly Placed[]): Map<string, Placed[]> {
  const groups = new Map<string, Placed[]>();
  for (const one of placed) {
    const { id } = one.object;
    if (typeof id !== "string") continue;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [one]);
    else group.push(one);
  }
  return groups;
}

const modifiedOf = ({ object }: Placed): string =>
  typeof object.modified === "string" && isTimestamp(object.modified) ? object.modified : "";
const earlierFirst = (a: Placed, b: Placed): number => {
  const [x, y] = [modifiedOf(a), modifiedOf(b)];
  return x === "" || y === "" ? 0 : compareTimestamps(x, y);
};

/** Versions of one object, each against the one before. */
function checkVersions(group: readonly Placed[], found: Found): void {
  const sorted = [...group].sort(earlierFirst);
  for (let at = 1; at < sorted.length; at++) {
    const [before, after] = [sorted[at - 1], sorted[at]];
    if (before === undefined || after === undefined) continue;
    found.errors.push(...below(after.place, checkSuccession(before.object, after.object)));
    if (sameVersion(before.object, after.object)) {
      const walk = new Walk();
      walk.add("stix.duplicate", `is the same as ${before.place}`);
      found.warnings.push(...below(after.place, walk.warnings));
    }
  }
}

/** One producer gives one UUID to one object, whatever its type (section 2.9). Ids of observables are made of their values, and may meet. */
function checkUuids(placed: readonly Placed[], found: Found): void {
  const seen = new Map<string, Placed>();
  for (const one of placed) {
    const { id, type, created_by_ref: creator } = one.object;
    if (typeof id !== "string" || typeof creator !== "string" || typeOfId(id) !== type) continue;
    const key = `${creator} ${id.slice(-36)}`;
    const other = seen.get(key);
    if (other === undefined) seen.set(key, one);
    else if (other.object.type !== type) {
      const walk = new Walk();
      walk.add(
        "stix.uuid_reused",
        `has the UUID of ${show(other.object.id)}; one producer must not use it for two types`,
        "id",
      );
      found.errors.push(...below(one.place, walk.errors));
    }
  }
}

function versionsOf(group: readonly Placed[]): Versions | undefined {
  const sorted = [...group].sort(earlierFirst);
  const newest = sorted[sorted.length - 1]?.object;
  if (newest === undefined) return undefined;
  return { newest, at: new Map(sorted.map((one) => [instantKey(modifiedOf(one)), one.object])) };
}

function checkLanguages(placed: readonly Placed[], groups: ReadonlyMap<string, readonly Placed[]>, found: Found): void {
  const known = new Map<string, Versions | undefined>();
  for (const { object, place } of placed) {
    const { object_ref: target } = object;
    if (object.type !== "language-content" || typeof target !== "string") continue;
    if (!known.has(target)) known.set(target, versionsOf(groups.get(target) ?? []));
    const versions = known.get(target);
    if (versions === undefined) continue;
    const walk = new Walk();
    walk.type = "language-content";
    checkLanguageTarget(object, versions, walk);
    found.errors.push(...below(place, walk.errors));
  }
}

/** Objects that were sent together: each by itself, and what they say together. */
export function checkTogether(objects: readonly unknown[], beyond: Beyond, under: string): Found {
  const found: Found = { errors: [], warnings: [] };
  const placed: Placed[] = [];
  for (const [at, object] of objects.entries()) {
    const place = `${under}[${at}]`;
    const { errors, warnings } = checkObject(object, beyond);
    found.errors.push(...below(place, errors));
    found.warnings.push(...below(place, warnings));
    if (isObject(object)) placed.push({ object, place });
  }
  const groups = byId(placed);
  for (const group of groups.values()) if (group.length > 1) checkVersions(group, found);
  checkUuids(placed, found);
  checkLanguages(placed, groups, found);
  return found;
}

const OWN = new Set(["type", "id", "objects"]);

/** A bundle and all that is in it. It carries objects, is none, and has no version. */
export function checkBundle(bundle: Json, beyond: Beyond): Found {
  const walk = new Walk();
  walk.type = "bundle";
  const { id, objects } = bundle;
  if (id === undefined) walk.add("stix.required", "is missing", "id");
  else if (typeof id !== "string") walk.add("stix.type", `found ${show(id)}; must be text`, "id");
  else if (typeOfId(id) !== "bundle")
    walk.add("stix.id", `found ${show(id)}; must be bundle--, and a UUID in lower case`, "id");
  else {
    checkUuid(id, walk, "id");
    const version = id[id.length - 22];
    if (walk.errors.length === 0 && version !== "4")
      walk.add("stix.uuid_version", `its UUID is of version ${version}; should be of version 4`, "id");
  }
  for (const [name, value] of Object.entries(bundle)) {
    if (OWN.has(name) || value === undefined) continue;
    if (name === "spec_version")
      walk.add("stix.bundle_property", "is no property of a bundle in 2.1: each object says its own version", name);
    else checkCustomProperty(name, value, walk, false);
  }
  if (objects !== undefined && !Array.isArray(objects))
    walk.add("stix.type", `found ${show(objects)}; must be a list`, "objects");
  else if (objects?.length === 0) walk.add("stix.list_empty", "is an empty list; leave it out instead", "objects");
  const inside = checkTogether(Array.isArray(objects) ? objects : [], beyond, pathText(["objects"]));
  return { errors: [...walk.errors, ...inside.errors], warnings: [...walk.warnings, ...inside.warnings] };
}
