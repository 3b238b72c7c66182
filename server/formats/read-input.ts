import type { Format, Item } from "../pipeline/steps.ts";
import { decodeUtf8, inflate } from "./decode.ts";
import { parseJson } from "./parse-json.ts";
import { readStix, unwrapStix } from "./read-stix.ts";
import { readText } from "./read-text.ts";

export interface ReadOptions {
  /** Forces the format; without it the content decides. */
  readonly format?: Format;
  readonly limits: {
    /** Bytes that a gzip input may have when unpacked. */
    readonly inflated: number;
  };
}

export interface Read {
  readonly format: Format;
  readonly items: Item[];
}

/**
 * JSON starts with `{`, or with `[` and then what a list of objects or strings starts with. A text that starts with a
 * footnote (`[1] …`) or a link (`[name](…)`) does not.
 */
export const startsAsJson = (text: string): boolean => /^(?:\{|\[\s*(?:["[\]{]|$))/.test(text.trimStart());

/**
 * The first step of the line: bytes (gzip or not) to items. Faults refuse the whole input: `input.inflated` (413),
 * `input.gzip`, `input.utf8`, `input.depth`, `input.json`, `input.not_stix`, `input.unsupported_format`. Anything wrong
 * with one object, row or value is an item with a problem, and the rest goes in.
 */
export function readInput(input: Uint8Array, { format, limits }: ReadOptions): Read {
  const bytes = inflate(input, limits.inflated);
  const text = decodeUtf8(bytes);
  if (format === "stix" || (format === undefined && startsAsJson(text))) {
    const found = unwrapStix(parseJson(bytes, text));
    if ("objects" in found) return { format: "stix", items: readStix(found.objects) };
  }
  return { format: "text", items: readText(text) };
}
