import { Fault } from "../shared/fault.ts";

/** Levels of nesting that a JSON body may have. */
export const JSON_DEPTH = 100;
/** Own keys that turn into something else when an object is copied carelessly. */
const POISON = new Set(["__proto__", "constructor", "prototype"]);

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Deepest nesting of brackets outside strings, read without parsing, since a parser may recurse; stops counting past `most`. */
export function jsonDepth(text: string, most: number): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === BACKSLASH) i++;
      else if (c === QUOTE) inString = false;
    } else if (c === QUOTE) inString = true;
    else if (c === 0x7b || c === 0x5b) {
      depth++;
      if (depth > deepest) deepest = depth;
      if (deepest > most) return deepest;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return deepest;
}

/** The first own key of an object in the value that is not allowed as a key, with its path. */
function poisoned(value: unknown): string | undefined {
  const left: { readonly at: string; readonly value: unknown }[] = [{ at: "", value }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value: here, at } = next;
    if (typeof here !== "object" || here === null) continue;
    for (const [key, inner] of Object.entries(here)) {
      const path = Array.isArray(here) ? `${at}[${key}]` : at === "" ? key : `${at}.${key}`;
      if (POISON.has(key)) return path;
      if (typeof inner === "object" && inner !== null) left.push({ at: path, value: inner });
    }
  }
  return undefined;
}

/**
 * JSON as a request sends it: strict UTF-8, at most 100 levels, none of the keys `__proto__`, `constructor`, `prototype`.
 * Anything else is `Fault("bad_request")` with code `json.encoding`, `json.depth`, `json.syntax` or `json.key`.
 */
export function readJson(data: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch (cause) {
    throw new Fault("bad_request", "the body is not UTF-8 text", { code: "json.encoding", cause });
  }
  if (jsonDepth(text, JSON_DEPTH) > JSON_DEPTH)
    throw new Fault("bad_request", `the JSON is nested more than ${JSON_DEPTH} levels deep`, { code: "json.depth" });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : "";
    throw new Fault("bad_request", `the body is not JSON: ${words}`, { code: "json.syntax", cause });
  }
  const path = poisoned(value);
  if (path !== undefined)
    throw new Fault("bad_request", "this key is not allowed in a request", { code: "json.key", path });
  return value;
}
