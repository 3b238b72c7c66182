import type { LabelRequest } from "../../schemas/policy/label.ts";
import { decide } from "../../server/policy/decide.ts";
import {
  actor,
  answer,
  Compound,
  failed,
  identity,
  idsIn,
  idsOf,
  relationship,
  report,
  sighting,
} from "../support/compound.ts";
import { agreements, labels, viewers } from "../support/policy-cases.ts";
import { indicator, row, sampleUuid, TRI } from "../support/samples.ts";

/** Compound cases of policy 6 on edges, lists of references and counts: Q01 to Q10, Q12. */
const GREEN: LabelRequest = { tlp: "GREEN", releases: [TRI] };
const TO_NPA = row("TRI", ["JPN"], ["JP-NPA"]);
const STRICT: LabelRequest = { tlp: "AMBER+STRICT", releases: [TO_NPA] };
const RED: LabelRequest = { tlp: "RED", recipients: ["j1"], releases: [row("TRI", ["JPN"])] };

const I = indicator("I", "[domain-name:value = 'i.example']");
const I2 = indicator("I2", "[domain-name:value = 'i-two.example']");
const T = actor("T");
const E = relationship("E", I, T);
const STAR = relationship("E*", I, I2);
const GROUP = "identity--";

let world: Compound;
beforeAll(async () => {
  world = await Compound.open();
  await world.put("feed-US-FBI", [I, I2, E], GREEN);
  await world.put("u1", T, STRICT);
  await world.release("u1", "rel-US-FBI", T.id, TO_NPA);
  await world.put("u1", STAR, RED);
  await world.release("u1", "rel-US-FBI", STAR.id, row("TRI", ["JPN"]));
});
afterAll(() => world.close());

test("Q01 – an edge from what all three read to what is for JP-NPA – read by j1 – all three, on every way out", async () => {
  expect(await world.ways("j1", { I, E, T })).toEqual({
    page: "I E T",
    list: "I E T",
    originals: "I E T",
    export: "I E T",
  });
});

test("Q02 – the same – read by k1 – the end that is shared alone: no edge, no actor, no relation counted", async () => {
  expect(await world.ways("k1", { I, E, T })).toEqual({ page: "I", list: "I", originals: "I", export: "I" });
  expect(await world.edges("k1", I.id)).toEqual([]);
  const unknown = await world.ask("k1", `/api/v1/objects/relationship--${sampleUuid("never posted")}`);
  expect(answer(await world.ask("k1", `/api/v1/objects/${E.id}`))).toEqual(answer(unknown));
});

test("Q03 – an edge that is RED for j1 between two that all read – read by k1 – both ends whole, no edge, and neither is related to the other", async () => {
  expect(await world.ways("k1", { I, I2, STAR })).toEqual({
    page: "I I2",
    list: "I I2",
    originals: "I I2",
    export: "I I2",
  });
  expect([await world.edges("k1", I.id), await world.edges("k1", I2.id)]).toEqual([[], []]);
});

test("Q04 – the same – read by j1 – ends and edge on page and list; the RED edge in no feed and no file", async () => {
  expect(await world.ways("j1", { I, I2, STAR })).toEqual({
    page: "I I2 STAR",
    list: "I I2 STAR",
    originals: "I I2",
    export: "I I2",
  });
  expect(idsOf(await world.edges("j1", I.id))).toEqual(idsOf([E, STAR]));
});

test("Q05 – an end is withdrawn – the edge stops existing at the same moment, for every reader and on every way out, and is recalled from who had it", async () => {
  const [end, gone] = [actor("an end"), actor("an end that goes")];
  const edge = relationship("to what goes", end, gone);
  await world.put("feed-US-FBI", [end, gone, edge], GREEN);
  const things = { end, gone, edge };
  expect((await world.ways("k3", things)).page).toBe("end gone edge");
  expect(idsOf(await world.polled("f3", "originals"))).toEqual(expect.arrayContaining(idsOf([end, gone, edge])));
  expect((await world.send("u1", `/api/v1/objects/${gone.id}/withdraw`, { reason: "wrong" })).status).toBe(200);
  for (const reader of ["k3", "j1", "u2", "feed-KR-NIS"])
    expect([reader, await world.ways(reader, things)]).toEqual([
      reader,
      { page: "end", list: "end", originals: "end", export: "end" },
    ]);
  const recalled = (await world.polled("f3", "recalls")).flatMap(({ object_refs }) => idsIn(object_refs));
  expect(recalled.sort()).toEqual(idsOf([gone, edge]));
  // Who reads it by no cursor had nothing to take back.
  expect(await world.polled("r3", "recalls")).toEqual([]);
});

describe("sightings", () => {
  const place = identity("a hidden place");
  const SEEN = { first_seen: "2026-02-01T00:00:00Z", last_seen: "2026-02-03T00:00:00Z", count: 12 };

  test("Q06 – a sighting of what all read, at a place that k3 can't see – the place is cut, and the count with it unless the label shares it", async () => {
    await world.put("u1", place, STRICT);
    const kept = sighting("kept count", I, { ...SEEN, where_sighted_refs: [place.id] });
    const shared = sighting("shared count", I, { ...SEEN, where_sighted_refs: [place.id] });
    await world.put("feed-US-FBI", kept, GREEN);
    await world.put("feed-US-FBI", shared, { ...GREEN, countShareable: true });
    const seen = async (id: string): Promise<unknown[]> => {
      const one = await world.read("k3", id);
      const polled = (await world.polled("f3", "originals")).find((other) => other.id === id);
      const filed = (await world.exported("k3", "?view=originals")).find((other) => other.id === id);
      expect([polled?.count, polled?.where_sighted_refs]).toEqual([one?.count, one?.where_sighted_refs]);
      expect([filed?.count, filed?.where_sighted_refs]).toEqual([one?.count, one?.where_sighted_refs]);
      return [one?.where_sighted_refs, one?.count, one?.first_seen];
    };
    expect(await seen(kept.id)).toEqual([undefined, undefined, SEEN.first_seen]);
    expect(await seen(shared.id)).toEqual([undefined, 12, SEEN.first_seen]);
    expect(await world.read("u1", kept.id)).toMatchObject({ count: 12, where_sighted_refs: [place.id] });
  });

  test("Q07 – a sighting, GREEN for all, of what is for JP-NPA – read by k1 – not there; by j1 – there", async () => {
    const of = sighting("of T", T, { count: 2 });
    await world.put("feed-US-FBI", of, GREEN);
    expect(await world.ways("k1", { of })).toEqual({ page: "", list: "", originals: "", export: "" });
    expect(await world.ways("j1", { of })).toEqual({ page: "of", list: "of", originals: "of", export: "of" });
  });

  test("Q08 – eight sightings of one indicator, five of them hidden – k3 counts three, and the first and last seen are of those (the list that a summary will be made of; there is no summary yet)", async () => {
    const seen = indicator("much seen", "[domain-name:value = 'much-seen.example']");
    await world.put("feed-US-FBI", seen, GREEN);
    const at = (n: number): object => ({
      first_seen: `2026-02-0${n}T00:00:00Z`,
      last_seen: `2026-02-0${n}T12:00:00Z`,
      count: n,
    });
    for (const n of [3, 4, 5]) await world.put("feed-US-FBI", sighting(`open ${n}`, seen, { ...at(n) }), GREEN);
    for (const n of [1, 2, 6, 7, 8]) await world.put("u1", sighting(`hidden ${n}`, seen, { ...at(n) }), STRICT);
    const edges = await world.edges("k3", seen.id);
    expect(edges.map(({ type, count }) => [type, count])).toEqual([3, 4, 5].map((n) => ["sighting", n]));
    const dates = edges.flatMap(({ first_seen, last_seen }) => [first_seen, last_seen] as string[]).sort();
    expect([dates.at(0), dates.at(-1)]).toEqual(["2026-02-03T00:00:00Z", "2026-02-05T12:00:00Z"]);
    expect(await world.edges("u1", seen.id)).toHaveLength(8);
    const [listed, polled] = [
      await world.list("k3", "?type=sighting&view=originals"),
      await world.polled("f3", "originals"),
    ];
    for (const way of [listed, polled])
      expect(idsOf(way.filter(({ sighting_of_ref }) => sighting_of_ref === seen.id))).toEqual(idsOf(edges));
  });
});

test("Q09 – a report that all read, of I and T – read by k1 – whole but for T, without a hint that something is left out", async () => {
  const both = report("of both", [I, T], { description: "What the report says." });
  await world.put("feed-US-FBI", both, GREEN);
  const { id: _, object_marking_refs, ...told } = (await world.read("k1", both.id)) ?? { id: "" };
  const { id: __, ...written } = both;
  const shown = (await world.read("k1", I.id))?.id;
  expect(told).toEqual({ ...written, object_refs: [shown ?? I.id] });
  expect(object_marking_refs).toHaveLength(2);
  for (const way of [await world.polled("k1", "originals"), await world.exported("k1", "?view=originals")])
    expect(way.find(({ id }) => id === both.id)?.object_refs).toEqual([I.id]);
  expect(idsIn((await world.read("j1", both.id))?.object_refs)).toHaveLength(2);
});

test("Q10 – a report of T alone – read by k1 – names the group's identity instead, so that it stays valid STIX", async () => {
  const alone = report("of T alone", [T]);
  await world.put("feed-US-FBI", alone, GREEN);
  const told = await world.read("k1", alone.id);
  const [stand = ""] = idsIn(told?.object_refs);
  expect([told?.object_refs, stand.startsWith(GROUP)]).toEqual([[stand], true]);
  expect((await world.read("k1", stand))?.type).toBe("identity");
  const checked = await world.send("k1", "/api/v1/stix/validate", told);
  expect(checked.json).toMatchObject({ valid: true, errors: [] });
  for (const way of [await world.polled("k1", "originals"), await world.exported("k1", "?view=originals")])
    expect(way.find(({ id }) => id === alone.id)?.object_refs).toEqual([stand]);
});

test("Q12 – a report for the public, of I and T – read by the public, for whom a liaison stands – without T; its author was told that the text names it", async () => {
  const PUBLIC = row("PUBLIC", []);
  const open = report("for the public", [I, T], { description: "The actor T is behind it." });
  const told = await world.post("u1", open, { tlp: "CLEAR", releases: [PUBLIC, TRI] });
  expect(told).toEqual(["created label.names_withheld"]);
  await world.release("u1", "rel-US-FBI", open.id, PUBLIC);
  const { id, object_refs } = (await world.read("lx", open.id)) ?? { id: "", object_refs: [] };
  expect([id, idsIn(object_refs).includes(T.id)]).toEqual([open.id, false]);
  expect((await world.ask("lx", `/api/v1/objects/${T.id}`)).status).toBe(404);
  // The public has no account; what decides of it is what decides of everybody.
  const [p0, A1, D4] = [viewers.p0, labels.A1, labels.D4];
  if (p0 === undefined || A1 === undefined || D4 === undefined) throw new Error("a worked case is missing");
  const at = "2026-04-11T00:00:00.000Z";
  expect(decide({ viewer: p0, label: A1, agreements, at })).toEqual({ verdict: "full", because: "public" });
  expect(decide({ viewer: p0, label: D4, agreements, at })).toEqual({ verdict: "hidden", because: "role" });
});

test("an edge with a hidden end – guessed, posted and proposed by k3 – is answered as one that nobody has said; what k3 sees and says again is not k3's to release", async () => {
  const proposed = async (id: string): Promise<[number, string | undefined]> => {
    const hash = await world.hash("k3", id);
    return failed(
      await world.send("k3", `/api/v1/objects/${id}/releases`, { row: row("TRI", ["JPN"]), reason: "more", hash }),
    );
  };
  const alone = relationship("said by nobody else", I, T);
  await world.put("k3", [alone, E, I2], GREEN);
  expect([await proposed(alone.id), await proposed(E.id), await proposed(I2.id)]).toEqual([
    [202, undefined],
    [202, undefined],
    [403, "originator-control"],
  ]);
});
