/** The five values of an ask, as they stand in its line. */
export interface AskSections {
  viewer: string;
  label: string;
  agreements: string;
  at: string;
  channel?: string;
}

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const [OPEN, CLOSE] = [123, 125];
const [OPEN_LIST, CLOSE_LIST] = [91, 93];

/** Past the blanks that JSON allows. */
function past(line: string, from: number): number {
  let i = from;
  for (;;) {
    const c = line.charCodeAt(i);
    if (c !== 32 && c !== 9 && c !== 13 && c !== 10) return i;
    i += 1;
  }
}

/** Where the string that opens at `from` is over, or -1. A quote after an odd number of backslashes is part of it. */
function stringEnd(line: string, from: number): number {
  for (let end = line.indexOf('"', from + 1); end !== -1; end = line.indexOf('"', end + 1)) {
    let back = end - 1;
    while (line.charCodeAt(back) === 92) back -= 1;
    if ((end - back) % 2 === 1) return end + 1;
  }
  return -1;
}

/** Where the object, list or string at `from` is over by its brackets and quotes, or -1. What is inside is for `JSON.parse`. */
function valueEnd(line: string, from: number): number {
  const first = line.charCodeAt(from);
  if (first === QUOTE) return stringEnd(line, from);
  if (first !== OPEN && first !== OPEN_LIST) return -1;
  let depth = 0;
  for (let i = from; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (c === QUOTE) {
      i = stringEnd(line, i) - 1;
      if (i < 0) return -1;
    } else if (c === OPEN || c === OPEN_LIST) {
      depth += 1;
    } else if (c === CLOSE || c === CLOSE_LIST) {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return -1;
}

/**
 * Cuts the line of an ask into its values without reading them, so that a viewer, label or set of agreements that came
 * before need not be read again: reading JSON is most of the work. The line is valid JSON if each value is. Undefined for
 * anything out of the ordinary (another kind of value, a key with an escape or twice, one missing): read it whole then.
 */
export function askSections(line: string): AskSections | undefined {
  const found = new Map<string, string>();
  let i = past(line, 0);
  if (line.charCodeAt(i) !== OPEN) return undefined;
  do {
    i = past(line, i + 1);
    const keyEnd = line.charCodeAt(i) === QUOTE ? stringEnd(line, i) : -1;
    if (keyEnd === -1) return undefined;
    const key = line.slice(i + 1, keyEnd - 1);
    i = past(line, keyEnd);
    if (line.charCodeAt(i) !== COLON || !KEYS.has(key) || found.has(key)) return undefined;
    i = past(line, i + 1);
    const end = valueEnd(line, i);
    if (end === -1) return undefined;
    found.set(key, line.slice(i, end));
    i = past(line, end);
  } while (line.charCodeAt(i) === COMMA);
  if (line.charCodeAt(i) !== CLOSE || past(line, i + 1) !== line.length) return undefined;
  const [viewer, label, agreements] = [found.get("viewer"), found.get("label"), found.get("agreements")];
  const [at, channel] = [found.get("at"), found.get("channel")];
  if (viewer === undefined || label === undefined || agreements === undefined || at === undefined) return undefined;
  return { viewer, label, agreements, at, ...(channel === undefined ? {} : { channel }) };
}

const KEYS: ReadonlySet<string> = new Set(["viewer", "label", "agreements", "at", "channel"]);
