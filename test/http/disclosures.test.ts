import type { LabelRequest } from "../../schemas/policy/label.ts";
import { row, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const MINUTE = 60_000;
const TRI_ALL = row("TRI", ["JPN", "KOR", "USA"]);
const TAXII = { Accept: "application/taxii+json;version=2.1" };
const OBJECTS = "/taxii2/dprk/collections/originals/objects/";

interface Page {
  readonly disclosures: readonly { readonly object: string; readonly received: readonly object[] }[];
  readonly next?: string;
}

describe("who has received what an agency said", () => {
  let world: TemporaryWorld;
  let turn = 0;
  /** 20 seconds past the minute. */
  const at = (minute: number) => {
    turn++;
    world.at(START + minute * MINUTE + 20_000, `turn ${turn}`);
  };
  const get = (as: string, path: string): Promise<Reply> => world.ask(as, { method: "GET", path });
  const follow = (as: string): Promise<Reply> => world.ask(as, { method: "GET", path: OBJECTS, headers: TAXII }, "key");
  const received = async (as: string, object: string) =>
    ((await get(as, `/api/v1/disclosures?object=${object}`)).json as Page).disclosures.map((one) => one.received);
  const post = async (name: string, label: LabelRequest = { tlp: "GREEN", releases: [TRI_ALL] }) => {
    const one = tool(name);
    at(0);
    await world.post("feed-US-FBI", one, { label });
    return one.id;
  };

  beforeEach(async () => {
    turn = 0;
    world = await TemporaryWorld.open();
  });
  afterEach(() => world.close());

  test("its releaser and reviewers – after others read it, took it away and followed it – see agencies, ways and minutes, and no person", async () => {
    const one = await post("sought after");
    at(1);
    await get("j1", `/api/v1/objects/${one}`);
    at(2);
    await get("j1", "/api/v1/objects");
    at(3);
    await get("j1", `/api/v1/export?id=${one}`);
    at(4);
    await follow("feed-KR-NIS");
    at(5);
    await get("u1", `/api/v1/objects/${one}`);
    at(9);
    const minute = (n: number) => new Date(START + n * MINUTE).toISOString();
    expect(await received("rel-US-FBI", one)).toEqual([
      [
        { agency: "JP-NPA", first: minute(1), channels: ["export", "page"] },
        { agency: "KR-NIS", first: minute(4), channels: ["taxii"] },
      ],
    ]);
  });

  test("a recall that one of the agency acknowledged – by page and by feed – shows when, in whole minutes", async () => {
    const one = await post("called back");
    at(1);
    await get("j1", `/api/v1/objects/${one}`);
    await follow("feed-KR-NIS");
    at(2);
    await world.ask("u1", { method: "POST", path: `/api/v1/objects/${one}/withdraw`, body: { reason: "wrong" } });
    for (const [n, who] of (["j1", "feed-KR-NIS"] as const).entries()) {
      at(3 + n);
      const { recalls } = (await get(who, "/api/v1/recalls")).json as { recalls: { recall: string; object: string }[] };
      const recall = recalls.find(({ object }) => object === one)?.recall;
      const reply = await world.ask(who, { method: "POST", path: `/api/v1/recalls/${recall}/acknowledge` });
      expect([who, reply.status]).toEqual([who, 200]);
    }
    at(9);
    expect((await received("rel-US-FBI", one))[0]).toMatchObject([
      { agency: "JP-NPA", acknowledged: new Date(START + 3 * MINUTE).toISOString() },
      { agency: "KR-NIS", acknowledged: new Date(START + 4 * MINUTE).toISOString() },
    ]);
  });

  test("anybody else's object, a hidden one and one that never was – asked about – are one 404; who has no such verb gets 403", async () => {
    const one = await post("the FBI's");
    const hidden = await post("the FBI's at home", { tlp: "GREEN", releases: [row("TRI", ["USA"])] });
    at(1);
    const answers = await Promise.all(
      [one, hidden, "tool--00000000-0000-4000-8000-000000000000"].map((id) =>
        get("rel-JP-NPA", `/api/v1/disclosures?object=${id}`),
      ),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.toString()}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(404);
    expect((await get("feed-US-FBI", "/api/v1/disclosures")).status).toBe(403);
  });

  test("an agency that only read what everybody may – by a PUBLIC row alone – is the public", async () => {
    const one = await post("for all", { tlp: "CLEAR", releases: [TRI_ALL] });
    const open = await post("for everybody", { tlp: "CLEAR", releases: [row("PUBLIC", [])] });
    at(1);
    const release = await get("rel-US-FBI", "/api/v1/releases");
    expect(release.status).toBe(200);
    await world.decide("rel-US-FBI", await world.propose("u1", open, row("PUBLIC", [])));
    at(2);
    await get("j1", "/api/v1/objects");
    at(3);
    expect(await received("rel-US-FBI", one)).toMatchObject([[{ agency: "JP-NPA" }]]);
    expect(await received("rel-US-FBI", open)).toMatchObject([[{ agency: "public" }]]);
  });

  test("the list of one's agency's posts – in pages – has each once, with who received it", async () => {
    const ids = [await post("one"), await post("two"), await post("three")];
    at(1);
    await get("j1", `/api/v1/objects/${ids[1]}`);
    at(2);
    const first = (await get("rel-US-FBI", "/api/v1/disclosures?limit=2")).json as Page;
    const rest = (await get("rel-US-FBI", `/api/v1/disclosures?limit=2&next=${encodeURIComponent(first.next ?? "")}`))
      .json as Page;
    const all = [...first.disclosures, ...rest.disclosures];
    expect(all.map(({ object }) => object)).toEqual(ids);
    expect(all.map((one) => one.received.length)).toEqual([0, 1, 0]);
  });

  test("what stands at an end of an edge that was read – and was not read itself – was not received, the edge was", async () => {
    const [left, right] = [tool("left"), tool("right")];
    const edge = {
      ...{ type: "relationship", spec_version: "2.1", id: left.id.replace("tool", "relationship") },
      ...{ created: left.created, modified: left.modified, relationship_type: "related-to" },
      ...{ source_ref: left.id, target_ref: right.id },
    };
    at(0);
    await world.post("feed-US-FBI", [left, right, edge], { label: { tlp: "GREEN", releases: [TRI_ALL] } });
    at(1);
    await get("j1", "/api/v1/objects?type=relationship");
    at(2);
    expect(await received("rel-US-FBI", left.id)).toEqual([[]]);
    expect(await received("rel-US-FBI", edge.id)).toMatchObject([[{ agency: "JP-NPA", channels: ["page"] }]]);
  });
});
