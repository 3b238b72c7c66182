import type { IngestReply, IngestResult } from "../../schemas/api/ingest.ts";
import { indicator } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { bundleOf, TemporaryWorld } from "../support/temporary-world.ts";

type Json = Record<string, unknown>;

/** Faults of producers at intake: what is made of them, what the sender is told, and whose they are then. */
let world: TemporaryWorld;
beforeAll(async () => {
  world = await TemporaryWorld.open();
  world.at(START, "faults");
});
afterAll(() => world.close());

const marking = (id: string, more: Json): Json => ({
  ...{
    type: "marking-definition",
    spec_version: "2.1",
    id: `marking-definition--${id}`,
    created: "2022-10-01T00:00:00.000Z",
  },
  ...more,
});
const FIRST = { definition_type: "tlp", definition: { tlp: "amber+strict" } };
const label = { tlp: "CLEAR" as const, releases: [] };

let posts = 0;
async function post(...objects: Json[]): Promise<readonly IngestResult[]> {
  posts++;
  world.at(START + 1000 * posts, `post ${posts}`);
  const { json } = await world.post("u1", bundleOf(objects), { label });
  return (json as IngestReply).results;
}
const shown = async (id: unknown): Promise<Json> =>
  (await world.ask("u1", { method: "GET", path: `/api/v1/objects/${id}` })).json as Json;
const tlpOf = (reply: Json): unknown => JSON.stringify(reply).match(/939a9414-2ddd-4d32-a0cd-375ea402b003/)?.[0];

test.each([
  ["under the id of TLP 2.0", marking("939a9414-2ddd-4d32-a0cd-375ea402b003", FIRST), "stix.repaired"],
  ["under the id of OpenCTI", marking("826578e1-40ad-459f-bc73-ede076f81f37", FIRST), "stix.tlp"],
  ["under an id of its own", marking("8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", FIRST), "stix.tlp"],
])(
  "AMBER+STRICT in the manner of TLP 1, %s – posted – honoured, and the sender is told",
  async (where, definition, code) => {
    const object = indicator(
      where,
      `[domain-name:value = '${where.replaceAll(" ", "-").replaceAll(".", "-").toLowerCase()}.example']`,
    );
    const results = await post(definition, { ...object, object_marking_refs: [definition.id] });
    expect(results.map(({ outcome }) => outcome)).toEqual(["created", "created"]);
    expect(results[0]?.warnings?.map((warning) => warning.code)).toEqual([code]);
    expect(tlpOf(await shown(object.id))).toBeDefined();
  },
);

test("a level that TLP does not have – posted – refused, and so is what names it", async () => {
  const definition = marking("5f3c1b52-9f1d-4c0e-8a3e-6b7a1f1a2b3c", {
    definition_type: "tlp",
    definition: { tlp: "amber-ish" },
  });
  const object = indicator("ish", "[domain-name:value = 'ish.example']");
  const results = await post(definition, { ...object, object_marking_refs: [definition.id] });
  expect(results.map(({ outcome, code }) => `${outcome} ${code}`)).toEqual([
    "rejected stix.tlp",
    "rejected label.marking_refused",
  ]);
});

test("an observable under the id of another value – posted – goes in with a warning, and is found by both ids", async () => {
  const wrong = "domain-name--8e2e2d2b-17d4-5cbf-938f-98ee46b3cd3f";
  const results = await post({ type: "domain-name", spec_version: "2.1", id: wrong, value: "wrong.example" });
  const [result] = results;
  expect(result?.outcome).toBe("created");
  expect(result?.warnings?.map(({ code, path }) => `${code} ${path}`)).toEqual(["stix.sco_id id"]);
  const right = /should be (\S+)$/.exec(result?.warnings?.[0]?.message ?? "")?.[1];
  expect(await shown(right)).toEqual(await shown(wrong));
  expect(JSON.stringify(await shown(right))).toContain("wrong.example");
});

test("dates to the second and null – posted – shown as they were meant", async () => {
  const object = {
    ...indicator("second", "[domain-name:value = 'to-the-second.example']"),
    description: null,
    created: "2026-04-01T00:00:00Z",
    modified: "2026-04-01T00:00:00Z",
  };
  const results = await post(object);
  expect(results.map(({ outcome, warnings }) => [outcome, ...(warnings ?? []).map(({ path }) => path).sort()])).toEqual(
    [["created", "created", "description", "modified"]],
  );
});
