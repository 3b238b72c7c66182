import type { z } from "zod";
import type { Form } from "./forms/form.ts";

/**
 * What the standard says of a declared schema and a shape alone can't: it stands beside the declaration, and the checker
 * (`validate/compile.ts`) is made from both. Nothing else knows these rules.
 */
export type Fact =
  /** An open vocabulary: a value should be a member (STIX 2.1 section 2.14). */
  | { readonly kind: "vocabulary"; readonly members: ReadonlySet<string> }
  /** A reference to an object of one of these types (section 2.9). */
  | { readonly kind: "reference"; readonly allows: (type: string) => boolean; readonly words: string }
  /** Text of a form of its own: a language, an address, a URL. */
  | { readonly kind: "form"; readonly form: Form }
  | { readonly kind: "hashes" }
  | { readonly kind: "dictionary"; readonly values?: DictionaryValues }
  | { readonly kind: "extensions"; readonly predefined: Readonly<Record<string, z.ZodType>> }
  | { readonly kind: "granular-marking" }
  | { readonly kind: "external-reference" }
  /** At least one of its own properties, these apart (sections 6.7.3, 6.13 and the like). */
  | { readonly kind: "least"; readonly besides: readonly string[] };

export type DictionaryValues = "text" | "texts" | "socket options" | "integer or text";

const facts = new WeakMap<z.ZodType, Fact>();

/** The very schema, with what is to be known of it. A copy of it (`.meta` and the like) knows nothing. */
export function declare<T extends z.ZodType>(schema: T, fact: Fact): T {
  facts.set(schema, fact);
  return schema;
}
export const factOf = (schema: z.ZodType): Fact | undefined => facts.get(schema);
