import type { Tlp } from "../../schemas/policy/vocabulary.ts";
import type { Problem } from "../shared/fault.ts";

/** The words of the line: read → validate → canonicalise → key → label → plan. What one step hands to the next. */

/** A STIX object as sent: a JSON object. Which type it is and whether it is right is for `validate` to say. */
export type StixJson = Record<string, unknown>;

/** What the source says of an object's label beside the object: it meets with the object's own markings, and it only ever tightens. */
export interface Said {
  readonly tlps?: readonly Tlp[];
  /** It may not leave the agency that posts it: no release rows, whatever the request, a preset or a report says. */
  readonly ownAgency?: true;
}

/** One thing a format reader found in the input, or one place where it could not read. `index` counts from 0 over both. */
export type Item =
  | {
      readonly index: number;
      readonly object: StixJson;
      /** The value as it stood in the text or cell, before refanging. */
      readonly given?: string;
      /** Of `given` in the decoded text, in UTF-16 units. */
      readonly offset?: number;
      /** `row 12`, `objects[3]`, `line 7`. */
      readonly place?: string;
      readonly warnings?: readonly Problem[];
      readonly said?: Said;
    }
  | {
      readonly index: number;
      readonly problem: Problem;
      readonly given?: string;
      readonly offset?: number;
      readonly place?: string;
      readonly said?: Said;
    };

/** Formats that can be forced; without one the reader detects it. */
export const FORMATS = ["stix", "misp", "csv", "html", "text"] as const;
export type Format = (typeof FORMATS)[number];
/** `json`: what is sent as JSON, and is STIX or MISP and nothing else. */
export type AskedFormat = Format | "json";

export interface Validated {
  /** The very object that came in, or a copy in which faults were repaired, each with a warning; absent if it has errors. */
  readonly object?: StixJson;
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Kinds whose values have a canonical form here, so that they fold across agencies. */
export const VALUE_KINDS = [
  "ipv4-addr",
  "ipv6-addr",
  "domain-name",
  "url",
  "email-addr",
  "file",
  "autonomous-system",
  "cryptocurrency-wallet",
  "cryptocurrency-transaction",
  "bank-account",
  "payment-card",
  "phone-number",
] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** What a value is, whichever way it was spelt. */
export interface CanonicalValue {
  readonly kind: ValueKind;
  /** Within the kind: `SHA-256` of a file, `evm` / `bitcoin` / `tron` of a wallet, the chain of a transaction, `iban` or the BIC of an account. */
  readonly sort?: string;
  /** The canonical text: `192.0.2.7`, `0x…` in lower case, a number for an autonomous system. */
  readonly canonical: string;
  readonly checksum?: "ok" | "absent";
  /** Remarks worth showing: leading zeros read as octal, a v4-mapped address, … */
  readonly warnings?: readonly Problem[];
}

/** `kind:canonical`, or `kind:sort:canonical`: the term that look-ups and the `values` index use. */
export const valueTerm = ({ kind, sort, canonical }: Pick<CanonicalValue, "kind" | "sort" | "canonical">): string =>
  sort === undefined ? `${kind}:${canonical}` : `${kind}:${sort}:${canonical}`;

/** By what an object is the same thing as another (dedup 4). */
export interface Key {
  /** STIX type. */
  readonly kind: string;
  /** `value`: canonical value; `pattern`: normal form of a pattern; `alone`: originator and STIX id, never folds. */
  readonly fold: "value" | "pattern" | "alone";
  /** Canonical text of the key; for `alone` the originator and the id. */
  readonly text: string;
  /** For `value`: the ID-contributing properties in canonical form, over which the SCO's deterministic id is made. */
  readonly idProperties?: StixJson;
  /** For `value`: those properties of the object that have a canonical form, in that form (what the consolidated object shows). */
  readonly canonical?: StixJson;
  /** Every value term the object states, its own key's included: all hashes of a file, all values of a pattern. */
  readonly values: readonly string[];
  readonly given?: string;
  readonly checksum?: "ok" | "absent" | "failed";
}

/** Raised when canonical forms or keys change, so that stored keys can be made again. 2: every pattern that can be read, and rules of other languages, have keys. */
export const NORMALISER = 2;
