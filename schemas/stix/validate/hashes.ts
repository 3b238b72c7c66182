import { isHashName } from "../forms/naming.ts";
import { HASH_ALGORITHMS } from "../vocabulary.ts";
import { show } from "./path-text.ts";
import type { Walk } from "./walk.ts";

/** Hashes (STIX 2.1 section 2.7): each key names its algorithm, and the value has that algorithm's form. */

const VOCABULARY = new Set(HASH_ALGORITHMS);

/** Hexadecimal digits of an algorithm, however its name is spelt. */
const DIGITS: ReadonlyMap<string, number> = new Map([
  ...([
    ["MD5", 32],
    ["SHA1", 40],
    ["SHA224", 56],
    ["SHA256", 64],
    ["SHA384", 96],
    ["SHA512", 128],
  ] as const),
  ...([
    ["SHA3224", 56],
    ["SHA3256", 64],
    ["SHA3384", 96],
    ["SHA3512", 128],
  ] as const),
]);
const HEX_DIGITS = /^[0-9a-fA-F]+$/;
const SSDEEP = /^[A-Za-z0-9/+:.,"_ -]{1,400}$/;
const TLSH = /^(?:T1)?[0-9a-fA-F]{70}$/;

const digitsOf = (name: string): number | undefined =>
  DIGITS.get(name) ?? (name.length > 12 ? undefined : DIGITS.get(name.toUpperCase().replace(/[-_]/g, "")));

/** Names and lengths of a `hashes` dictionary (STIX 2.1 section 2.7). */
export function checkHashes(hashes: Readonly<Record<string, unknown>>, walk: Walk): void {
  let empty = true;
  for (const name in hashes) {
    empty = false;
    const value = hashes[name];
    if (!VOCABULARY.has(name)) {
      if (!isHashName(name))
        walk.add("stix.hash_name", "must be 3 to 250 of the characters a-z, A-Z, 0-9, hyphen and underscore", name);
      else walk.add("stix.vocabulary", `found ${show(name)}; should be ${HASH_ALGORITHMS.join(", ")}`, name);
    }
    if (typeof value !== "string") {
      walk.add("stix.type", `found ${show(value)}; must be text`, name);
      continue;
    }
    const digits = digitsOf(name);
    if (digits !== undefined) {
      if (value.length !== digits || !HEX_DIGITS.test(value))
        walk.add("stix.hash", `found ${show(value)}; must be ${digits} hexadecimal digits`, name);
    } else if (name === "SSDEEP" ? !SSDEEP.test(value) : name === "TLSH" && !TLSH.test(value))
      walk.add("stix.hash_form", `found ${show(value)}; has not the form of ${name}`, name);
  }
  if (empty) walk.add("stix.list_empty", "is empty; leave it out instead");
}
