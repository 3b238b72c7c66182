export const STANDARDS_VERBS = ["validate", "pattern/validate", "pattern/equivalent", "pattern/match", "id"] as const;
export type StandardsVerb = (typeof STANDARDS_VERBS)[number];

export interface StandardsAsk {
  readonly verb: StandardsVerb;
  /** JSON, as the request carried it. */
  readonly bytes: Uint8Array;
  readonly encoding: "identity" | "gzip";
  /** A random UUID, for an observable whose id is random. */
  readonly uuid: string;
}

/** Answers questions about the standard, somewhere where a large one holds nobody up. */
export interface StandardsRunner {
  /** JSON text. Faults of {@link answerStandards}; `Fault("too_many_requests")` where an account has too many under way. */
  answer(account: string, ask: StandardsAsk): Promise<string>;
}
