import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import type { z } from "zod";
import { idContributing, scoId } from "../../../schemas/stix/id-contributing.ts";
import { STIX_OBJECTS } from "../../../schemas/stix/objects.ts";
import { SCO_TYPES } from "../../../schemas/stix/types.ts";
import { uuid5 } from "../../../schemas/stix/uuid5.ts";
import * as vocabulary from "../../../schemas/stix/vocabulary.ts";
import { validate } from "../../../server/pipeline/validate.ts";

const DATA = resolve(process.cwd(), process.env.TRICORD_REAL_DATA ?? "../shared/data");
const REFERENCE = join(DATA, "../reference/stix-2.1.json");
const here = existsSync(join(DATA, "stix-examples"));
const withReference = existsSync(REFERENCE);
if (!here) console.warn(`real STIX data is absent (${DATA}): its tests did not run`);
if (!withReference) console.warn("the table of STIX 2.1 is absent: the schemas were not compared with it");
const real = here ? test : test.skip;
const reference = withReference ? test : test.skip;

type Json = Record<string, unknown>;

function objectsOf(path: string): Json[] {
  const bytes = readFileSync(path);
  const read: unknown = JSON.parse((path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
  if (Array.isArray(read)) return read as Json[];
  const { objects } = read as Json;
  return Array.isArray(objects) ? (objects as Json[]) : [read as Json];
}
/** All objects of the STIX files under a folder; schemas and what is no STIX are left out. */
function objectsUnder(folder: string): Json[] {
  const files = readdirSync(join(DATA, folder), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => /\.json(\.gz)?$/.test(file) && !/schema|stix20|manifest/.test(file))
    .flatMap((file) => objectsOf(join(DATA, folder, file)));
}

/** Objects a set has, as counted by hand from its files. */
real.each([
  ["attack-dprk", 2130],
  ["attack-enterprise", 24_771 + 1826],
  ["tweetfeed/stix", 1538 + 61],
  ["tlp-2.0", 6],
  ["stix-examples", 20 + 47 + 15 + 293 + 660 + 359],
])("validate – real STIX 2.1: %s – all %i objects go in", (folder, count) => {
  const objects = objectsUnder(folder);
  const refused = objects.flatMap((object) => validate(object).errors.map((error) => ({ id: object.id, ...error })));
  expect(refused).toEqual([]);
  expect(objects).toHaveLength(count);
});

real("validate – real STIX 2.0 – every object is refused as such, with nothing else said of it", () => {
  const objects = [...objectsOf(join(DATA, "attack-dprk/bundle-stix20.json.gz")), ...objectsUnder("unit42-playbooks")];
  const codes = new Set(objects.flatMap((object) => validate(object).errors.map(({ code }) => code)));
  expect([...codes]).toEqual(["stix.version_2_0"]);
  expect(objects).toHaveLength(2130 + 1126);
});

real("scoId – examples with deterministic ids of types of the standard – the id is theirs", () => {
  const version5 = (object: Json): boolean => /--.{14}5/.test(String(object.id));
  const examples = [...objectsUnder("stix-examples/oasis"), ...objectsUnder("stix-examples/stixview")];
  const judged = examples.filter((object) => idContributing(String(object.type)).length > 0 && version5(object));
  const standard = judged.filter(({ type }) => SCO_TYPES.some((known) => known === type));
  expect(standard.filter((object) => scoId(String(object.type), object) !== object.id)).toEqual([]);
  expect(standard).toHaveLength(98);
});

// The publisher's class declares `value` as contributing, which makes canonical JSON the name, as the standard asks; its
// examples were written by hand over the bare text. So their ids are valid, and they are not the ones that we make.
real(
  "scoId – the publisher's examples of its own types – their ids are of the bare text, ours follow the standard",
  () => {
    const namespace = Buffer.from("00abedb4aa42466c9c01fed23315a9b7", "hex");
    const [wallet] = objectsUnder("stix-examples/dogesec-extensions/examples").filter(
      ({ type }) => type === "cryptocurrency-wallet",
    );
    const value = String(wallet?.value);
    expect(wallet?.id).toBe(`cryptocurrency-wallet--${uuid5(namespace, value)}`);
    expect(scoId("cryptocurrency-wallet", { value })).toBe(
      `cryptocurrency-wallet--${uuid5(namespace, `{"value":"${value}"}`)}`,
    );
  },
);

interface Table {
  types: Record<
    string,
    {
      category: string;
      common: { required: string[]; optional: string[] };
      id_contributing?: string[];
      properties: Record<string, { required: boolean; type: string }>;
    }
  >;
  vocabularies: Record<string, { values: string[] }>;
}
const table = (): Table => JSON.parse(readFileSync(REFERENCE, "utf8")) as Table;

reference("the schemas – against the table of STIX 2.1 – the same properties and the same required ones", () => {
  const { types } = table();
  const schemas: Readonly<Record<string, z.ZodObject>> = STIX_OBJECTS;
  for (const [type, { common, properties, id_contributing }] of Object.entries(types)) {
    if (type === "bundle") continue;
    const shape: Readonly<Record<string, z.ZodType>> = schemas[type]?.shape ?? {};
    const own = Object.entries(properties).filter(([, { type: kind }]) => kind !== "reserved");
    const known = [...common.required, ...common.optional, ...own.map(([name]) => name)];
    expect({ type, missing: known.filter((name) => !(name in shape)) }).toEqual({ type, missing: [] });
    const required = Object.keys(shape).filter((name) => !shape[name]?.safeParse(undefined).success);
    const wanted = new Set([...common.required, ...own.filter(([, { required: must }]) => must).map(([name]) => name)]);
    expect({ type, required: required.sort() }).toEqual({ type, required: [...wanted].sort() });
    expect({ type, id: [...idContributing(type)].sort() }).toEqual({ type, id: [...(id_contributing ?? [])].sort() });
  }
});

reference("the vocabularies – against the table of STIX 2.1 – the same members", () => {
  const lists = (all: readonly (readonly string[])[]): string[] =>
    all.map((list) => [...new Set(list)].sort().join(" ")).sort();
  const ours = Object.values<readonly string[]>(vocabulary);
  expect(lists(ours)).toEqual(lists(Object.values(table().vocabularies).map(({ values }) => values)));
});
