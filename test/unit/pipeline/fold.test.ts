import { foldShared, foldValue, type Source } from "../../../server/pipeline/fold.ts";
import type { StixJson } from "../../../server/pipeline/steps.ts";
import { aTurn, LINEAR } from "../../support/linear.ts";

const source = (n: number, more: StixJson): Source => ({
  object: { type: "ipv4-addr", spec_version: "2.1", id: "ipv4-addr--1", value: "198.51.100.3", ...more },
  originator: "US-FBI",
  stamp: n,
  id: `row-${n}`,
});

test("foldValue – lists and dictionaries of three sources – their union, newest first, and no source is changed", () => {
  const sources = [
    source(1, { resolves_to_refs: ["a", "b"], x_facts: { one: 1, list: ["p"] } }),
    source(2, { resolves_to_refs: ["b", "c"], x_facts: { two: 2, list: ["q", "p"] } }),
    source(3, { resolves_to_refs: ["d", "a"], x_facts: { one: 9 } }),
  ];
  const before = JSON.stringify(sources);
  const folded = foldValue(sources, "thing");
  expect(folded.resolves_to_refs).toEqual(["d", "a", "b", "c"]);
  expect(folded.x_facts).toEqual({ one: 9, two: 2, list: ["q", "p"] });
  expect(JSON.stringify(sources)).toBe(before);
});

test("foldShared – dates of one instant in several spellings – whatever order the store gives the sources in – one and the same object", () => {
  const spelt = ["2026-03-01T00:00:00Z", "2026-03-01T00:00:00.000Z", "2026-03-01T00:00:00.0Z"];
  const untils = ["2026-09-01T00:00:00.00Z", "2026-09-01T00:00:00Z", "2026-08-01T00:00:00Z"];
  const sources = spelt.map((valid_from, n) => source(n, { type: "indicator", valid_from, valid_until: untils[n] }));
  const frame = { groupIdentity: "identity--1", created: "2023-08-18T00:00:00.000Z" };
  const [a, b, c] = sources as [Source, Source, Source];
  const folds = [
    [a, b, c],
    [a, c, b],
    [b, a, c],
    [b, c, a],
    [c, a, b],
    [c, b, a],
  ].map((order) => JSON.stringify(foldShared(order, "thing", frame)));
  expect(new Set(folds).size).toBe(1);
  expect(JSON.parse(folds[0] ?? "")).toMatchObject({
    valid_from: "2026-03-01T00:00:00.000Z",
    valid_until: "2026-09-01T00:00:00Z",
  });
});

test(
  "foldShared – a list that each of 4,000 sources adds to – in time that follows what they say, not its square",
  async () => {
    const sources = Array.from({ length: 4000 }, (_, n) =>
      source(n, { labels: Array.from({ length: 10 }, (_item, k) => `${n}-${k}`), x_facts: { [`k${n}`]: n } }),
    );
    const folded = foldShared(sources, "thing", { groupIdentity: "identity--1", created: "2023-08-18T00:00:00.000Z" });
    expect([(folded.labels as unknown[]).length, Object.keys(folded.x_facts as object).length]).toEqual([40_000, 4000]);
    await aTurn();
  },
  LINEAR,
);
