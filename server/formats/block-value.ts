import ipaddr from "ipaddr.js";
import { getPublicSuffix } from "tldts";
import { asciiDomain } from "../pipeline/canonicalise/domain.ts";
import { canonicaliseValue } from "../pipeline/canonicalise/value.ts";

/** Kinds of values that a blocklist may be asked for. */
export const BLOCK_KINDS = ["domains", "ipv4", "ipv6", "url", "hashes", "wallets"] as const;
export type BlockKind = (typeof BLOCK_KINDS)[number];

const KIND_OF: Readonly<Record<string, BlockKind>> = {
  "domain-name": "domains",
  "ipv4-addr": "ipv4",
  "ipv6-addr": "ipv6",
  url: "url",
  file: "hashes",
  "cryptocurrency-wallet": "wallets",
};

/** The kind of a value term; undefined for what no blocklist holds (addresses of mail, numbers of networks). */
export const blockKind = (term: string): BlockKind | undefined => {
  const kind = term.slice(0, term.indexOf(":"));
  return Object.hasOwn(KIND_OF, kind) ? KIND_OF[kind] : undefined;
};

/** Hosts and networks of the group: no list may name them, or what is inside or around them. */
export interface OwnHosts {
  /** Domain names in lower case; what is below them counts too. */
  readonly names: readonly string[];
  /** Addresses, or networks as `network/length`. */
  readonly networks: readonly string[];
}

/** The group's own: the host of its public address, and what its operator names. */
export function ownHosts(publicUrl: string, named: readonly string[]): OwnHosts {
  const all = [hostOf(publicUrl) ?? "", ...named].map((text) => text.toLowerCase()).filter((text) => text !== "");
  return {
    names: all.filter((text) => rangeOf(text) === undefined),
    networks: all.filter((text) => rangeOf(text) !== undefined),
  };
}

/** Whether a text names a host or a network that `ownHosts` understands. */
export const isHostOrNetwork = (text: string): boolean =>
  rangeOf(text) !== undefined || asciiDomain(text) === text.toLowerCase();

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * What is nobody's on the internet: this host and network, private and shared space, link-local, loopback, benchmarks, multicast, reserved
 * (RFC 6890). The three networks for documentation are left to the list: they harm nobody.
 */
const INTERNAL: readonly Range[] = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
  ...["192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"],
  ...["::/127", "::ffff:0:0/96", "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"],
].map((text) => ipaddr.parseCIDR(text));

/** Names that mean something inside one house only (RFC 6761, 6762, 8375, 9476 and habit), and what resolves addresses back. */
const INTERNAL_NAMES = ["localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "arpa", "alt"];

function rangeOf(text: string): Range | undefined {
  try {
    if (text.includes("/")) return ipaddr.parseCIDR(text);
    const address = ipaddr.parse(text);
    return [address, address.kind() === "ipv4" ? 32 : 128];
  } catch {
    return undefined;
  }
}

/** Whether two networks share an address: one holds the other. */
function overlap([a, m]: Range, [b, n]: Range): boolean {
  if (a.kind() !== b.kind()) return false;
  const bits = Math.min(m, n);
  return a.kind() === "ipv4"
    ? (a as ipaddr.IPv4).match(b as ipaddr.IPv4, bits)
    : (a as ipaddr.IPv6).match(b as ipaddr.IPv6, bits);
}

function whyNotAddress(text: string, own: OwnHosts): string | undefined {
  const range = rangeOf(text);
  if (range === undefined) return "unwritable";
  if (INTERNAL.some((internal) => overlap(range, internal))) return "internal";
  const ours = own.networks.map(rangeOf);
  return ours.some((one) => one !== undefined && overlap(range, one)) ? "own-group" : undefined;
}

/** A name at, below or above another. */
const related = (a: string, b: string): boolean => a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`);

function whyNotName(name: string, own: OwnHosts): string | undefined {
  if (asciiDomain(name) !== name) return "unwritable";
  if (INTERNAL_NAMES.includes(name.slice(name.lastIndexOf(".") + 1)) || name.endsWith(".home.arpa")) return "internal";
  if (own.names.some((ours) => related(name, ours))) return "own-group";
  if (!name.includes(".")) return "too-wide";
  return getPublicSuffix(name, { extractHostname: false, validateHostname: false }) === name ? "too-wide" : undefined;
}

/** The host of a canonical URL, without brackets. */
function hostOf(url: string): string | undefined {
  try {
    const { hostname } = new URL(url);
    return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  } catch {
    return undefined;
  }
}

function whyNotUrl(url: string, own: OwnHosts): string | undefined {
  const host = hostOf(url);
  if (host === undefined || host === "") return host === undefined ? "unwritable" : undefined;
  if (rangeOf(host) !== undefined) return whyNotAddress(host, own);
  const reason = whyNotName(host, own);
  // One address below a public suffix is no more than one address.
  return reason === "internal" || reason === "own-group" ? reason : undefined;
}

/**
 * Why a canonical value must not be on a list that others block by; undefined if it may be: `internal` (private or special addresses and names),
 * `own-group`, `too-wide` (a single label, a public suffix), `fuzzy-hash` (equals nothing), `unwritable` (would not stay one word on its line).
 */
export function whyNotBlocked(kind: BlockKind, value: string, own: OwnHosts): string | undefined {
  if (kind === "hashes" && !/^[0-9a-f]{32,128}$/.test(value)) return "fuzzy-hash";
  if (!/^[\u0021-\u007e]+$/.test(value) || /^[#;]/.test(value)) return "unwritable";
  if (kind === "domains") return whyNotName(value, own);
  if (kind === "ipv4" || kind === "ipv6") {
    // In the one spelling: a resolver and a firewall read others in ways of their own.
    const read = canonicaliseValue(kind === "ipv4" ? "ipv4-addr" : "ipv6-addr", value);
    return "value" in read && read.value.canonical === value ? whyNotAddress(value, own) : "unwritable";
  }
  return kind === "url" ? whyNotUrl(value, own) : undefined;
}
