import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureInstalled, ROOT } from "./ensure.mjs";
import { CONTRACT, EACH_TIME, hasMongoServer, hasStandIn, ON_BOTH, SEALED } from "./mongo-suites.mjs";
import { lastLine, sum, tally } from "./tally.mjs";

/**
 * `npm test [-- patterns for Jest]`. All on SQLite, the contract of stores on MongoDB, and there one suite of each kind; with `STORE=mongo` all suites that run on both engines, on
 * MongoDB; with `STORE=both` everything. The last line adds all of it up.
 */

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

/** Both streams of a step go to our standard output, so that a log keeps their order; or to `hear`, where steps run beside each other. */
const run = ([program, first], rest, { env = {}, hear } = {}) =>
  new Promise((done) => {
    const child = spawn(program, [...first, ...rest], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: hear === undefined ? ["ignore", "inherit", 1] : ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", hear);
    child.on("error", (error) => done(`${error.message}`));
    child.on("close", (code, signal) => done(signal ?? code ?? 1));
  });

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function check(name, command, args) {
  const since = performance.now();
  let said = "";
  const code = await run(command, args, {
    hear: (text) => {
      said += text;
    },
  });
  console.log(`\n== ${name}\n${said}== ${name}: ${code === 0 ? "ok" : `FAILED (${code})`}, ${seconds(since)}`);
  return { name, ok: code === 0 };
}

async function tests(store, args) {
  const since = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "tricord-test-"));
  const file = join(folder, "jest.json");
  const name = `tests on ${store === "mongo" ? "MongoDB" : "SQLite"}`;
  console.log(`\n== ${name}`);
  const code = await run(
    bin("jest", "bin", "jest.js"),
    [
      "--maxWorkers=2",
      "--json",
      // A test that failed before it closed what it opened must not keep the run from ending.
      "--forceExit",
      `--outputFile=${file}`,
      "--testLocationInResults=false",
      ...args,
    ],
    { env: { STORE: store } },
  );
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    report = undefined;
  }
  rmSync(folder, { recursive: true, force: true });
  console.log(`== ${name}: ${code === 0 ? "ok" : `FAILED (${code})`}, ${seconds(since)}`);
  return tally([], report, code);
}

/** The suites on MongoDB; where no server is to be had it says so, and with `CI=true` that is a failure. */
async function testsOnMongo(args) {
  if (hasMongoServer() || hasStandIn(ROOT)) return tests("mongo", args);
  console.log(
    "\n== tests on MongoDB: DID NOT RUN, there is no server (MONGODB_URI, mongod, or Python for the stand-in)",
  );
  return { passed: 0, failed: process.env.CI === "true" ? 1 : 0, skipped: 0, remark: "Nothing ran on MongoDB" };
}

const store = process.env.STORE ?? "sqlite";
if (!["sqlite", "mongo", "both"].includes(store)) {
  console.log(`STORE=${store}: sqlite, mongo or both`);
  process.exit(1);
}
await ensureInstalled();
const since = performance.now();
const asked = process.argv.slice(2);
/** The stand-in is fetched while checks run; what keeps it from coming is said by its script. */
const standIn = hasMongoServer()
  ? undefined
  : run([process.execPath, [join(ROOT, "scripts", "python.mjs")]], ["mongo"]);
/** Beside each other: none needs what another makes, and some wait more than they work. */
const checks = store === "mongo" ? [] : CHECKS;
const steps = await Promise.all(checks.map(([name, command, args]) => check(name, command, args)));
await standIn;
const results = [];
if (store !== "mongo") results.push(await tests("sqlite", asked));
if (asked.length > 0) {
  if (store !== "sqlite") results.push(await testsOnMongo(asked));
} else if (store === "sqlite") results.push(await testsOnMongo(EACH_TIME));
else
  results.push(await testsOnMongo(store === "mongo" ? [...CONTRACT, ...SEALED, ...ON_BOTH] : [...SEALED, ...ON_BOTH]));
const result = sum([
  { passed: steps.filter(({ ok }) => ok).length, failed: steps.filter(({ ok }) => !ok).length, skipped: 0 },
  ...results,
]);
console.log(`\nIn ${seconds(since)}.`);
for (const step of steps.filter(({ ok }) => !ok)) console.log(`The check "${step.name}" failed.`);
for (const { remark } of results) if (remark !== undefined) console.log(`${remark}.`);
if (result.skipped > 0) console.log(`${result.skipped} skipped.`);
console.log(lastLine(result));
process.exitCode = result.failed === 0 ? 0 : 1;
