import { refang } from "../refang.ts";
import { type Canonicalised, fine, problem, remarked } from "./outcome.ts";

const PLAIN =
  /^(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;
const ALLOWED = "is no IPv4 address: four numbers from 0 to 255 are wanted, with /0 to /32 for a network";

export const dotted = (address: number): string =>
  `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;

export const isPlainIpv4 = (text: string): boolean => PLAIN.test(text);

function readPart(part: string): number | undefined {
  if (/^0[xX][0-9a-fA-F]{0,12}$/.test(part)) return part.length === 2 ? 0 : Number.parseInt(part.slice(2), 16);
  if (/^0[0-7]{1,16}$/.test(part)) return Number.parseInt(part, 8);
  return /^(?:0|[1-9]\d{0,11})$/.test(part) ? Number(part) : undefined;
}

/**
 * An IPv4 address in any spelling that a browser's host takes (WHATWG URL, IPv4 parser): one to four parts, decimal, octal
 * or hexadecimal, the last filling what is left. A 32-bit number; `undefined` if it is none.
 */
export function parseIpv4(text: string): number | undefined {
  if (text.length > 64) return undefined;
  const parts = text.split(".");
  if (parts.length > 1 && parts.at(-1) === "") parts.pop();
  if (parts.length > 4) return undefined;
  const numbers = parts.map(readPart);
  let address = 0;
  for (const [i, n] of numbers.entries()) {
    const last = i === numbers.length - 1;
    if (n === undefined || n >= (last ? 256 ** (5 - numbers.length) : 256)) return undefined;
    address += last ? n : n * 256 ** (3 - i);
  }
  return address;
}

/** Splits `text/length`; a length that is no number from 0 to `most` is `NaN`, none is `most`. */
export function splitPrefix(text: string, most: number): [address: string, length: number] {
  const slash = text.indexOf("/");
  if (slash === -1) return [text, most];
  const digits = text.slice(slash + 1);
  const length = /^(?:0|[1-9]\d{0,2})$/.test(digits) ? Number(digits) : Number.NaN;
  return [text.slice(0, slash), length <= most ? length : Number.NaN];
}

/** Dotted quad, or `network/length` with the host bits off (dedup 4). A port is dropped with a remark. Problem: `value.ipv4`. */
export function canonicaliseIpv4(text: string): Canonicalised {
  if (PLAIN.test(text)) return fine("ipv4-addr", text);
  const live = refang(text.trim());
  const port = /^([^:/]+):\d{1,5}$/.exec(live);
  const [address, length] = splitPrefix(port?.[1] ?? live, 32);
  const number = parseIpv4(address);
  if (number === undefined || Number.isNaN(length)) return problem("value.ipv4", text, ALLOWED);
  const masked = length === 0 ? 0 : (number & (-1 << (32 - length))) >>> 0;
  let outcome = fine("ipv4-addr", length === 32 ? dotted(number) : `${dotted(masked)}/${length}`);
  if (address !== dotted(number)) {
    const octal = /(?:^|\.)0\d/.test(address);
    const how = octal
      ? "leading zeros were read as octal, as a browser does"
      : "the address was not in dotted decimal form";
    outcome = remarked(outcome, octal ? "value.ipv4_octal" : "value.ipv4_form", how);
  }
  if (masked !== number)
    outcome = remarked(outcome, "value.host_bits", "host bits of the network were set and are dropped");
  return port === null
    ? outcome
    : remarked(outcome, "value.port_dropped", "the port is no part of an address and is dropped");
}
