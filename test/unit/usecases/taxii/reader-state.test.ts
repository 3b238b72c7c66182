import type { Label } from "../../../../schemas/policy/label.ts";
import type { Viewer } from "../../../../schemas/policy/viewer.ts";
import { MIXES, mixOf } from "../../../../server/pipeline/mix.ts";
import type { ReaderDoc } from "../../../../server/storage/documents.ts";
import type { Admission, AdmittedLane } from "../../../../server/usecases/admission.ts";
import { mixFrom, placeIn, ReaderState, viewOf } from "../../../../server/usecases/taxii/reader-state.ts";

const viewer: Viewer = {
  ...{ id: "k3", role: "analyst", clearance: "S", topics: ["*"], pii: true, active: true },
  ...{ agency: "KR-NIS", country: "KOR", categories: ["INT"] },
};
const label = (tlp: Label["tlp"], originator = "JP-NPA"): Label => ({
  ...{ tlp, classification: "U", caveats: [], topics: [], originator, originatorCountry: "JPN", state: "released" },
  ...{ releases: [], recipients: [], clientGrants: [], fieldRules: [] },
});
const lane = (name: string, tlp: Label["tlp"] = "GREEN", originator?: string): AdmittedLane => ({
  lane: name,
  entry: { id: name, label: label(tlp, originator), cuts: [[]] },
  cut: [],
});
const admission = (...lanes: AdmittedLane[]): Admission => ({
  channel: "taxii",
  lanes: new Map(lanes.map((one) => [one.lane, one])),
  until: Number.POSITIVE_INFINITY,
});
const doc = (...intervals: ReaderDoc["intervals"]): ReaderDoc => ({
  ...{ id: "k3", revision: 1, labels: 1, judged: 0, viewer, agreements: {}, newest: 0 },
  intervals,
});
const state = (open: AdmittedLane[], ...intervals: ReaderDoc["intervals"]): ReaderState =>
  new ReaderState(doc(...intervals), viewer, admission(...open));

const HALF = MIXES / 2;
const row = (name: string, stamp: number, stages?: { lane: string; stamp: number; left: number }[]) => ({
  ...{ lane: name, stamp, mix: HALF },
  ...(stages === undefined ? {} : { stages }),
});
const GREEN = viewOf(viewer, lane("any"));
const AMBER = viewOf(viewer, lane("any", "AMBER"));

test.each([
  [[100, 200], 0, 101],
  [[100, 200], HALF, 151],
  [[100, 200], MIXES - 1, 200],
  [[0, 20_000], HALF, 10_001],
  [[7, 8], MIXES - 1, 8],
] as const)(
  "placeIn – range %j and mix %d – stands at %d: behind the beginning, at the end at the latest",
  (range, mix, place) => {
    expect(placeIn(range, mix)).toBe(place);
  },
);

test("mixFrom – every place of a range – no mix below it stands at that place or behind, and few are let through for nothing", () => {
  const range = [1000, 1050] as const;
  for (let place = 990; place <= 1051; place++) {
    const least = mixFrom(range, place);
    if (least > 0) expect(placeIn(range, least - 1)).toBeLessThan(place);
    expect(placeIn(range, least)).toBeGreaterThanOrEqual(Math.min(place - 2, 1048));
  }
});

test("mixOf – the same id and version, another version, an edge – the same, another, and in the upper half", () => {
  const one = mixOf("tool--1", "2026-01-01T00:00:00Z", false);
  expect(mixOf("tool--1", "2026-01-01T00:00:00Z", false)).toBe(one);
  expect(mixOf("tool--1", "2026-01-02T00:00:00Z", false)).not.toBe(one);
  expect(one).toBeLessThan(HALF);
  expect(mixOf("relationship--1", undefined, true)).toBeGreaterThanOrEqual(HALF);
});

test("place – a lane that was always open – its stamp; a lane that is not open – nowhere", () => {
  expect(state([lane("a")]).place(row("a", 50))).toBe(50);
  expect(state([lane("a")]).place(row("b", 50))).toBeUndefined();
  expect(state([lane("a")]).loss(row("b", 50))).toBeUndefined();
});

test("place – a lane that was gained – what was there in the block, what came later where it was written", () => {
  const gained = state([lane("a")], { lane: "a", from: [100, 200] });
  expect([50, 100, 101, 300].map((stamp) => gained.place(row("a", stamp)))).toEqual([151, 151, 101, 300]);
});

test("loss – a lane that was lost – in the range of the loss, with where it stood before; what came later was never seen", () => {
  const lost = state([], { lane: "a", to: [100, 200], view: GREEN });
  expect(lost.loss(row("a", 50))).toEqual({ at: 151, before: 50 });
  expect(lost.loss(row("a", 150))).toBeUndefined();
});

test("loss – gained in a block and lost again – the block's place is what it stood at", () => {
  const lost = state([], { lane: "a", from: [10, 20], to: [100, 200], view: GREEN });
  expect(lost.loss(row("a", 5))).toEqual({ at: 151, before: 16 });
});

test("place – labelled anew for others only, twice – where it stood first, for however long a chain", () => {
  const stages = [
    { lane: "a", stamp: 10, left: 20 },
    { lane: "b", stamp: 20, left: 30 },
  ];
  expect(state([lane("a"), lane("b"), lane("c")]).place(row("c", 30, stages))).toBe(10);
});

test("place – a stage whose label read otherwise, or that the reader did not see – where it stood since then", () => {
  const stages = [{ lane: "a", stamp: 10, left: 20 }];
  expect(state([lane("a", "AMBER"), lane("b")]).place(row("b", 20, stages))).toBe(20);
  expect(state([lane("b")]).place(row("b", 20, stages))).toBe(20);
  expect(state([lane("b")], { lane: "a", to: [12, 14], view: GREEN }).place(row("b", 20, stages))).toBe(20);
  expect(state([lane("b")], { lane: "a", to: [25, 35], view: GREEN }).place(row("b", 20, stages))).toBe(10);
  expect(state([lane("b")], { lane: "a", to: [25, 35], view: AMBER }).place(row("b", 20, stages))).toBe(20);
});

test("loss – labelled anew so that the reader does not see it – where the row left, not at a closing that came later", () => {
  const stages = [{ lane: "a", stamp: 10, left: 20 }];
  expect(state([lane("a")]).loss(row("hidden", 20, stages))).toEqual({ at: 20, before: 10 });
  expect(state([], { lane: "a", to: [90, 95], view: GREEN }).loss(row("hidden", 20, stages))).toEqual({
    at: 20,
    before: 10,
  });
});

test("history – seen, lost, gained, labelled anew for others, lost again – each time with its place and its end, what went on as one", () => {
  const reader = state(
    [],
    { lane: "a", to: [100, 110], view: GREEN },
    { lane: "a", from: [200, 210], to: [400, 410], view: GREEN },
    { lane: "b", from: [200, 210], to: [400, 410], view: GREEN },
  );
  expect(reader.history(row("b", 300, [{ lane: "a", stamp: 10, left: 300 }]))).toEqual([
    { begin: 10, end: 106, own: false },
    { begin: 206, end: 406, own: false },
  ]);
});

test("viewOf – the same label of another agency and of the reader's own – reads otherwise: its own are sent as they were written", () => {
  expect(viewOf(viewer, lane("x"))).toBe(GREEN);
  expect(AMBER).not.toBe(GREEN);
  const home = { ...viewer, agency: "KR-KISA" };
  expect(viewOf(viewer, lane("x", "GREEN", "KR-NIS"))).not.toBe(viewOf(home, lane("y", "GREEN", "KR-NIS")));
  expect(viewOf({ ...viewer, role: "client" }, lane("z", "GREEN", "KR-NIS"))).toBe(
    viewOf(home, lane("y", "GREEN", "KR-NIS")),
  );
});

test("closedSince – lanes of two views, closed and opened again – by the last closing of any of the views asked for", () => {
  const told = state(
    [lane("a"), lane("c", "AMBER")],
    { lane: "a", view: GREEN, to: [100, 120] },
    { lane: "b", view: GREEN, to: [300, 320] },
    { lane: "c", view: AMBER, to: [500, 520] },
    { lane: "c", from: [600, 620] },
  );
  const since = (place: number, ...views: string[]): boolean => told.closedSince(new Set(views), place);
  expect([since(300, GREEN), since(301, GREEN), since(301, AMBER), since(500, AMBER)]).toEqual([
    true,
    false,
    true,
    true,
  ]);
  expect([since(501, GREEN, AMBER), since(301, GREEN, AMBER), since(0, "another"), since(0)]).toEqual([
    false,
    true,
    false,
    false,
  ]);
  expect(state([lane("a")]).closedSince(new Set([GREEN]), 0)).toBe(false);
});
