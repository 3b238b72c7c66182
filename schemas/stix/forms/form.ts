/** A form that a text has to have by a rule of the standard: a code, its section, and a test that is linear in the text. */
export interface Form {
  readonly code: string;
  /** What is allowed, as the end of a sentence: "must be …". */
  readonly allowed: string;
  /** `bad` breaks a MUST; `odd` is legal and should be otherwise, with the words for it. */
  readonly judge: (text: string) => Judgement;
  /** Not asked of an object that says it is defanged (STIX 2.1 section 3.2). */
  readonly unlessDefanged?: true;
}
export type Judgement = "good" | "bad" | { readonly odd: string };

/** Of a test that knows no more than yes and no. */
export const yesNo =
  (test: (text: string) => boolean) =>
  (text: string): Judgement =>
    test(text) ? "good" : "bad";
