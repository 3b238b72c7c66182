import { uuid5 } from "../../schemas/stix/uuid5.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { parseInstant } from "../shared/instant.ts";
import { type ExportRecord, valueOfTerm } from "./write-record.ts";

/** Type and category of MISP's core format (misp-core-format, section "Attribute"). */
export interface MispKind {
  readonly type: string;
  readonly category: string;
}

/** An attribute as it is written. All of it stays with its receiver: distribution 0, "your organisation only". */
export interface MispAttribute extends MispKind {
  readonly uuid: string;
  readonly value: string;
  readonly to_ids: boolean;
  readonly distribution: "0";
  readonly comment: string;
  readonly timestamp: string;
  readonly Tag: readonly { readonly name: string }[];
  readonly object_relation?: string;
}

const NETWORK = "Network activity";
const PAYLOAD = "Payload delivery";
const KINDS: Readonly<Record<string, MispKind>> = {
  "ipv4-addr": { type: "ip-dst", category: NETWORK },
  "ipv6-addr": { type: "ip-dst", category: NETWORK },
  "domain-name": { type: "domain", category: NETWORK },
  url: { type: "url", category: NETWORK },
  "email-addr": { type: "email", category: PAYLOAD },
  "autonomous-system": { type: "AS", category: NETWORK },
  "cryptocurrency-wallet:bitcoin": { type: "btc", category: "Financial fraud" },
  "cryptocurrency-wallet:monero": { type: "xmr", category: "Financial fraud" },
  "cryptocurrency-wallet:dash": { type: "dash", category: "Financial fraud" },
  "cryptocurrency-wallet": { type: "text", category: "Financial fraud" },
  "bank-account:iban": { type: "iban", category: "Financial fraud" },
  "bank-account": { type: "bank-account-nr", category: "Financial fraud" },
  "payment-card": { type: "cc-number", category: "Financial fraud" },
  "phone-number": { type: "phone-number", category: "Person" },
  "file:MD5": { type: "md5", category: PAYLOAD },
  "file:SHA-1": { type: "sha1", category: PAYLOAD },
  "file:SHA-224": { type: "sha224", category: PAYLOAD },
  "file:SHA-256": { type: "sha256", category: PAYLOAD },
  "file:SHA-384": { type: "sha384", category: PAYLOAD },
  "file:SHA-512": { type: "sha512", category: PAYLOAD },
  "file:SHA3-256": { type: "sha3-256", category: PAYLOAD },
  "file:SHA3-512": { type: "sha3-512", category: PAYLOAD },
  "file:SSDEEP": { type: "ssdeep", category: PAYLOAD },
  "file:TLSH": { type: "tlsh", category: PAYLOAD },
};

/** Languages of indicators that MISP has a type for. */
const PATTERNS: Readonly<Record<string, MispKind>> = {
  stix: { type: "stix2-pattern", category: "Payload installation" },
  yara: { type: "yara", category: "Payload installation" },
  sigma: { type: "sigma", category: "Payload installation" },
  snort: { type: "snort", category: NETWORK },
};

/** Observables whose one property is a MISP value as it stands. */
const PLAIN: Readonly<Record<string, MispKind & { readonly property: string }>> = {
  "mac-addr": { type: "mac-address", category: NETWORK, property: "value" },
  mutex: { type: "mutex", category: "Artifacts dropped", property: "name" },
  "windows-registry-key": { type: "regkey", category: "Artifacts dropped", property: "key" },
  "cryptocurrency-wallet": { type: "text", category: "Financial fraud", property: "value" },
  vulnerability: { type: "vulnerability", category: "External analysis", property: "name" },
};

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** MISP's type for a value term; undefined where it has none. */
export function mispKind(term: string): MispKind | undefined {
  const [kind = "", sort = ""] = term.split(":", 2);
  return own(KINDS, `${kind}:${sort}`) ?? own(KINDS, kind);
}

/** `tlp:amber+strict`, as MISP's TLP taxonomy spells it. */
export const tlpTag = (tlp: string): { readonly name: string } => ({ name: `tlp:${tlp.toLowerCase()}` });

export const textOf = (object: StixJson, name: string): string => {
  const value = object[name];
  return typeof value === "string" ? value : "";
};

/** The UUID of a STIX id. */
export const uuidOfId = (object: StixJson): string => {
  const id = textOf(object, "id");
  return id.slice(id.indexOf("--") + 2);
};

/** Seconds since 1970 of `modified`, `created` or the export's instant (ms). */
export function timestampOf(object: StixJson, at: number): string {
  const instant = parseInstant(textOf(object, "modified")) ?? parseInstant(textOf(object, "created"));
  return String(Math.max(0, Math.floor((instant?.ms ?? at) / 1000)));
}

/** Bytes that MISP's columns of text take. */
const LONGEST = 65_535;
/** MISP cuts blanks at the ends and takes no control characters; a value must come back as it went. */
const fits = (value: string): boolean =>
  value !== "" && value.trim() === value && Buffer.byteLength(value) <= LONGEST && !value.includes("\u0000");

/** UUIDs of what a STIX object stands for besides its own: made from its own, so that a second export has the same. */
export const partUuid = (uuid: string, part: string): string =>
  uuid5(Buffer.from(uuid.replaceAll("-", ""), "hex"), part);

const shown = (kind: MispKind, term: string): string =>
  kind.type === "AS" ? `AS${valueOfTerm(term)}` : valueOfTerm(term);

/** One attribute of each value that an observable or indicator states; the reason where MISP has no place for it. */
export function attributesOf({ object, tlp, values }: ExportRecord, at: number): MispAttribute[] | string {
  const type = textOf(object, "type");
  const detects = type === "indicator";
  const uuid = uuidOfId(object);
  const name = textOf(object, "name").slice(0, 500);
  const common = {
    to_ids: detects && object.revoked !== true,
    distribution: "0" as const,
    timestamp: timestampOf(object, at),
    Tag: [tlpTag(tlp)],
  };
  const make = (kind: MispKind, value: string, part: string, more = ""): MispAttribute => ({
    uuid: part === "" ? uuid : partUuid(uuid, part),
    type: kind.type,
    category: kind.category,
    value,
    ...common,
    comment: [name, more].filter((text) => text !== "").join("; "),
  });
  const terms = [...new Set(values)];
  const made = terms.flatMap((term, i) => {
    const kind = mispKind(term);
    if (kind === undefined) return [];
    const wallet = kind.type === "text" ? `cryptocurrency wallet, ${term.split(":", 2)[1] ?? ""}` : "";
    return [make(kind, shown(kind, term), i === 0 ? "" : term, wallet)];
  });
  if (made.length > 0) return made.every(({ value }) => fits(value)) ? made : "too-long";
  const pattern = detects ? own(PATTERNS, textOf(object, "pattern_type")) : undefined;
  const plain = own(PLAIN, type);
  const kind = pattern ?? plain;
  if (kind === undefined) return "no-misp-type";
  const value = textOf(object, plain?.property ?? "pattern");
  return fits(value) ? [make(kind, value, "")] : "too-long";
}
