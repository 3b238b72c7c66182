import { z } from "zod";
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

const refTo = (none: readonly string[], allowed: string) =>
  identifier("stix-ref", `(?!(?:${none.join("|")}|bundle)--)${TYPE_NAME}`, allowed);

/** Any STIX object; a bundle is none. */
export const anyRef = () => identifier("stix-ref", `(?!bundle--)${TYPE_NAME}`, "the type of any object but a bundle");
/** An object of one of the named types. */
export const ref = (...types: readonly [string, ...string[]]) =>
  identifier("stix-ref", `(?:${types.join("|")})`, types.join(" or "));

/**
 * By kind. A type we do not know may be of any kind that the place allows (STIX 2.1 sections 5.1 and 7.3). The first is
 * what a relationship may join.
 */
export const sdoOrScoRef = () => refTo([...SRO_TYPES, ...META_TYPES], "the type of a domain object or an observable");
export const sdoRef = () => refTo([...SRO_TYPES, ...META_TYPES, ...SCO_TYPES], "the type of a domain object");
export const scoRef = () => refTo([...SRO_TYPES, ...META_TYPES, ...SDO_TYPES], "the type of an observable");
export const scoOrSroRef = () =>
  refTo([...META_TYPES, ...SDO_TYPES], "the type of an observable, relationship or sighting");
