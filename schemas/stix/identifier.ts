import { z } from "zod";
import { declare } from "./facts.ts";
import { META_TYPES, SCO_TYPES, SDO_TYPES, SRO_TYPES } from "./types.ts";

/** An id of a sane length: the longest legal one has 288 characters. */
export const LONGEST_ID = 300;

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const TYPE_NAME = "[a-z][a-z0-9]*(?:-[a-z0-9]+)*";

const TYPE_NAME_ALONE = new RegExp(`^${TYPE_NAME}$`);

/** STIX 2.1 section 3.1: lower-case ASCII letters, digits and single hyphens, 3 to 250 characters, a letter first. */
export const isTypeName = (text: string): boolean =>
  text.length >= 3 && text.length <= 250 && TYPE_NAME_ALONE.test(text);

const identifier = (format: "stix-id" | "stix-ref", prefix: string, allowed: string) => {
  const pattern = new RegExp(`^${prefix}--${UUID}$`);
  return z
    .stringFormat(format, (text) => text.length <= LONGEST_ID && pattern.test(text), {
      error: `must be ${allowed}, two hyphens and a UUID in lower case, ${LONGEST_ID} characters at most`,
    })
    .meta({ pattern: pattern.source, maxLength: LONGEST_ID });
};

/** The id of an object of one type: the type, two hyphens and a UUID (STIX 2.1 section 2.9). */
export const idOf = (type: string) => identifier("stix-id", type, type);

/** The id of an object of any type, a bundle included. */
export const StixId = identifier("stix-id", TYPE_NAME, "the type").meta({ id: "StixId" });
export type StixId = z.infer<typeof StixId>;

const UUID_LENGTH = 36;
const UUID_ALONE = new RegExp(`^${UUID}$`);

/** The type that an id names; undefined if the text is no id (section 2.9). Every version of UUID will do here. */
export function typeOfId(text: string): string | undefined {
  const at = text.length - UUID_LENGTH - 2;
  if (at < 3 || text.length > LONGEST_ID || text[at] !== "-" || text[at + 1] !== "-") return undefined;
  const type = text.slice(0, at);
  return isTypeName(type) && UUID_ALONE.test(text.slice(at + 2)) ? type : undefined;
}
export const isStixId = (text: string): boolean => typeOfId(text) !== undefined;

const allButBundle = (none: readonly string[], allowed: string) => {
  const excluded = new Set([...none, "bundle"]);
  return declare(identifier("stix-ref", `(?!(?:${[...excluded].join("|")})--)${TYPE_NAME}`, allowed), {
    kind: "reference",
    allows: (type) => !excluded.has(type),
    words: allowed,
  });
};

/** Any STIX object; a bundle is none. */
export const anyRef = () => allButBundle([], "the type of any object but a bundle");
/** An object of one of the named types. */
export const ref = (...types: readonly [string, ...string[]]) => {
  const words = types.join(" or ");
  const allowed = new Set(types);
  return declare(identifier("stix-ref", `(?:${types.join("|")})`, words), {
    kind: "reference",
    allows: (type) => allowed.has(type),
    words,
  });
};

/**
 * By kind. A type we do not know may be of any kind that the place allows (STIX 2.1 sections 5.1 and 7.3). The first is
 * what a relationship may join.
 */
export const sdoOrScoRef = () =>
  allButBundle([...SRO_TYPES, ...META_TYPES], "the type of a domain object or an observable");
export const sdoRef = () => allButBundle([...SRO_TYPES, ...META_TYPES, ...SCO_TYPES], "the type of a domain object");
export const scoRef = () => allButBundle([...SRO_TYPES, ...META_TYPES, ...SDO_TYPES], "the type of an observable");
export const scoOrSroRef = () =>
  allButBundle([...META_TYPES, ...SDO_TYPES], "the type of an observable, relationship or sighting");
