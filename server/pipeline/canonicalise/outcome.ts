import type { Problem } from "../../shared/fault.ts";
import type { CanonicalValue, ValueKind } from "../steps.ts";

/** A problem's path is the caller's: a canonicaliser does not know where in the object its text stood. */
export type ValueProblem = Omit<Problem, "path">;
export type Canonicalised = { readonly value: CanonicalValue } | { readonly problem: ValueProblem };

const LONE_SURROGATE = /\p{Surrogate}/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** The text in quotes for a message: at most 80 characters, control characters and broken surrogates replaced. */
export function shown(text: string): string {
  const cut = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return `"${cut.replace(LONE_SURROGATE, "\ufffd").replace(CONTROL, "\ufffd")}"`;
}

/** True if the text has a surrogate without its pair: it has no UTF-8 form, so nothing can be made of it. */
export const brokenText = (text: string): boolean => text.search(LONE_SURROGATE) !== -1;

export const fine = (kind: ValueKind, canonical: string): Canonicalised => ({ value: { kind, canonical } });

export const problem = (code: string, found: string, allowed: string): Canonicalised => ({
  problem: { code, message: `${shown(found)} ${allowed}` },
});

/** The value with one more remark. The path is empty: it is about the value itself. */
export function remarked(outcome: Canonicalised, code: string, message: string): Canonicalised {
  if ("problem" in outcome) return outcome;
  const warnings = [...(outcome.value.warnings ?? []), { code, path: "", message }];
  return { value: { ...outcome.value, warnings } };
}
