/** Slots of a sketch, a power of two, and how many of them a word counts in. */
const SLOTS = 2 ** 20;
const WAYS = 3;

/**
 * About in how many rows a word of a lane was seen so far, and never too few: a count-min sketch, so that a store of any size takes the same 12 MB. A look-up of a word costs what
 * its rows in the lane are, so common ones are not asked for again and again.
 */
export class CommonWords {
  readonly #slots = Array.from({ length: WAYS }, () => new Uint32Array(SLOTS));

  /** Counts a word of a lane, and gives in how many rows it was seen, with this one. */
  see(lane: string, word: string): number {
    let least = Number.POSITIVE_INFINITY;
    let mixed = mix(mix(0x811c9dc5, lane), word);
    for (const slots of this.#slots) {
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
      mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) ^ (mixed >>> 15);
      const at = (mixed >>> 0) % SLOTS;
      const n = (slots[at] ?? 0) + 1;
      slots[at] = n;
      least = Math.min(least, n);
    }
    return least;
  }
}

/** FNV-1a over UTF-16 units. */
function mix(from: number, text: string): number {
  let mixed = from;
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193);
  return mixed;
}
