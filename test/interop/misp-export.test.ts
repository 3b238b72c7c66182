import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, indicator, sampleUuid, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { TemporaryWorld } from "../support/temporary-world.ts";
import { withPython } from "../support/with-python.ts";

jest.setTimeout(600_000);

const LABEL = {
  tlp: "GREEN" as const,
  releases: [{ agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" as const }],
};

interface Loaded {
  readonly info: string;
  readonly tags: readonly string[];
  readonly distribution: number;
  readonly attributes: readonly {
    readonly uuid: string;
    readonly type: string;
    readonly value: string;
    readonly to_ids: boolean;
    readonly distribution: number;
    readonly tags: readonly string[];
  }[];
  readonly objects: readonly [name: string, uuid: string, parts: number][];
  readonly reports: readonly [name: string, uuid: string][];
  /** Types that stand under a category which MISP does not have them in. */
  readonly misplaced: readonly unknown[];
}

withPython("PyMISP", (python) => {
  let world: TemporaryWorld;
  let asked = 0;
  beforeAll(async () => {
    world = await TemporaryWorld.open();
  });
  afterAll(() => world.close());

  /** An export as MISP JSON, as PyMISP loads it. */
  const load = async (as: string, filter = ""): Promise<Loaded> => {
    world.at(START + ++asked * 1000, `request ${asked}`);
    const { status, body } = await world.ask(as, { method: "GET", path: `/api/v1/export?format=misp${filter}` });
    expect(status).toBe(200);
    const script = join(import.meta.dirname, "load_misp.py");
    const input = `${body.toString().replaceAll("\n", " ")}\n`;
    const done = spawnSync(python, [script], { input, encoding: "utf8", maxBuffer: 1 << 28 });
    if (done.status !== 0) throw new Error(done.stderr);
    return JSON.parse(done.stdout) as Loaded;
  };
  const post = async (content: string | Record<string, unknown>): Promise<void> => {
    world.at(START + ++asked * 1000, `request ${asked}`);
    const { status, body } = await world.post("feed-US-CISA", content, { label: LABEL });
    if (status !== 200) throw new Error(body.toString());
  };

  test("an event of every kind – as PyMISP loads it – valid, each type in a category of MISP's, for its receiver alone", async () => {
    const found = indicator("found", "[domain-name:value = 'evil.example' OR ipv4-addr:value = '192.0.2.7']");
    const report = {
      ...tool("Name of a report"),
      ...{
        type: "report",
        id: `report--${sampleUuid("r")}`,
        published: "2026-03-01T00:00:00Z",
        object_refs: [found.id],
      },
    };
    const rules = ["stix", "yara", "sigma", "snort"].map((pattern_type) =>
      indicator(pattern_type, pattern_type === "stix" ? "[ipv4-addr:value LIKE '192.%']" : "rule", { pattern_type }),
    );
    const file = {
      ...{ type: "file", spec_version: "2.1", id: `file--${sampleUuid("f")}`, name: '=cmd "x"\nwith a break' },
      hashes: { MD5: "0123456789abcdef0123456789abcdef", "SHA-256": "ab".repeat(32) },
    };
    await post(bundle(found, report, file, ...rules, tool('Actor "quoted" \\ name')));
    await post(
      ["192.0.2.9", "2001:db8::9", "https://evil.example/a", "a@evil.example", "AS64500", "cd".repeat(20)].join("\n"),
    );
    await post(["1AXUTu9y3H8w4wYx4BjyFWgRhZKDhmcMrn", "0x1bb0970508316dc735329752a4581e0a4babc6b4"].join("\n"));
    const event = await load("k3");
    expect(event.info).toMatch(/^TLP:GREEN REL TO KOR, USA - Tricord export [A-Za-z0-9_-]{16}$/);
    expect(event.tags).toEqual(
      expect.arrayContaining(["tlp:green", 'tricord:rel-to="KOR, USA"', 'misp-galaxy:tool="Actor quoted name"']),
    );
    expect(event.misplaced).toEqual([]);
    expect([event.distribution, ...event.attributes.map(({ distribution }) => distribution)].map(Number)).toEqual(
      Array<number>(event.attributes.length + 1).fill(0),
    );
    expect(new Set(event.attributes.map(({ type }) => type))).toEqual(
      new Set([
        ...["domain", "ip-dst", "url", "email", "AS", "sha1", "btc", "text", "stix2-pattern", "yara", "sigma", "snort"],
      ]),
    );
    expect(event.attributes.filter(({ tags }) => tags.join() !== "tlp:green")).toEqual([]);
    expect(event.attributes.filter(({ value }) => value === "evil.example" || value === "192.0.2.7")).toMatchObject([
      { type: "domain", to_ids: true },
      { type: "ip-dst", to_ids: true },
    ]);
    expect(event.objects).toEqual([["file", expect.any(String), 3]]);
    expect(event.reports).toEqual([["Name of a report", report.id.slice("report--".length)]]);
    const uuids = [...event.attributes.map(({ uuid }) => uuid), ...event.objects.map(([, uuid]) => uuid)];
    expect(new Set(uuids).size).toBe(uuids.length);
  });

  test("the demonstration's content – as PyMISP loads it – every value of the list once", async () => {
    const files = JSON.parse(readFileSync("seed/content/manifest.json", "utf8")) as unknown;
    const names = JSON.stringify(files).match(/[a-z0-9-]+\.(?:json|txt|csv)/g) ?? [];
    for (const name of new Set(names)) await post(readFileSync(join("seed/content", name), "utf8"));
    const event = await load("k3");
    expect(event.misplaced).toEqual([]);
    expect(event.attributes.length).toBeGreaterThan(100);
    const keys = event.attributes.map(({ type, value }) => `${type} ${value}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
