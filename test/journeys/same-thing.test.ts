import { gzipSync } from "node:zlib";
import { endAll, RealServer } from "../support/real-server.ts";
import { bundle, indicator, row, sampleUuid, TRI, tool } from "../support/samples.ts";
import type { Reply } from "../support/send.ts";

jest.setTimeout(600_000);

let server: RealServer;
beforeAll(async () => {
  server = await RealServer.start();
});
afterAll(endAll);

const GREEN = { tlp: "GREEN", releases: [TRI] };
const one = (id: string, as: string): Promise<Reply> => server.get(`/api/v1/objects/${id}`, as);
const outcomes = ({ body }: Reply): unknown => body.results?.map(({ outcome, code }) => code ?? outcome);
const agencies = async (id: string, as: string): Promise<unknown> =>
  (await server.get(`/api/v1/objects/${id}/sources`, as)).body.sources?.map(({ agency }) => agency).sort();

describe("the same input twice", () => {
  const [lure, address] = [tool("lure"), indicator("address", "[ipv4-addr:value = '198.51.100.44']")];
  const report = {
    ...{ type: "report", spec_version: "2.1", id: `report--${sampleUuid("report")}` },
    ...{ created: lure.created, modified: lure.modified, name: "Report", published: lure.created },
    object_refs: [lure.id, address.id],
  };
  const edge = {
    ...{ type: "relationship", spec_version: "2.1", id: `relationship--${sampleUuid("edge")}` },
    ...{ created: lure.created, modified: lure.modified, relationship_type: "indicates" },
    ...{ source_ref: address.id, target_ref: lure.id },
  };
  const sent = JSON.stringify(bundle(lure, address, report, edge));

  test("posted again – plain, packed, alone – every object is unchanged and no reader sees a difference", async () => {
    const first = await server.ingest("feed-US-CISA", sent, GREEN);
    expect([first.status, first.body.counts]).toEqual([
      200,
      { received: 4, created: 4, unchanged: 0, updated: 0, rejected: 0 },
    ]);
    const before = (await server.get("/api/v1/objects", "j1", { limit: "1000" })).text;
    const mine = await server.mine("feed-US-CISA");
    const again = await server.ingest("feed-US-CISA", sent, GREEN);
    expect(again.body.counts).toEqual({ received: 4, created: 0, unchanged: 4, updated: 0, rejected: 0 });
    expect(again.body.batch).not.toBe(first.body.batch);
    const packed = await server.ingest("feed-US-CISA", gzipSync(sent), GREEN);
    expect(packed.body.counts).toMatchObject({ received: 4, unchanged: 4 });
    const list = await server.ingest("feed-US-CISA", [edge, report], GREEN);
    expect(list.body.counts).toMatchObject({ received: 2, unchanged: 2 });
    expect((await server.get("/api/v1/objects", "j1", { limit: "1000" })).text).toBe(before);
    expect(await server.mine("feed-US-CISA")).toEqual(mine);
  });

  test("twice in one batch – one is created, the other unchanged", async () => {
    const twin = tool("twin");
    expect(outcomes(await server.ingest("feed-US-CISA", [twin, twin], GREEN))).toEqual(["created", "unchanged"]);
  });

  test("the same words with members in another order – posted again – one object, each version once", async () => {
    const { name, ...rest } = tool("reordered");
    expect(outcomes(await server.ingest("feed-US-CISA", { ...rest, name }, GREEN))).toEqual(["created"]);
    await server.ingest("feed-US-CISA", { name, ...rest }, GREEN);
    const shown = await server.objects("j1", { view: "originals", text: "reordered", type: "tool" });
    expect(shown.map(({ id, modified }) => [id, modified])).toEqual([[rest.id, rest.modified]]);
  });

  test("a colleague who may not see the post – posts the same – created for him too, and both read their own", async () => {
    const secret = tool("kept from a colleague");
    const label = { tlp: "AMBER", topics: ["crypto"], classification: "S", releases: [row("TRI", ["JPN"])] };
    expect(outcomes(await server.ingest("j1", secret, label))).toEqual(["created"]);
    expect((await one(secret.id, "j4")).status).toBe(404);
    const open = { tlp: "AMBER", topics: ["itworker"], releases: [row("TRI", ["JPN"])] };
    expect(outcomes(await server.ingest("j4", secret, open))).toEqual(["created"]);
    expect([(await one(secret.id, "j4")).status, (await one(secret.id, "j1")).status]).toEqual([200, 200]);
  });

  test("a table and a text – the same values again – unchanged", async () => {
    const table = "value,type\r\nexample[.]evil.example,domain\r\n203.0.113.77,ip\r\n";
    expect(outcomes(await server.ingest("feed-KR-KISA", table, GREEN))).toEqual(["created", "created"]);
    expect(outcomes(await server.ingest("feed-KR-KISA", table, GREEN))).toEqual(["unchanged", "unchanged"]);
    const text = "The loader called hxxp://203.0.113[.]78/gate.php and later 203[.]0[.]113[.]79.";
    const first = await server.ingest("feed-KR-KISA", text, GREEN, { format: "text" });
    expect(first.body.results?.map(({ given, offset }) => [given, offset])).toEqual([
      ["hxxp://203.0.113[.]78/gate.php", text.indexOf("hxxp")],
      ["203[.]0[.]113[.]79", text.indexOf("203[.]0[.]113[.]79")],
    ]);
    expect(outcomes(await server.ingest("feed-KR-KISA", text, GREEN, { format: "text" }))).toEqual([
      "unchanged",
      "unchanged",
    ]);
  });
});

describe("versions", () => {
  const v = (day: number, more = {}) => tool("in versions", { modified: `2026-04-0${day}T00:00:00.000Z`, ...more });

  test("a later version – posted by its agency – updated, and shown; an earlier one that comes late is kept and not shown", async () => {
    expect(outcomes(await server.ingest("feed-US-CISA", v(2), GREEN))).toEqual(["created"]);
    expect(outcomes(await server.ingest("feed-US-CISA", v(4, { description: "fourth" }), GREEN))).toEqual(["updated"]);
    expect((await one(v(1).id, "j1")).body.object).toMatchObject({ modified: v(4).modified, description: "fourth" });
    expect(outcomes(await server.ingest("feed-US-CISA", v(3, { description: "third" }), GREEN))).toEqual(["updated"]);
    expect((await one(v(1).id, "j1")).body.object).toMatchObject({ modified: v(4).modified, description: "fourth" });
    const versions = await server.objects("j1", { view: "originals", type: "tool", text: "versions" });
    expect(versions.map(({ modified }) => modified).sort()).toEqual([v(2).modified, v(3).modified, v(4).modified]);
  });

  test("the same version with other content – rejected with code, path and words, the rest goes in", async () => {
    const other = tool("beside the conflict");
    const { status, body } = await server.ingest("feed-US-CISA", [v(4, { description: "other words" }), other], GREEN);
    expect([status, body.counts]).toEqual([200, { received: 2, created: 1, unchanged: 0, updated: 0, rejected: 1 }]);
    expect(body.results?.[0]).toEqual({
      ...{ index: 0, id: v(4).id, outcome: "rejected", code: "version.conflict", path: "modified" },
      message: `your agency has said something else under this id with modified ${v(4).modified}: a change needs a later modified`,
    });
  });

  test("another agency – under an id that is taken – stands beside under an id of its own and shadows nothing", async () => {
    const later = v(9, { description: "not theirs to change" });
    expect(outcomes(await server.ingest("feed-KR-NIS", later, GREEN))).toEqual(["created"]);
    expect((await one(v(1).id, "j1")).body.object).toMatchObject({ description: "fourth" });
    const [beside] = (await server.objects("j1", { type: "tool", source: "KR-NIS", text: "versions" })).filter(
      ({ name }) => name === "in versions",
    );
    expect(beside).toMatchObject({ description: later.description, x_tricord_claimed_id: later.id });
    expect(beside?.id).not.toBe(later.id);
    expect((await one(String(beside?.id), "j1")).body.object).toEqual(beside);
  });

  test("equal bytes of two agencies – under one id – one object with two sources", async () => {
    const shared = tool("shared by two");
    await server.ingest("feed-US-CISA", shared, GREEN);
    expect(outcomes(await server.ingest("feed-JP-NCO", shared, GREEN))).toEqual(["created"]);
    expect(await agencies(shared.id, "j3")).toEqual(["JP-NCO", "US-CISA"]);
    expect((await server.objects("j3", { type: "tool", text: "shared" })).length).toBe(1);
    // Abroad they are the words of who said them first (ADR 0028).
    expect(await agencies(shared.id, "k3")).toEqual(["US-CISA"]);
  });
});

describe("one thing from several agencies", () => {
  /** The standard's deterministic id of 192.0.2.141 (STIX 2.1, section 2.9). */
  let id: string;

  test("an observable, a table and a running text – of three agencies – one object with three sources, each reader's own count", async () => {
    const sco = {
      type: "ipv4-addr",
      spec_version: "2.1",
      id: `ipv4-addr--${sampleUuid("own id")}`,
      value: "192.0.2.141",
    };
    await server.ingest("feed-US-CISA", sco, GREEN);
    await server.ingest("feed-KR-KISA", "ip,note\n192.0.2[.]141,seen\n", GREEN);
    await server.ingest("feed-JP-NCO", "It called back to 192[.]0[.]2[.]141 twice.", {
      tlp: "GREEN",
      releases: [row("US-JP", ["JPN", "USA"])],
    });
    const [found, ...more] = await server.objects("u1", { value: "192.0.2.141", type: "ipv4-addr" });
    expect(more).toEqual([]);
    id = String(found?.id);
    expect(found).toMatchObject({ type: "ipv4-addr", value: "192.0.2.141" });
    expect(id).not.toBe(sco.id);
    expect(await agencies(id, "u1")).toEqual(["JP-NCO", "KR-KISA", "US-CISA"]);
    expect(await agencies(id, "k3")).toEqual(["KR-KISA", "US-CISA"]);
    expect((await one(sco.id, "u1")).body.object?.id).toBe(id);
  });

  test("indicators of one pattern in other words – of two agencies – one object under an id that is neither's", async () => {
    const ours = indicator("theirs", "[domain-name:value = 'pattern.evil.example'] OR [ipv4-addr:value='192.0.2.142']");
    const same = indicator(
      "ours",
      "[ ipv4-addr:value = '192.0.2.142/32' ] OR [domain-name:value='Pattern.EVIL.example']",
    );
    await server.ingest("feed-US-FBI", ours, GREEN);
    await server.ingest("feed-KR-NIS", same, GREEN);
    const found = await server.objects("j1", { value: "pattern[.]evil[.]example", type: "indicator" });
    expect(found.length).toBe(1);
    expect([ours.id, same.id]).not.toContain(found[0]?.id);
    expect(await agencies(String(found[0]?.id), "j1")).toEqual(["KR-NIS", "US-FBI"]);
    expect([(await one(ours.id, "j1")).body.object?.id, (await one(same.id, "j1")).body.object?.id]).toEqual([
      found[0]?.id,
      found[0]?.id,
    ]);
  });

  const VALUES = [
    "evil-lookup.example",
    "http://evil-lookup.example/Gate.php",
    "2001:db8::99",
    "kim@evil-lookup.example",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "한국-lookup.kr",
  ];

  test.each([
    ["Evil-Lookup[.]EXAMPLE.", "domain-name", "evil-lookup.example"],
    ["“evil-lookup(dot)example”,", "domain-name", "evil-lookup.example"],
    ["HXXP://EVIL-lookup[.]example:80/Gate.php#x", "url", "http://evil-lookup.example/Gate.php"],
    ["2001:0DB8:0:0:0:0:0:0099/128", "ipv6-addr", "2001:db8::99"],
    ["Kim[at]evil-lookup[.]example", "email-addr", "kim@evil-lookup.example"],
    [
      "0X5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED",
      "cryptocurrency-wallet",
      "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    ],
    [
      "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
      "cryptocurrency-wallet",
      "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    ],
    [
      "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
      "cryptocurrency-wallet",
      "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    ],
    [
      "SHA256: 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08",
      "file",
      "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
    ["xn---lookup-wd30a024x.kr", "domain-name", "xn---lookup-wd30a024x.kr"],
  ])("a look-up – of %s – finds the %s in its canonical form", async (given, kind, canonical) => {
    await server.ingest("feed-US-CISA", VALUES.join("\n"), GREEN, { format: "text" });
    const { status, body } = await server.post("/api/v1/lookup", "k3", { values: [given] });
    expect(status).toBe(200);
    const [hit] = body.results ?? [];
    expect(hit).toMatchObject({ given, kind, canonical });
    expect(hit?.objects?.map(({ type }) => type)).toEqual([kind]);
    const listed = await server.objects("k3", { value: given, type: kind });
    expect(listed).toEqual(hit?.objects);
  });

  test("a pasted list – values, prose and a value that only another may see – one answer a line, in order", async () => {
    await server.ingest(
      "feed-US-CISA",
      "192.0.2.143",
      { tlp: "GREEN", releases: [row("US-JP", ["JPN", "USA"])] },
      { format: "text" },
    );
    const text = "evil-lookup.example\r\n\r\nno value at all\n192.0.2.143\n198.18.7.7\n";
    const found = async (as: string): Promise<unknown> =>
      (await server.post("/api/v1/lookup", as, { text })).body.results?.map(({ given, kind, objects }) => [
        given,
        kind,
        objects?.length,
      ]);
    const line = (hidden: number): unknown => [
      ["evil-lookup.example", "domain-name", 1],
      ["no value at all", undefined, 0],
      ["192.0.2.143", "ipv4-addr", hidden],
      ["198.18.7.7", "ipv4-addr", 0],
    ];
    expect(await found("j1")).toEqual(line(1));
    expect(await found("k3")).toEqual(line(0));
  });
});

describe("what leaves and what became of it", () => {
  const LABEL = { tlp: "GREEN", releases: [TRI], topics: ["export"] };
  const values = ["192.0.2.150", "export.evil.example", "=formula.evil.example"];

  beforeAll(async () => {
    const objects = [indicator("to export", "[ipv4-addr:value = '192.0.2.150']"), tool('quote " and, comma')];
    await server.ingest("feed-US-CISA", objects, LABEL);
    await server.ingest("feed-US-CISA", values.slice(0, 2).join("\n"), LABEL, { format: "text" });
  });

  const exported = async (as: string, query: Record<string, string>): Promise<Reply> => {
    const reply = await server.get("/api/v1/export", as, { source: "US-CISA", ...query });
    expect(reply.status).toBe(200);
    return reply;
  };

  test("export as STIX – by a reader – a bundle of what the reader's pages show, each reference inside, markings first", async () => {
    const { headers, body, text } = await exported("k3", { format: "stix" });
    expect(headers["content-type"]).toBe("application/stix+json;version=2.1");
    expect(headers["content-disposition"]).toMatch(
      /^attachment; filename="tricord-\d{4}-\d\d-\d\d-[A-Za-z0-9_-]{16}\.json"$/,
    );
    expect(text).toMatch(/^\{"type":"bundle","id":"bundle--[0-9a-f-]{36}","objects":\[/);
    const objects = body.objects ?? [];
    const listed = await server.objects("k3", { source: "US-CISA" });
    const inside = new Set(objects.map(({ id }) => id));
    expect(inside.size).toBe(objects.length);
    expect(listed.filter(({ id }) => !inside.has(id))).toEqual([]);
    const seen = new Set<unknown>();
    const early = objects.flatMap((object) => {
      seen.add(object.id);
      const marks = Array.isArray(object.object_marking_refs) ? object.object_marking_refs : [];
      return marks.filter((id) => !seen.has(id) && inside.has(String(id)));
    });
    expect(early).toEqual([]);
    // Definitions of types that others publish refer to their publisher, who is not here.
    const ours = objects.filter(
      ({ type, created_by_ref }) => type !== "extension-definition" || inside.has(String(created_by_ref)),
    );
    const dangling = ours.flatMap((object) => {
      const refs = [
        object.source_ref,
        object.target_ref,
        object.created_by_ref,
        object.object_refs,
        object.object_marking_refs,
      ];
      return refs.flat().filter((id) => typeof id === "string" && !inside.has(id));
    });
    expect(dangling).toEqual([]);
  });

  test("export as a table – by a reader – a stamp, a header, and a TLP in each row", async () => {
    const { headers, text } = await exported("k3", { format: "csv" });
    expect(headers["content-type"]).toBe("text/csv; charset=utf-8");
    const lines = text.split("\r\n");
    expect(lines.slice(0, 12)).toEqual([
      "# TLP:GREEN",
      // What KISA itself says of one of them is for its own country alone, until it is released.
      expect.stringMatching(/^# REL TO KOR(?:, USA)?$/),
      "# agreement TRI",
      expect.stringMatching(/^# originator (?:[A-Z]{2}-[A-Z]+, )*US-CISA(?:, [A-Z]{2}-[A-Z]+)*$/),
      "# classification U",
      "# caveats none",
      expect.stringMatching(/^# permitted: use; pass on inside the working-group community, never publicly; /),
      expect.stringMatching(/^# exported \d{4}-\S+Z by KR-KISA, account [A-Za-z0-9_-]{12}$/),
      expect.stringMatching(/^# serial [A-Za-z0-9_-]{16}, policy [A-Za-z0-9_-]{16}$/),
      expect.stringMatching(/^# \d+ written, 0 left out$/),
      expect.stringMatching(/^# sha-256 [0-9a-f]{64}$/),
      "tlp,type,value,name,pattern,id,created,modified",
    ]);
    expect(lines.slice(-2)).toEqual([expect.stringMatching(/^# end of export /), ""]);
    const rows = lines.slice(12, -2);
    expect(rows.filter((line) => !/^TLP:(?:CLEAR|GREEN|AMBER|AMBER\+STRICT),/.test(line))).toEqual([]);
    expect(rows.some((line) => line.startsWith("TLP:GREEN,ipv4-addr,192.0.2.150,,,ipv4-addr--"))).toBe(true);
    expect(rows.some((line) => line.startsWith('TLP:GREEN,tool,,"quote "" and, comma",,tool--'))).toBe(true);
    expect(rows.length).toBe((await server.objects("k3", { source: "US-CISA" })).length);
  });

  test("export as a list – by a reader – one value a line with its TLP", async () => {
    const { headers, text } = await exported("k3", { format: "list", type: "domain-name", text: "export" });
    expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(text.split("\n").slice(11)).toEqual([
      "export.evil.example\tTLP:GREEN",
      expect.stringMatching(/^# end of export [A-Za-z0-9_-]{16}: 1 written, 0 left out; sha-256 [0-9a-f]{64}$/),
      "",
    ]);
  });

  test("RED and NOEXPORT – in an export – left out, though the page shows them", async () => {
    const [red, kept] = [tool("red thing"), tool("not to export")];
    await server.ingest("u1", red, { tlp: "RED" });
    await server.ingest("u1", kept, { tlp: "GREEN", caveats: ["NOEXPORT"] });
    expect([(await one(red.id, "u1")).status, (await one(kept.id, "u1")).status]).toEqual([200, 200]);
    const { text } = await server.get("/api/v1/export", "u1", { type: "tool" });
    expect([text.includes(red.id), text.includes(kept.id)]).toEqual([false, false]);
  });

  test("an export read in again – by another agency – every object of it is taken", async () => {
    const { text } = await exported("k3", { format: "stix", type: "indicator" });
    const { body } = await server.ingest("feed-KR-KISA", text, { tlp: "AMBER" });
    expect(body.counts?.rejected).toBe(0);
    expect(body.counts?.received).toBeGreaterThan(1);
  });

  test("my agency's posts – page by page – each once, with poster, batch, channel, TLP and rows", async () => {
    const sent = tool("fate");
    const { body } = await server.ingest("u3", sent, { tlp: "GREEN", releases: [row("TRI", ["KOR", "USA"])] });
    const all = await server.mine("u3");
    expect(all.find(({ id }) => id === sent.id)).toEqual({
      ...{ id: sent.id, type: "tool", version: sent.modified, name: "fate", received: expect.stringMatching(/Z$/) },
      ...{ by: "u3", batch: body.batch, channel: "rest", state: "released", tlp: "GREEN", flags: [] },
      ...{ post: expect.stringMatching(/^[A-Za-z0-9_-]{40,}$/), hash: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) },
      releases: [
        { ...row("TRI", ["KOR"]), status: "off" },
        { ...row("TRI", ["USA"]), status: "on" },
      ],
    });
    const small = (await server.pages("/api/v1/mine", "u3", { limit: "7" })).flatMap(({ posts }) => posts ?? []);
    expect(small).toEqual(all);
    expect((await server.mine("k3")).some(({ id }) => id === sent.id)).toBe(false);
  });

  test("unmarked – no label and no marking – for its own agency alone, flagged", async () => {
    const sent = tool("unmarked");
    await server.ingest("feed-JP-NPA", sent);
    expect((await server.mine("j1")).find(({ id }) => id === sent.id)).toMatchObject({
      tlp: "AMBER+STRICT",
      flags: ["unmarked"],
      releases: [],
    });
    expect([(await one(sent.id, "j1")).status, (await one(sent.id, "j3")).status]).toEqual([200, 404]);
  });

  test("an unmarked object that a report of its batch lists – takes the report's label", async () => {
    const child = tool("listed");
    const green = { ...tool("x"), object_marking_refs: ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"] };
    const report = {
      ...{ type: "report", spec_version: "2.1", id: `report--${sampleUuid("lists it")}`, name: "Lists it" },
      ...{ created: child.created, modified: child.modified, published: child.created },
      ...{ object_refs: [child.id], object_marking_refs: green.object_marking_refs },
    };
    await server.ingest("feed-JP-NPA", bundle(report, child));
    const posts = await server.mine("j1");
    const of = (id: string): unknown => posts.flatMap((post) => (post.id === id ? [[post.tlp, post.flags]] : []));
    expect([of(report.id), of(child.id)]).toEqual([[["GREEN", []]], [["GREEN", []]]]);
  });
});
