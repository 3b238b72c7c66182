/** Addresses and networks as pattern constants: ISSUBSET, ISSUPERSET, and their shortest form (patterning 4 and 6). */

export interface Network {
  readonly family: 4 | 6;
  /** 16 bits each: two of an IPv4 address, eight of an IPv6 one. */
  readonly groups: readonly number[];
  /** Bits of the network part. */
  readonly length: number;
}

const QUAD = /^(?:0|[1-9]\d{0,2})$/;
const HEX_GROUP = /^[0-9A-Fa-f]{1,4}$/;

function quads(text: string): number[] | undefined {
  if (text.length > 15) return undefined;
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => QUAD.test(part) && Number(part) < 256)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number);
  return [a * 256 + b, c * 256 + d];
}

function ipv6Groups(text: string): number[] | undefined {
  if (text.length > 45 || !text.includes(":")) return undefined;
  let head = text;
  let tail: number[] = [];
  const dot = text.lastIndexOf(":");
  if (text.includes(".")) {
    const found = quads(text.slice(dot + 1));
    if (found === undefined) return undefined;
    tail = found;
    head = text.slice(0, dot + 1);
    head = head.endsWith("::") ? head : head.slice(0, -1);
  }
  const halves = head.split("::");
  if (halves.length > 2) return undefined;
  const read = (half: string | undefined): number[] | undefined => {
    if (half === undefined || half === "") return [];
    const parts = half.split(":");
    return parts.every((part) => HEX_GROUP.test(part)) ? parts.map((part) => Number.parseInt(part, 16)) : undefined;
  };
  const [left, right] = [read(halves[0]), read(halves[1])];
  if (left === undefined || right === undefined) return undefined;
  const missing = 8 - left.length - right.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...left, ...new Array<number>(missing).fill(0), ...right, ...tail];
}

const PREFIX = /^\d{1,3}$/;

/** An address or, with `/n`, a network: its host bits may be set. `undefined` for any other text. */
export function readNetwork(text: string): Network | undefined {
  if (text.length > 49) return undefined;
  const slash = text.indexOf("/");
  const address = slash === -1 ? text : text.slice(0, slash);
  const four = quads(address);
  const groups = four ?? ipv6Groups(address);
  if (groups === undefined) return undefined;
  const most = four === undefined ? 128 : 32;
  const digits = text.slice(slash + 1);
  const length = slash === -1 ? most : PREFIX.test(digits) ? Number(digits) : Number.NaN;
  return length <= most ? { family: four === undefined ? 6 : 4, groups, length } : undefined;
}

const masked = (groups: readonly number[], length: number): number[] =>
  groups.map((group, i) => {
    const keep = Math.min(16, Math.max(0, length - i * 16));
    return group & (0xffff << (16 - keep)) & 0xffff;
  });

/** Whether `outer` holds all of `inner`; equal counts. */
export function holds(outer: Network, inner: Network): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false;
  const [a, b] = [masked(outer.groups, outer.length), masked(inner.groups, outer.length)];
  return a.every((group, i) => group === b[i]);
}

/** RFC 5952: lower case, the longest run of zero groups (two at least) as `::`. */
function ipv6Text(groups: readonly number[]): string {
  let best = { from: -1, length: 1 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (from + length < 8 && groups[from + length] === 0) length += 1;
    if (length > best.length) best = { from, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.from === -1) return hex.join(":");
  return `${hex.slice(0, best.from).join(":")}::${hex.slice(best.from + best.length).join(":")}`;
}

const dotted = ([high = 0, low = 0]: readonly number[]): string =>
  `${high >>> 8}.${high & 255}.${low >>> 8}.${low & 255}`;

/** The four numbers of `inet_aton`: one to four parts, decimal, octal (`0…`) or hexadecimal (`0x…`), the last one filling up. */
function looseQuads(text: string): number[] | undefined {
  if (text.length > 64) return undefined;
  const parts = text.split(".");
  if (parts.length > 4) return undefined;
  const numbers = parts.map((part) => {
    if (/^0[xX][0-9A-Fa-f]{1,12}$/.test(part)) return Number.parseInt(part.slice(2), 16);
    if (/^0[0-7]{1,16}$/.test(part)) return Number.parseInt(part, 8);
    return /^(?:0|[1-9]\d{0,11})$/.test(part) ? Number(part) : Number.NaN;
  });
  let address = 0;
  for (const [i, n] of numbers.entries()) {
    const last = i === numbers.length - 1;
    if (!(n < (last ? 256 ** (5 - numbers.length) : 256))) return undefined;
    address += last ? n : n * 256 ** (3 - i);
  }
  return [Math.floor(address / 65536), address % 65536];
}

/**
 * The shortest form of an address or network of one family: host bits off, `/32` and `/128` dropped, IPv4 read as `inet_aton` does. A text
 * that is none comes back as it is (patterning 6, step 1).
 */
export function shortestAddress(family: 4 | 6, text: string): string {
  const slash = text.indexOf("/");
  const address = slash === -1 ? text : text.slice(0, slash);
  const groups = family === 4 ? looseQuads(address) : ipv6Groups(address);
  const most = family === 4 ? 32 : 128;
  const digits = slash === -1 ? String(most) : text.slice(slash + 1);
  if (groups === undefined || !/^\d{1,9}$/.test(digits) || Number(digits) > most) return text;
  const length = Number(digits);
  const network = masked(groups, length);
  const written = family === 4 ? dotted(network) : ipv6Text(network);
  return length === most ? written : `${written}/${length}`;
}
