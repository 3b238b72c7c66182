/** A list or an object that is open while the text is read. */
interface Level {
  /** Names so far; absent in a list. */
  readonly names?: Set<string>;
  /** The name that was read last, or the place in the list. */
  at: string | number;
}

/** Duplicates that are told of. */
const MOST = 50;

const pathOf = (levels: readonly Level[]): (string | number)[] => levels.map(({ at }) => at);

/** Where the text that begins with the quote at `from` ends: behind its closing quote. */
function endOfText(json: string, from: number): number {
  for (let i = from + 1; ; i++) {
    const c = json.charCodeAt(i);
    if (c === 0x5c) i++;
    else if (c === 0x22 || Number.isNaN(c)) return i + 1;
  }
}

/**
 * The places where a name stands a second time in one object (RFC 7493 section 2.3; STIX is I-JSON), of which a parser keeps the last and says nothing.
 * For text that was parsed: of anything else the answer is of no use. Linear; at most 50.
 */
export function duplicateNames(json: string): (string | number)[][] {
  const found: (string | number)[][] = [];
  const levels: Level[] = [];
  let named = false;
  for (let i = 0; i < json.length; i++) {
    const c = json.charCodeAt(i);
    const level = levels.at(-1);
    if (c === 0x7b) {
      levels.push({ names: new Set(), at: "" });
      named = false;
    } else if (c === 0x5b) levels.push({ at: 0 });
    else if (c === 0x7d || c === 0x5d) levels.pop();
    else if (c === 0x2c) {
      named = false;
      if (level !== undefined && typeof level.at === "number") level.at++;
    } else if (c === 0x22) {
      const end = endOfText(json, i);
      if (level?.names !== undefined && !named) {
        const name = JSON.parse(json.slice(i, end)) as string;
        level.at = name;
        if (level.names.has(name)) {
          found.push(pathOf(levels));
          if (found.length === MOST) return found;
        }
        level.names.add(name);
      }
      i = end - 1;
    } else if (c === 0x3a) named = true;
  }
  return found;
}
