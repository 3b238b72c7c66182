import type { Problem } from "../../shared/fault.ts";
import { Fault } from "../../shared/fault.ts";
import type { CanonicalValue, ValueKind } from "../steps.ts";

export type Canonicalised = { readonly value: CanonicalValue } | { readonly problem: Omit<Problem, "path"> };

/** The canonical form of a value whose kind is known (dedup 4). `sort` where the sender declared it (`MD5`, `evm`, …). */
export function canonicaliseValue(_kind: ValueKind, _text: string, _sort?: string): Canonicalised {
  throw new Fault("internal", "being written");
}

/** Everything that a text in any spelling (defanged, padded, any case) may be, most likely first; empty if nothing. */
export function recognise(_text: string): CanonicalValue[] {
  throw new Fault("internal", "being written");
}
