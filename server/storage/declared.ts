import type { z } from "zod";
import type { Doc } from "./port.ts";
import type { SealedBy } from "./seal/seal.ts";

/** A `CollectionSpec` whose fields are names and no more: what adapters need, and what goes through all collections. */
export interface Declared<T extends Doc = Doc> {
  readonly name: string;
  readonly shape: z.ZodType<T>;
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
