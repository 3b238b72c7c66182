import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { withLock } from "./lock.mjs";

/**
 * `node scripts/python.mjs [clients|peers|stix|mongo]`: a folder with Python and the pinned packages of other makers that we test and measure against, from PyPI, made
 * if it is missing or older than its list. Prints the path of its interpreter; ends with 1 and one line where it can't be made.
 */
const ROOT = resolve(import.meta.dirname, "..");
const FLOOR = [3, 10];
const LISTS = {
  clients: join(ROOT, "test", "interop", "requirements.txt"),
  peers: join(ROOT, "bench", "taxii-peers.txt"),
  stix: join(ROOT, "bench", "stix-peers.txt"),
  mongo: join(ROOT, "test", "support", "mongo-requirements.txt"),
};
const notice = (line) => process.stderr.write(`tricord: ${line}\n`);
const stop = (line) => {
  notice(line);
  process.exit(1);
};

const run = (program, args) => {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  return { code: status ?? 127, output: `${stdout ?? ""}${stderr ?? error?.message ?? ""}`.trim() };
};

/** The first Python on the path that is new enough and can make such a folder, with its version. */
function python() {
  const found = [];
  for (const name of ["python3", "python"]) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const program = join(folder, name);
      if (!existsSync(program)) continue;
      const { code, output } = run(program, [
        "-c",
        "import ensurepip, sys, venv; print('%d.%d.%d' % sys.version_info[:3])",
      ]);
      const [major = 0, minor = 0] = output.split(".").map(Number);
      if (code === 0 && (major > FLOOR[0] || (major === FLOOR[0] && minor >= FLOOR[1])))
        return { program, version: output };
      found.push(program);
    }
  }
  const seen = found.length > 0 ? `found ${found.join(", ")}, too old or without venv` : "found none";
  return stop(`Python ${FLOOR.join(".")} or newer with venv is needed (Debian: python3 and python3-venv); ${seen}`);
}

async function main(name) {
  const list = LISTS[name];
  if (list === undefined) stop(`usage: node scripts/python.mjs [${Object.keys(LISTS).join("|")}]`);
  const folder = join(ROOT, ".python", name);
  const interpreter = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const stamp = join(folder, ".stamp");
  const wanted = createHash("sha256").update(readFileSync(list)).digest("hex");
  const isDone = () =>
    existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && run(interpreter, ["-V"]).code === 0;
  if (!isDone())
    await withLock(join(ROOT, ".cache", `python-${name}.lock`), async () => {
      if (isDone()) return;
      const { program, version } = python();
      notice(`installing into .python/${name} with Python ${version} …`);
      rmSync(folder, { recursive: true, force: true });
      const steps = [
        [program, ["-m", "venv", folder]],
        [interpreter, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", list]],
      ];
      for (const [step, args] of steps) {
        const { code, output } = run(step, args);
        if (code !== 0) stop(`.python/${name} could not be made: ${output.slice(-2000)}`);
      }
      writeFileSync(stamp, wanted);
    });
  console.log(interpreter);
}

await main(process.argv[2] ?? "clients");
