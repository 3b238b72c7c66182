import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureInstalled, ROOT } from "./ensure.mjs";
import { lastLine, tally } from "./tally.mjs";

const bin = (...place) => [process.execPath, [join(ROOT, "node_modules", ...place)]];
const CHECKS = [
  ["types", bin("typescript", "bin", "tsc"), ["-p", "tsconfig.json", "--noEmit"]],
  ["lint", bin("@biomejs", "biome", "bin", "biome"), ["check", "--error-on-warnings", "."]],
  [
    "imports",
    bin("dependency-cruiser", "bin", "dependency-cruise.mjs"),
    ["--config", ".dependency-cruiser.cjs", "server", "schemas", "seed", "test", "bench"],
  ],
  ["unused code", bin("knip", "bin", "knip.js"), ["--no-progress"]],
  ["build", [process.execPath, [join(ROOT, "scripts", "build.mjs")]], []],
];

/** Both streams of a step go to our standard output, so that a log keeps their order. */
const run = ([program, first], rest) =>
  new Promise((done) => {
    const child = spawn(program, [...first, ...rest], { cwd: ROOT, stdio: ["ignore", "inherit", 1] });
    child.on("error", (error) => done(`${error.message}`));
    child.on("close", (code, signal) => done(signal ?? code ?? 1));
  });

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function check(name, command, args) {
  const since = performance.now();
  console.log(`\n== ${name}`);
  const code = await run(command, args);
  console.log(`== ${name}: ${code === 0 ? "ok" : `FAILED (${code})`}, ${seconds(since)}`);
  return { name, ok: code === 0 };
}

async function tests(args) {
  const since = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "tricord-test-"));
  const file = join(folder, "jest.json");
  console.log("\n== tests");
  const code = await run(bin("jest", "bin", "jest.js"), [
    "--maxWorkers=2",
    "--json",
    // A test that failed before it closed what it opened must not keep the run from ending.
    "--forceExit",
    `--outputFile=${file}`,
    "--testLocationInResults=false",
    ...args,
  ]);
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    report = undefined;
  }
  rmSync(folder, { recursive: true, force: true });
  console.log(`== tests: ${code === 0 ? "ok" : `FAILED (${code})`}, ${seconds(since)}`);
  return { code, report };
}

await ensureInstalled();
const since = performance.now();
const steps = [];
for (const [name, command, args] of CHECKS) steps.push(await check(name, command, args));
const { code, report } = await tests(process.argv.slice(2));
const result = tally(steps, report, code);
console.log(`\nIn ${seconds(since)}.`);
for (const step of steps.filter(({ ok }) => !ok)) console.log(`The check "${step.name}" failed.`);
if (result.remark !== undefined) console.log(`${result.remark}.`);
if (result.skipped > 0) console.log(`${result.skipped} skipped.`);
console.log(lastLine(result));
process.exitCode = result.failed === 0 ? 0 : 1;
