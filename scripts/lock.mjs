import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";

const BEAT_MS = 2_000;
const STALE_MS = 20_000;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const readOwner = (folder) => {
  try {
    return readFileSync(join(folder, "owner"), "utf8");
  } catch {
    return undefined;
  }
};

const isRunning = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
};

/**
 * A lock is stale when its holder ended, or stopped touching it (all that can be seen of a holder on another machine or in another
 * container, or of one whose process id was given out again).
 */
export function isStale(folder, now = Date.now()) {
  const [host, pid] = readOwner(folder)?.split(" ") ?? [];
  if (host === hostname() && !isRunning(Number(pid))) return true;
  try {
    return now - statSync(folder).mtimeMs > STALE_MS;
  } catch {
    return false;
  }
}

const take = (folder, owner) => {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
  writeFileSync(join(folder, "owner"), owner);
  return true;
};

/** Moves a stale lock away; if it was another's fresh one by then, puts that back. */
const clear = (folder) => {
  const stale = readOwner(folder);
  const aside = `${folder}-${randomUUID()}`;
  try {
    renameSync(folder, aside);
    if (readOwner(aside) === stale) rmSync(aside, { recursive: true, force: true });
    else renameSync(aside, folder);
  } catch {
    // Somebody else cleared it first.
  }
};

/**
 * Runs `work` while this process alone holds the lock (a folder, which `mkdir` makes in one step everywhere). Others wait;
 * `waiting` is called once if we have to.
 */
export async function withLock(folder, work, waiting = () => {}) {
  mkdirSync(dirname(folder), { recursive: true });
  const owner = `${hostname()} ${process.pid} ${randomUUID()}`;
  for (let tries = 0; !take(folder, owner); tries += 1) {
    if (tries === 0) waiting();
    if (isStale(folder)) clear(folder);
    else await sleep(150);
  }
  const beat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(folder, now, now);
    } catch {
      // Cleared by hand: the work goes on, it is safe twice.
    }
  }, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if (readOwner(folder) === owner) rmSync(folder, { recursive: true, force: true });
  }
}
