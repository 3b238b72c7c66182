import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { readInput } from "../../../server/formats/read-input.ts";
import { faultOf } from "./support.ts";

/** Real public data, where it is there: what is found in each set and what is refused, counted by hand and against the data's own description. */
const root = path.resolve(process.cwd(), process.env.TRICORD_REAL_DATA ?? "../shared/data");
const there = existsSync(root);
if (!there) console.warn(`real data is not at ${root}: the readers' tests on it did not run`);
const onReal = there ? test.each : test.skip.each;

const bytesOf = (file: string): Uint8Array => readFileSync(path.join(root, file));
const filesOf = (folder: string, ending: string): string[] =>
  readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => `${folder}/${name}`);

/** Objects by type and problems by code over the files. */
function countsOf(files: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const file of files) {
    for (const item of readInput(bytesOf(file), { limits: { inflated: 100_000_000 } }).items) {
      const name = "problem" in item ? `! ${item.problem.code}` : String(item.object.type);
      counts[name] = (counts[name] ?? 0) + 1;
    }
  }
  return counts;
}

type Case = readonly [set: string, files: () => string[], counts: Record<string, number>];
const CASES: readonly Case[] = [
  [
    "volexity",
    () => filesOf("volexity", ".csv"),
    { file: 37, "domain-name": 50, "email-addr": 5, "! value.hash_length": 1, "! csv.no_value": 2 },
  ],
  ["withsecure", () => filesOf("withsecure", ".csv"), { file: 15, "domain-name": 2, "ipv4-addr": 2 }],
  [
    "datadog",
    () => filesOf("datadog", ".csv"),
    { "domain-name": 1, "ipv4-addr": 1, url: 1, file: 3, "! csv.kind_not_supported": 13 },
  ],
  ["ofac, list of attributed addresses", () => ["ofac/dprk_attribution.csv"], { "cryptocurrency-wallet": 152 }],
  [
    "ofac, address lists",
    () => filesOf("ofac/addresses", ".txt"),
    { "cryptocurrency-wallet": 626, file: 1, "! text.unrecognised": 27 },
  ],
  [
    "ofac, remarks of the newest list",
    () => ["ofac/sdn-dprk/sdn_comments_2025-12-24.csv"],
    { "cryptocurrency-wallet": 47 },
  ],
  ["wallets-public", () => filesOf("wallets-public", ".csv"), { "cryptocurrency-wallet": 426, "! csv.no_value": 1 }],
  [
    "tweetfeed, tables",
    () => filesOf("tweetfeed", ".csv"),
    { url: 1599, file: 253, "ipv4-addr": 224, "domain-name": 1436 },
  ],
  [
    "tweetfeed, STIX",
    () => ["tweetfeed/stix/today.json", "tweetfeed/stix/week.json"],
    { indicator: 1595, identity: 2, "marking-definition": 2 },
  ],
  ["eset, hash lists", () => filesOf("eset/nukesped_lazarus", ".sha1"), { file: 555 }],
  [
    "eset, a report with tables",
    () => ["eset/nukesped_lazarus/README.adoc"],
    { file: 555, "ipv4-addr": 15, "domain-name": 13, url: 29 },
  ],
  ["eset, a report with listings", () => ["eset/interception/README.adoc"], { file: 8, url: 59 }],
  [
    "eset, a report with placeholders in URLs",
    () => ["eset/kimsuky/hotdoge_donutcat_case/README.adoc"],
    { file: 8, "domain-name": 1, url: 11, "ipv4-addr": 1 },
  ],
  ["eset, a report with a live link only", () => ["eset/scarcruft/README.adoc"], { file: 5 }],
  ["zscaler-threatlabz", () => filesOf("zscaler-threatlabz", ".txt"), { file: 196 }],
  [
    "ATT&CK DPRK",
    () => ["attack-dprk/bundle.json"],
    {
      identity: 1,
      "marking-definition": 1,
      "intrusion-set": 8,
      campaign: 2,
      malware: 57,
      tool: 11,
      "attack-pattern": 346,
      relationship: 1704,
    },
  ],
];

onReal(CASES)("real data – %s – kinds found and problems as counted", (_, files, counts) => {
  expect(countsOf(files())).toEqual(counts);
});

onReal([["2026-02-01"], ["2026-04-30"]])(
  "real data – maltrail of %s – each line is a value or a bare path, none is unread",
  (date) => {
    const codes = Object.keys(countsOf(filesOf(`maltrail/${date}`, ".txt"))).sort();
    expect(codes).toEqual(["! text.bare_path", "domain-name", "ipv4-addr", "url"]);
  },
);

onReal([
  ["tweetfeed/stix/manifest.json", "input.not_stix"],
  ["stix-examples/attack-flow/SWIFT_Heist.afb", "input.not_stix"],
  ["stix-examples/dogesec-extensions/schemas/phone-number.json", "input.not_stix"],
  ["misp-galaxy/threat-actor-kp.json", "input.not_stix"],
])("real data – %s – refused with %s", (file, code) => {
  expect(faultOf(() => readInput(bytesOf(file), { limits: { inflated: 100_000_000 } })).code).toBe(code);
});
