import type { Scalar } from "./port.ts";

/**
 * The order of indexes (port), for merging what several of them gave: numbers before text, text by its UTF-8 bytes. JavaScript's own `<` is by
 * UTF-16 units, which puts characters beyond the basic plane before U+E000 to U+FFFF.
 */
export function compareScalars(a: Scalar, b: Scalar): number {
  if (typeof a === "number") return typeof b === "number" ? a - b : -1;
  return typeof b === "number" ? 1 : compareTexts(a, b);
}

const lifted = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) return lifted(x) - lifted(y);
  }
  return a.length - b.length;
}

/** Compares the first `width` values of two keys, one by one. */
export function compareKeys(a: readonly Scalar[], b: readonly Scalar[], width: number): number {
  for (let at = 0; at < width; at++) {
    const [x, y] = [a[at], b[at]];
    if (x === undefined || y === undefined) return 0;
    const order = compareScalars(x, y);
    if (order !== 0) return order;
  }
  return 0;
}
