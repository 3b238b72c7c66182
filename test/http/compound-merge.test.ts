import type { Label, LabelRequest } from "../../schemas/policy/label.ts";
import { tlpMarkingId } from "../../schemas/stix/tlp.ts";
import {
  actor,
  answer,
  Compound,
  failed,
  idsIn,
  ipv4,
  relationship,
  releaseMarking,
  report,
} from "../support/compound.ts";
import { row, sampleUuid, TRI, tool } from "../support/samples.ts";
import type { Ask, Reply } from "../support/temporary-world.ts";

/** Compound cases of policy 6 on posting, one value from several agencies, and ids that are hidden: Q11, Q13 to Q24. */
const GREEN: LabelRequest = { tlp: "GREEN", releases: [TRI] };
const TO_NPA = row("TRI", ["JPN"], ["JP-NPA"]);

let world: Compound;
beforeAll(async () => {
  world = await Compound.open();
});
afterAll(() => world.close());

interface Own {
  readonly hash: string;
  readonly label: Label;
}
const own = async (as: string, id: string): Promise<Own> => (await world.ask(as, `/api/v1/objects/${id}`)).json as Own;
const rowsOf = ({ label }: Own): string[] =>
  label.releases.map(({ agreement, countries, status }) => `${agreement} ${countries.join()} ${status}`);

test("Q11 – a report AMBER with its own marking, children without – each child has the report's marking and rows; what becomes of the report later loosens none", async () => {
  const marking = releaseMarking("of the report", "AMBER", [row("TRI", ["JPN"]), row("TRI", ["USA"])]);
  const children = [tool("a child"), actor("another child")];
  const parent = report("of children", children, { object_marking_refs: [marking.id] });
  expect(await world.post("u1", [marking, parent, ...children])).toEqual(["created", "created", "created", "created"]);
  for (const { id } of [parent, ...children]) {
    const held = await own("u1", id);
    expect([held.label.tlp, rowsOf(held)]).toEqual(["AMBER", ["TRI JPN off", "TRI USA on"]]);
  }
  await world.release("u1", "rel-US-FBI", parent.id, row("TRI", ["JPN"]));
  expect(await world.status(parent.id, ["j1", "k1"])).toEqual({ j1: 200, k1: 404 });
  for (const { id } of children) {
    expect(await world.status(id, ["u2", "j1", "k1"])).toEqual({ u2: 200, j1: 404, k1: 404 });
    expect(rowsOf(await own("u1", id))).toEqual(["TRI JPN off", "TRI USA on"]);
  }
  expect((await world.polled("j1", "originals")).map(({ id }) => id)).toEqual([parent.id]);
  expect((await world.exported("j1", "?view=originals")).map(({ id }) => id)).toEqual([parent.id]);
});

test("Q13 – a bundle with an object under an agreement that the poster's country is no party to – that one is refused with its reason, the others are stored; a result each", async () => {
  const foreign = releaseMarking("not ours", "GREEN", [row("US-JP", ["JPN"])]);
  const ours = releaseMarking("ours", "GREEN", [row("TRI", ["JPN"])]);
  const bad = tool("under US-JP", { object_marking_refs: [foreign.id] });
  const good = tool("under TRI", { object_marking_refs: [ours.id] });
  const posted = [foreign, ours, tool("without a marking"), bad, good];
  world.tick();
  const reply = await world.world.post("k1", posted, { label: { tlp: "GREEN", releases: [TRI] } });
  const { counts, results } = reply.json as { counts: object; results: Record<string, unknown>[] };
  expect([reply.status, counts]).toEqual([200, { received: 5, created: 4, unchanged: 0, updated: 0, rejected: 1 }]);
  expect(results.map(({ index, id, outcome, code, path }) => [index, id, outcome, code, path])).toEqual([
    ...posted.slice(0, 3).map(({ id }, index) => [index, id, "created", undefined, undefined]),
    [3, bad.id, "rejected", "label.not_party", "object_marking_refs: releases[0].agreement"],
    [4, good.id, "created", undefined, undefined],
  ]);
  expect(await world.status(bad.id, ["k1", "j1", "u1"])).toEqual({ k1: 404, j1: 404, u1: 404 });
  expect(await world.status(good.id, ["k1"])).toEqual({ k1: 200 });
  // Over TAXII the same: a failure with its words beside what went in.
  const again = [foreign, tool("over TAXII", { object_marking_refs: [foreign.id] }), tool("beside it")];
  const sent = await world.ask("k1", {
    ...{
      method: "POST",
      path: "/taxii2/dprk/collections/originals/objects/",
      body: JSON.stringify({ objects: again }),
    },
    headers: { "Content-Type": "application/taxii+json;version=2.1", Accept: "application/taxii+json;version=2.1" },
  });
  const told = sent.json as { success_count: number; failures: { id: string; message: string }[] };
  expect([sent.status, told.success_count, told.failures.map(({ id }) => id)]).toEqual([202, 2, [again[1]?.id]]);
  expect(told.failures[0]?.message).toContain("KOR is no party of US-JP");
});

describe("one value from three agencies", () => {
  const value = ipv4("192.0.2.7");
  beforeAll(async () => {
    await world.put("u1", value, { tlp: "AMBER+STRICT", releases: [TO_NPA] });
    await world.release("u1", "rel-US-FBI", value.id, TO_NPA);
    await world.put("feed-JP-NCO", value, GREEN);
    await world.put("k1", value, { tlp: "RED" });
  });

  /** How one object of the value shows in lists, and with which TLP. */
  const shown = async (as: string): Promise<unknown[]> => {
    const listed = (await world.list(as, "?value=192.0.2.7")).map(({ id }) => id);
    const marks = (await world.read(as, value.id))?.object_marking_refs;
    return [listed, idsIn(marks)[0], await world.sources(as, value.id)];
  };
  const one = (tlp: Label["tlp"], sources: string[]): unknown[] => [[value.id], tlpMarkingId(tlp), sources];
  const polled = async (as: string): Promise<number> =>
    (await world.polled(as, "consolidated")).filter(({ id }) => id === value.id).length;

  test("Q14 – merged: STRICT for JP-NPA from the USA, GREEN from Japan, RED from Korea – u1 sees one object, of the USA and Japan", async () => {
    expect(await shown("u1")).toEqual(one("AMBER+STRICT", ["JP-NCO GREEN", "US-FBI AMBER+STRICT"]));
    expect(await polled("u1")).toBe(1);
  });

  test("Q15 – the same – j1 sees one object, of the USA and Japan", async () => {
    expect(await shown("j1")).toEqual(one("AMBER+STRICT", ["JP-NCO GREEN", "US-FBI AMBER+STRICT"]));
    expect(await polled("j1")).toBe(1);
  });

  test("Q16 – the same – j2, k2, k3 and the feed of KISA see what looks like one source's", async () => {
    for (const reader of ["j2", "k2", "k3", "f3"])
      expect([reader, await shown(reader), await polled(reader)]).toEqual([reader, one("GREEN", ["JP-NCO GREEN"]), 1]);
    const originals = (await world.polled("f3", "originals")).filter(({ id }) => id === value.id);
    expect(originals.map(({ type }) => type)).toEqual(["ipv4-addr"]);
  });

  test("Q17 – the same – k1 sees Japan and Korea; over TAXII, which carries no RED, Japan alone", async () => {
    expect(await shown("k1")).toEqual(one("RED", ["JP-NCO GREEN", "KR-NIS RED"]));
    const [taxii] = (await world.polled("k1", "consolidated")).filter(({ id }) => id === value.id);
    expect(idsIn(taxii?.object_marking_refs)[0]).toBe(tlpMarkingId("GREEN"));
  });

  test("Q19 – the page of j1, which a banner will be made of – the tightest visible TLP on the object, GREEN on the part of Japan, and that part is taken away as GREEN alone", async () => {
    const marks = idsIn((await world.read("j1", value.id))?.object_marking_refs);
    expect(marks[0]).toBe(tlpMarkingId("AMBER+STRICT"));
    const banner = async (query: string): Promise<unknown[]> => {
      const made = await world.ask("j1", `/api/v1/export?${query}`);
      const receipt = (await world.ask("j1", String(made.headers["tricord-receipt"]))).json as {
        written: number;
        banner: { tlp: string };
      };
      return [made.status, receipt.written, receipt.banner.tlp];
    };
    expect(await banner("value=192.0.2.7&view=originals&source=JP-NCO")).toEqual([200, 1, "GREEN"]);
    expect(await banner("value=192.0.2.7")).toEqual([200, 1, "AMBER+STRICT"]);
  });

  test("Q18 – Japan withdraws – not there for k3 and recalled from its feed; k1 still has it, of Korea alone", async () => {
    expect((await world.send("j3", `/api/v1/objects/${value.id}/withdraw`, { reason: "wrong" })).status).toBe(200);
    expect(await shown("k3")).toEqual([[], undefined, 404]);
    expect(await polled("f3")).toBe(0);
    const recalled = (await world.polled("f3", "recalls")).flatMap(({ object_refs }) => idsIn(object_refs));
    expect(recalled).toContain(value.id);
    expect(await shown("k1")).toEqual(one("RED", ["KR-NIS RED"]));
  });
});

test("Q20 – k3 posts a value of which only a RED source exists – created, and again unchanged; never that it exists", async () => {
  const value = ipv4("192.0.2.8");
  await world.put("k1", value, { tlp: "RED" });
  expect(await world.post("k3", value, { tlp: "GREEN" })).toEqual(["created"]);
  expect(await world.post("k3", value, { tlp: "GREEN" })).toEqual(["unchanged"]);
  expect(await world.sources("k3", value.id)).toEqual(["KR-KISA GREEN"]);
  const free = ipv4("192.0.2.9");
  expect(await world.post("k3", free, { tlp: "GREEN" })).toEqual(["created"]);
});

test("Q21 – k3 posts under the standard id of a hidden observable – created, and every answer holds k3's content alone", async () => {
  const hidden = { ...ipv4("192.0.2.10"), x_note: "of the FBI" };
  await world.put("u1", hidden, { tlp: "AMBER+STRICT" });
  world.tick();
  const reply = await world.world.post("k3", { ...ipv4("192.0.2.10"), x_own: "of KISA" }, { label: { tlp: "GREEN" } });
  expect((reply.json as { results: unknown }).results).toEqual([{ index: 0, id: hidden.id, outcome: "created" }]);
  expect(reply.body.toString()).not.toContain("FBI");
  const { object_marking_refs: _, ...told } = (await world.read("k3", hidden.id)) ?? { id: "" };
  expect(told).toEqual({ ...ipv4("192.0.2.10"), x_own: "of KISA" });
  for (const way of [await world.polled("f3", "originals"), await world.exported("k3")]) {
    const found = way.filter(({ id }) => id === hidden.id).map((one) => [one.x_own, one.x_note]);
    expect(found).toEqual([["of KISA", undefined]]);
  }
});

describe("hidden ids", () => {
  const hidden = tool("of JP-NPA alone");
  const open = tool("of the FBI, for all");
  const UNKNOWN = `tool--${sampleUuid("never posted at all")}`;
  beforeAll(async () => {
    await world.put("j1", hidden, { tlp: "AMBER" });
    await world.put("feed-US-FBI", open, GREEN);
  });

  test.each(["k3", "u1", "f3", "lx"])(
    "Q22 – a hidden and a random id – asked for by %s over REST, TAXII and as a file – one answer to the byte, and it says nothing is there",
    async (as) => {
      for (const [before, behind] of [
        ...["", "/sources", "/relationships"].map((tail) => ["/api/v1/objects/", tail]),
        ...["", "versions/"].map((tail) => ["/taxii2/dprk/collections/originals/objects/", `/${tail}`]),
        ["/api/v1/export?id=", ""],
      ] as [string, string][]) {
        const [one, other] = [
          await world.ask(as, `${before}${hidden.id}${behind}`),
          await world.ask(as, `${before}${UNKNOWN}${behind}`),
        ];
        // The path that was asked for is not part of what is said.
        expect([before, behind, answer(one)]).toEqual([before, behind, answer(other)]);
        expect([before, behind, one.status]).toEqual([before, behind, 404]);
      }
    },
  );

  test("Q23 – to change, withdraw, release, answer or relate what is hidden – as for a random id: 404, and what is wrong with the body comes first on both", async () => {
    const on = (id: string): Ask[] => [
      ...[{}, { reason: "x" }, { reason: 5 }].map((body) => ({
        ...{ method: "POST" as const, path: `/api/v1/objects/${id}/withdraw`, body },
      })),
      ...[{}, { row: TRI, reason: "x", hash: "x" }].map((body) => ({
        ...{ method: "POST" as const, path: `/api/v1/objects/${id}/releases`, body },
      })),
      ...[{}, { verdict: "useful" }].map((body) => ({
        ...{ method: "POST" as const, path: `/api/v1/objects/${id}/feedback`, body },
      })),
      { method: "PATCH", path: `/api/v1/objects/${id}`, body: { name: "x" } },
      { method: "DELETE", path: `/api/v1/objects/${id}` },
      { method: "DELETE", path: `/taxii2/dprk/collections/originals/objects/${id}/` },
    ];
    const seen: number[] = [];
    for (const [n, what] of on(hidden.id).entries()) {
      const [one, other] = [await world.ask("k3", what), await world.ask("k3", on(UNKNOWN)[n] ?? what)];
      expect([what.path, answer(one)]).toEqual([what.path, answer(other)]);
      seen.push(one.status);
    }
    expect(seen).toEqual([400, 404, 400, 400, 404, 400, 404, 405, 405, 404]);
    // A relationship to it is posted as one to nothing: stored, and for its own agency alone.
    const ends = [hidden, { ...tool("x"), id: UNKNOWN }];
    const edges = ends.map((end, n) => relationship(`to end ${n}`, open, end));
    expect(await world.post("k3", edges, { tlp: "GREEN", releases: [row("TRI", ["KOR"])] })).toEqual([
      "created",
      "created",
    ]);
    for (const { id } of edges) expect(await world.status(id, ["k3", "k2"])).toEqual({ k3: 200, k2: 404 });
  });

  test("Q24 – to change what j1 reads and another agency said – 403 with the reason, and where to ask instead", async () => {
    const changes: readonly (readonly [verb: string, body: object, instead: string])[] = [
      ["withdraw", { reason: "x" }, "POST /api/v1/objects/{id}/feedback"],
      ["releases", { row: TRI, reason: "x", hash: "x" }, "POST /api/v1/releases/onward"],
    ];
    for (const [verb, body, instead] of changes) {
      const reply: Reply = await world.send("j1", `/api/v1/objects/${open.id}/${verb}`, body);
      expect([verb, ...failed(reply)]).toEqual([verb, 403, "originator-control"]);
      expect((reply.json as { error: { message: string } }).error.message).toContain(instead);
    }
    const gone = await world.ask("j1", {
      method: "DELETE",
      path: `/taxii2/dprk/collections/originals/objects/${open.id}/`,
    });
    expect(gone.status).toBe(403);
    expect(await world.read("j1", open.id)).toMatchObject({ name: open.name });
  });
});
