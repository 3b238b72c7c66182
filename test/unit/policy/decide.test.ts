import { DECIDERS, decide } from "../../../server/policy/decide.ts";
import { agreements, cases, givenCases, labels, viewers } from "../../support/policy-cases.ts";

test("the case files – read from disk – have all cases, and one for every gate and decider", () => {
  expect(givenCases).toHaveLength(79);
  expect(new Set(cases.map((one) => one.id)).size).toBe(cases.length);
  const seen = new Set(cases.map((one) => one.expect.because));
  expect(DECIDERS.filter((id) => !seen.has(id))).toEqual([]);
});

test.each(cases)("decide – $id – $expect.verdict by $expect.because", ({ ask, expect: wanted }) => {
  expect(decide(ask)).toEqual(wanted);
});

const base = () => {
  const [viewer, label] = [viewers.j1, labels.B1];
  if (viewer === undefined || label === undefined) throw new Error("the case file lacks j1 or B1");
  return { viewer, label, agreements, at: "2026-04-11T00:00:00.000Z" };
};

test.each([
  ["without country", { country: undefined }, "release"],
  ["without agency", { agency: undefined }, "release"],
  ["not yet begun", { from: "2026-04-11T00:00:00.001Z" }, "account"],
  ["beginning now", { from: "2026-04-11T00:00:00Z" }, "release"],
  ["ending now", { until: "2026-04-11T00:00:00Z" }, "account"],
  ["with an unreadable end", { until: "2026-02-30T00:00:00Z" }, "account"],
  ["that is not active", { active: false }, "account"],
])("decide – an account %s – judged by its dates and place", (_, change, because) => {
  const ask = base();
  const viewer = { ...ask.viewer, ...change } as typeof ask.viewer;
  expect(decide({ ...ask, viewer }).because).toBe(because);
});

test.each([
  ["not begun", { from: "2027-01-01T00:00:00Z" }, "hidden"],
  ["ended this instant", { until: "2026-04-11T00:00:00Z" }, "hidden"],
  ["in its dates", { from: "2026-01-01T00:00:00Z", until: "2026-04-11T00:00:00.0001Z" }, "full"],
  ["with an unreadable date", { from: "yesterday" }, "hidden"],
  ["without the reader's country", { parties: ["KOR", "USA"] }, "hidden"],
  ["without the originator's country", { parties: ["JPN", "KOR"] }, "hidden"],
])("decide – an agreement %s – its rows follow", (_, change, verdict) => {
  const ask = base();
  const TRI = { ...ask.agreements.TRI, ...change } as (typeof agreements)[string];
  expect(decide({ ...ask, agreements: { ...ask.agreements, TRI } }).verdict).toBe(verdict);
});

test("decide – an agreement named like a property of every object – unknown, so refused", () => {
  const ask = base();
  const releases = [{ agreement: "constructor", countries: ["JPN"], agencies: "*" as const, status: "on" as const }];
  expect(decide({ ...ask, label: { ...ask.label, releases } })).toEqual({ verdict: "hidden", because: "release" });
});

test("decide – PUBLIC suspended as data – nobody is admitted as public", () => {
  const ask = base();
  const [p0, A1] = [viewers.p0, labels.A1];
  if (p0 === undefined || A1 === undefined) throw new Error("the case file lacks p0 or A1");
  const PUBLIC = { parties: [], ceiling: "U" as const, status: "suspended" as const };
  expect(decide({ ...ask, viewer: p0, label: A1 })).toEqual({ verdict: "full", because: "public" });
  expect(decide({ ...ask, viewer: p0, label: A1, agreements: { PUBLIC } })).toEqual({
    verdict: "hidden",
    because: "role",
  });
});
