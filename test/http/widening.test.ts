import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { Orders } from "../../server/storage/collections.ts";
import type { AccountDoc } from "../../server/storage/documents.ts";
import { Compound, failed, ipv4 } from "../support/compound.ts";
import { row, sampleUuid, TRI, tool } from "../support/samples.ts";

/** Ways round originator control by one person, or by two of another agency: naming who can't read yet, saying it again, copying it. */
const GREEN: LabelRequest = { tlp: "GREEN", releases: [TRI] };
const HOME: LabelRequest = { tlp: "GREEN", releases: [row("TRI", ["USA"])] };
const KOREA = row("JP-KR", ["KOR"]);
const low = (id: string, agency: string): AccountDoc => ({
  ...{ id, name: id, role: "analyst", agency, clearance: "U", topics: [], pii: false, scope: "write" },
  person: `p-${id}`,
});
type Body = Readonly<Record<string, unknown>>;
/** While the USA has no agreement with Korea that is in force. */
const withoutKorea = async (work: () => Promise<void>): Promise<void> => {
  const all = async (status: "suspended" | "in-force"): Promise<void> => {
    for (const id of ["TRI", "US-KR", "HUB"]) await world.world.changeAgreement(id, { status });
  };
  await all("suspended");
  try {
    await work();
  } finally {
    await all("in-force");
  }
};

let world: Compound;
beforeAll(async () => {
  world = await Compound.open();
  await world.world.addDirectory({ accounts: [low("u9", "US-FBI"), low("j9", "JP-NPA")] });
});
afterAll(() => world.close());

const dated = (type: string, name: string, more: StixJson): StixJson & { readonly id: string } => ({
  ...{ type, spec_version: "2.1", id: `${type}--${sampleUuid(name)}` },
  ...{ created: "2026-03-01T00:00:00.000Z", modified: "2026-03-01T00:00:00.000Z" },
  ...more,
});
const proposal = async (as: string, id: string, to: object): Promise<[number, string | undefined]> => {
  const hash = await world.hash(as, id);
  return failed(await world.send(as, `/api/v1/objects/${id}/releases`, { row: to, reason: "for the test", hash }));
};

describe("an edit that names somebody", () => {
  const changed = async (id: string, label: LabelRequest): Promise<[number, string | undefined, string]> => {
    const { post, hash } = await world.mine("u1", id);
    const reply = await world.send("u1", `/api/v1/mine/${post}/edit`, { label, hash, reason: "names" });
    const { message = "" } = (reply.json as { error?: { message: string } }).error ?? {};
    return [...failed(reply), message.slice(0, message.indexOf(" could"))];
  };

  test("an edit – names a colleague who has not the clearance yet – 409, and a raise of the account shows nothing", async () => {
    const one = tool("for who is cleared later");
    const red: LabelRequest = { tlp: "RED", classification: "C" };
    await world.put("u1", one, red);
    expect(await changed(one.id, { ...red, recipients: ["u9"] })).toEqual([409, "label.widens", "US-FBI"]);
    await world.world.changeAccount("u9", { clearance: "S" });
    expect(await world.status(one.id, ["u9", "u1"])).toEqual({ u9: 404, u1: 200 });
    await world.world.changeAccount("u9", { clearance: "U" });
  });

  test("an edit – by which agencies would gain whom its editor may not know – 409 with the country alone, whoever there is", async () => {
    const one = tool("for more of Korea");
    const nis = row("TRI", ["KOR"], ["KR-NIS"]);
    await world.put("u1", one, { tlp: "GREEN", releases: [nis] });
    await world.release("u1", "rel-US-FBI", one.id, nis);
    const wider: LabelRequest = { tlp: "GREEN", releases: [row("TRI", ["KOR"])] };
    await withoutKorea(async () => {
      const told = await changed(one.id, wider);
      expect(told).toEqual([409, "label.widens", "KOR"]);
      for (const id of ["k2", "k3", "f3"]) await world.world.changeAccount(id, { until: "2026-01-01T00:00:00.000Z" });
      expect(await changed(one.id, wider)).toEqual(told);
      for (const id of ["k2", "k3", "f3"]) await world.world.changeAccount(id, { until: "2030-01-01T00:00:00.000Z" });
    });
    expect((await changed(one.id, wider))[2]).toContain("KR-KISA");
  });
});

test("who would gain by a PUBLIC row – shown to its approver – names no agency of a country of which nobody is to be known, whoever is there", async () => {
  const one = tool("for everybody");
  await world.put("u1", one, { tlp: "CLEAR" });
  world.tick();
  const release = await world.world.propose("u1", one.id, row("PUBLIC", []));
  const shown = async (): Promise<unknown> => {
    const { gains, hash } = await world.body("rel-US-FBI", `/api/v1/releases/${release}`);
    return [gains, hash];
  };
  await withoutKorea(async () => {
    const before = (await shown()) as [string[], string];
    expect([before[0].includes("JP-NPA"), before[0].filter((agency) => agency.startsWith("KR-"))]).toEqual([true, []]);
    await world.world.changeAccount("k3", { until: "2026-01-01T00:00:00.000Z" });
    expect(await shown()).toEqual(before);
    await world.world.changeAccount("k3", { until: "2030-01-01T00:00:00.000Z" });
  });
});

describe("a copy of a partner's words", () => {
  const POLICE = row("TRI", ["JPN"], ["JP-NPA"]);
  /** What the FBI said and gave to Japan's police. */
  const given = async (name: string, label: LabelRequest = { tlp: "GREEN" }): Promise<StixJson & { id: string }> => {
    const one = tool(name, { description: `words of ${name}` });
    await world.put("u1", one, { ...label, releases: [POLICE] });
    await world.release("u1", "rel-US-FBI", one.id, POLICE);
    return one;
  };

  test("a copy – posted as one's own, by a person and by a feed under a standing order – is kept, and no row of it is on for whoever did not have it", async () => {
    const [one, other] = [await given("copied at home"), await given("copied by a feed")];
    expect(await world.post("j1", one, GREEN)).toEqual(["created originator-control"]);
    expect(await world.post("feed-JP-NPA", other, GREEN)).toEqual(["created originator-control"]);
    for (const { id } of [one, other])
      expect(await world.status(id, ["j1", "j3", "k1", "u1"])).toEqual({ j1: 200, j3: 404, k1: 404, u1: 200 });
  });

  test("a copy – proposed, relabelled or torn by who sees whose words they are – 403 originator-control, alike whether the originator has released it to them or not", async () => {
    const [one, released] = [await given("copied"), await given("copied and released")];
    const nis = row("TRI", ["KOR"], ["KR-NIS"]);
    await world.release("u1", "rel-US-FBI", released.id, nis);
    const answers: unknown[] = [];
    for (const copy of [one, released]) {
      const { id } = copy;
      await world.put("j1", copy, { tlp: "GREEN" });
      const { post, hash: version } = await world.mine("j1", id);
      const hash = await world.hash("j1", id);
      const tearLine = { type: "tool", spec_version: "2.1", name: "torn" };
      const asks: [string, object][] = [
        [`objects/${id}/releases`, { row: row("TRI", ["KOR"], ["KR-NIS"]), hash }],
        [`objects/${id}/tear-lines`, { object: tearLine, label: GREEN, hash }],
        [`mine/${post}/relabel`, { label: GREEN, hash: version }],
      ];
      const told: unknown[] = [];
      for (const [path, body] of asks)
        told.push(failed(await world.send("j1", `/api/v1/${path}`, { ...body, reason: "copied" })));
      answers.push(told);
    }
    const refused = [403, "originator-control"];
    expect(answers).toEqual([
      [refused, refused, refused],
      [refused, refused, refused],
    ]);
  });

  test("a copy – proposed by who can't see whose words they are, approved by who does – 403 originator-control, and nobody gains", async () => {
    const one = await given("not for j9", { tlp: "GREEN", classification: "R" });
    expect(await world.post("j9", one, { tlp: "GREEN" })).toEqual(["created"]);
    world.tick();
    const release = await world.world.propose("j9", one.id, KOREA);
    expect(await world.decided("rel-JP-NPA", release, "approve")).toMatchObject({
      error: { code: "originator-control" },
    });
    expect(await world.status(one.id, ["k1"])).toEqual({ k1: 404 });
  });

  test("a copy – begun as an emergency, or passed as a sample of a standing order – 403 originator-control, and nobody gains", async () => {
    const theft = dated("campaign", "theft", { name: "theft", labels: ["funds-moving"] });
    await world.put("u1", theft, { tlp: "GREEN", releases: [POLICE] });
    await world.release("u1", "rel-US-FBI", theft.id, POLICE);
    await world.put("j1", theft, { tlp: "GREEN" });
    const hash = await world.hash("rel-JP-NPA", theft.id);
    const emergency = { row: row("TRI", ["KOR"], ["KR-NIS"]), code: "funds-moving", reason: "now", hash };
    expect(failed(await world.send("rel-JP-NPA", `/api/v1/objects/${theft.id}/emergency`, emergency))).toEqual([
      403,
      "originator-control",
    ]);
    const one = await given("a sample");
    const sampled = (sample: number): Promise<void> =>
      world.world.change(async (unit) => {
        for (const order of await unit.collection(Orders).scan({ index: "agency", prefixes: [["JP-NPA"]], limit: 9 }))
          await unit.collection(Orders).put({ ...order, sample });
      });
    await sampled(100);
    await world.put("feed-JP-NPA", one, GREEN);
    await sampled(0);
    const { samples } = (await world.body("rel-JP-NPA", "/api/v1/samples")) as { samples: Body[] };
    expect(samples.map(({ object }) => object)).toEqual([one.id]);
    const pass = { reason: "looked at", hash: samples[0]?.hash };
    const told = await world.send("rel-JP-NPA", `/api/v1/samples/${String(samples[0]?.sample)}/pass`, pass);
    expect(failed(told)).toEqual([403, "originator-control"]);
    for (const { id } of [theft, one]) expect(await world.status(id, ["k1"])).toEqual({ k1: 404 });
  });

  test("what is one's own – a bare value or an indicator of one, other words, and words that were one's own first – is proposed and released", async () => {
    const value = ipv4("198.51.100.77");
    const pattern = { pattern: "[ipv4-addr:value = '198.51.100.78']", pattern_type: "stix" };
    const bare = dated("indicator", "bare", { ...pattern, valid_from: "2026-03-01T00:00:00Z" });
    const words = await given("said otherwise");
    for (const one of [value, bare]) {
      await world.put("u1", one, { tlp: "GREEN", releases: [POLICE] });
      await world.release("u1", "rel-US-FBI", one.id, POLICE);
    }
    await world.put("j1", [value, bare], { tlp: "GREEN" });
    await world.put("j1", { ...words, description: "as we know it" }, { tlp: "GREEN" });
    // Under an id that a partner's other object has, it is shown under one of its own.
    const beside = (await world.list("j1", "?type=tool")).filter(({ description }) => description === "as we know it");
    expect(beside).toHaveLength(1);
    for (const { id } of [value, bare, ...beside])
      expect([id, (await proposal("j1", id, KOREA))[0]]).toEqual([id, 202]);
    const first = await given("ours first");
    // By who can't know that it was said: what comes later takes nothing from who said it.
    await world.put("j2", first, { tlp: "GREEN" });
    await world.release("j2", "rel-JP-JAFIC", first.id, row("US-JP", ["USA"]));
    expect(await world.sources("u1", first.id)).toEqual(["JP-JAFIC GREEN", "US-FBI GREEN"]);
    expect((await proposal("u1", first.id, row("US-KR", ["KOR"])))[0]).toBe(202);
  });

  test("a copy – once its originator took its own back – is proposed like words of one's own; its rows stay off till then", async () => {
    const one = await given("taken back");
    expect(await world.post("j1", one, GREEN)).toEqual(["created originator-control"]);
    expect(await proposal("j1", one.id, KOREA)).toEqual([403, "originator-control"]);
    const taken = await world.send("u1", `/api/v1/objects/${one.id}/withdraw`, { reason: "ours no more" });
    expect(taken.status).toBe(200);
    expect(await world.status(one.id, ["j1", "j3", "k1"])).toEqual({ j1: 200, j3: 404, k1: 404 });
    expect((await proposal("j1", one.id, KOREA))[0]).toBe(202);
  });

  test("a worded indicator under another id – the same pattern and words – is a copy as well", async () => {
    const said = {
      ...{ pattern: "[domain-name:value = 'copied.example']", pattern_type: "stix" },
      ...{ valid_from: "2026-03-01T00:00:00Z", name: "a lure", description: "sent to recruiters" },
    };
    const one = dated("indicator", "theirs", said);
    await world.put("u1", one, { tlp: "GREEN", releases: [POLICE] });
    await world.release("u1", "rel-US-FBI", one.id, POLICE);
    const copy = dated("indicator", "copied", { ...said, valid_from: "2026-03-02T00:00:00Z" });
    expect(await world.post("j1", copy, GREEN)).toEqual(["created originator-control"]);
    expect(await proposal("j1", copy.id, KOREA)).toEqual([403, "originator-control"]);
  });
});

describe("what an agency said already", () => {
  const CISA = row("TRI", ["USA"], ["US-CISA"]);
  const TREASURY = row("TRI", ["USA"], ["US-TREAS"]);

  test.each<[string, LabelRequest]>([
    ["RED", { tlp: "RED" }],
    ["class S", { tlp: "GREEN", classification: "S" }],
    ["LES", { tlp: "GREEN", caveats: ["LES"] }],
    ["AMBER with a topic", { tlp: "AMBER", topics: ["itworker"] }],
  ])(
    "%s – said again under GREEN for one's country, with the same bytes, later, and after it was withdrawn – nobody reads it who did not",
    async (name, label) => {
      const one = tool(`again ${name}`, { description: "words" });
      await world.put("u1", one, label);
      const readers = ["u9", "u2", "u3", "j1", "u1"];
      const before = await world.status(one.id, readers);
      expect(await world.post("u1", one, HOME)).toEqual(["updated label.stands_beside label.widens"]);
      expect(await world.post("u1", one, HOME)).toEqual(["unchanged"]);
      const later = { ...one, modified: "2026-03-02T00:00:00.000Z" };
      expect((await world.post("u1", later, HOME))[0]).toContain("label.widens");
      expect(await world.status(one.id, readers)).toEqual(before);
      const taken = await world.send("u1", `/api/v1/objects/${one.id}/withdraw`, { reason: "again" });
      expect(taken.status).toBe(200);
      expect((await world.post("u1", { ...one, modified: "2026-03-03T00:00:00.000Z" }, HOME))[0]).toContain(
        "label.widens",
      );
      expect(await world.status(one.id, readers)).toEqual(before);
    },
  );

  test("rows that don't stand on there – are off, as a dry run says; a second person turns them on", async () => {
    const one = tool("for one more agency");
    await world.put("u1", one, { tlp: "GREEN", releases: [TREASURY] });
    const wider: LabelRequest = { tlp: "GREEN", releases: [TREASURY, CISA] };
    world.tick();
    const dry = (await world.world.post("u1", one, { label: wider, query: "?dry_run=true" })).json as {
      readers: { now: string[] };
    };
    expect(dry.readers.now).toEqual(["US-FBI", "US-TREAS"]);
    expect(await world.post("u1", one, wider)).toEqual(["updated label.stands_beside label.widens"]);
    expect(await world.status(one.id, ["u2", "u3"])).toEqual({ u2: 200, u3: 404 });
    await world.release("u1", "rel-US-FBI", one.id, CISA);
    expect(await world.status(one.id, ["u2", "u3"])).toEqual({ u2: 200, u3: 200 });
    // What stands on by two persons' word is said again as it stands.
    expect(await world.post("u1", { ...one, modified: "2026-03-02T00:00:00.000Z" }, wider)).toEqual(["updated"]);
    expect(await world.status(one.id, ["u2", "u3"])).toEqual({ u2: 200, u3: 200 });
  });

  test("a feed under a standing order – says again what stood for its agency alone – nobody gains; what is new in words goes out", async () => {
    const one = tool("a feed's", { description: "one" });
    await world.put("feed-US-FBI", one, { tlp: "AMBER" });
    expect(await world.post("feed-US-FBI", one, GREEN)).toEqual(["updated label.stands_beside label.widens"]);
    expect(await world.status(one.id, ["u2", "k1", "u1"])).toEqual({ u2: 404, k1: 404, u1: 200 });
    const next = { ...one, modified: "2026-03-02T00:00:00.000Z", description: "two" };
    expect(await world.post("feed-US-FBI", next, GREEN)).toEqual(["updated"]);
    expect(((await world.read("k1", one.id)) as Body).description).toBe("two");
  });

  test("who does not see what stands – a colleague without the clearance, another agency – is answered as where there is nothing", async () => {
    const [closed, nothing] = [tool("closed"), tool("nothing there")];
    await world.put("u1", closed, { tlp: "RED" });
    for (const who of ["u9", "u2", "feed-US-FBI"])
      expect([who, await world.post(who, closed, HOME)]).toEqual([who, await world.post(who, nothing, HOME)]);
  });

  test("a bare value – said again for more – is another word on it; one that a custodian must release stays as it is", async () => {
    const [open, closed] = [ipv4("203.0.113.7"), ipv4("203.0.113.8")];
    await world.put("u1", open, { tlp: "AMBER" });
    await world.put("u1", closed, { tlp: "RED" });
    expect(await world.post("u1", open, HOME)).toEqual(["updated label.stands_beside"]);
    expect(await world.post("u1", closed, HOME)).toEqual(["updated label.stands_beside label.widens"]);
    expect([await world.status(open.id, ["u2"]), await world.status(closed.id, ["u2", "u9"])]).toEqual([
      { u2: 200 },
      { u2: 404, u9: 404 },
    ]);
  });
});
