import { CLASS_RULES, dueOf, escalatedTo, FREEZE_EXTENSION, ruleNamed } from "../../../server/triage/classes.ts";
import { FactsSum, factsOf, ruleOfAll, type Stated, without } from "../../../server/triage/facts.ts";

const RECEIVED = Date.UTC(2026, 3, 10, 1);
const stated = (object: Record<string, unknown>, more: Partial<Stated> = {}): Stated => {
  const kind = String(object.type);
  const made = { id: `${kind}--1`, ...object };
  return { object: made, kind, valueKinds: [], thing: `thing of ${made.id}`, shared: false, ...more };
};

const CASES: readonly (readonly [string, Record<string, unknown>, string, string])[] = [
  ["funds on the move", { type: "report", labels: ["funds-moving"] }, "funds-moving", "P0"],
  ["the word in another spelling", { type: "incident", labels: ["tricord:Funds Moving"] }, "funds-moving", "P0"],
  ["an intrusion in progress", { type: "incident", labels: ["intrusion_in_progress"] }, "intrusion-in-progress", "P0"],
  ["a consult-promptly alert", { type: "note", labels: ["consult-promptly"] }, "consult-promptly", "P0"],
  ["a request for information", { type: "note", labels: ["RFI"] }, "request-for-information", "P1"],
  ["a kind of report", { type: "report", report_types: ["early-warning"] }, "early-warning", "P1"],
  ["a freeze request", { type: "incident", extensions: { [FREEZE_EXTENSION]: {} } }, "freeze-follow-up", "P1"],
  [
    "a victim that is named",
    { type: "relationship", relationship_type: "targets", target_ref: "identity--9" },
    "named-victim",
    "P1",
  ],
  ["an identity that is a victim", { type: "identity", roles: ["victim"] }, "named-victim", "P1"],
  ["an identity that is none", { type: "identity", roles: ["analyst"] }, "context", "P3"],
  ["an indicator", { type: "indicator", valid_from: "2026-04-09T00:00:00Z" }, "indicators", "P2"],
  ["an address", { type: "ipv4-addr", value: "192.0.2.7" }, "indicators", "P2"],
  ["an indicator of years ago", { type: "indicator", valid_from: "2021-04-09T00:00:00Z" }, "history", "P3"],
  ["a report of years ago", { type: "report", published: "2021-04-09T00:00:00Z" }, "history", "P3"],
  ["context", { type: "threat-actor", name: "a group" }, "context", "P3"],
  ["labels that are no list", { type: "note", labels: "funds-moving", extensions: 7, roles: {} }, "context", "P3"],
  ["a date that is none", { type: "indicator", valid_from: "long ago" }, "indicators", "P2"],
];

test.each(CASES)("class – %s from a person – %p: %s", (_, object, rule, of) => {
  expect([factsOf(stated(object), "person", RECEIVED).rules, ruleNamed(rule).class]).toEqual([{ [rule]: 1 }, of]);
  expect(factsOf(stated(object), "feed", RECEIVED).rules).toEqual({ feed: 1 });
});

test("class – the rules – each applies to some case here", () => {
  const seen = new Set(["feed", ...CASES.map(([, , rule]) => rule)]);
  expect(CLASS_RULES.map(({ id }) => id).filter((id) => !seen.has(id))).toEqual([]);
});

test("due times – of each class – are the table's", () => {
  const due = (of: "P0" | "P1" | "P2" | "P3", country: string): (string | undefined)[] => {
    const { acknowledge, decide } = dueOf(of, RECEIVED, country);
    return [acknowledge, decide].map((ms) => (ms === undefined ? undefined : new Date(ms).toISOString()));
  };
  expect(due("P0", "JPN")).toEqual(["2026-04-10T01:15:00.000Z", "2026-04-10T02:00:00.000Z"]);
  expect(due("P1", "USA")).toEqual(["2026-04-10T03:00:00.000Z", "2026-04-10T09:00:00.000Z"]);
  // Friday in Tokyo; still Thursday evening in Washington.
  expect(due("P2", "JPN")).toEqual(["2026-04-13T15:00:00.000Z", "2026-04-14T15:00:00.000Z"]);
  expect(due("P2", "USA")).toEqual(["2026-04-11T04:00:00.000Z", "2026-04-14T04:00:00.000Z"]);
  expect(due("P3", "KOR")).toEqual([undefined, "2026-04-17T15:00:00.000Z"]);
});

test("escalation – by class and stage – goes to whom the table names", () => {
  const to = (of: "P0" | "P1" | "P2" | "P3"): (string | undefined)[] =>
    [
      [false, false],
      [true, false],
      [true, true],
      [false, true],
    ].map(([acknowledge = false, decide = false]) => escalatedTo(of, { acknowledge, decide }));
  expect(to("P0")).toEqual([undefined, "duty officer", "head of delegation", "head of delegation"]);
  expect(to("P1")).toEqual([undefined, "shift lead", "shift lead", "shift lead"]);
  expect([...to("P2"), ...to("P3")]).toEqual(Array(8).fill(undefined));
});

const sum = (list: readonly Stated[]) => {
  const facts = new FactsSum();
  for (const one of list) facts.add(factsOf(one, "person", RECEIVED));
  return facts.facts;
};

const wallet = stated(
  { type: "cryptocurrency-wallet", id: "cryptocurrency-wallet--1", value: "0xabc", amount_usd: 5000 },
  { shared: true },
);
const report = stated({
  ...{ type: "report", id: "report--1", name: "Cash-out", published: "2026-04-01T00:00:00Z", confidence: 80 },
  ...{ labels: ["rfi", 'admiralty-scale:source-reliability="b"'], extensions: { x: { usd: 2_000_000 } } },
});

test("facts – of a report with a wallet – class of the most urgent, title of the report, largest amount, newest date of each sort", () => {
  expect(sum([wallet, report])).toEqual({
    n: 2,
    kinds: { "cryptocurrency-wallet": 1, report: 1 },
    rules: { indicators: 1, "request-for-information": 1 },
    title: { is: "Cash-out", of: "report--1" },
    usd: { is: 2_000_000, of: "report--1" },
    fresh: {
      wallet: { is: RECEIVED, of: "cryptocurrency-wallet--1" },
      other: { is: Date.UTC(2026, 3, 1), of: "report--1" },
    },
    confidence: { sum: 80, n: 1 },
    reliability: { is: "B", of: "report--1" },
    things: [{ is: "thing of cryptocurrency-wallet--1", of: "cryptocurrency-wallet--1" }],
  });
});

test("facts – once the report went to other readers – nothing is left that came from it", () => {
  const both = sum([wallet, report]);
  const gone = sum([report]);
  if (both === undefined || gone === undefined) throw new Error("no facts");
  const left = without(both, gone, "report--1");
  expect(JSON.stringify(left)).not.toContain("report");
  expect([left?.n, left?.title, left?.rules, left?.usd]).toEqual([1, undefined, { indicators: 1 }, undefined]);
  expect(left === undefined ? "" : without(left, sum([wallet]) ?? gone, "")).toBe(undefined);
});

test("facts – of any objects, in any order, grouped in any way – are the same", () => {
  const things = [
    wallet,
    report,
    ...[1, 2, 3, 4, 5].map((n) => stated({ type: "tool", id: `tool--${n}`, name: `t${n}` }, { shared: true })),
  ];
  const whole = sum(things);
  const whatComes = (lists: readonly (readonly Stated[])[]) => {
    const all = new FactsSum();
    for (const list of lists) {
      const part = sum(list);
      if (part !== undefined) all.add(part);
    }
    const { kinds, rules, ...rest } = all.facts ?? {};
    return { ...rest, kinds: Object.entries(kinds ?? {}).sort(), rules: Object.entries(rules ?? {}).sort() };
  };
  const wanted = whatComes([things]);
  for (let cut = 0; cut < things.length; cut++) {
    expect(whatComes([things.slice(cut).reverse(), things.slice(0, cut)])).toEqual(wanted);
    expect(whatComes([things.filter((_, i) => i % 2 === cut % 2), things.filter((_, i) => i % 2 !== cut % 2)])).toEqual(
      wanted,
    );
  }
  expect(whole === undefined ? "" : ruleOfAll(whole).id).toBe("request-for-information");
});

test("facts – hostile members – are read as nothing", () => {
  const object = {
    ...{ type: "note", id: "note--1", name: "x".repeat(100_000), usd: Number.POSITIVE_INFINITY, confidence: 1e300 },
    ...{ labels: Array(10_000).fill("x".repeat(5000)), extensions: { __proto__: null, a: [], b: { usd: "7" } } },
  };
  const facts = sum([stated(object)]);
  expect([facts?.title?.is.length, facts?.usd, facts?.confidence.n]).toEqual([160, undefined, 0]);
});
