import type { DictionaryValues } from "../facts.ts";

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === "string");

interface Entries {
  readonly words: string;
  readonly test: (value: unknown) => boolean;
  /** Of the keys, where they are names of something. */
  readonly keys?: { readonly words: string; readonly form: RegExp };
}

/** What the entries of a dictionary of the standard may be, where it says more than that there are some. */
export const DICTIONARY_VALUES: Readonly<Record<DictionaryValues, Entries>> = {
  text: { words: "text", test: (value) => typeof value === "string" },
  texts: { words: "a list of texts", test: isTexts },
  "socket options": {
    words: "a whole number",
    test: (value) => Number.isSafeInteger(value),
    keys: {
      words: "the name of an option that begins with SO_, ICMP_, ICMP6_, IP_, IPV6_, MCAST_, TCP_ or IRLMP_",
      form: /^(?:SO|ICMP6?|IP|IPV6|MCAST|TCP|IRLMP)_./,
    },
  },
  "integer or text": {
    words: "a whole number or text",
    test: (value) => typeof value === "string" || Number.isSafeInteger(value),
  },
};
