import { type Form, type Judgement, yesNo } from "./form.ts";

/** Values of observables of the network (STIX 2.1 sections 6.4, 6.5, 6.8 to 6.10, 6.15). */

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const LENGTH = /^(?:\d|[1-9]\d|1[01]\d|12[0-8])$/;
const GROUP = /^[0-9a-fA-F]{1,4}$/;

/** The address and the prefix length of `address/length`; undefined where the length is none of the family. */
function split(text: string, longest: number): string | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) return text;
  const length = text.slice(slash + 1);
  return LENGTH.test(length) && Number(length) <= longest ? text.slice(0, slash) : undefined;
}

/** Longest address with its prefix length: `xxxx:…:255.255.255.255/128`. */
const LONGEST_ADDRESS = 49;

export const isIpv4 = (text: string): boolean => {
  const address = text.length > 18 ? undefined : split(text, 32);
  return address !== undefined && IPV4.test(address);
};

/** How many groups of 16 bits a run of groups holds; -1 if something in it is none. A dotted quad may end the address. */
function groupsOf(run: string, mayEndInIpv4: boolean): number {
  if (run === "") return 0;
  const parts = run.split(":");
  let groups = 0;
  for (const [at, part] of parts.entries()) {
    if (GROUP.test(part)) groups += 1;
    else if (mayEndInIpv4 && at === parts.length - 1 && IPV4.test(part)) groups += 2;
    else return -1;
  }
  return groups;
}

export const isIpv6 = (text: string): boolean => {
  const address = text.length > LONGEST_ADDRESS ? undefined : split(text, 128);
  if (address === undefined) return false;
  const [before = "", after, more] = address.split("::");
  if (more !== undefined) return false;
  if (after === undefined) return groupsOf(before, true) === 8;
  const [head, tail] = [groupsOf(before, false), groupsOf(after, true)];
  return head >= 0 && tail >= 0 && head + tail <= 7;
};

export const IPV4_ADDRESS: Form = {
  code: "stix.ip_address",
  allowed: "must be an IPv4 address or one block in CIDR notation, such as 192.0.2.7 or 192.0.2.0/24",
  judge: yesNo(isIpv4),
  unlessDefanged: true,
};
export const IPV6_ADDRESS: Form = {
  code: "stix.ip_address",
  allowed: "must be an IPv6 address or one block in CIDR notation, such as 2001:db8::7 or 2001:db8::/32",
  judge: yesNo(isIpv6),
  unlessDefanged: true,
};

const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;

export const MAC_ADDRESS: Form = {
  code: "stix.mac_address",
  allowed: "must be six pairs of the digits 0-9 and a-f with colons between, such as 00:00:ab:cd:ef:01",
  judge: yesNo((text) => text.length === 17 && MAC.test(text)),
};

/** Letters of any script, digits and hyphens: an LDH label, an A-label or a U-label (RFC 5890 section 2.3). */
const LABEL = /^[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}\p{Pc}\p{Join_C}\u00b7-]*[\p{L}\p{M}\p{N}])?$/u;
const LOOSE_LABEL = /^[\p{L}\p{M}\p{N}_\p{Join_C}\u00b7-]+$/u;

function judgeDomain(text: string): Judgement {
  if (text === "" || text.length > 254) return "bad";
  const labels = (text.endsWith(".") ? text.slice(0, -1) : text).split(".");
  let odd: string | undefined;
  for (const [at, label] of labels.entries()) {
    if (label === "" || label.length > 63) return "bad";
    if (LABEL.test(label) && !label.includes("_")) continue;
    if (at === 0 && label === "*") odd = "is a wildcard, and no single name";
    else if (LOOSE_LABEL.test(label)) odd = "has a label with an underscore or a hyphen at its end, which no host has";
    else return "bad";
  }
  return odd === undefined ? "good" : { odd };
}

export const DOMAIN_NAME: Form = {
  code: "stix.domain_name",
  allowed: "must be a domain name of RFC 1034 whose labels are of RFC 5890, such as example.com",
  judge: judgeDomain,
  unlessDefanged: true,
};

const ATOMS = /^[^\s@<>()[\]\\,;:"\p{Cc}]+$/u;
const QUOTED = /^"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])*"$/u;
const LITERAL = /^\[[^\s[\]\\]+\]$/;

function isAddrSpec(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at < 1 || text.length > 998) return false;
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)];
  const atoms = ATOMS.test(local) && !local.startsWith(".") && !local.endsWith(".") && !local.includes("..");
  if (!atoms && !QUOTED.test(local)) return false;
  return LITERAL.test(domain) || (ATOMS.test(domain) && judgeDomain(domain) !== "bad");
}

export const ADDR_SPEC: Form = {
  code: "stix.email_address",
  allowed: "must be an addr-spec of RFC 5322 without a display name, such as jane.smith@example.com",
  judge: yesNo(isAddrSpec),
  unlessDefanged: true,
};

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
/** Characters of RFC 3986: unreserved, reserved, and the percent sign, which two hexadecimal digits follow. */
const CHARACTERS = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]*$/;
const STRAY_PERCENT = /%(?![0-9A-Fa-f]{2})/;

/** A URL has a scheme, and something behind it (RFC 3986 section 3). */
const isUrl = (text: string): boolean => {
  const scheme = SCHEME.exec(text.length > 80 ? text.slice(0, 80) : text)?.[0];
  return scheme !== undefined && text.length > scheme.length && CHARACTERS.test(text) && !STRAY_PERCENT.test(text);
};

export const URL_VALUE: Form = {
  code: "stix.url",
  allowed: "must be a URL of RFC 3986: a scheme, and no character that has to be percent-encoded",
  judge: yesNo(isUrl),
  unlessDefanged: true,
};
