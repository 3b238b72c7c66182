import fc from "fast-check";
import { CLASSES, compareClass } from "../../../server/triage/classes.ts";
import { comparePlaces, inQueueOrder, type Placed, standingOf } from "../../../server/triage/order.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 3, 11, 9);
const item = (id: string, change: Partial<Placed> = {}): Placed => ({
  ...{ id, class: "P2", due: NOW + DAY, score: 10, turn: "u1" },
  ...change,
});
const ids = (items: readonly Placed[], now = NOW): string[] => inQueueOrder(items, now).map(({ item: { id } }) => id);

test("queue order – class, due time, score – in that order", () => {
  const items = [
    item("late P1", { class: "P1", due: NOW + 2 * HOUR, score: 90 }),
    item("P0", { class: "P0", due: NOW + HOUR, score: 0 }),
    item("P2 with the higher score", { score: 60, turn: "a" }),
    item("P2 with the lower score", { score: 20, turn: "b" }),
    item("early P1", { class: "P1", due: NOW + HOUR, score: 1 }),
    item("P3", { class: "P3", due: NOW + HOUR, score: 99 }),
    item("P2 due first", { due: NOW + HOUR, score: 1, turn: "c" }),
  ];
  expect(ids(items)).toEqual([
    ...["P0", "early P1", "late P1", "P2 due first"],
    ...["P2 with the higher score", "P2 with the lower score", "P3"],
  ]);
});

test("queue order – a feed with a hundred items due first – takes turns with the others", () => {
  const flood = Array.from({ length: 100 }, (_, i) =>
    item(`f${String(i).padStart(3, "0")}`, { class: "P3", due: NOW + HOUR, turn: "feed" }),
  );
  const others = ["a", "b"].map((turn) => item(turn, { class: "P3", due: NOW + 2 * HOUR, turn }));
  expect(ids([...flood, ...others]).slice(0, 5)).toEqual(["f000", "a", "b", "f001", "f002"]);
});

test("queue order – by the clock – items of one sender take no turns", () => {
  const items = [
    item("u 1", { class: "P0", due: NOW + 1 }),
    item("u 2", { class: "P0", due: NOW + 2 }),
    item("w", { class: "P0", due: NOW + 3, turn: "w1" }),
  ];
  expect(ids(items)).toEqual(["u 1", "u 2", "w"]);
});

test("standing – past its time – rises to the next class, three days later to the one after, and never to P0", () => {
  const seen = CLASSES.map((of) =>
    [-1, 1, 3 * DAY + 1, 300 * DAY].map((late) => standingOf(of, NOW, NOW + late)).join(" "),
  );
  expect(seen).toEqual(["P0 P0 P0 P0", "P1 P1 P1 P1", "P2 P1 P1 P1", "P3 P2 P1 P1"]);
});

test("queue order – a backlog of a feed that has risen to P1 – stands there one at a time", () => {
  const backlog = [1, 2, 3].map((n) => item(`old ${n}`, { class: "P3", due: NOW - 9 * DAY + n, turn: "feed" }));
  const fresh = [1, 2].map((n) => item(`fresh ${n}`, { class: "P1", due: NOW + n * HOUR }));
  expect(ids([...backlog, ...fresh])).toEqual(["old 1", "fresh 1", "fresh 2", "old 2", "old 3"]);
});

const items = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 0, max: 500 }).map(String),
    class: fc.constantFrom(...CLASSES),
    due: fc.integer({ min: -10, max: 10 }).map((days) => NOW + days * DAY),
    score: fc.integer({ min: 0, max: 4 }),
    turn: fc.constantFrom("a", "b", "c"),
  }),
  { selector: ({ id }) => id, maxLength: 60 },
);

test("queue order – any items in any order – is one order, total, of all of them", () => {
  fc.assert(
    fc.property(items, fc.infiniteStream(fc.nat()), (list, stream) => {
      const placed = inQueueOrder(list, NOW);
      expect(placed.map(({ item: { id } }) => id).sort()).toEqual(list.map(({ id }) => id).sort());
      for (const [i, place] of placed.entries())
        for (const later of placed.slice(i + 1, i + 4)) expect(comparePlaces(place, later)).toBeLessThan(0);
      const shuffled = list
        .map((one) => ({ one, key: stream.next().value }))
        .sort((x, y) => x.key - y.key)
        .map(({ one }) => one);
      expect(ids(shuffled)).toEqual(placed.map(({ item: { id } }) => id));
    }),
    { seed: 4 },
  );
});

test("queue order – any items – no item stands behind one of a class below where it stands", () => {
  fc.assert(
    fc.property(items, (list) => {
      const standing = inQueueOrder(list, NOW).map((place) => place.standing);
      expect([...standing].sort(compareClass)).toEqual(standing);
    }),
    { seed: 4 },
  );
});

/** Days until each of the first items is taken, where as many come as are taken, and the head of the queue is always taken. */
function waits(arrivals: readonly Placed[][], first: readonly Placed[]): number[] {
  let open: Placed[] = [...first];
  const taken = new Map<string, number>();
  for (const [step, more] of arrivals.entries()) {
    const now = NOW + step * HOUR;
    open.push(...more.map((one) => ({ ...one, id: `${step}/${one.id}`, due: one.due + step * HOUR })));
    for (const _ of more) {
      const head = inQueueOrder(open, now)[0]?.item;
      if (head === undefined) break;
      taken.set(head.id, step);
      open = open.filter(({ id }) => id !== head.id);
    }
  }
  return first.map(({ id }) => taken.get(id) ?? Number.POSITIVE_INFINITY);
}

test("queue order – newcomers of P1 take up all there is to take – what came before is still taken within 20 days", () => {
  const newcomer = fc.record({
    id: fc.nat(1_000_000).map(String),
    class: fc.constant("P1" as const),
    due: fc.constantFrom(NOW + 8 * HOUR, NOW + 8 * HOUR + 1),
    score: fc.integer({ min: 0, max: 200 }),
    turn: fc.constantFrom("a", "b", "feed"),
  });
  const first = ["P1", "P2", "P3", "P3"].map((of, i) =>
    item(`first ${i}`, { class: of as Placed["class"], due: NOW + 5 * DAY, score: 0, turn: i === 3 ? "feed" : "a" }),
  );
  fc.assert(
    fc.property(fc.array(newcomer, { minLength: 480, maxLength: 480 }), (list) => {
      const arrivals = list.map((one) => [one]);
      for (const hours of waits(arrivals, first)) expect(hours).toBeLessThan(480);
    }),
    { seed: 11, numRuns: 15 },
  );
});
