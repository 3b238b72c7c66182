/** What becomes of an item at an agency that received it (triage 1): `new → acknowledged → useful | not useful | conflicts with ours | action taken`. */
export const RECEIVED_STATES = ["new", "acknowledged", "useful", "not-useful", "conflicts", "action-taken"] as const;
export type ReceivedState = (typeof RECEIVED_STATES)[number];

export const RECEIVED_VERBS = ["acknowledge", "useful", "not-useful", "conflicts", "action-taken"] as const;
export type ReceivedVerb = (typeof RECEIVED_VERBS)[number];

const JUDGED = ["useful", "not-useful", "conflicts", "action-taken"] as const satisfies readonly ReceivedState[];

/** From where a judgement may be given: once acknowledged, and instead of another one, since what was useful today is acted on tomorrow. */
const beforeJudging = (judgement: (typeof JUDGED)[number]): readonly ReceivedState[] => [
  "acknowledged",
  ...JUDGED.filter((other) => other !== judgement),
];

/** Every transition there is; what is not here is refused. */
export const RECEIVED_TRANSITIONS: readonly {
  readonly verb: ReceivedVerb;
  readonly from: readonly ReceivedState[];
  readonly to: ReceivedState;
}[] = [
  { verb: "acknowledge", from: ["new"], to: "acknowledged" },
  ...JUDGED.map((judgement) => ({ verb: judgement, from: beforeJudging(judgement), to: judgement })),
];

/** The state that a verb leads to; undefined where the verb is not for this state. */
export const nextReceived = (state: ReceivedState, verb: ReceivedVerb): ReceivedState | undefined =>
  RECEIVED_TRANSITIONS.find((one) => one.verb === verb && one.from.includes(state))?.to;
