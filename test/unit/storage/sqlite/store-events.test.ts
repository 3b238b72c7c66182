import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Fault } from "../../../../server/shared/fault.ts";
import { Exports, Meta } from "../../../../server/storage/collections.ts";
import type { Storage } from "../../../../server/storage/port.ts";
import { openSqlite } from "../../../../server/storage/sqlite/open-sqlite.ts";
import type { StoreEvent } from "../../../../server/storage/store-events.ts";
import { fastFolder } from "../../../support/fast-folder.ts";

describe("what the embedded store tells of its work", () => {
  const folder = mkdtempSync(join(fastFolder(), "tricord-events-"));
  const told: StoreEvent[] = [];
  let storage: Storage;
  let other: Storage;
  beforeAll(async () => {
    storage = await openSqlite({ folder, observe: (event) => told.push(event) });
    other = await openSqlite({ folder, busyDeadline: 50 });
  });
  beforeEach(() => {
    told.length = 0;
  });
  afterAll(async () => {
    await Promise.all([storage.close(), other.close()]);
    rmSync(folder, { recursive: true });
  });

  const ended = () => told.flatMap((event) => (event.kind === "transaction" ? [[event.placement, event.outcome]] : []));

  test("transactions – committed, refused, given up, in either file – one event each, with its time", async () => {
    const one = { id: "one", value: 1 };
    await storage.transaction((unit) => unit.collection(Meta).insert([one]));
    await expect(storage.collection(Meta).insert([one])).rejects.toMatchObject({ kind: "conflict" });
    const give = storage.transaction(async (unit) => {
      await unit.collection(Meta).get("one");
      throw new Fault("unprocessable", "no");
    });
    await expect(give).rejects.toThrow("no");
    await storage.collection(Exports).insert([{ id: "e", account: "a", at: 0, receipt: Buffer.from("{}") }]);
    expect(ended()).toEqual([
      ["content", "committed"],
      ["content", "conflict"],
      ["content", "given-up"],
      ["log", "committed"],
    ]);
    expect(told.flatMap((event) => ("ms" in event && !(event.ms >= 0 && event.ms < 60_000) ? [event] : []))).toEqual(
      [],
    );
  });

  test("reads, and a transaction that does nothing – no event", async () => {
    await storage.collection(Meta).get("one");
    await storage.snapshot((unit) => unit.collection(Meta).get("one"));
    await storage.transaction(async () => undefined);
    expect(told).toEqual([]);
  });

  /** A transaction of a handle that has the lock and keeps it until it is let go. */
  const hold = async (by: Storage, id: string): Promise<() => Promise<void>> => {
    let go = (): void => undefined;
    const gone = new Promise<void>((done) => {
      go = done;
    });
    let held: Promise<void> = Promise.resolve();
    await new Promise<void>((has) => {
      held = by.transaction(async (unit) => {
        await unit.collection(Meta).insert([{ id, value: 1 }]);
        has();
        await gone;
      });
    });
    return () => {
      go();
      return held;
    };
  };

  test("a lock that another handle holds – waited for – is a turn that took as long, and tries", async () => {
    const letGo = await hold(other, "held");
    const waiting = storage.collection(Meta).insert([{ id: "waited", value: 1 }]);
    await pause(50);
    await letGo();
    await waiting;
    const turn = told.find((event) => event.kind === "turn");
    expect(turn?.kind === "turn" && turn.ms).toBeGreaterThan(40);
    expect(told.find((event) => event.kind === "retry")).toMatchObject({ placement: "content", why: "busy" });
    expect(ended()).toEqual([["content", "committed"]]);
  });

  test("a transaction that waits too long – is unavailable", async () => {
    const watched: StoreEvent[] = [];
    const hasty = await openSqlite({ folder, busyDeadline: 30, observe: (event) => watched.push(event) });
    const letGo = await hold(storage, "long");
    watched.length = 0;
    const late = hasty.collection(Meta).insert([{ id: "never", value: 1 }]);
    await expect(late).rejects.toMatchObject({ code: "store.busy" });
    expect(watched.flatMap((event) => (event.kind === "transaction" ? [event.outcome] : []))).toEqual(["unavailable"]);
    await letGo();
    await hasty.close();
  });
});
