import { endKeys, endsOf, hasLateEnds, neededEnds, withLateEnds } from "../../../server/usecases/needed-ends.ts";

const [MALWARE, TOOL, ACTOR] = ["malware--1", "tool--2", "identity--3"];
const edge = { kind: "relationship", ends: [MALWARE, TOOL] };

test("ends of an edge – none of them late – are as they are written", () => {
  expect([hasLateEnds(edge), endsOf(edge), neededEnds(edge)]).toEqual([false, edge.ends, edge.ends]);
  expect(withLateEnds(edge, new Set([ACTOR]))).toBeUndefined();
});

test("ends of an edge – marked as late, once and once more – read the same, and those that were late stay so", () => {
  const ends = withLateEnds(edge, new Set([TOOL]));
  const marked = { ...edge, ends: ends ?? [] };
  expect([ends, hasLateEnds(marked), endsOf(marked), neededEnds(marked)]).toEqual([
    [MALWARE, `~${TOOL}`],
    true,
    edge.ends,
    edge.ends,
  ]);
  expect(withLateEnds(marked, new Set([TOOL]))).toBeUndefined();
  expect(withLateEnds(marked, new Set([MALWARE, TOOL]))).toEqual([`~${MALWARE}`, `~${TOOL}`]);
});

test("a sighting – of a late tool, seen by somebody – needs the tool alone; what is no edge has no ends", () => {
  const sighting = { kind: "sighting", ends: [`~${TOOL}`, ACTOR] };
  expect([neededEnds(sighting), endsOf(sighting)]).toEqual([[TOOL], [TOOL, ACTOR]]);
  expect([neededEnds({ kind: "tool" }), endsOf({}), hasLateEnds({})]).toEqual([[], undefined, false]);
});

test("edges at an id – late there or not – are found under one of its keys", () => {
  expect(endKeys([TOOL, ACTOR])).toEqual([TOOL, `~${TOOL}`, ACTOR, `~${ACTOR}`]);
});
