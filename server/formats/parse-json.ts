import { Fault } from "../shared/fault.ts";

/** Levels of lists and objects inside each other that an input may have. */
export const MAX_DEPTH = 100;

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Depth of JSON counted on the bytes (ASCII marks never occur inside a UTF-8 character), so that hostile nesting is
 * refused before a parser recurses. Feed it pieces in order; `open` and `inString` say whether the text was cut off.
 */
class DepthScan {
  open = 0;
  inString = false;
  private escaped = false;

  /** Fault `input.depth` over {@link MAX_DEPTH} levels. */
  feed(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i];
      if (this.escaped) this.escaped = false;
      else if (this.inString) {
        if (byte === BACKSLASH) this.escaped = true;
        else if (byte === QUOTE) this.inString = false;
      } else if (byte === QUOTE) this.inString = true;
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        this.open++;
        if (this.open > MAX_DEPTH)
          throw new Fault("bad_request", `the JSON is nested more than ${MAX_DEPTH} levels deep`, {
            code: "input.depth",
          });
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) this.open--;
    }
  }
}

/** `line 3, column 14` of an offset in UTF-16 units, both from 1. */
function placeOf(text: string, offset: number): string {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) {
    line++;
    start = at + 1;
  }
  return `line ${line}, column ${offset - start + 1}`;
}

const notJson = (message: string, path: string | undefined, cause: unknown): Fault =>
  new Fault("bad_request", message, { code: "input.json", cause, ...(path === undefined ? {} : { path }) });

/** JSON text to a value. Faults: `input.depth` (before parsing), `input.json` for text that is cut off or no JSON, with its place. */
export function parseJson(bytes: Uint8Array, text: string): unknown {
  const scan = new DepthScan();
  scan.feed(bytes);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    if (text.trim() === "") throw notJson("the input is empty: JSON was expected", undefined, cause);
    if (scan.inString || scan.open > 0) {
      const place = placeOf(text, text.length);
      throw notJson(
        `the JSON is cut off: it ends at ${place} before all its lists and objects are closed`,
        place,
        cause,
      );
    }
    const { message } = cause as Error;
    const position = /at position (\d{1,15})/.exec(message)?.[1];
    const place = position === undefined ? undefined : placeOf(text, Number(position));
    // Where the parser names no position, it quotes what stands around the place.
    const where = place === undefined ? message.slice(0, 200) : `it can't be read at ${place}`;
    throw notJson(`the input is not JSON: ${where}`, place, cause);
  }
}
