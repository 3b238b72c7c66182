import ipaddr from "ipaddr.js";
import { type Canonicalised, canonicaliseValue } from "../pipeline/canonicalise/value.ts";
import { refang } from "../pipeline/refang.ts";
import type { CanonicalValue } from "../pipeline/steps.ts";
import type { Problem } from "../shared/fault.ts";

/** Longer words are no values. It bounds the work on a word, too. */
export const LONGEST_VALUE = 8192;

const HASHES: ReadonlyMap<number, string> = new Map([
  [32, "MD5"],
  [40, "SHA-1"],
  [64, "SHA-256"],
  [128, "SHA-512"],
]);
const BASE58 = /^[13T][1-9A-HJ-NP-Za-km-z]{24,34}$/;
const BECH32 = /^(?:bc1|BC1)[A-Za-z0-9]{8,84}$/;
const DOTTED = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;
const BARE_IPV4 = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5}|\/(?:[12]?\d|3[0-2]))?$/;

export const isHex = (text: string): boolean => /^[0-9A-Fa-f]+$/.test(text);
export const hasScheme = (text: string): boolean => /^[A-Za-z][A-Za-z0-9+.-]{0,20}:\/\//.test(text);

/** A hash that lost or gained a character: letters and digits, one off a known length. */
const nearHash = (text: string): boolean =>
  (HASHES.has(text.length - 1) || HASHES.has(text.length + 1)) && /[A-Fa-f]/.test(text) && /\d/.test(text);

const hashLength = (text: string): Canonicalised => ({
  problem: {
    code: "value.hash_length",
    message: `a hash of ${text.length} hexadecimal digits was found; MD5 has 32, SHA-1 40, SHA-256 64 and SHA-512 128`,
  },
});

/** The file hash that a hexadecimal text is by its length; a problem `value.hash_length` for any other length. */
export function hashOf(text: string): Canonicalised {
  const sort = HASHES.get(text.length);
  return sort === undefined ? hashLength(text) : canonicaliseValue("file", text, sort);
}

const isWalletShape = (text: string): boolean =>
  /^0[xX][0-9A-Fa-f]{40}$/.test(text) || BECH32.test(text) || BASE58.test(text);

function isIpv6Shape(text: string): boolean {
  const bare = /^\[([0-9A-Fa-f:.]{2,45})\](?::\d{1,5})?$/.exec(text)?.[1] ?? text;
  const colons = bare.split(":").length - 1;
  return (
    colons >= 2 &&
    bare.length >= 3 &&
    /^[0-9A-Fa-f:.]+(?:%\w{1,15})?(?:\/\d{1,3})?$/.test(bare) &&
    (bare.includes("::") || colons === 7)
  );
}

/** `host/path` or `host:port/path` without a scheme: the text before the first slash, if that can be a host. */
function schemelessHost(text: string): string | undefined {
  const end = text.search(/[/?]/);
  if (end <= 0) return undefined;
  const host = text.slice(0, end).replace(/:\d{1,5}$/, "");
  return DOTTED.test(host) || isDomainShape(host) ? host : undefined;
}

const isDomainShape = (text: string): boolean =>
  text.length <= 1024 &&
  /^[\p{L}\p{M}\p{N}_*-][\p{L}\p{M}\p{N}._-]*\.(?:[\p{L}\p{M}]{2,63}|xn--[A-Za-z0-9-]{1,59})\.?$/u.test(text);

/**
 * What a word is, by its shape once refanged, and its canonical form; `undefined` where it has the shape of nothing. A URL
 * without a scheme is read as `http`, a port after an address or a domain is dropped (data README, "How values are counted").
 */
export function classify(word: string): Canonicalised | undefined {
  if (word.length > LONGEST_VALUE || word.length < 4) return undefined;
  if (isHex(word) && word.length >= 31) return HASHES.has(word.length) || nearHash(word) ? hashOf(word) : undefined;
  const live = refang(word);
  // No family is declared: the form tells it, and a remark says where it had to be assumed.
  if (isWalletShape(live)) return canonicaliseValue("cryptocurrency-wallet", live);
  if (hasScheme(live)) return canonicaliseValue("url", word);
  if (/^AS\d{1,10}(?:\.\d{1,5})?$/i.test(live)) return canonicaliseValue("autonomous-system", live);
  const mail = /^mailto:/i.test(live) ? live.slice(7) : live;
  if (/^[^@\s/:]+@[^@\s/:]+$/.test(mail) && isDomainShape(mail.slice(mail.indexOf("@") + 1)))
    return canonicaliseValue("email-addr", mail);
  if (BARE_IPV4.test(live)) return canonicaliseValue("ipv4-addr", live);
  if (schemelessHost(live) !== undefined) return canonicaliseValue("url", word);
  if (isIpv6Shape(live)) return canonicaliseValue("ipv6-addr", live);
  return isDomainShape(live.replace(/:\d{1,5}$/, "")) ? canonicaliseValue("domain-name", live) : undefined;
}

/** The text up to the path of a URL, or all of it: only there defanging makes a difference. */
const authority = (word: string): string => {
  const scheme = /^[^/]{0,64}:(?:\/\/|\]\/\/|\/\/\])/.exec(word)?.[0].length ?? 0;
  const end = word.slice(scheme).search(/[/?#]/);
  return end < 0 ? word : word.slice(0, scheme + end);
};

export const isDefanged = (word: string): boolean => {
  const head = authority(word);
  return refang(head) !== head;
};

/** The host of a live word, whether it stands alone, in a URL or in an e-mail address. */
export const hostOf = (word: string): string =>
  authority(refang(word))
    .replace(/^.*(?:@|:\/\/)/s, "")
    .replace(/:\d{1,5}$/, "");

/** Remarks of a value, with one for an address that is not of the public internet: it can't be anybody's indicator but the sender's. */
export function warningsOf(value: CanonicalValue): readonly Problem[] {
  const own = value.warnings ?? [];
  if (value.kind !== "ipv4-addr" && value.kind !== "ipv6-addr") return own;
  const address = value.canonical.split("/")[0] ?? "";
  if (!ipaddr.isValid(address)) return own;
  const range = ipaddr.parse(address).range();
  if (range === "unicast") return own;
  return [
    ...own,
    { code: "value.private", path: "", message: `${value.canonical} is not a public address (${range})` },
  ];
}
