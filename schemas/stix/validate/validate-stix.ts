import { OURS } from "./beyond.ts";
import { checkBundle, checkTogether } from "./check-bundle.ts";
import { type Beyond, checkObject } from "./check-object.ts";
import { isObject } from "./content.ts";
import type { Finding } from "./walk.ts";

export interface Verdict {
  readonly valid: boolean;
  /** Of MUSTs: what makes it no STIX 2.1. */
  readonly errors: readonly Finding[];
  /** Of SHOULDs: what is legal, and had better be otherwise. */
  readonly warnings: readonly Finding[];
}

/**
 * Whether a JSON value is STIX 2.1 with errata 01: an object, a bundle, or a list of objects, by all rules of the standard that
 * can be seen from it. Never throws and changes nothing. `beyond` adds languages of patterns and registered extensions.
 */
export function validateStix(value: unknown, beyond: Beyond = OURS): Verdict {
  const { errors, warnings } = Array.isArray(value)
    ? checkTogether(value, beyond, "")
    : isObject(value) && value.type === "bundle"
      ? checkBundle(value, beyond)
      : checkObject(value, beyond);
  return { valid: errors.length === 0, errors, warnings };
}
