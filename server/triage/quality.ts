/**
 * The quality review of what an agency posted (triage 1), national and beside the content: it changes nobody's reading.
 * `draft → submitted → in triage → accepted | needs info | duplicate | rejected → superseded | withdrawn`.
 */
export const QUALITY_STATES = [
  "draft",
  "submitted",
  "in-triage",
  "accepted",
  "needs-info",
  "duplicate",
  "rejected",
  "superseded",
  "withdrawn",
] as const;
export type QualityState = (typeof QUALITY_STATES)[number];

export const QUALITY_VERBS = [
  "submit",
  "claim",
  "accept",
  "needs-info",
  "answer",
  "duplicate",
  "reject",
  "supersede",
  "withdraw",
] as const;
export type QualityVerb = (typeof QUALITY_VERBS)[number];

/** Who may use a verb: somebody of the country with the right to triage, who posted it, or a person of the agency that posted it. */
export type Actor = "reviewer" | "poster" | "originator";

export interface QualityTransition {
  readonly verb: QualityVerb;
  readonly from: readonly QualityState[];
  readonly to: QualityState;
  readonly actor: Actor;
  /** Reason codes that the verb takes; one of them is needed. None: the verb takes no reason. */
  readonly reasons: readonly string[];
  /** Whether it binds to the hash of what the person looked at. */
  readonly hash: boolean;
  /** Whether it decides, so that the author of what goes over a border may not do it (triage 1, Rules). */
  readonly decides: boolean;
  readonly words: "needed" | "allowed";
}

const OPEN = ["submitted", "in-triage"] as const satisfies readonly QualityState[];
const SETTLED = ["accepted", "needs-info", "duplicate", "rejected"] as const satisfies readonly QualityState[];

/** Given by the server alone, for what a standing order lets pass without a person. */
export const STANDING_RULE = "standing-rule";

/** Every transition there is, as data; what is not here is refused. */
export const QUALITY_TRANSITIONS = [
  {
    verb: "submit",
    from: ["draft"],
    to: "submitted",
    actor: "poster",
    reasons: [],
    hash: false,
    decides: false,
    words: "allowed",
  },
  {
    verb: "claim",
    from: OPEN,
    to: "in-triage",
    actor: "reviewer",
    reasons: [],
    hash: false,
    decides: false,
    words: "allowed",
  },
  {
    verb: "accept",
    from: OPEN,
    to: "accepted",
    actor: "reviewer",
    reasons: ["as-reported", "corroborated", "verified"],
    hash: true,
    decides: true,
    words: "allowed",
  },
  {
    verb: "needs-info",
    from: OPEN,
    to: "needs-info",
    actor: "reviewer",
    reasons: ["source-unclear", "context-missing", "date-unclear", "value-unclear", "marking-unclear"],
    hash: true,
    decides: false,
    words: "needed",
  },
  {
    verb: "answer",
    from: ["needs-info"],
    to: "in-triage",
    actor: "poster",
    reasons: [],
    hash: false,
    decides: false,
    words: "needed",
  },
  {
    verb: "duplicate",
    from: OPEN,
    to: "duplicate",
    actor: "reviewer",
    reasons: ["same-content", "same-event", "same-value"],
    hash: true,
    decides: true,
    words: "allowed",
  },
  {
    verb: "reject",
    from: OPEN,
    to: "rejected",
    actor: "reviewer",
    reasons: ["not-credible", "false-positive", "out-of-scope", "outdated", "malformed", "marking-wrong"],
    hash: true,
    decides: true,
    words: "allowed",
  },
  {
    verb: "supersede",
    from: [...OPEN, ...SETTLED],
    to: "superseded",
    actor: "reviewer",
    reasons: ["newer-version", "replaced"],
    hash: true,
    decides: true,
    words: "allowed",
  },
  {
    verb: "withdraw",
    from: ["draft", ...OPEN, ...SETTLED, "superseded"],
    to: "withdrawn",
    actor: "originator",
    reasons: ["in-error", "at-source-request", "marking-wrong", "outdated"],
    hash: false,
    decides: false,
    words: "allowed",
  },
] as const satisfies readonly QualityTransition[];

/** The row of a verb: each has one. */
export function transitionOf(verb: QualityVerb): QualityTransition {
  const found = QUALITY_TRANSITIONS.find((one) => one.verb === verb);
  if (found === undefined) throw new Error(`no transition for ${verb}`);
  return found;
}

/** The state that a verb leads to; undefined where the verb is not for this state. */
export function nextQuality(state: QualityState, verb: QualityVerb): QualityState | undefined {
  const { from, to } = transitionOf(verb);
  return from.includes(state) ? to : undefined;
}

/** The verbs that lead on from a state. */
export const verbsFrom = (state: QualityState): QualityVerb[] =>
  QUALITY_VERBS.filter((verb) => nextQuality(state, verb) !== undefined);

/** Waits for a reviewer. */
export const isOpen = (state: QualityState): boolean => state === "submitted" || state === "in-triage";

export interface TransitionProblem {
  readonly kind: "bad_request" | "conflict";
  readonly code: string;
  readonly path: string;
  readonly message: string;
}

/** What is wrong with the use of a verb in a state, apart from who uses it; undefined where nothing is. */
export function transitionProblem(
  state: QualityState,
  verb: QualityVerb,
  said: { readonly reason?: string | undefined; readonly words?: string | undefined },
): TransitionProblem | undefined {
  const { from, reasons, words } = transitionOf(verb);
  const bad = (code: string, path: string, message: string): TransitionProblem => ({
    kind: "bad_request",
    code,
    path,
    message,
  });
  if (reasons.length === 0 && said.reason !== undefined)
    return bad("triage.reason", "reason", `${verb} takes no reason code`);
  if (reasons.length > 0 && (said.reason === undefined || !reasons.includes(said.reason)))
    return bad("triage.reason", "reason", `${verb} needs a reason: one of ${reasons.join(", ")}`);
  if (words === "needed" && (said.words ?? "").trim() === "")
    return bad("triage.words", "words", `${verb} needs words: what is asked or answered`);
  if (!from.includes(state)) {
    const possible = verbsFrom(state).join(", ");
    return {
      kind: "conflict",
      code: "triage.state",
      path: "verb",
      message: `${verb} is not for what is ${state}; from there ${possible === "" ? "nothing leads on" : `lead: ${possible}`}`,
    };
  }
  return undefined;
}
