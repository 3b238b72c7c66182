import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { scoId } from "../schemas/stix/id-contributing.ts";
import { stixVerdict } from "../server/pipeline/stix-verdict.ts";
import { validate } from "../server/pipeline/validate.ts";
import { attackObjects, smallIndicators } from "./corpus.ts";
import { middle, rate, whole } from "./stix-patterns.ts";

/** Objects a second in one thread: judged by all rules, taken in, and ids of observables made. */

const ROUNDS = 5;
const MOST = 10_000;

interface Peer {
  readonly rate: number;
  readonly failed: number;
}

/** What Python's libraries do a second; `undefined` where they can't be asked. */
function peers(python: string | undefined, objects: readonly unknown[]): Readonly<Record<string, Peer>> | undefined {
  if (python === undefined) return undefined;
  const script = resolve(process.cwd(), "bench", "stix_objects.py");
  const { status, stdout, stderr } = spawnSync(python, [script], { input: JSON.stringify(objects), encoding: "utf8" });
  if (status === 0) return JSON.parse(stdout) as Record<string, Peer>;
  console.log(`beside Python: did not run, ${stderr.trim().split("\n").at(-1) ?? "no answer"}`);
  return undefined;
}

/** One line: ours in the middle of the rounds, as many times as fast as `JSON.parse` of the same bytes, and what the peers do. */
function measure(
  name: string,
  texts: readonly string[],
  run: (object: unknown) => unknown,
  beside: readonly (readonly [string, Peer | undefined])[],
): void {
  const objects = texts.map((text): unknown => JSON.parse(text));
  const ours = (): void => {
    for (const object of objects) run(object);
  };
  const parse = (): void => {
    for (const text of texts) JSON.parse(text);
  };
  ours();
  const [rates, ratios]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const [own, plain] = [rate(texts.length, ours), rate(texts.length, parse)];
    rates.push(own);
    ratios.push(plain / own);
  }
  const others = beside.flatMap(([peer, found]) =>
    found === undefined ? [] : [`; ${peer} ${whole(found.rate)}/s: ${(middle(rates) / found.rate).toFixed(0)} times`],
  );
  console.log(
    `objects ${name}: ${whole(middle(rates))}/s; JSON.parse of the same bytes is ${middle(ratios).toFixed(1)} times as fast${others.join("")}`,
  );
}

const domains = Array.from({ length: MOST }, (_, n) =>
  JSON.stringify({ type: "domain-name", value: `host-${n}.example` }),
);
const idOf = (object: unknown): unknown => scoId("domain-name", object as Record<string, unknown>);

export function stixObjects(python: string | undefined): void {
  const attack = attackObjects();
  if (attack === undefined) console.log("objects of ATT&CK: did not run, the real data is absent");
  const sets: readonly (readonly [string, readonly string[]])[] = [
    ...(attack === undefined ? [] : [["of ATT&CK", attack.slice(0, MOST).map(({ text }) => text)] as const]),
    ["that are small indicators", smallIndicators(MOST, "stix").map(({ text }) => text)],
  ];
  for (const [name, texts] of sets) {
    const beside = peers(
      python,
      texts.slice(0, 500).map((text): unknown => JSON.parse(text)),
    );
    measure(`${name}, judged by all rules`, texts, stixVerdict, [
      ["stix2-validator", beside?.validated],
      ["stix2", beside?.parsed],
    ]);
    measure(`${name}, judged for intake`, texts, validate, []);
  }
  measure("that get a deterministic id", domains, idOf, []);
}
