import { idContributing, scoId } from "../id-contributing.ts";
import { isStandardType } from "../types.ts";
import { isObject } from "./content.ts";
import { show } from "./path-text.ts";
import type { CheckMembers, Walk } from "./walk.ts";

/** Rules of observables that join properties (STIX 2.1 sections 2.9, 3.6 and 6). */

type Json = Readonly<Record<string, unknown>>;
const has = (object: Json, name: string): boolean => object[name] !== undefined;

const artifact: CheckMembers = (object, walk) => {
  const [payload, url] = [has(object, "payload_bin"), has(object, "url")];
  if (payload === url)
    walk.add("stix.artifact", `has ${payload ? "both" : "neither"} payload_bin and url; must have one of them`);
  if (url && !has(object, "hashes"))
    walk.add("stix.artifact", "is missing: url needs hashes of what it leads to", "hashes");
  if (has(object, "decryption_key") && !has(object, "encryption_algorithm"))
    walk.add("stix.artifact", "must stand beside encryption_algorithm only", "decryption_key");
};

const emailMessage: CheckMembers = (object, walk) => {
  const { is_multipart: multipart } = object;
  if (multipart === true && has(object, "body"))
    walk.add("stix.email_body", "must not be there where is_multipart is true", "body");
  if (multipart === false && has(object, "body_multipart"))
    walk.add("stix.email_body", "must not be there where is_multipart is false", "body_multipart");
  if (!Array.isArray(object.body_multipart)) return;
  for (const [at, part] of object.body_multipart.entries())
    if (isObject(part) && !has(part, "body") && !has(part, "body_raw_ref"))
      walk.add("stix.mime_part", "must have body or body_raw_ref", "body_multipart", at);
};

const file: CheckMembers = (object, walk) => {
  if (!has(object, "hashes") && !has(object, "name"))
    walk.add("stix.file", "must have at least one of hashes and name");
};

const networkTraffic: CheckMembers = (object, walk) => {
  if (!has(object, "src_ref") && !has(object, "dst_ref"))
    walk.add("stix.traffic_ends", "must have at least one of src_ref and dst_ref");
  if (has(object, "end") && object.is_active === true)
    walk.add("stix.traffic_active", "found true; must be false where end is there", "is_active");
  for (const port of ["src_port", "dst_port"])
    if (!has(object, port)) walk.add("stix.traffic_ports", "is missing, and should be there", port);
  if (!Array.isArray(object.protocols)) return;
  for (const [at, name] of object.protocols.entries())
    if (typeof name === "string" && /[A-Z\s]/.test(name.slice(0, 250)))
      walk.add("stix.form", `found ${show(name)}; should be a service name of IANA, in lower case`, "protocols", at);
};

export const SCO_RULES: ReadonlyMap<string, CheckMembers> = new Map([
  ["artifact", artifact],
  ["email-message", emailMessage],
  ["file", file],
  ["network-traffic", networkTraffic],
]);

/** Dates as the Python reference writes them before it makes an id: without zeros at the end of the fraction. */
const trimmed = (value: unknown): unknown =>
  typeof value === "string" && value.includes(".") ? value.replace(/\.?0{1,30}Z$/, "Z") : value;

/** The ids that the rules give for an observable: one, and for traffic a second by those who trim its dates. */
export function deterministicIds(type: string, object: Json): readonly string[] {
  const id = scoId(type, object);
  if (id === undefined) return [];
  if (type !== "network-traffic") return [id];
  const other = scoId(type, { ...object, start: trimmed(object.start), end: trimmed(object.end) });
  return other === undefined ? [id] : [id, other];
}

/**
 * The id of an observable says what it is made of (section 2.9), unless the object is versioned (section 3.6). `mayBeBare`: the
 * type requires none of the properties that an id is made of.
 */
export function checkScoId(type: string, object: Json, walk: Walk, mayBeBare: boolean): void {
  const { id } = object;
  if (typeof id !== "string") return;
  const version = id[id.length - 22];
  const versioned = has(object, "created") && has(object, "modified");
  const made = deterministicIds(type, object);
  const [standard] = made;
  if (standard === undefined) {
    const none =
      idContributing(type).length === 0
        ? `a ${type} has no property that an id is made of`
        : "no property that an id is made of is there";
    // What an id of somebody's own type is made of, only its definition says.
    if (version !== "4" && mayBeBare && isStandardType(type))
      walk.add("stix.sco_id_random", `found a UUID of version ${version}; must be of version 4, since ${none}`, "id");
    return;
  }
  if (versioned) {
    if (made.includes(id))
      walk.add(
        "stix.sco_versioned",
        "is the id that anybody makes of this value; a versioned object must have another",
        "id",
      );
    return;
  }
  if (made.includes(id)) return;
  walk.add(
    "stix.sco_id",
    `found ${show(id)}; by its ${idContributing(type).join(", ")} it should be ${standard}`,
    "id",
  );
}
