import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { checkPattern } from "../server/pipeline/pattern/check.ts";
import { patternDigest, sameThing } from "../server/pipeline/pattern/loose.ts";
import { matchPattern } from "../server/pipeline/pattern/match.ts";
import { equivalent, normalText } from "../server/pipeline/pattern/normal.ts";
import { parsePattern } from "../server/pipeline/pattern/parse.ts";
import type { Pattern } from "../server/pipeline/pattern/tree.ts";
import { PATTERN_CANONICAL } from "../server/pipeline/pattern-key.ts";

/** Patterns a second in one thread: parsed, checked, normalised, keyed, compared and matched. */

const ROUNDS = 7;
const hex = (n: number, digits: number): string =>
  ((n * 2_654_435_761) >>> 0).toString(16).padStart(8, "0").repeat(16).slice(0, digits);

/** Of ten patterns that feeds send, nine test for one value; the tenth is written by an analyst. */
const KINDS: readonly ((n: number) => string)[] = [
  (n) => `[url:value = 'http://evil-${n}.example/path/${hex(n, 12)}?id=${n}']`,
  (n) => `[domain-name:value = 'evil-${n}.example']`,
  (n) => `[file:hashes.'SHA-256' = '${hex(n, 64)}']`,
  (n) => `[ipv4-addr:value = '198.51.${n % 256}.${(n * 7) % 256}']`,
  (n) => `[url:value = 'https://${hex(n, 8)}.example/login']`,
  (n) => `[domain-name:value = '${hex(n, 10)}.example']`,
  (n) => `[ file:hashes.MD5='${hex(n, 32)}' OR file:hashes.'SHA-1' = '${hex(n, 40)}' ]`,
  (n) => `[domain-name:value = 'a${n}.example' OR ipv4-addr:value = '203.0.113.${n % 256}']`,
  (n) => `[file:name = 'a${n}.exe' AND file:size = ${n}]`,
  (n) =>
    `([network-traffic:dst_ref.value = '198.51.100.${n % 256}' AND network-traffic:dst_port IN (80, 443)] FOLLOWEDBY ` +
    `([file:name LIKE 'inv%.exe'] OR [process:command_line MATCHES '^powershell .{${n % 9}}'])) WITHIN 300 SECONDS`,
];

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
/** Ten observables in two observations, as a sensor reports them. */
const OBSERVED = {
  type: "bundle",
  id: `bundle--${uuid(0)}`,
  objects: [0, 1].flatMap((i) => [
    { type: "ipv4-addr", id: `ipv4-addr--${uuid(i)}`, value: `198.51.100.${i}` },
    { type: "domain-name", id: `domain-name--${uuid(i)}`, value: `host-${i}.example` },
    { type: "url", id: `url--${uuid(i)}`, value: `http://host-${i}.example/` },
    {
      type: "file",
      id: `file--${uuid(i)}`,
      name: "invoice.exe",
      size: 100 + i,
      hashes: { MD5: hex(i, 32), "SHA-256": hex(i, 64) },
    },
    {
      type: "network-traffic",
      id: `network-traffic--${uuid(i)}`,
      dst_ref: `ipv4-addr--${uuid(i)}`,
      dst_port: 443,
      protocols: ["tcp"],
    },
    {
      type: "observed-data",
      spec_version: "2.1",
      id: `observed-data--${uuid(i)}`,
      created: "2026-01-01T00:00:00.000Z",
      modified: "2026-01-01T00:00:00.000Z",
      first_observed: `2026-01-01T00:00:0${i}Z`,
      last_observed: `2026-01-01T00:00:0${i}Z`,
      number_observed: 1,
      object_refs: ["ipv4-addr", "domain-name", "url", "file", "network-traffic"].map((type) => `${type}--${uuid(i)}`),
    },
  ]),
};

function tree(text: string): Pattern {
  const parsed = parsePattern(text);
  if ("problem" in parsed) throw new Error(`${text}: ${parsed.problem.message}`);
  return parsed.tree;
}

/** Calls a second of processor time. */
export function rate(calls: number, run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (calls * 1e6) / (user + system);
}

export const middle = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
export const whole = (n: number): string => Math.round(n).toLocaleString("en");

interface Peer {
  readonly rate: number;
  readonly failed: number;
}

/** What Python's libraries do a second; `undefined` where they can't be asked. */
function peers(python: string | undefined, asked: object): Readonly<Record<string, Peer>> | undefined {
  if (python === undefined) return undefined;
  const script = resolve(process.cwd(), "bench", "stix_patterns.py");
  const { status, stdout, stderr } = spawnSync(python, [script], { input: JSON.stringify(asked), encoding: "utf8" });
  if (status === 0) return JSON.parse(stdout) as Record<string, Peer>;
  console.log(`beside Python: did not run, ${stderr.trim().split("\n").at(-1) ?? "no answer"}`);
  return undefined;
}

export function stixPatterns(python: string | undefined): void {
  const patterns = Array.from({ length: 5000 }, (_, n) => KINDS[n % KINDS.length]?.(n) ?? "");
  const json = patterns.map((text) => JSON.stringify(text));
  const observed = JSON.stringify(OBSERVED);
  const pairs = patterns.map(
    (text, i) => [text, i % 2 === 0 ? text.replace("[", "[ ") : (patterns[i - 1] ?? "")] as const,
  );
  const each = (run: (text: string, i: number) => unknown) => (): void => {
    for (const [i, text] of patterns.entries()) run(text, i);
  };
  const trees = (i: number): [Pattern, Pattern] => [tree(pairs[i]?.[0] ?? ""), tree(pairs[i]?.[1] ?? "")];
  const bundle = { type: "bundle", objects: OBSERVED.objects };
  const kinds: readonly (readonly [name: string, ours: () => void, json: () => void, peer: string])[] = [
    ["parsed", each(parsePattern), each((_, i) => JSON.parse(json[i] ?? "")), "parsed"],
    ["parsed and checked", each((text) => checkPattern(text)), each((_, i) => JSON.parse(json[i] ?? "")), "checked"],
    ["parsed and normalised", each((text) => normalText(tree(text))), each((_, i) => JSON.parse(json[i] ?? "")), ""],
    [
      "parsed and keyed for de-duplication",
      each((text) => patternDigest(tree(text), PATTERN_CANONICAL)),
      each((_, i) => JSON.parse(json[i] ?? "")),
      "",
    ],
    [
      "pairs compared, strictly",
      each((_, i) => equivalent(...trees(i))),
      each((_, i) => [JSON.parse(json[i] ?? ""), JSON.parse(json[i] ?? "")]),
      "compared",
    ],
    [
      "pairs compared, as the same thing",
      each((_, i) => sameThing(...trees(i), PATTERN_CANONICAL)),
      each((_, i) => [JSON.parse(json[i] ?? ""), JSON.parse(json[i] ?? "")]),
      "",
    ],
    [
      "matched against two observations",
      each((text) => matchPattern(text, [bundle])),
      each(() => JSON.parse(observed)),
      "matched",
    ],
  ];
  const beside = peers(python, { patterns, pairs, observed: OBSERVED });
  for (const [name, ours, parse, peer] of kinds) {
    const [rates, ratios]: [number[], number[]] = [[], []];
    ours();
    parse();
    for (let round = 0; round < ROUNDS; round++) {
      const [own, plain] = [rate(patterns.length, ours), rate(patterns.length, parse)];
      rates.push(own);
      ratios.push(plain / own);
    }
    const other = beside?.[peer];
    const words =
      other === undefined
        ? ""
        : `; Python ${whole(other.rate)}/s${other.failed > 0.01 ? ` (${Math.round(other.failed * 100)} % raised)` : ""}: ${(middle(rates) / other.rate).toFixed(0)} times`;
    console.log(
      `patterns ${name}: ${whole(middle(rates))}/s; JSON.parse of the same bytes is ${middle(ratios).toFixed(1)} times as fast${words}`,
    );
  }
}
