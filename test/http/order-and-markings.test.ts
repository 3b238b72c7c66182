import { indicator } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { bundleOf, TemporaryWorld } from "../support/temporary-world.ts";

interface Listed {
  readonly id: string;
  readonly modified: string;
}

const HOUR = 3_600_000;
const ROW = (country: string) => ({ agreement: "TRI", countries: [country], agencies: "*" as const });

async function listed(world: TemporaryWorld, reader: string, query = ""): Promise<Listed[]> {
  const reply = await world.ask(reader, { method: "GET", path: `/api/v1/objects?type=indicator${query}` });
  return (reply.json as { objects: Listed[] }).objects.map(({ id, modified }) => ({ id, modified }));
}

describe("a release to another country", () => {
  let world: TemporaryWorld;
  const first = indicator("first", "[domain-name:value = 'first.example']");
  const second = indicator("second", "[domain-name:value = 'second.example']");
  const label = { tlp: "GREEN" as const, releases: [ROW("JPN"), ROW("KOR")] };

  beforeAll(async () => {
    world = await TemporaryWorld.open();
    world.at(START, "posts");
    await world.post("u1", bundleOf([first, second]), { label });
    for (const one of [first, second]) {
      world.at(START + HOUR, `to Japan ${one.id}`);
      await world.decide("rel-US-FBI", await world.propose("u1", String(one.id), ROW("JPN")));
    }
  });
  afterAll(() => world.close());

  test("a Japanese reader – before and after the same is released to Korea – byte-equal lists, dates and cursors", async () => {
    const ask = { method: "GET" as const, path: "/api/v1/objects?type=indicator&limit=1" };
    const before = [
      await listed(world, "j1"),
      await listed(world, "j1", "&text=first"),
      (await world.ask("j1", ask)).json,
    ];
    world.at(START + 2 * HOUR, "to Korea");
    await world.decide("rel-US-FBI", await world.propose("u1", String(first.id), ROW("KOR")));
    const after = [
      await listed(world, "j1"),
      await listed(world, "j1", "&text=first"),
      (await world.ask("j1", ask)).json,
    ];
    expect(after).toEqual(before);
    expect(before[0]).toHaveLength(2);
  });

  test("a Korean reader – the moment it is released to Korea – gets it with a date of that moment", async () => {
    expect(await listed(world, "k1")).toEqual([
      { id: expect.stringContaining("indicator--"), modified: "2026-04-11T11:30:00.000Z" },
    ]);
  });

  test("a Japanese reader – following next past what Korea got – misses nothing and repeats nothing", async () => {
    const page = (await world.ask("j1", { method: "GET", path: "/api/v1/objects?type=indicator&limit=1" })).json as {
      objects: Listed[];
      next: string;
    };
    const rest = await listed(world, "j1", `&limit=1&next=${encodeURIComponent(page.next)}`);
    expect([...page.objects.map(({ id }) => id), ...rest.map(({ id }) => id)]).toEqual(
      (await listed(world, "j1")).map(({ id }) => id),
    );
  });

  test("the originating side – after the releases – still finds it where it was posted", async () => {
    expect((await listed(world, "u1")).map(({ modified }) => modified)).toEqual([
      "2026-04-11T09:30:00.000Z",
      "2026-04-11T09:30:00.001Z",
    ]);
  });
});

describe("a marking that is refused", () => {
  test("an object that names it – posted with a wider label – is refused too, and says why", async () => {
    const world = await TemporaryWorld.open();
    const id = "marking-definition--6a1f9f3c-7a0f-4d0e-8b39-0f4a3a7f2b11";
    const marking = {
      type: "marking-definition",
      spec_version: "2.1",
      id,
      created: "2026-04-01T00:00:00.000Z",
      definition_type: "tlp",
      definition: { tlp: 7 },
    };
    const marked = indicator("marked", "[domain-name:value = 'marked.example']", { object_marking_refs: [id] });
    const label = { tlp: "GREEN" as const, releases: [ROW("USA")] };
    const reply = await world.post("u1", bundleOf([{ ...marking, extensions: "none" }, marked]), { label });
    expect((reply.json as { results: { code: string }[] }).results.map(({ code }) => code)).toEqual([
      "stix.type",
      "label.marking_refused",
    ]);
    expect((await world.ask("u2", { method: "GET", path: `/api/v1/objects/${marked.id}` })).status).toBe(404);
    await world.close();
  });
});

describe("originals of one observable", () => {
  test("two agencies' other bytes under one id – for a reader of both – two ids, each once; an agency's later bytes replace its earlier", async () => {
    const world = await TemporaryWorld.open();
    const sco = {
      type: "ipv4-addr",
      spec_version: "2.1",
      id: "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd",
      value: "198.51.100.3",
    };
    const label = { tlp: "GREEN" as const, releases: [ROW("USA")] };
    await world.post("feed-US-FBI", { ...sco, x_note: "a" }, { label });
    world.at(START + HOUR, "again");
    await world.post("feed-US-FBI", { ...sco, x_note: "b" }, { label });
    world.at(START + 2 * HOUR, "another");
    await world.post("feed-US-CISA", { ...sco, x_note: "c" }, { label });
    const reply = await world.ask("u1", { method: "GET", path: "/api/v1/objects?view=originals&type=ipv4-addr" });
    const objects = (reply.json as { objects: { id: string; x_note: string }[] }).objects;
    expect(objects.map(({ x_note }) => x_note)).toEqual(["b", "c"]);
    expect(objects[0]?.id).toBe(sco.id);
    expect(objects[1]?.id).not.toBe(sco.id);
    await world.close();
  });
});
