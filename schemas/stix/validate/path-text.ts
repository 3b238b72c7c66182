/// <reference lib="es2024.string" />
// Node 20 has `isWellFormed` and `toWellFormed`, the library of ES2023 does not.
/** Where in an object, and what stood there, in words for a person. Both may be hostile and long, so both are cut. */

export type PathPart = string | number;

const LONGEST_PART = 80;
const LONGEST_VALUE = 80;

const cut = (text: string, longest: number): string => (text.length > longest ? `${text.slice(0, longest)}…` : text);

/** Half surrogates become U+FFFD, so that the text is safe to store and hash. */
const safe = (text: string): string => text.toWellFormed();

/** `external_references[0].source_name`; empty for the object itself. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += `${text === "" ? "" : "."}${safe(cut(String(part), LONGEST_PART))}`;
  }
  return text;
}

/** A found value: text in quotes, a number as it is, `a list`, `an object`. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(safe(cut(value, LONGEST_VALUE)));
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a value of type ${typeof value}`;
}
