import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { readInput } from "../../../server/formats/read-input.ts";
import { MispReader } from "../../../server/formats/read-misp.ts";
import { validate } from "../../../server/pipeline/validate.ts";
import { aTurn, LINEAR } from "../../support/linear.ts";
import { attribute, event, type Json, uuid, valid } from "./misp-events.ts";
import { line } from "./support.ts";

const NAMES = [
  "uuid",
  "info",
  "date",
  "timestamp",
  "distribution",
  "Tag",
  "name",
  "Galaxy",
  "GalaxyCluster",
  "type",
  "value",
  "Attribute",
  "Object",
  "to_ids",
  "object_relation",
  "Sighting",
  "ObjectReference",
  "referenced_uuid",
  "meta",
  "synonyms",
  "EventReport",
  "content",
  "Orgc",
  "__proto__",
  "comment",
  "first_seen",
  "version",
  "deleted",
];
const hostile = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "medium" },
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "ip-dst",
      "file",
      "person",
      "x509",
      "domain-ip",
      "md5",
      "tlp:red",
      "0",
      "4",
      uuid(1),
      "192.0.2.7",
      "filename|md5",
      "threat-actor",
      "1e999",
    ),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 8 }),
  ),
})).value;

test("MISP – whatever an event holds – items or problems, nothing thrown, no object on the prototype", () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, (a, b, c) => {
      const one = {
        ...event(),
        Attribute: [a, { type: "domain|ip", value: b, Tag: a, Galaxy: c }],
        Object: [b, { name: "file", Attribute: [a, c] }],
        Galaxy: [c],
        Tag: [a],
        Event: b,
      };
      for (const item of new MispReader().read([a, one])) {
        if ("object" in item) validate(item.object);
        else expect(item.problem.code).toMatch(/^(?:misp|value|wallet|csv)\./);
      }
      expect(({} as Json).name).toBe(undefined);
    }),
    { numRuns: 400 },
  );
});

test(
  "MISP – an event with 20,000 attributes, and one object with as many – read in linear time",
  async () => {
    const many = (n: number): Json[] =>
      Array.from({ length: n }, (_, i) =>
        attribute("ip-dst", `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, { to_ids: true }, i + 1000),
      );
    const read = (json: Json): number => [...new MispReader().read([event(json)])].length;
    expect(read({ Attribute: many(20_000) })).toBeGreaterThan(20_000);
    expect(read({ Object: [{ name: "domain-ip", uuid: uuid(5), Attribute: many(20_000) }] })).toBeGreaterThan(0);
    await aTurn();
  },
  LINEAR,
);

const root = path.resolve(process.cwd(), process.env.TRICORD_REAL_DATA ?? "../shared/data");
const there = existsSync(root);
if (!there) console.warn(`real data is not at ${root}: the reading of MISP did not run on it`);
const onReal = there ? test : test.skip;

onReal("real data – seven events of MISP – every attribute goes in", () => {
  const files = [
    "eset/nukesped_lazarus/lazarus_3cx.json",
    ...readdirSync(path.join(root, "tweetfeed/misp")).map((name) => `tweetfeed/misp/${name}`),
  ];
  const items = files.flatMap(
    (file) => readInput(readFileSync(path.join(root, file)), { limits: { inflated: 1e8 } }).items,
  );
  const counts: Record<string, number> = {};
  for (const item of items) counts[line(item).split(" ")[0] ?? ""] = (counts[line(item).split(" ")[0] ?? ""] ?? 0) + 1;
  expect(valid(items)).toEqual([]);
  expect(counts).toEqual({
    report: 7,
    identity: 7,
    "threat-actor": 1,
    "attack-pattern": 20,
    note: 5,
    "ipv4-addr": 89,
    "domain-name": 862,
    url: 956,
    indicator: 1947,
    relationship: 1964,
    file: 46,
  });
});
