import type { SealedBy } from "./seal/seal.ts";

/** A collection's declaration without its document type: what an adapter needs of a `CollectionSpec`. */
export interface Declared {
  readonly name: string;
  readonly indexes: Readonly<
    Record<string, { readonly fields: readonly string[]; readonly unique?: true; readonly few?: true }>
  >;
  readonly multi?: Readonly<Record<string, string>>;
  readonly search?: { readonly scope: string; readonly terms: string };
  readonly bytes?: readonly string[];
  readonly hot?: Readonly<Partial<Record<string, "value" | "json">>>;
  readonly placement?: "log";
  readonly sealedBy?: SealedBy;
}
