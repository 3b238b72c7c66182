/** The types of STIX 2.1 by kind; any other legal type name is a custom type. */
export const SDO_TYPES = [
  "attack-pattern",
  "campaign",
  "course-of-action",
  "grouping",
  "identity",
  "incident",
  "indicator",
  "infrastructure",
  "intrusion-set",
  "location",
  "malware",
  "malware-analysis",
  "note",
  "observed-data",
  "opinion",
  "report",
  "threat-actor",
  "tool",
  "vulnerability",
] as const;
export const SRO_TYPES = ["relationship", "sighting"] as const;
export const SCO_TYPES = [
  "artifact",
  "autonomous-system",
  "directory",
  "domain-name",
  "email-addr",
  "email-message",
  "file",
  "ipv4-addr",
  "ipv6-addr",
  "mac-addr",
  "mutex",
  "network-traffic",
  "process",
  "software",
  "url",
  "user-account",
  "windows-registry-key",
  "x509-certificate",
] as const;
export const META_TYPES = ["language-content", "marking-definition", "extension-definition"] as const;

/** Extensions that the standard itself defines, under names of their own (section 3.10). */
export const PREDEFINED_EXTENSIONS = [
  ...["archive-ext", "ntfs-ext", "pdf-ext", "raster-image-ext", "windows-pebinary-ext"],
  ...["http-request-ext", "icmp-ext", "socket-ext", "tcp-ext"],
  ...["windows-process-ext", "windows-service-ext", "unix-account-ext"],
] as const;

/** Observable types that others publish as extensions and we use as they are (design 3). */
export const PUBLISHED_SCO_TYPES = [
  "bank-account",
  "cryptocurrency-transaction",
  "cryptocurrency-wallet",
  "payment-card",
  "phone-number",
  "user-agent",
] as const;

export type SdoType = (typeof SDO_TYPES)[number];
export type SroType = (typeof SRO_TYPES)[number];
export type ScoType = (typeof SCO_TYPES)[number];
export type MetaType = (typeof META_TYPES)[number];
export type StixType = SdoType | SroType | ScoType | MetaType;

const STANDARD: ReadonlySet<string> = new Set([...SDO_TYPES, ...SRO_TYPES, ...SCO_TYPES, ...META_TYPES]);
/** Whether the standard defines this type of object. */
export const isStandardType = (type: string): boolean => STANDARD.has(type);
