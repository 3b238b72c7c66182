import { gzipSync } from "node:zlib";
import { type Read, readInput } from "../../../server/formats/read-input.ts";
import type { Format, Item, StixJson } from "../../../server/pipeline/steps.ts";
import { Fault } from "../../../server/shared/fault.ts";

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const gzip = (text: string): Uint8Array => gzipSync(text);
export const limits = { inflated: 1_000_000 };

export const read = (input: string | Uint8Array, format?: Format): Read =>
  readInput(typeof input === "string" ? bytes(input) : input, { limits, ...(format === undefined ? {} : { format }) });

/** What an item says in a line: `type value` (hashes by algorithm), or the code of its problem. */
export function line(item: Item): string {
  if ("problem" in item) return `! ${item.problem.code}`;
  const { type, value, number, hashes } = item.object;
  const shown =
    value ??
    number ??
    Object.entries((hashes ?? {}) as StixJson)
      .map(([name, hash]) => `${name}=${hash}`)
      .join(" ");
  return `${type} ${shown}`;
}
export const found = (input: string | Uint8Array, format?: Format): string[] => read(input, format).items.map(line);

export const objectOf = (item: Item | undefined): StixJson => {
  if (item === undefined || "problem" in item) throw new Error(`no object: ${JSON.stringify(item)}`);
  return item.object;
};

/** The fault that a call ends in. */
export function faultOf(call: () => unknown): {
  kind: string;
  code: string;
  path: string | undefined;
  message: string;
} {
  try {
    call();
  } catch (error) {
    if (error instanceof Fault) return { kind: error.kind, code: error.code, path: error.path, message: error.message };
    throw error;
  }
  throw new Error("no fault was thrown");
}
