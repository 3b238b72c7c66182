import {
  nextReceived,
  RECEIVED_STATES,
  RECEIVED_TRANSITIONS,
  RECEIVED_VERBS,
  type ReceivedState,
  type ReceivedVerb,
} from "../../../server/triage/received.ts";

/** Written out by hand, so that a change of the table is seen here. */
const LEGAL: Readonly<Record<string, ReceivedState>> = {
  "new acknowledge": "acknowledged",
  "acknowledged useful": "useful",
  "acknowledged not-useful": "not-useful",
  "acknowledged conflicts": "conflicts",
  "acknowledged action-taken": "action-taken",
  "useful not-useful": "not-useful",
  "useful conflicts": "conflicts",
  "useful action-taken": "action-taken",
  "not-useful useful": "useful",
  "not-useful conflicts": "conflicts",
  "not-useful action-taken": "action-taken",
  "conflicts useful": "useful",
  "conflicts not-useful": "not-useful",
  "conflicts action-taken": "action-taken",
  "action-taken useful": "useful",
  "action-taken not-useful": "not-useful",
  "action-taken conflicts": "conflicts",
};
const pairs = RECEIVED_STATES.flatMap((state) =>
  RECEIVED_VERBS.map((verb): [ReceivedState, ReceivedVerb, ReceivedState | undefined] => [
    state,
    verb,
    LEGAL[`${state} ${verb}`],
  ]),
);

test.each(pairs)("received item – %s, verb %s – %s", (state, verb, to) => {
  expect(nextReceived(state, verb)).toBe(to);
});

test("received item – every pair of state and verb – 17 lead somewhere and 13 nowhere", () => {
  const led = pairs.filter(([state, verb]) => nextReceived(state, verb) !== undefined);
  expect([led.length, pairs.length]).toEqual([17, 30]);
});

test("received item – its table – has every verb once, and a way from new to every state", () => {
  expect(RECEIVED_TRANSITIONS.map(({ verb }) => verb)).toEqual([...RECEIVED_VERBS]);
  const reached = new Set<ReceivedState>(["new"]);
  for (let size = 0; size !== reached.size; ) {
    size = reached.size;
    for (const { from, to } of RECEIVED_TRANSITIONS) if (from.some((state) => reached.has(state))) reached.add(to);
  }
  expect([...reached].sort()).toEqual([...RECEIVED_STATES].sort());
});
