import { composeContent } from "../../../../server/compose.ts";
import type { StixJson } from "../../../../server/pipeline/steps.ts";
import type { CollectionName } from "../../../../server/usecases/taxii/collection-page.ts";
import { Splicer } from "../../../../server/usecases/taxii/splice.ts";
import { bundle, indicator, sampleUuid, tool } from "../../../support/samples.ts";
import { START } from "../../../support/steering.ts";
import { TemporaryWorld } from "../../../support/temporary-world.ts";

const DAY = "2026-03-01T00:00:00.000Z";
const statement = {
  ...{ type: "marking-definition", spec_version: "2.1", id: `marking-definition--${sampleUuid("statement")}` },
  ...{ created: DAY, definition_type: "statement", definition: { statement: "ours" } },
};
const pattern = (n: number): string => `[ipv4-addr:value = '198.51.100.${n}']`;
const edge = (name: string, from: StixJson, to: StixJson): StixJson => ({
  ...{
    type: "relationship",
    spec_version: "2.1",
    id: `relationship--${sampleUuid(name)}`,
    created: DAY,
    modified: DAY,
  },
  ...{ relationship_type: "related-to", source_ref: from.id, target_ref: to.id },
});
const tools = [
  tool("안녕", { description: "日本語 🎌 \u0041\u030A", x_n: 9_007_199_254_740_991 }),
  tool("b", { lang: "en" }),
];
const plain = indicator("plain", pattern(1));
const objects: StixJson[] = [
  ...tools,
  statement,
  plain,
  indicator("revoked", pattern(2), { revoked: true }),
  indicator("not revoked", pattern(3), { revoked: false, description: ',"revoked":true' }),
  indicator("until", pattern(4), { valid_until: "2027-01-01T00:00:00Z", confidence: 50, labels: ["x", "y"] }),
  indicator("marked", pattern(5), { object_marking_refs: [statement.id] }),
  indicator("granular", pattern(6), {
    description: "words",
    granular_markings: [{ lang: "en", selectors: ["description"] }],
  }),
  { type: "ipv4-addr", spec_version: "2.1", id: `ipv4-addr--${sampleUuid("own id")}`, value: "203.0.113.9" },
  {
    type: "domain-name",
    spec_version: "2.1",
    id: "domain-name--3c10e93f-798e-5a26-a0c1-08156efab7f5",
    value: "example.com",
  },
  { type: "domain-name", spec_version: "2.1", id: `domain-name--${sampleUuid("upper")}`, value: "EXAMPLE.org" },
  edge("between tools", tools[0] ?? {}, tools[1] ?? {}),
  edge("at a fold", tools[0] ?? {}, plain),
  tool("points at a tool", { x_about_ref: tools[1]?.id }),
  tool("points at a fold", { x_about_ref: plain.id }),
  tool("points at a fold inside", { x_about: [{ object_ref: plain.id }], description: '"x_ref":"indicator--1' }),
  {
    ...{ type: "report", spec_version: "2.1", id: `report--${sampleUuid("report")}`, created: DAY, modified: DAY },
    ...{ name: "report", published: DAY, object_refs: [plain.id, `tool--${sampleUuid("nobody's")}`] },
  },
];

let world: TemporaryWorld;
beforeAll(async () => {
  world = await TemporaryWorld.open();
  const label = {
    tlp: "GREEN" as const,
    releases: [{ agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" as const }],
  };
  world.at(START + 60_000, "one");
  await world.post("feed-US-CISA", JSON.stringify(bundle(...objects)), { label });
  world.at(START + 120_000, "two");
  await world.post(
    "feed-JP-NCO",
    JSON.stringify(bundle(indicator("same", pattern(4)), indicator("other", pattern(7)))),
    { label },
  );
});
afterAll(() => world.close());

const readers = ["j1", "k3", "feed-US-CISA", "feed-JP-NCO"];
const collections: CollectionName[] = ["originals", "consolidated"];

test.each(readers.flatMap((who) => collections.map((collection) => [who, collection] as const)))(
  "the page of %s in %s – from stored bytes, and parsed and written anew – the same bytes, versions and places",
  async (who, collection) => {
    const read = async (): Promise<readonly unknown[]> => {
      const { collections: shelves } = composeContent(world.core, world.steer.moments);
      const viewer = (await world.core.snapshots.read(world.storage, START)).viewer(who);
      if (viewer === undefined) throw new Error(`there is no ${who}`);
      world.at(START + 300_000, "read");
      const page = await shelves.page(viewer, world.steer.moments(), { collection, limit: 1000, bodies: true });
      return page.entries;
    };
    const can = jest.spyOn(Splicer.prototype, "can");
    const quick = await read();
    const spliced = can.mock.results.filter(({ value }) => value === true).length;
    can.mockReturnValue(false);
    const slow = await read();
    can.mockRestore();
    expect(quick).toEqual(slow);
    expect(spliced).toBeGreaterThan(5);
    expect(quick.length).toBeGreaterThan(10);
  },
);
