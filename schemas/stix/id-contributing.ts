import canonicalize from "canonicalize";
import type { PUBLISHED_SCO_TYPES, ScoType } from "./types.ts";
import { uuid5 } from "./uuid5.ts";

/** Deterministic ids of observables (STIX 2.1 section 2.9): one value, one id, whoever makes it. */

const NAMESPACE = Buffer.from("00abedb4aa42466c9c01fed23315a9b7", "hex");

/** The properties that an observable's id is made over; of a process none, so its ids are random. */
export const ID_CONTRIBUTING = {
  artifact: ["hashes", "payload_bin"],
  "autonomous-system": ["number"],
  directory: ["path"],
  "domain-name": ["value"],
  "email-addr": ["value"],
  "email-message": ["from_ref", "subject", "body"],
  file: ["hashes", "name", "parent_directory_ref", "extensions"],
  "ipv4-addr": ["value"],
  "ipv6-addr": ["value"],
  "mac-addr": ["value"],
  mutex: ["name"],
  "network-traffic": ["start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions"],
  process: [],
  software: ["name", "cpe", "swid", "vendor", "version"],
  url: ["value"],
  "user-account": ["account_type", "user_id", "account_login"],
  "windows-registry-key": ["key", "values"],
  "x509-certificate": ["hashes", "serial_number"],
  "bank-account": ["iban", "account_number"],
  "cryptocurrency-transaction": ["value", "symbol"],
  "cryptocurrency-wallet": ["value"],
  "payment-card": ["value"],
  "phone-number": ["value"],
  "user-agent": ["value"],
} as const satisfies Record<ScoType | (typeof PUBLISHED_SCO_TYPES)[number], readonly string[]>;

const BY_TYPE: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(ID_CONTRIBUTING));

/** Names of the properties that make the id of an observable; none for any other type. */
export const idContributing = (type: string): readonly string[] => BY_TYPE.get(type) ?? [];

const HASH_ORDER = ["MD5", "SHA-1", "SHA-256", "SHA-512"] as const;

/** One entry stands for all: the first of the order that is there, else the first as written. */
function oneHash(hashes: unknown): unknown {
  if (typeof hashes !== "object" || hashes === null) return hashes;
  const entries = new Map(Object.entries(hashes));
  const name = HASH_ORDER.find((algorithm) => entries.has(algorithm)) ?? entries.keys().next().value;
  return name === undefined ? {} : { [name]: entries.get(name) };
}

/**
 * `type--` and the version 5 UUID over the canonical JSON (RFC 8785) of those properties that contribute to the id; the
 * others are passed over. `undefined` where none of them is there or the type has none: such an id is random. The
 * properties must be valid (text without half surrogates).
 */
export function scoId(type: string, properties: Readonly<Record<string, unknown>>): string | undefined {
  const contributing: Record<string, unknown> = {};
  for (const name of idContributing(type)) {
    const value = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (value !== undefined) contributing[name] = name === "hashes" ? oneHash(value) : value;
  }
  if (Object.keys(contributing).length === 0) return undefined;
  return `${type}--${uuid5(NAMESPACE, canonicalize(contributing) ?? "")}`;
}
