import { endAll, RealServer } from "../support/real-server.ts";
import { bundle, row, TRI, tool } from "../support/samples.ts";
import type { Reply } from "../support/send.ts";

jest.setTimeout(600_000);

const READERS = ["u1", "j1", "k3", "u2"] as const;
let server: RealServer;
beforeAll(async () => {
  server = await RealServer.start();
});
afterAll(endAll);

const one = (id: string, as: string): Promise<Reply> => server.get(`/api/v1/objects/${id}`, as);
const statuses = async (id: string, readers: readonly string[]): Promise<Record<string, number>> =>
  Object.fromEntries(await Promise.all(readers.map(async (as) => [as, (await one(id, as)).status])));
const failure = ({ status, body }: Reply): [number, string | undefined] => [status, body.error?.code];

/** Posts one object and expects it to be new. */
async function posted(as: string, object: ReturnType<typeof tool>, label?: unknown): Promise<string> {
  const { status, body } = await server.ingest(as, object, label);
  expect([status, body.results]).toEqual([200, [expect.objectContaining({ id: object.id, outcome: "created" })]]);
  return object.id;
}

describe("what four people read", () => {
  let since: string;
  /** Who of the four reads it: u1 FBI, all topics, S; u2 Treasury, topic crypto, S; j1 NPA, S; k3 KISA, R. */
  const posts: readonly (readonly [
    name: string,
    poster: string,
    label: object | undefined,
    readers: readonly string[],
  ])[] = [
    ["public report", "feed-US-CISA", { tlp: "CLEAR", releases: [TRI] }, ["u1", "j1", "k3", "u2"]],
    ["green for three", "feed-US-CISA", { tlp: "GREEN", releases: [TRI] }, ["u1", "j1", "k3", "u2"]],
    ["with Japan", "feed-US-CISA", { tlp: "GREEN", releases: [row("US-JP", ["JPN", "USA"])] }, ["u1", "j1", "u2"]],
    ["with Korea", "feed-US-CISA", { tlp: "GREEN", releases: [row("US-KR", ["KOR", "USA"])] }, ["u1", "k3", "u2"]],
    ["from Japan", "feed-JP-NCO", { tlp: "GREEN", releases: [row("US-JP", ["JPN", "USA"])] }, ["u1", "j1", "u2"]],
    ["one zephyrine agency", "feed-KR-NIS", { tlp: "GREEN", releases: [row("TRI", ["JPN"], ["JP-NPA"])] }, ["j1"]],
    ["nobody listed", "feed-KR-NIS", { tlp: "GREEN", releases: [row("TRI", ["JPN", "KOR", "USA"], [])] }, []],
    [
      "amber at home, another topic",
      "u3",
      { tlp: "AMBER", topics: ["itworker"], releases: [row("TRI", ["USA"])] },
      ["u1"],
    ],
    [
      "amber at home, his topic",
      "u3",
      { tlp: "AMBER", topics: ["crypto"], releases: [row("TRI", ["USA"])] },
      ["u1", "u2"],
    ],
    ["amber from a feed: off", "feed-US-CISA", { tlp: "AMBER", releases: [TRI] }, []],
    ["red, named", "u4", { tlp: "RED", recipients: ["u2"], releases: [row("TRI", ["USA"])] }, []],
    ["nothing said", "u1", undefined, ["u1"]],
  ];
  const wanted = (reader: string): string[] =>
    posts.flatMap(([name, , , readers]) => (readers.includes(reader) ? [name] : [])).sort();

  beforeAll(async () => {
    since = new Date().toISOString();
    for (const [name, poster, label] of posts) await posted(poster, tool(name), label);
  });

  test.each(READERS)("reading – as %s – exactly what the labels say, page by page and in one", async (reader) => {
    const names = (list: readonly Record<string, unknown>[]): unknown[] => list.map(({ name }) => name).sort();
    const filters = { received_after: since, type: "tool" };
    expect(names(await server.objects(reader, filters))).toEqual(wanted(reader));
    expect(names(await server.objects(reader, { ...filters, limit: "1" }))).toEqual(wanted(reader));
    expect(names(await server.objects(reader, { ...filters, view: "originals", limit: "3" }))).toEqual(wanted(reader));
  });

  test("reading – the four of them – different counts", async () => {
    const count = async (as: string): Promise<number> => (await server.objects(as, { received_after: since })).length;
    expect(await Promise.all(READERS.map(count))).toEqual([8, 5, 3, 6]);
  });

  test.each(posts)(
    "one object, %s – by its id – 200 for those who read it, one and the same 404 for the rest",
    async (name, _poster, _label, readers) => {
      const unknown = await one(tool("never posted").id, "k3");
      expect(unknown.status).toBe(404);
      for (const reader of READERS) {
        const got = await one(tool(name).id, reader);
        expect([reader, got.status]).toEqual([reader, readers.includes(reader) ? 200 : 404]);
        if (got.status === 404) expect(got.text).toBe(unknown.text);
      }
    },
  );

  test("searching by words – a name that one of them can't read – no hit and no error", async () => {
    const hits = async (as: string): Promise<number> => (await server.objects(as, { text: "zephyrine" })).length;
    expect([await hits("j1"), await hits("k3"), await hits("u1")]).toEqual([1, 0, 0]);
  });
});

describe("release", () => {
  const KOREA = row("TRI", ["KOR"]);
  const JAPAN = row("TRI", ["JPN"]);
  const propose = async (as: string, id: string, asked: object): Promise<Reply> => {
    const { body } = await one(id, as);
    return server.post(`/api/v1/objects/${id}/releases`, as, {
      reason: "they asked for it",
      hash: body.hash,
      ...asked,
    });
  };
  const decide = (as: string, release: string, verb: "approve" | "refuse", hash: string): Promise<Reply> =>
    server.post(`/api/v1/releases/${release}/${verb}`, as, { reason: "looked at it", hash });
  const hashOf = async (release: string, as: string): Promise<string> =>
    (await server.get(`/api/v1/releases/${release}`, as)).body.hash ?? "";

  test("a GREEN row of an analyst – posted – on at home, off abroad, with a hash for its own side alone", async () => {
    const id = await posted("u3", tool("off abroad"), { tlp: "GREEN", releases: [TRI] });
    expect(await statuses(id, ["u3", "u1", "u2", "j1", "k3"])).toEqual({ u3: 200, u1: 200, u2: 200, j1: 404, k3: 404 });
    const own = await one(id, "u3");
    expect(own.body.label?.releases).toEqual([
      { ...row("TRI", ["JPN"]), status: "off" },
      { ...row("TRI", ["KOR"]), status: "off" },
      { ...row("TRI", ["USA"]), status: "on" },
    ]);
    expect(own.body.hash).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const other = await one(id, "u1");
    expect([other.body.hash, other.body.label]).toEqual([undefined, undefined]);
    expect((await server.mine("u3")).find((post) => post.id === id)?.releases).toEqual(own.body.label?.releases);
  });

  test("a row for Japan – proposed and approved by two persons – the Japanese analyst reads it, the Korean does not", async () => {
    const id = await posted("u3", tool("released to Japan"), { tlp: "GREEN", releases: [JAPAN, row("TRI", ["USA"])] });
    const proposed = await propose("rel-US-CISA", id, { row: JAPAN });
    expect(proposed.status).toBe(202);
    const release = proposed.body.release ?? "";
    const seen = await server.get(`/api/v1/releases/${release}`, "u4");
    expect(seen.body).toMatchObject({
      ...{ release, object: id, row: JAPAN, status: "proposed", proposedBy: "rel-US-CISA" },
      gains: ["JP-JAFIC", "JP-NCO", "JP-NPA"],
    });
    const hash = seen.body.hash ?? "";
    // Who may not, and each with an answer of its own.
    expect(failure(await decide("rel-US-CISA", release, "approve", hash))).toEqual([403, "release.same_person"]);
    expect(failure(await decide("u3", release, "approve", hash))).toEqual([403, "forbidden.verb"]);
    expect(failure(await decide("rel-JP-NPA", release, "approve", hash))).toEqual([404, "not_found"]);
    expect(failure(await decide("rel-KR-NIS", release, "approve", hash))).toEqual([404, "not_found"]);
    expect((await server.get(`/api/v1/releases/${release}`, "rel-JP-NPA")).status).toBe(404);
    expect(failure(await decide("u4", release, "approve", "0".repeat(64)))).toEqual([409, "release.stale"]);
    expect((await one(id, "j1")).status).toBe(404);
    // And who may.
    const approved = await decide("u4", release, "approve", hash);
    expect([approved.status, approved.body.status, approved.body.decidedBy]).toEqual([200, "released", "u4"]);
    expect(await statuses(id, ["j1", "k3", "k1", "u1"])).toEqual({ j1: 200, k3: 404, k1: 404, u1: 200 });
    expect((await one(id, "j1")).body.object).toMatchObject({ id, name: "released to Japan" });
    expect(failure(await decide("u4", release, "approve", await hashOf(release, "u4")))).toEqual([
      409,
      "release.decided",
    ]);
  });

  test("the author – a releaser herself – does not approve what she posted, whoever proposes it", async () => {
    const id = await posted("rel-US-CISA", tool("posted by a releaser"), { tlp: "GREEN", releases: [JAPAN] });
    // A colleague who is neither its author nor a reviewer does not propose it either.
    expect(failure(await propose("u3", id, { row: JAPAN }))).toEqual([403, "release.not_author"]);
    const { body } = await propose("rel-US-CISA", id, { row: JAPAN });
    const release = body.release ?? "";
    const hash = await hashOf(release, "rel-US-CISA");
    expect(failure(await decide("rel-US-CISA", release, "approve", hash))).toEqual([403, "release.same_person"]);
  });

  test("a proposal – on a hash that is not what is there now – 409; on another agency's content – 403; on what is hidden – 404", async () => {
    const id = await posted("u3", tool("stale"), { tlp: "GREEN", releases: [row("TRI", ["USA"])] });
    expect(failure(await propose("u3", id, { row: JAPAN, hash: "0".repeat(64) }))).toEqual([409, "release.stale"]);
    expect(failure(await propose("u1", id, { row: JAPAN, hash: "0".repeat(64) }))).toEqual([403, "originator-control"]);
    expect(failure(await propose("j1", id, { row: JAPAN, hash: "0".repeat(64) }))).toEqual([404, "not_found"]);
    expect(failure(await propose("u3", id, { row: row("NONE", ["JPN"]) }))).toEqual([422, "label.unknown_agreement"]);
  });

  test("a content change between reading and approving – 409, and the new content is not released", async () => {
    const id = await posted("u3", tool("changed meanwhile"), { tlp: "GREEN", releases: [JAPAN] });
    const release = (await propose("u3", id, { row: JAPAN })).body.release ?? "";
    const hash = await hashOf(release, "rel-US-CISA");
    const second = await propose("u3", id, { row: KOREA });
    expect(
      failure(
        await decide(
          "rel-US-CISA",
          second.body.release ?? "",
          "approve",
          await hashOf(second.body.release ?? "", "rel-US-CISA"),
        ),
      ),
    ).toEqual([200, undefined]);
    expect(failure(await decide("rel-US-CISA", release, "approve", hash))).toEqual([409, "release.stale"]);
    expect(await statuses(id, ["j1", "k3"])).toEqual({ j1: 404, k3: 200 });
    expect(failure(await decide("rel-US-CISA", release, "approve", await hashOf(release, "rel-US-CISA")))).toEqual([
      200,
      undefined,
    ]);
    expect(await statuses(id, ["j1", "k3"])).toEqual({ j1: 200, k3: 200 });
  });

  test("another version – posted between proposing and approving – 409 for the approver who sees it, and what it replaced is not released", async () => {
    const object = tool("replaced meanwhile");
    const id = await posted("u3", object, { tlp: "GREEN", releases: [row("TRI", ["USA"])] });
    const release = (await propose("u3", id, { row: JAPAN })).body.release ?? "";
    const later = { ...object, modified: "2026-10-01T00:00:00.000Z", name: "replaced" };
    const { body } = await server.ingest("u3", later, { tlp: "GREEN", releases: [row("TRI", ["USA"])] });
    expect(body.counts).toMatchObject({ updated: 1 });
    expect(failure(await decide("rel-US-CISA", release, "approve", await hashOf(release, "rel-US-CISA")))).toEqual([
      409,
      "release.stale",
    ]);
    expect(await statuses(id, ["j1"])).toEqual({ j1: 404 });
  });

  test("a new version – posted after a release – starts with its own rows off, and the reader keeps the version released", async () => {
    const id = await posted("u3", tool("versions"), { tlp: "GREEN", releases: [JAPAN] });
    const release = (await propose("u3", id, { row: JAPAN })).body.release ?? "";
    await decide("rel-US-CISA", release, "approve", await hashOf(release, "rel-US-CISA"));
    const later = tool("versions", { modified: "2026-03-02T00:00:00.000Z", description: "second" });
    const { body } = await server.ingest("u3", later, { tlp: "GREEN", releases: [JAPAN] });
    expect(body.results?.[0]?.outcome).toBe("updated");
    expect((await one(id, "j1")).body.object).toMatchObject({ modified: "2026-03-01T00:00:00.000Z" });
    expect((await one(id, "u3")).body.object).toMatchObject({
      modified: "2026-03-02T00:00:00.000Z",
      description: "second",
    });
  });

  test("a release – refused – the row stays off, and the proposer reads why", async () => {
    const id = await posted("u3", tool("refused"), { tlp: "GREEN", releases: [KOREA] });
    const release = (await propose("u3", id, { row: KOREA })).body.release ?? "";
    const refused = await decide("rel-US-CISA", release, "refuse", await hashOf(release, "rel-US-CISA"));
    expect([refused.status, refused.body.status]).toEqual([200, "refused"]);
    expect(await statuses(id, ["k3", "u3"])).toEqual({ k3: 404, u3: 200 });
    const { body } = await server.get("/api/v1/releases", "u3", { status: "refused" });
    expect(body.releases).toEqual([
      expect.objectContaining({ release, status: "refused", decidedBy: "rel-US-CISA", decisionReason: "looked at it" }),
    ]);
    const abroad = await server.get("/api/v1/releases", "rel-KR-KISA", { status: "refused" });
    expect([abroad.status, abroad.body.releases]).toEqual([200, []]);
  });

  test("class S – to another country – only the originating agency's own releaser approves", async () => {
    const label = { tlp: "AMBER", classification: "S", releases: [row("US-JP", ["JPN", "USA"])] };
    const id = await posted("u1", tool("secret"), label);
    const release = (await propose("u1", id, { row: row("US-JP", ["JPN"]) })).body.release ?? "";
    const home = (await propose("u1", id, { row: row("US-JP", ["USA"]) })).body.release ?? "";
    await decide("rel-US-FBI", home, "approve", await hashOf(home, "rel-US-FBI"));
    const hash = await hashOf(release, "rel-US-TREAS");
    expect(failure(await decide("rel-US-TREAS", release, "approve", hash))).toEqual([
      403,
      "release.custodian_required",
    ]);
    expect((await decide("rel-US-FBI", release, "approve", await hashOf(release, "rel-US-FBI"))).status).toBe(200);
    expect(await statuses(id, ["j1", "j2"])).toEqual({ j1: 200, j2: 404 });
  });
});

describe("what a reader gets of an object", () => {
  const identity = {
    ...{ type: "identity", spec_version: "2.1", id: "identity--0f6a1c2e-3b4d-4e5f-8a9b-0c1d2e3f4a5b" },
    ...{
      created: "2026-03-01T00:00:00.000Z",
      modified: "2026-03-01T00:00:00.000Z",
      name: "Unit 9",
      identity_class: "group",
    },
  };

  test("NOATTRIB – read abroad – author, references and agency are withheld; at home they are there", async () => {
    const sent = tool("source withheld", {
      created_by_ref: identity.id,
      external_references: [{ source_name: "unit 9", url: "https://unit9.example/report" }],
    });
    const label = { tlp: "GREEN", caveats: ["NOATTRIB"], releases: [TRI] };
    expect((await server.ingest("feed-KR-NIS", bundle(identity, sent), label)).body.counts).toMatchObject({
      created: 2,
    });
    const [abroad, home] = [await one(sent.id, "j1"), await one(sent.id, "k3")];
    expect(Object.keys(abroad.body.object ?? {}).sort()).toEqual([
      "created",
      "id",
      "modified",
      "name",
      "object_marking_refs",
      "spec_version",
      "type",
    ]);
    expect(home.body.object).toMatchObject({
      created_by_ref: identity.id,
      external_references: sent.external_references,
    });
    expect(abroad.text).not.toMatch(/NIS|unit.?9/i);
    const sources = async (as: string): Promise<unknown> =>
      (await server.get(`/api/v1/objects/${sent.id}/sources`, as)).body.sources?.map(({ agency }) => agency);
    expect([await sources("j1"), await sources("k3")]).toEqual([["member of the group"], ["KR-NIS"]]);
    const bySource = async (as: string): Promise<number> =>
      (await server.objects(as, { source: "KR-NIS", type: "tool", text: "withheld" })).length;
    expect([await bySource("j1"), await bySource("k3")]).toEqual([0, 1]);
  });

  test("a field rule – on a description for two countries – the third reads the object without it and finds no word of it", async () => {
    const sent = tool("field rule", { description: "kestrel nest behind the harbour" });
    const fieldRules = [{ selectors: ["description"], countries: ["JPN", "USA"] }];
    await posted("feed-US-CISA", sent, { tlp: "GREEN", releases: [TRI], fieldRules });
    expect((await one(sent.id, "j1")).body.object?.description).toBe(sent.description);
    const korean = await one(sent.id, "k3");
    expect([korean.status, korean.body.object?.name, korean.body.object?.description]).toEqual([
      200,
      "field rule",
      undefined,
    ]);
    expect(korean.text).not.toContain("description");
    const hits = async (as: string): Promise<number> => (await server.objects(as, { text: "kestrel" })).length;
    expect([await hits("j1"), await hits("k3")]).toEqual([1, 0]);
  });

  test("an embargo – before its end – for the originator and the readers it names; on nobody else's page", async () => {
    const label = { tlp: "GREEN", releases: [TRI], embargoUntil: "2090-01-01T00:00:00Z", embargoReaders: ["j3"] };
    const id = await posted("feed-US-CISA", tool("embargoed"), label);
    expect(await statuses(id, ["u3", "j3", "j1", "u1", "k3"])).toEqual({ u3: 200, j3: 200, j1: 404, u1: 404, k3: 404 });
  });

  test("a relationship – whose other end is hidden – is not there, and its ends' other edges are", async () => {
    const [open, hidden, third] = [tool("open end"), tool("hidden end"), tool("third end")];
    const edge = (name: string, target: string) => ({
      ...{
        type: "relationship",
        spec_version: "2.1",
        id: `relationship--${open.id.slice(6, 24)}-8000-00000000000${name}`,
      },
      ...{ created: open.created, modified: open.modified, relationship_type: "related-to" },
      ...{ source_ref: open.id, target_ref: target },
    });
    await server.ingest("feed-US-CISA", bundle(open, third, edge("1", hidden.id), edge("2", third.id)), {
      tlp: "GREEN",
      releases: [TRI],
    });
    await posted("feed-US-CISA", hidden, { tlp: "GREEN", releases: [row("US-JP", ["JPN", "USA"])] });
    const edges = async (as: string): Promise<unknown> =>
      (await server.get(`/api/v1/objects/${open.id}/relationships`, as)).body.objects?.map(({ target_ref: to }) => to);
    expect([await edges("j1"), await edges("k3")]).toEqual([[hidden.id, third.id], [third.id]]);
  });

  test("the reader's marking – on the wire – names the reader's own rows and nobody else's", async () => {
    const id = await posted("feed-US-CISA", tool("own rows"), {
      tlp: "GREEN",
      releases: [row("US-JP", ["JPN"]), row("US-KR", ["KOR"])],
    });
    const japanese = await one(id, "j1");
    expect(JSON.stringify(japanese.body.markings)).toContain("JPN");
    expect(japanese.text).not.toMatch(/KOR|US-KR/);
  });
});
