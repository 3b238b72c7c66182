import type { DictionaryValues } from "../facts.ts";

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === "string");

/** What the values of a dictionary of the standard may be, where it says more than that there are some. */
export const DICTIONARY_VALUES: Readonly<
  Record<DictionaryValues, { readonly words: string; readonly test: (value: unknown) => boolean }>
> = {
  text: { words: "text", test: (value) => typeof value === "string" },
  texts: { words: "a list of texts", test: isTexts },
  integer: { words: "a whole number", test: (value) => Number.isSafeInteger(value) },
  "integer or text": {
    words: "a whole number or text",
    test: (value) => typeof value === "string" || Number.isSafeInteger(value),
  },
};
