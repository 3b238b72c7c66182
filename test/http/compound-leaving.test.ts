import type { LabelRequest } from "../../schemas/policy/label.ts";
import { tlpMarkingId } from "../../schemas/stix/tlp.ts";
import { Disclosures } from "../../server/storage/collections.ts";
import { answer, Compound, failed, idsIn, idsOf, ipv4, releaseMarking } from "../support/compound.ts";
import { indicator, row, sampleUuid, TRI, tool } from "../support/samples.ts";
import type { Reply } from "../support/temporary-world.ts";

/** Compound cases of policy 6 on files, search, order and TAXII: Q25 to Q36. */
const GREEN: LabelRequest = { tlp: "GREEN", releases: [TRI] };
/** H1 of the worked cases: its description is for US-FBI and JP-NPA. By its TLP it needs a person; a feed's rule names the agencies alone. */
const AGENCIES = ["US-FBI", "JP-NPA"];
const H1: LabelRequest = {
  ...GREEN,
  fieldRules: [{ selectors: ["description"], tlp: "AMBER+STRICT", agencies: AGENCIES }],
};
const RULED: LabelRequest = { ...GREEN, fieldRules: [{ selectors: ["description"], agencies: AGENCIES }] };

let world: Compound;
beforeAll(async () => {
  world = await Compound.open();
});
afterAll(() => world.close());

const names = (objects: readonly { readonly [key: string]: unknown }[]): unknown[] => objects.map(({ name }) => name);

test("Q25 – an object that j1 reads and may not take away – asked for by itself: 403 with the reason; in bulk: left out, and named in j1's own receipt alone", async () => {
  const [kept, free] = [tool("to be read here"), tool("to be taken away")];
  await world.put("feed-US-FBI", free, GREEN);
  await world.put("u1", kept, { ...GREEN, caveats: ["NOEXPORT"] });
  await world.release("u1", "rel-US-FBI", kept.id, row("TRI", ["JPN"]));
  expect(await world.status(kept.id, ["j1", "k1"])).toEqual({ j1: 200, k1: 404 });
  expect(failed(await world.ask("j1", `/api/v1/export?id=${kept.id}`))).toEqual([403, "export.noexport"]);
  expect(failed(await world.ask("k1", `/api/v1/export?id=${kept.id}`))).toEqual([404, "not_found"]);
  const made = await world.ask("j1", "/api/v1/export?type=tool&format=csv");
  const text = made.body.toString();
  expect([made.status, text.includes("to be taken away"), text.includes("to be read here")]).toEqual([
    200,
    true,
    false,
  ]);
  expect(text).not.toContain(kept.id);
  const receipt = String(made.headers["tricord-receipt"]);
  expect((await world.ask("j1", receipt)).json).toMatchObject({
    withheld: { counts: { noexport: 1 }, objects: [{ id: kept.id, reason: "noexport" }] },
  });
  const unknown = await world.ask("j3", "/api/v1/exports/AAAAAAAAAAAAAAAA");
  expect(answer(await world.ask("j3", receipt))).toEqual(answer(unknown));
  // Over TAXII it is read as on the page: NOEXPORT is about files, mail and webhooks.
  expect(names(await world.polled("j1", "originals"))).toContain("to be read here");
});

test("Q26 – a word that stands only in a field that is cut for j3 – no hit in list, file or look-up of j3; j1, who has the field, finds it (no facets and no suggestions yet)", async () => {
  const one = tool("with a hidden word", { description: "the quillwort handler" });
  await world.put("u1", one, H1);
  await world.release("u1", "rel-US-FBI", one.id, row("TRI", ["JPN", "KOR"]));
  const hits = async (as: string): Promise<unknown[]> => [
    names(await world.list(as, "?text=quillwort")),
    names(await world.exported(as, "?text=quillwort")),
    names(await world.list(as, "?text=hidden&type=tool")),
  ];
  expect(await hits("j1")).toEqual([[one.name], [one.name], [one.name]]);
  for (const reader of ["j3", "k3", "j2"]) expect([reader, await hits(reader)]).toEqual([reader, [[], [], [one.name]]]);
  const none = await world.ask("j3", "/api/v1/objects?text=neverwritten");
  expect(answer(await world.ask("j3", "/api/v1/objects?text=quillwort"))).toEqual(answer(none));
});

test("Q27 – a new version in which nothing but a hidden field changed – for k3 the last change is the one before, its place and versions too; j1 has the new one", async () => {
  const first = tool("with a hidden change", { description: "old" });
  const beside = tool("posted in between");
  const second = { ...first, modified: "2026-03-02T00:00:00.000Z", description: "new" };
  const third = { ...second, modified: "2026-03-03T00:00:00.000Z", aliases: ["seen by all"] };
  const path = `/taxii2/dprk/collections/originals/objects/${first.id}/versions/`;
  const seen = async (as: string): Promise<unknown[]> => [
    (await world.read(as, first.id))?.modified,
    names((await world.list(as, "?type=tool&view=originals")).slice(-2)),
    ((await world.ask(as, path)).json as { versions?: string[] }).versions,
    (await world.exported(as, `?id=${first.id}`)).map(({ modified }) => modified),
  ];
  await world.put("feed-US-FBI", first, RULED);
  await world.put("feed-US-FBI", beside, GREEN);
  const before = [await seen("k3"), answer(await world.page("f3", "originals"))];
  await world.put("feed-US-FBI", second, RULED);
  expect([await seen("k3"), answer(await world.page("f3", "originals"))]).toEqual(before);
  expect(before[0]).toEqual([...[first.modified, [first.name, beside.name], [first.modified], [first.modified]]]);
  expect((await seen("j1"))[0]).toBe(second.modified);
  expect((await seen("u1"))[2]).toEqual([first.modified, second.modified]);
  await world.put("feed-US-FBI", third, RULED);
  expect((await seen("k3"))[0]).toBe(third.modified);
  expect((await seen("k3"))[2]).toEqual([first.modified, third.modified]);
});

test("Q28 – what came in this week – the count of the list, of what TAXII says and of the file are one number for each reader (the dashboard that they will feed is not there yet)", async () => {
  const since = new Date(world.now).toISOString();
  await world.put("feed-US-FBI", [tool("of this week"), ipv4("198.51.100.28")], GREEN);
  await world.put("u1", tool("of this week, hidden"), { tlp: "AMBER+STRICT" });
  const count = async (as: string): Promise<number[]> => {
    const query = `received_after=${since}`;
    const made = await world.ask(as, `/api/v1/export?${query}`);
    const receipt = (await world.ask(as, String(made.headers["tricord-receipt"]))).json as { written: number };
    const page = await world.ask(as, `/taxii2/dprk/collections/consolidated/manifest/?added_after=${since}`);
    const manifest = (page.json as { objects: { id: string }[] }).objects;
    return [
      (await world.list(as, `?${query}&limit=1000`)).length,
      receipt.written,
      manifest.filter(({ id }) => !id.startsWith("marking-definition--")).length,
    ];
  };
  expect([await count("k3"), await count("j2"), await count("u1")]).toEqual([
    [2, 2, 2],
    [2, 2, 2],
    [3, 3, 3],
  ]);
});

describe("TAXII", () => {
  const listed = async (as: string): Promise<unknown> => {
    const { status, json } = await world.ask(as, "/taxii2/dprk/collections/");
    const { collections = [] } = (json ?? {}) as {
      collections?: { alias: string; can_read: boolean; can_write: boolean }[];
    };
    return status === 200 ? collections.map(({ alias, can_read, can_write }) => [alias, can_read, can_write]) : status;
  };

  test("Q29 – the list of collections – of f3 what it reads or writes; one that is not for the caller is as one that there is not", async () => {
    expect(await listed("f3")).toEqual([
      ["originals", true, true],
      ["consolidated", true, false],
      ["recalls", true, false],
    ]);
    expect(await listed("r3")).toEqual([
      ["originals", true, false],
      ["consolidated", true, false],
      ["recalls", true, false],
    ]);
    const unknown = await world.ask("ad", `/taxii2/dprk/collections/${sampleUuid("no collection")}/`);
    for (const name of ["originals", "consolidated", "recalls"])
      for (const tail of ["", "objects/", "manifest/"])
        expect([name, answer(await world.ask("ad", `/taxii2/dprk/collections/${name}/${tail}`))]).toEqual([
          name,
          answer(unknown),
        ]);
    expect(unknown.status).toBe(404);
    expect((await world.ask("f3", `/taxii2/dprk/collections/${sampleUuid("no collection")}/`)).status).toBe(404);
  });

  test("Q30 – consolidated, one URL – another content for f3 and for a Japanese feed, with dates of each one's own sequence, which what the other gets does not move", async () => {
    const [first, last] = ["x-taxii-date-added-first", "x-taxii-date-added-last"];
    const dates = ({ headers }: Reply): unknown[] => [headers[first], headers[last]];
    const both = indicator("for both", "[domain-name:value = 'both.example']");
    const korea = indicator("for Korea", "[domain-name:value = 'korea.example']");
    await world.put("feed-US-FBI", both, GREEN);
    const japanese = await world.page("feed-JP-NPA", "consolidated");
    const before = await world.page("f3", "consolidated");
    await world.put("feed-US-FBI", korea, { tlp: "GREEN", releases: [row("US-KR", ["KOR"])] });
    const [k, j] = [await world.page("f3", "consolidated"), await world.page("feed-JP-NPA", "consolidated")];
    expect(names((k.json as { objects: { name?: string }[] }).objects)).toContain("for Korea");
    expect(answer(j)).toEqual(answer(japanese));
    expect([dates(k)[0], dates(k)[1] === dates(before)[1]]).toEqual([dates(before)[0], false]);
  });

  test("Q31 – posted long ago, released to Korea now – comes after the cursor of f3, once, with a date of now, and moves nothing for a Japanese feed", async () => {
    const old = tool("long ago");
    await world.put("u1", old, { tlp: "GREEN", releases: [row("TRI", ["JPN"])] });
    await world.release("u1", "rel-US-FBI", old.id, row("TRI", ["JPN"]));
    const japanese = await world.page("feed-JP-NPA", "originals");
    const cursor = String((await world.page("f3", "originals")).headers["x-taxii-date-added-last"]);
    world.tick(86_400_000);
    const now = new Date(world.now).toISOString();
    await world.release("u1", "rel-US-FBI", old.id, row("TRI", ["KOR"]));
    const after = await world.page("f3", "originals", `?limit=1000&added_after=${cursor}`);
    const fresh = (after.json as { objects: { id: string; type: string }[] }).objects;
    expect(fresh.filter(({ type }) => type !== "marking-definition").map(({ id }) => id)).toEqual([old.id]);
    expect(String(after.headers["x-taxii-date-added-first"]) >= now).toBe(true);
    expect(answer(await world.page("feed-JP-NPA", "originals"))).toEqual(answer(japanese));
  });

  test("Q32 – narrowed after f3 had it – f3 gets a recall with the id alone; who never had it gets nothing", async () => {
    const one = tool("to be taken back");
    await world.put("feed-US-FBI", one, GREEN);
    expect(names(await world.polled("f3", "originals"))).toContain(one.name);
    const body = { row: row("TRI", ["KOR"]), reason: "not for Korea", hash: await world.hash("u1", one.id) };
    expect((await world.send("u1", `/api/v1/objects/${one.id}/recalls`, body)).status).toBe(200);
    const about = (objects: readonly { readonly [key: string]: unknown }[]): unknown[] =>
      objects.filter(({ object_refs }) => idsIn(object_refs).includes(one.id));
    const [notice, ...more] = about(await world.polled("f3", "recalls")) as Record<string, unknown>[];
    expect([more, Object.keys(notice ?? {}).sort()]).toEqual([
      [],
      ["abstract", "content", "created", "created_by_ref", "id", "modified", "object_refs", "spec_version", "type"],
    ]);
    expect([notice?.object_refs, JSON.stringify(notice).includes(String(one.name))]).toEqual([[one.id], false]);
    // Korea's other feed never asked; Japan still has it.
    expect(about(await world.polled("feed-KR-NIS", "recalls"))).toEqual([]);
    expect(about(await world.polled("feed-JP-NPA", "recalls"))).toEqual([]);
    expect(idsOf(await world.polled("f3", "originals"))).not.toContain(one.id);
  });

  test("Q33 – RED, for j1 by name – never over TAXII, whoever's token it is; on the page it is read, and that is in the disclosures", async () => {
    const red = tool("for j1 alone");
    await world.put("u1", red, { tlp: "RED", recipients: ["j1"], releases: [row("US-JP", ["JPN"])] });
    await world.release("u1", "rel-US-FBI", red.id, row("US-JP", ["JPN"]));
    for (const credential of ["token", "key"] as const) {
      const page = await world.ask("j1", "/taxii2/dprk/collections/originals/objects/?limit=1000", credential);
      expect([credential, page.status, page.body.includes(red.id)]).toEqual([credential, 200, false]);
      const single = await world.ask("j1", `/taxii2/dprk/collections/originals/objects/${red.id}/`, credential);
      expect([credential, single.status]).toEqual([credential, 404]);
    }
    const log = (): Promise<{ actor: string; what: string }[]> =>
      world.world.storage.collection(Disclosures).all({ limit: 10_000 });
    const views = async (): Promise<number> =>
      (await log()).filter(({ actor, what }) => actor === "j1" && what === "object").length;
    const before = await views();
    expect(await world.status(red.id, ["j1", "j3", "k1"])).toEqual({ j1: 200, j3: 404, k1: 404 });
    expect(await views()).toBe(before + 1);
  });
});

describe("labels that meet", () => {
  const TWO = { object_marking_refs: [tlpMarkingId("AMBER"), tlpMarkingId("RED")] };

  test("Q34 – AMBER and RED on one object – of a feed: RED without recipients, for author and custodian, flagged; of a person: 422", async () => {
    const [fed, typed] = [tool("two of a feed", TWO), tool("two of a person", TWO)];
    expect(await world.post("feed-US-FBI", fed, GREEN)).toEqual(["created label.nobody_else"]);
    const readers = ["feed-US-FBI", "u1", "u4", "rel-US-FBI", "j1", "rel-US-TREAS"];
    expect(await world.status(fed.id, readers)).toEqual({
      ...{ "feed-US-FBI": 404, u1: 404, u4: 200, "rel-US-FBI": 200, j1: 404, "rel-US-TREAS": 404 },
    });
    const { label } = (await world.ask("rel-US-FBI", `/api/v1/objects/${fed.id}`)).json as {
      label: { tlp: string; recipients: string[] };
    };
    expect([label.tlp, label.recipients]).toEqual(["RED", []]);
    const [source] = (
      (await world.ask("u4", `/api/v1/objects/${fed.id}/sources`)).json as { sources: { flags: string[] }[] }
    ).sources;
    expect(source?.flags).toEqual(["two-tlps"]);
    world.tick();
    const refused = await world.world.post("u1", typed, { label: GREEN });
    const { results } = refused.json as { results: { code: string; path: string }[] };
    expect([refused.status, results.map(({ code, path }) => [code, path])]).toEqual([
      422,
      [["label.two_tlps", "object_marking_refs"]],
    ]);
  });

  test("Q35 – two rows, all three under TRI and Japan under US-JP – k1 reads by TRI, and goes on reading it when US-JP is suspended", async () => {
    const one = tool("of two rows");
    await world.put("feed-US-FBI", one, { tlp: "GREEN", releases: [TRI, row("US-JP", ["JPN"])] });
    expect(await world.ways("k1", { one })).toEqual({ page: "one", list: "one", originals: "one", export: "one" });
    await world.world.changeAgreement("US-JP", { status: "suspended" });
    expect(await world.status(one.id, ["k1", "j1"])).toEqual({ k1: 200, j1: 200 });
    await world.world.changeAgreement("US-JP", { status: "in-force" });
  });

  test("Q36 – markings whose countries have nothing in common – for the originator alone, and its author is warned that nobody else can read it", async () => {
    const [japan, korea] = ["JPN", "KOR"].map((country) =>
      releaseMarking(`for ${country} alone`, "GREEN", [row("TRI", [country])]),
    );
    if (japan === undefined || korea === undefined) throw new Error("two markings were made");
    const torn = tool("of two markings", { object_marking_refs: [japan.id, korea.id] });
    expect(await world.post("u1", [japan, korea, torn])).toEqual(["created", "created", "created label.nobody_else"]);
    expect(await world.status(torn.id, ["u1", "u4", "u2", "j1", "k1"])).toEqual({
      u1: 200,
      u4: 200,
      u2: 404,
      j1: 404,
      k1: 404,
    });
    const { label } = (await world.ask("u1", `/api/v1/objects/${torn.id}`)).json as { label: { releases: unknown } };
    expect(label.releases).toEqual([]);
  });
});
