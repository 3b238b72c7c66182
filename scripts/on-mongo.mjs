import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, ROOT } from "./ensure.mjs";

/**
 * `npm run -s on-mongo -- mongodb://host/?replicaSet=name [--tests PATTERN] [options of bench store]`: all suites that run on both engines, then the bench of stores, on a real replica
 * set. Each test and the bench make databases of their own there (`tricord-…`) and drop them. Ends with 1 where either failed.
 */
const USAGE =
  "usage: npm run -s on-mongo -- mongodb://host/?replicaSet=name [--tests PATTERN] [options of bench store]";

const [first = "", ...rest] = process.argv.slice(2);
const given = /^mongodb(?:\+srv)?:\/\/./.test(first);
const uri = given ? first : process.env.MONGODB_URI;
const options = given || first === "" ? rest : [first, ...rest];
if (!uri) {
  process.stderr.write(`tricord: ${USAGE}\n`);
  process.exit(1);
}
const at = options.indexOf("--tests");
const patterns = at === -1 ? [] : options.splice(at, 2).slice(1);

const run = (script, args, env) =>
  new Promise((done) => {
    const child = spawn(process.execPath, [join(ROOT, "scripts", script), ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env, MONGODB_URI: uri },
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.on("error", () => done(1));
    child.on("close", (code) => done(code ?? 1));
  });

await ensureInstalled();
const tests = await run("test.mjs", patterns, { STORE: "mongo" });
const bench = await run("bench.mjs", ["store", "--engine", "mongo", ...options], {});
process.exitCode = tests === 0 && bench === 0 ? 0 : 1;
