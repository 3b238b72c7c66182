import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Storage } from "../../server/storage/port.ts";
import { aThing, manyThings, Things } from "./things.ts";
import { openAt, type Where } from "./where.ts";

const runner = resolve(process.cwd(), "test/support/run-typescript.cjs");
const script = resolve(process.cwd(), "test/contract/processes/write-batches.ts");

const runs = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

export interface SharedStore {
  readonly where: Where;
  remove(): Promise<void>;
}

/** How much is tried: batches that each process writes, and how often one is killed. */
export interface Effort {
  readonly batches: number;
  readonly kills: number;
}

/** What every adapter promises of several processes on one store. `make` gives a place for a new one. */
export function processesContract(make: () => Promise<SharedStore>, { batches, kills }: Effort): void {
  let store: SharedStore;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    store = await make();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await store.remove();
  });

  const open = (): Promise<Storage> => openAt(store.where);

  /** Starts the writer; `acknowledged` grows as it is told that a batch is in. */
  function write(
    name: string,
    batches: number,
  ): { child: ChildProcess; acknowledged: string[]; ended: Promise<unknown> } {
    const child = spawn(process.execPath, [runner, script, JSON.stringify(store.where), name, String(batches)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    const acknowledged: string[] = [];
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (part: string) => {
      const lines = (text + part).split("\n");
      text = lines.pop() ?? "";
      acknowledged.push(...lines);
    });
    return { child, acknowledged, ended: once(child, "close") };
  }

  test("two processes and this one – writing at the same time – every batch is in, whole, no update is lost, and no read saw a part of a batch", async () => {
    const storage = await open();
    const things = storage.collection(Things);
    await things.insert([aThing("counter", { rank: 0 })]);
    const [a, b] = [write("a", batches), write("b", batches)];
    for (let at = 0; at < 30; at++) {
      await storage.transaction(async (unit) => {
        const inside = unit.collection(Things);
        const counter = await inside.get("counter");
        await pause(1);
        if (counter !== undefined) await inside.put({ ...counter, rank: (counter.rank ?? 0) + 1 });
      });
      await pause(10);
    }
    const parts = Array.from({ length: 100 }, (_, at) => [`part${at}`]);
    const seen: number[] = [];
    while (runs(a.child) || runs(b.child)) {
      seen.push(await things.count({ index: "tag", prefixes: parts }));
      await pause(0);
    }
    expect(seen.filter((n) => n % 100 !== 0)).toEqual([]);
    await Promise.all([a.ended, b.ended]);
    expect([a.acknowledged.length, b.acknowledged.length]).toEqual([batches, batches]);
    expect((await things.get("counter"))?.rank).toBe(30 + 2 * batches);
    for (const tag of [...a.acknowledged, ...b.acknowledged]) {
      expect(await things.count({ index: "tag", prefixes: [[tag]] })).toBe(100);
    }
    await storage.close();
  });

  test("a process killed in the middle of transactions – several times – what it was told is in is there, and every batch whole or not at all", async () => {
    for (let round = 0; round < kills; round++) {
      const { child, acknowledged, ended } = write(`r${round}`, 10_000);
      while (acknowledged.length < 3 && runs(child)) await pause(2);
      await pause(3 + 7 * round);
      child.kill("SIGKILL");
      await ended;
      const storage = await open();
      const things = storage.collection(Things);
      const told = acknowledged.length;
      const sizes: number[] = [];
      for (let batch = 0; batch < told + 2; batch++) {
        const tag = `r${round}-${batch}`;
        const size = await things.count({ index: "tag", prefixes: [[tag]] });
        expect(await things.count({ index: "lane", prefixes: [[tag]] })).toBe(size);
        expect((await things.search({ scopes: [tag], terms: ["w"], limit: 200 })).length).toBe(size);
        sizes.push(size);
      }
      expect(sizes.slice(0, told)).toEqual(Array.from({ length: told }, () => 100));
      expect(sizes.slice(told).filter((size) => size !== 0 && size !== 100)).toEqual([]);
      const all = await things.count({ index: "owner", prefixes: [[]] });
      expect(all % 100).toBe(0);
      await things.insert(manyThings(1, () => ({})).map((doc) => ({ ...doc, id: `after-${round}` })));
      await storage.close();
    }
  });
}
