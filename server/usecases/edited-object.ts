import { scoId } from "../../schemas/stix/id-contributing.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { canonicalJson } from "../shared/canonical-json.ts";
import { Fault } from "../shared/fault.ts";
import { compareInstants, formatInstant, parseInstant } from "../shared/instant.ts";

const isObject = (value: unknown): value is StixJson =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A JSON merge patch (RFC 7396): null takes a member away, objects are merged, all else replaces. */
export function mergePatch(held: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(Object.entries(isObject(held) ? held : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

const refuse = (path: string, message: string, code = "edit.identity"): Fault =>
  new Fault("unprocessable", message, { code, path });

const without = (object: StixJson, names: readonly string[]): string =>
  canonicalJson(Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name))));

/** `modified` of a new version where the edit names none: now, and later than the version that it follows (STIX 2.1 section 3.6). */
function nextModified(held: string, now: number): string {
  const before = parseInstant(held);
  return formatInstant(Math.max(now, (before?.ms ?? 0) + 1));
}

/**
 * What an edit makes of an object: the next version, with `modified` set where the edit leaves it as it was; of what has no versions the object that
 * replaces it, with its deterministic id made again where that is what it had. Undefined where nothing changes. Type, and of what has versions
 * id and `created`, stay: another id is another object.
 */
export function editedObject(
  held: StixJson,
  edit: { readonly object?: StixJson | undefined; readonly patch?: StixJson | undefined },
  now: number,
): StixJson | undefined {
  const next = edit.object ?? (mergePatch(held, edit.patch ?? {}) as StixJson);
  if (next.type !== held.type)
    throw refuse("type", "an edit keeps the type: post it as another object, and withdraw this one");
  const version = held.modified;
  if (typeof version !== "string") {
    if (canonicalJson(next) === canonicalJson(held)) return undefined;
    const { id, ...rest } = next;
    const derived = scoId(String(held.type), held);
    const again = id === held.id && derived === held.id ? scoId(String(held.type), rest) : undefined;
    return again === undefined ? next : { ...next, id: again };
  }
  for (const name of ["id", "created"])
    if (next[name] !== held[name]) throw refuse(name, `an edit keeps ${name}: it is ${String(held[name])}`);
  if (without(next, ["modified"]) === without(held, ["modified"])) return undefined;
  if (next.modified === undefined || next.modified === version)
    return { ...next, modified: nextModified(version, now) };
  if (typeof next.modified !== "string" || compareInstants(next.modified, version) <= 0)
    throw refuse(
      "modified",
      `a new version has a later modified than ${version}; leave it out, and it is set`,
      "edit.modified",
    );
  return next;
}
