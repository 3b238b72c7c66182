import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join, resolve } from "node:path";
import { withLock } from "./lock.mjs";

/** The project's own folder. */
export const ROOT = resolve(import.meta.dirname ?? ".", "..");
const FLOOR = [20, 19];
const SOURCES = ["server", "schemas", "seed", "bench"];
const SETTINGS = ["tsconfig.json", "package-lock.json", "scripts/bundle.mjs"];

/** What stops us and was foreseen: one line for the user. */
class Stop extends Error {}

/** Runs a step; what stops it ends the process with one line on standard error. */
async function orOneLine(step) {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    notice(error.message);
    process.exit(1);
  }
}
const notice = (line) => process.stderr.write(`tricord: ${line}\n`);

/** Whether a version such as `20.19.4` is one we run on. */
export function nodeIsNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > FLOOR[0] || (major === FLOOR[0] && minor >= FLOOR[1]);
}

/**
 * Whether what is installed (npm's hidden lock file) is what the lock file asks for. Optional packages and peers may be absent: most
 * are binaries for other machines.
 */
export function lockIsMet(lock, installed) {
  const have = installed.packages ?? {};
  return Object.entries(lock.packages ?? {}).every(([place, wanted]) => {
    if (place === "" || wanted.link === true) return true;
    const found = have[place];
    if (found === undefined) return wanted.optional === true || wanted.peer === true || wanted.devOptional === true;
    return found.version === wanted.version;
  });
}

const onPath = (name, path = process.env.PATH ?? "") =>
  path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** What of a C++ toolchain is not on the search path. */
export function missingTools(path) {
  const groups = [
    ["python3", "python"],
    ["make", "gmake"],
    ["g++", "c++", "clang++"],
  ];
  return groups.filter((names) => !names.some((name) => onPath(name, path))).map(([first]) => first);
}

/** Runs a program with all it prints on our standard error, or kept quiet. Gives its exit code and what it printed. */
function run(program, args, { quiet = false } = {}) {
  return new Promise((done) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, npm_config_loglevel: "error" }, // `npm run -s` hands its silence down
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let output = "";
    const hear = (chunk) => {
      output += chunk;
      if (!quiet) process.stderr.write(chunk);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", (error) => done({ code: 127, output: output + error.message }));
    child.on("close", (code) => done({ code: code ?? 1, output }));
  });
}

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
};
const stampOf = (lockText) =>
  createHash("sha256")
    .update(`${lockText}\n${process.versions.modules} ${process.platform} ${process.arch}`)
    .digest("hex");

/** In a process of its own: an add-on made for another Node can end the one that loads it. */
const sqliteLoads = async () =>
  (await run(process.execPath, ["-e", 'new (require("better-sqlite3"))(":memory:").close()'], { quiet: true })).code ===
  0;

const sqliteLine = () => {
  const missing = missingTools();
  const why =
    missing.length > 0
      ? `it has no prebuilt binary for this machine and a C++ toolchain to make one is missing: ${missing.join(", ")}`
      : "run `npm rebuild better-sqlite3` to see why";
  return `better-sqlite3 cannot be loaded: ${why}`;
};

async function runNpm(hasLock) {
  const options = ["--include=dev", "--no-fund", "--no-audit"];
  notice("installing what is missing (npm, some minutes where an add-on is compiled) …");
  let npm = await run("npm", [hasLock ? "ci" : "install", ...options], { quiet: true });
  if (npm.code !== 0 && /code EUSAGE/.test(npm.output)) {
    notice("package-lock.json does not fit package.json; installing what comes nearest to both …");
    npm = await run("npm", ["install", "--no-save", ...options], { quiet: true });
  }
  if (npm.code === 0) return;
  if (/better-sqlite3|node-gyp|gyp ERR/.test(npm.output) && missingTools().length > 0) throw new Stop(sqliteLine());
  process.stderr.write(npm.output);
  throw new Stop(`npm could not install the packages (exit code ${npm.code}); what it said stands above`);
}

async function install(lockText) {
  const lock = lockText === undefined ? undefined : JSON.parse(lockText);
  const installed = readJson(join(ROOT, "node_modules", ".package-lock.json"));
  if (installed === undefined || (lock !== undefined && !lockIsMet(lock, installed))) await runNpm(lock !== undefined);
  if (!(await sqliteLoads())) {
    notice("compiling better-sqlite3 for this Node …");
    await run("npm", ["rebuild", "better-sqlite3"], { quiet: true });
    if (!(await sqliteLoads())) throw new Stop(sqliteLine());
  }
}

/** Installs the packages if they are missing or not those of the lock file. Ends the process with one line if that can't be done. */
export const ensureInstalled = () => orOneLine(installIfNeeded);

async function installIfNeeded() {
  if (!nodeIsNewEnough(process.versions.node)) {
    throw new Stop(`Node ${FLOOR.join(".")} or newer is needed; this is ${process.versions.node}`);
  }
  const lockPath = join(ROOT, "package-lock.json");
  const lockText = existsSync(lockPath) ? readFileSync(lockPath, "utf8") : undefined;
  const stampPath = join(ROOT, "node_modules", ".tricord-stamp");
  const isDone = () => existsSync(stampPath) && readFileSync(stampPath, "utf8") === stampOf(lockText);
  if (isDone()) return;
  await withLock(
    join(ROOT, ".cache", "install.lock"),
    async () => {
      if (isDone()) return;
      await install(lockText);
      writeFileSync(stampPath, stampOf(lockText));
    },
    () => notice("waiting for another process that installs …"),
  );
}

const sourceFiles = (folder) =>
  existsSync(join(ROOT, folder))
    ? readdirSync(join(ROOT, folder), { recursive: true })
        .map((name) => join(folder, name))
        .filter((name) => name.endsWith(".ts"))
    : [];

/** Digest of all that the build is made from. Contents, not times: a checkout changes times, a copy keeps them. */
export function sourceDigest() {
  const digest = createHash("sha256");
  for (const name of [...SOURCES.flatMap(sourceFiles).sort(), ...SETTINGS]) {
    const path = join(ROOT, name);
    if (existsSync(path)) digest.update(`${name}\0`).update(readFileSync(path)).update("\0");
  }
  return digest.digest("hex");
}

/** Built aside and moved into place, so that nobody runs half a build. */
async function build(digest) {
  const fresh = join(ROOT, ".cache", `build-${process.pid}`);
  const old = join(ROOT, ".cache", `old-${process.pid}`);
  const dist = join(ROOT, "dist");
  try {
    mkdirSync(fresh, { recursive: true });
    const { code, output } = await run(process.execPath, [join(ROOT, "scripts", "bundle.mjs"), fresh], { quiet: true });
    if (code !== 0) {
      process.stderr.write(output);
      throw new Stop("the build failed; what the bundler said stands above");
    }
    writeFileSync(join(fresh, ".stamp"), digest);
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(fresh, dist);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

/** Builds `dist/` if it is not what the sources make. Prints nothing on standard output. */
export const ensureBuilt = () => orOneLine(buildIfNeeded);

async function buildIfNeeded() {
  const stamp = join(ROOT, "dist", ".stamp");
  const isDone = (digest) => existsSync(stamp) && readFileSync(stamp, "utf8") === digest;
  if (isDone(sourceDigest())) return;
  await withLock(
    join(ROOT, ".cache", "build.lock"),
    async () => {
      const digest = sourceDigest();
      if (isDone(digest)) return;
      notice("building …");
      await build(digest);
    },
    () => notice("waiting for another process that builds …"),
  );
}

/**
 * Runs a built program in this process, as if it had been started itself: signals, standard input and output and the exit code are its own,
 * and there is no second process that a kill could leave behind.
 */
export async function runBuilt(...place) {
  const program = join(ROOT, "dist", ...place);
  process.argv[1] = program;
  await import(createRequire(program).resolve(program));
}
