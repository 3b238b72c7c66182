import ipaddr from "ipaddr.js";
import { refang } from "../refang.ts";
import { dotted, isPlainIpv4, splitPrefix } from "./ipv4.ts";
import { type Canonicalised, fine, problem, remarked } from "./outcome.ts";

const ALLOWED = "is no IPv6 address: groups of up to four hexadecimal digits are wanted, with /0 to /128 for a network";
const SHAPE = /^[0-9a-fA-F:]{2,39}(?:\.?[0-9.]{1,15})?$/;

/** The eight groups of an address without zone, or `undefined`. A dotted tail must be plain decimal; it is read here, since the library takes `::1.2.3.4` for a v4-mapped one. */
function groups(address: string): number[] | undefined {
  if (!SHAPE.test(address) || !address.includes(":")) return undefined;
  let plain = address;
  if (address.includes(".")) {
    const at = address.lastIndexOf(":") + 1;
    if (!isPlainIpv4(address.slice(at))) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = address.slice(at).split(".").map(Number);
    plain = `${address.slice(0, at)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  }
  return ipaddr.IPv6.isValid(plain) ? ipaddr.IPv6.parse(plain).parts : undefined;
}

const masked = (parts: readonly number[], length: number): number[] =>
  parts.map((part, i) => {
    const keep = Math.min(16, Math.max(0, length - i * 16));
    return part & (0xffff << (16 - keep)) & 0xffff;
  });

/** RFC 5952 text; addresses of `::ffff:0:0/96` in the mixed form of its section 5. */
function written(parts: number[]): string {
  if (parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff)
    return `::ffff:${dotted((((parts[6] ?? 0) << 16) | (parts[7] ?? 0)) >>> 0)}`;
  return new ipaddr.IPv6(parts).toRFC5952String();
}

/**
 * RFC 5952 text, or `network/length` with the host bits off; zone and port dropped (dedup 4). A v4-mapped address stays an
 * IPv6 address and says so: `mappedIpv4` gives the other. Problem: `value.ipv6`.
 */
export function canonicaliseIpv6(text: string): Canonicalised {
  const live = text.length > 256 ? "" : refang(text.trim());
  const bracketed = /^\[([^[\]]*)\](:\d{1,5})?$/.exec(live);
  const [withZone, length] = splitPrefix(bracketed?.[1] ?? live, 128);
  const zone = withZone.indexOf("%");
  const parts = groups(zone === -1 ? withZone : withZone.slice(0, zone));
  if (parts === undefined || Number.isNaN(length)) return problem("value.ipv6", text, ALLOWED);
  const network = masked(parts, length);
  let outcome = fine("ipv6-addr", length === 128 ? written(parts) : `${written(network)}/${length}`);
  if (zone !== -1)
    outcome = remarked(outcome, "value.zone_dropped", "the zone means something on one host only and is dropped");
  if (network.some((part, i) => part !== parts[i]))
    outcome = remarked(outcome, "value.host_bits", "host bits of the network were set and are dropped");
  if (bracketed?.[2] !== undefined)
    outcome = remarked(outcome, "value.port_dropped", "the port is no part of an address and is dropped");
  const ipv4 = "value" in outcome ? mappedIpv4(outcome.value.canonical) : undefined;
  return ipv4 === undefined
    ? outcome
    : remarked(outcome, "value.ipv4_mapped", `it stands for the IPv4 address ${ipv4}`);
}

/** The IPv4 address that a canonical v4-mapped IPv6 address stands for. */
export function mappedIpv4(canonical: string): string | undefined {
  const tail = canonical.startsWith("::ffff:") ? canonical.slice(7) : "";
  return isPlainIpv4(tail) ? tail : undefined;
}
