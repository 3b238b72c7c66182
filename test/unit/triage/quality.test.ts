import { BulkBody, ReviewClass, ReviewState } from "../../../schemas/api/triage.ts";
import { CLASSES } from "../../../server/triage/classes.ts";
import {
  isOpen,
  nextQuality,
  QUALITY_STATES,
  QUALITY_TRANSITIONS,
  QUALITY_VERBS,
  type QualityState,
  type QualityVerb,
  transitionProblem,
  verbsFrom,
} from "../../../server/triage/quality.ts";

/** Every legal step, written out by hand: a change of the table is seen here. */
const LEGAL: Readonly<Record<QualityState, Partial<Record<QualityVerb, QualityState>>>> = {
  draft: { submit: "submitted", withdraw: "withdrawn" },
  submitted: {
    ...{ claim: "in-triage", accept: "accepted", "needs-info": "needs-info", duplicate: "duplicate" },
    ...{ reject: "rejected", supersede: "superseded", withdraw: "withdrawn" },
  },
  "in-triage": {
    ...{ claim: "in-triage", accept: "accepted", "needs-info": "needs-info", duplicate: "duplicate" },
    ...{ reject: "rejected", supersede: "superseded", withdraw: "withdrawn" },
  },
  accepted: { supersede: "superseded", withdraw: "withdrawn" },
  "needs-info": { answer: "in-triage", supersede: "superseded", withdraw: "withdrawn" },
  duplicate: { supersede: "superseded", withdraw: "withdrawn" },
  rejected: { supersede: "superseded", withdraw: "withdrawn" },
  superseded: { withdraw: "withdrawn" },
  withdrawn: {},
};

const pairs = QUALITY_STATES.flatMap((state) =>
  QUALITY_VERBS.map((verb): [QualityState, QualityVerb, QualityState | undefined] => [state, verb, LEGAL[state][verb]]),
);

test.each(pairs)("quality review – %s, verb %s – %s", (state, verb, to) => {
  expect(nextQuality(state, verb)).toBe(to);
  const { reasons, words } = QUALITY_TRANSITIONS.find((one) => one.verb === verb) ?? { reasons: [], words: "allowed" };
  const said = {
    ...(reasons[0] === undefined ? {} : { reason: reasons[0] }),
    ...(words === "needed" ? { words: "why?" } : {}),
  };
  const problem = transitionProblem(state, verb, said);
  expect([problem?.code, problem?.path]).toEqual(to === undefined ? ["triage.state", "verb"] : [undefined, undefined]);
});

test("quality review – every pair of state and verb – 26 lead on and 55 nowhere", () => {
  const led = pairs.filter(([state, verb]) => nextQuality(state, verb) !== undefined);
  expect([led.length, pairs.length - led.length]).toEqual([26, 55]);
});

test("quality review – its table – has every verb once, every verb that decides takes reasons and binds to a hash", () => {
  expect(QUALITY_TRANSITIONS.map(({ verb }) => verb)).toEqual([...QUALITY_VERBS]);
  for (const { verb, decides, reasons, hash } of QUALITY_TRANSITIONS)
    if (decides) expect([verb, reasons.length > 0, hash]).toEqual([verb, true, true]);
});

test("quality review – reasons and words – a verb takes its own codes and needs its words", () => {
  const codeOf = (verb: QualityVerb, said: { reason?: string; words?: string }, state: QualityState = "submitted") =>
    transitionProblem(state, verb, said)?.code;
  expect(codeOf("reject", {})).toBe("triage.reason");
  expect(codeOf("reject", { reason: "as-reported" })).toBe("triage.reason");
  expect(codeOf("reject", { reason: "outdated" })).toBe(undefined);
  expect(codeOf("accept", { reason: "standing-rule" })).toBe("triage.reason");
  expect(codeOf("claim", { reason: "outdated" })).toBe("triage.reason");
  expect(codeOf("needs-info", { reason: "date-unclear" })).toBe("triage.words");
  expect(codeOf("needs-info", { reason: "date-unclear", words: "  " })).toBe("triage.words");
  expect(codeOf("answer", { words: "on 3 March" }, "needs-info")).toBe(undefined);
  expect(codeOf("answer", {}, "needs-info")).toBe("triage.words");
});

test("quality review – what waits for a reviewer – is what can be accepted", () => {
  for (const state of QUALITY_STATES)
    expect([state, isOpen(state)]).toEqual([state, verbsFrom(state).includes("accept")]);
});

test("quality review – what the interface names – are the machine's states, classes and verbs that decide or ask", () => {
  expect(ReviewState.options).toEqual([...QUALITY_STATES]);
  expect(ReviewClass.options).toEqual([...CLASSES]);
  const bound = QUALITY_TRANSITIONS.filter(({ hash }) => hash).map(({ verb }) => verb);
  expect([...BulkBody.shape.verb.options].sort()).toEqual([...bound].sort());
});
