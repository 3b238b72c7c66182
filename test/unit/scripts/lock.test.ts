import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { callScript } from "./run-module.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tricord-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const url = pathToFileURL(path.resolve("scripts", "lock.mjs")).href;
/** Notes when it enters and leaves the locked part, in one file that all share. */
const holder = `import { withLock } from ${JSON.stringify(url)};
  import { appendFileSync } from "node:fs";
  const [lock, log] = process.argv.slice(1);
  await withLock(lock, async () => {
    appendFileSync(log, "in\\n");
    await new Promise((done) => setTimeout(done, 60));
    appendFileSync(log, "out\\n");
  });`;
const hold = (lock: string, log: string): Promise<void> =>
  new Promise((done, failed) => {
    execFile(process.execPath, ["--input-type=module", "-e", holder, lock, log], (error) =>
      error === null ? done() : failed(error),
    );
  });

test("a lock – three processes at once – one at a time, and gone at the end", async () => {
  const [lock, log] = [path.join(folder, "deep", "lock"), path.join(folder, "log")];
  await Promise.all([hold(lock, log), hold(lock, log), hold(lock, log)]);
  expect(readFileSync(log, "utf8")).toBe("in\nout\n".repeat(3));
  expect(existsSync(lock)).toBe(false);
});

test("a lock – left by a process that ended – taken over", async () => {
  const [lock, log] = [path.join(folder, "lock"), path.join(folder, "log")];
  mkdirSync(lock);
  // No process has this id: it is above what any system gives out.
  writeFileSync(path.join(lock, "owner"), `${hostname()} 2147483646 gone`);
  await hold(lock, log);
  expect(readFileSync(log, "utf8")).toBe("in\nout\n");
});

test("a lock's age – held on another machine – stale once its holder stopped touching it", () => {
  const lock = path.join(folder, "lock");
  mkdirSync(lock);
  writeFileSync(path.join(lock, "owner"), "elsewhere.example 1 x");
  expect(callScript("lock.mjs", "isStale", [[lock]])).toEqual([false]);
  const minuteAgo = new Date(Date.now() - 60_000);
  utimesSync(lock, minuteAgo, minuteAgo);
  expect(callScript("lock.mjs", "isStale", [[lock]])).toEqual([true]);
});
