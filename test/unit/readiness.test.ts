import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readiness } from "../../server/readiness.ts";
import { latestFormat, MIGRATIONS } from "../../server/storage/migrations.ts";
import type { Storage } from "../../server/storage/port.ts";
import { fastFolder } from "../support/fast-folder.ts";
import { openTemporary } from "../support/temporary-store.ts";
import { wrappedStorage } from "../support/wrapped-storage.ts";

describe("readiness", () => {
  let opened: Storage;
  let folder: string;
  /** What the store's clock says, as far ahead of this machine's. */
  let ahead: number;
  let answer: () => Promise<void>;
  let asked: number;
  /** Time as the readiness sees it pass. */
  let passed: number;

  const made = (spool = join(folder, "spool")): Readiness => {
    const storage = wrappedStorage(opened, {
      now: async () => {
        asked += 1;
        await answer();
        return (await opened.now()) + ahead;
      },
    });
    return new Readiness({ storage, spool, clock: Date.now, elapsed: () => passed });
  };

  beforeEach(async () => {
    opened = await openTemporary();
    folder = mkdtempSync(join(fastFolder(), "tricord-ready-"));
    [ahead, asked, passed] = [0, 0, 0];
    answer = async () => undefined;
  });
  afterEach(async () => {
    await opened.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("check – with store, disk and clock as they should be – ready, with the format, and leaves nothing behind", async () => {
    const { reason, offset, format } = await made().check();
    expect([reason, format]).toEqual([undefined, latestFormat(MIGRATIONS)]);
    expect(Math.abs(offset ?? 9999)).toBeLessThan(500);
    expect(readdirSync(join(folder, "spool"))).toEqual([]);
  });

  test.each([
    [1500, undefined],
    [-1500, undefined],
    [5000, /^the clock here is (4\.[5-9]|5) s behind the store's/],
    [60_000, /^the clock here is (59\.[5-9]|60) s behind the store's/],
    [-3_600_000, /^the clock here is 3600(\.[0-5])? s ahead of the store's/],
  ])("check – with a store whose clock is %d ms ahead – not ready past two seconds", async (ms, words) => {
    ahead = ms;
    const { reason } = await made().check();
    if (words === undefined) expect(reason).toBeUndefined();
    else expect(reason).toMatch(words);
  });

  test("check – where the store fails, then answers – not ready, then ready", async () => {
    const readiness = made();
    answer = () => Promise.reject(new Error("mongodb://user:secret@host refused"));
    const told = await readiness.check();
    expect(told).toEqual({ reason: "the store does not answer" });
    answer = async () => undefined;
    passed = 1500;
    expect((await readiness.check()).reason).toBeUndefined();
  });

  test("check – where the store hangs – not ready in a bounded time, and it is not asked again before it answered", async () => {
    const readiness = made();
    let go = (): void => undefined;
    const hung = new Promise<void>((done) => {
      go = done;
    });
    answer = () => hung;
    const began = performance.now();
    expect(await readiness.check()).toEqual({ reason: "the store does not answer" });
    expect(performance.now() - began).toBeLessThan(5000);
    passed = 1500;
    const again = performance.now();
    expect(await readiness.check()).toEqual({ reason: "the store does not answer" });
    expect([asked, performance.now() - again < 900]).toEqual([1, true]);
    go();
    await hung;
    await new Promise((done) => setTimeout(done, 50));
    answer = async () => undefined;
    passed = 3000;
    expect((await readiness.check()).reason).toBeUndefined();
  });

  test("check – where the spool is no folder, or may not be written – not ready", async () => {
    writeFileSync(join(folder, "file"), "");
    expect((await made(join(folder, "file")).check()).reason).toBe("the spool in DATA_DIR can't be written");
    // Who is root writes everywhere but in /proc.
    chmodSync(folder, 0o500);
    const place = process.getuid?.() === 0 ? "/proc/spool" : join(folder, "spool");
    expect((await made(place).check()).reason).toBe("the spool in DATA_DIR can't be written");
    chmodSync(folder, 0o700);
  });

  test("check – where the disk is full – not ready", async () => {
    // Every write to it is told that there is no room.
    expect((await made("/dev/full").check()).reason).toBe("the spool in DATA_DIR can't be written");
  });

  test("check – a hundred at once and more within a second – asks once", async () => {
    const readiness = made();
    await Promise.all(Array.from({ length: 100 }, () => readiness.check()));
    passed = 999;
    await readiness.check();
    expect(asked).toBe(1);
    passed = 1000;
    await readiness.check();
    expect(asked).toBe(2);
  });

  test("check – once it stops – says so at once, whatever was kept", async () => {
    const readiness = made();
    await readiness.check();
    readiness.stop();
    expect((await readiness.check()).reason).toBe("it is stopping");
    expect(asked).toBe(1);
  });
});
