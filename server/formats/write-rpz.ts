import ipaddr from "ipaddr.js";
import { splitPrefix } from "../pipeline/canonicalise/ipv4.ts";
import type { BlockKind } from "./block-value.ts";

/** Octets that a zone's own name may have, so that names below it stay within 255 (RFC 1035, section 2.3.4). */
const ZONE_ROOM = 48;
/** A name as octets on the wire: a length before each label, and the root. */
const octets = (name: string): number => name.length + 2;

/** Last labels that make a name a trigger of another sort (Response Policy Zones, "Policy triggers"). */
const TRIGGERS = /(?:^|\.)rpz-(?:ip|client-ip|nsdname|nsip|passthru|drop|tcp-only)$/;

/** The zone's head: its serial is seconds since 1970, so that a later file has a higher one (RFC 1982). */
export const rpzHead = (ms: number): string =>
  [
    "$TTL 300",
    `@ IN SOA localhost. hostmaster.localhost. ${Math.floor(ms / 1000) % 2 ** 32} 3600 600 604800 300`,
    "@ IN NS localhost.",
    "",
  ].join("\n");

/** Groups of an IPv6 address from the last to the first, `zz` for the longest run of zeros as `::` stands for it. */
function reversedGroups(parts: readonly number[]): string {
  let [best, length] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && parts[end] === 0) end++;
    if (end - i > length) [best, length] = [i, end - i];
  }
  const words = parts.map((part) => part.toString(16));
  const shown = best === -1 ? words : [...words.slice(0, best), "zz", ...words.slice(best + length)];
  return shown.reverse().join(".");
}

function ipName(value: string, most: 32 | 128): string {
  const [address, length] = splitPrefix(value, most);
  if (most === 32) return `${length}.${address.split(".").reverse().join(".")}.rpz-ip`;
  return `${length}.${reversedGroups(ipaddr.IPv6.parse(address).parts)}.rpz-ip`;
}

/** The records that answer NXDOMAIN for a value, names relative to the zone, or why there are none. */
export function rpzLines(kind: BlockKind, value: string): { readonly lines: string } | { readonly reason: string } {
  if (kind === "ipv4" || kind === "ipv6") return { lines: `${ipName(value, kind === "ipv4" ? 32 : 128)} CNAME .\n` };
  if (kind !== "domains") return { reason: kind };
  if (TRIGGERS.test(value)) return { reason: "reserved-name" };
  if (octets(`*.${value}`) + ZONE_ROOM > 255) return { reason: "too-long" };
  return { lines: `${value} CNAME .\n*.${value} CNAME .\n` };
}
