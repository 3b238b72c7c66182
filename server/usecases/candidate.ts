import type { Item, Key, StixJson } from "../pipeline/steps.ts";
import type { Problem } from "../shared/fault.ts";

/** An object that passed validation and has a key; `index` is its place in the input. */
export interface Candidate {
  readonly index: number;
  readonly object: StixJson;
  readonly key: Key;
  readonly item: Item;
  readonly warnings: readonly Problem[];
}
