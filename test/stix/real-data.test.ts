import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { liftStix20 } from "../../server/formats/lift-stix20.ts";
import { stixVerdict } from "../../server/pipeline/stix-verdict.ts";
import { validate } from "../../server/pipeline/validate.ts";
import type { Json } from "./case-objects.ts";

const DATA = resolve(process.cwd(), process.env.TRICORD_REAL_DATA ?? "../shared/data");
const here = existsSync(join(DATA, "stix-examples"));
if (!here) console.warn(`real STIX data is absent (${DATA}): the table of verdicts on it was not made`);
const real = here ? test : test.skip;

function read(path: string): readonly Json[] {
  const bytes = readFileSync(path);
  const value: unknown = JSON.parse((path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
  if (Array.isArray(value)) return value as Json[];
  const { objects } = value as Json;
  return Array.isArray(objects) ? (objects as Json[]) : [value as Json];
}
const filesUnder = (folder: string): string[] =>
  readdirSync(join(DATA, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.json(\.gz)?$/.test(file) && !/schema|stix20|manifest/.test(file))
    .sort()
    .map((file) => join(DATA, folder, file));

interface Row {
  readonly objects: number;
  readonly valid: number;
  /** Taken in with a repair, and as they are though they break a rule. */
  readonly repaired: number;
  readonly tolerated: number;
  readonly refused: number;
  /** Codes of MUSTs that are broken, with the number of objects. */
  readonly broken: Readonly<Record<string, number>>;
}

function row(objects: readonly Json[]): Row {
  const counts = { objects: objects.length, valid: 0, repaired: 0, tolerated: 0, refused: 0 };
  const broken: Record<string, number> = {};
  for (const object of objects) {
    const { valid, errors } = stixVerdict(object);
    const { object: taken, warnings } = validate(object);
    for (const code of new Set(errors.map((error) => error.code))) broken[code] = (broken[code] ?? 0) + 1;
    if (valid) counts.valid++;
    else if (taken === undefined) counts.refused++;
    else if (warnings.some(({ code }) => code === "stix.repaired")) counts.repaired++;
    else counts.tolerated++;
    expect(valid && taken !== object).toBe(false);
  }
  return { ...counts, broken };
}

/** As docs/stix.md has it, with the reason for each. */
const TABLE: readonly (readonly [string, Row])[] = [
  [
    "attack-enterprise",
    { objects: 26597, valid: 26593, repaired: 0, tolerated: 4, refused: 0, broken: { "stix.empty_value": 4 } },
  ],
  ["attack-dprk", { objects: 2130, valid: 2130, repaired: 0, tolerated: 0, refused: 0, broken: {} }],
  ["tweetfeed/stix", { objects: 1599, valid: 1599, repaired: 0, tolerated: 0, refused: 0, broken: {} }],
  ["tlp-2.0", { objects: 6, valid: 6, repaired: 0, tolerated: 0, refused: 0, broken: {} }],
  ["stix-examples/oasis", { objects: 293, valid: 293, repaired: 0, tolerated: 0, refused: 0, broken: {} }],
  [
    "stix-examples/stixview",
    {
      objects: 359,
      valid: 354,
      repaired: 3,
      tolerated: 2,
      refused: 0,
      broken: { "stix.tlp_instance": 2, "stix.mac_address": 1, "stix.registry_hive": 2 },
    },
  ],
  ["stix-examples/attack-flow", { objects: 20, valid: 20, repaired: 0, tolerated: 0, refused: 0, broken: {} }],
  ["stix-examples/opencti-datasets", { objects: 660, valid: 660, repaired: 0, tolerated: 0, refused: 0, broken: {} }],
  ["stix-examples/dogesec-crypto2stix", { objects: 47, valid: 47, repaired: 0, tolerated: 0, refused: 0, broken: {} }],
  ["stix-examples/dogesec-extensions", { objects: 15, valid: 15, repaired: 0, tolerated: 0, refused: 0, broken: {} }],
];

real.each(TABLE)("verdicts on real STIX 2.1 – %s – as the table has them", (folder, expected) => {
  expect(row(filesUnder(folder).flatMap(read))).toEqual(expected);
});

const lifted = (path: string): readonly Json[] =>
  read(path).flatMap((object) => {
    const result = liftStix20(object);
    return "problem" in result ? [object] : result.objects.map((one) => one.object as Json);
  });

const LIFTED: readonly (readonly [string, Row])[] = [
  [
    "attack-dprk/bundle-stix20.json.gz",
    { objects: 2130, valid: 2130, repaired: 0, tolerated: 0, refused: 0, broken: {} },
  ],
  [
    "unit42-playbooks",
    { objects: 1126, valid: 1076, repaired: 50, tolerated: 0, refused: 0, broken: { "stix.kill_chain_name": 50 } },
  ],
  [
    "unit42-stix-reports",
    {
      objects: 1826,
      valid: 1789,
      repaired: 35,
      tolerated: 2,
      refused: 0,
      broken: { "stix.type": 2, "stix.kill_chain_name": 33, "stix.time_order": 2 },
    },
  ],
];

real.each(LIFTED)("verdicts on real STIX 2.0 when it was lifted – %s – as the table has them", (folder, expected) => {
  const paths = folder.endsWith(".gz") ? [join(DATA, folder)] : filesUnder(folder);
  expect(row(paths.flatMap(lifted))).toEqual(expected);
});
