import { setTimeout as pause } from "node:timers/promises";
import { aThing, ids, manyThings, type OpenHandle, Things } from "./things.ts";

/** Several handles on one store, as several processes hold them. */
export function handleContract(open: OpenHandle): void {
  test("now – asked between two looks at this machine's clock – the store's own, which is this machine's here", async () => {
    const storage = await open();
    for (let n = 0; n < 3; n++) {
      const before = Date.now();
      const told = await storage.now();
      expect(told).toBeGreaterThanOrEqual(before - 100);
      expect(told).toBeLessThanOrEqual(Date.now() + 100);
    }
    await storage.close();
    await expect(storage.now()).rejects.toMatchObject({ kind: "unavailable", code: "store.closed" });
  });

  test("two handles – one writes – the other reads it at once", async () => {
    const [one, two] = [await open(), await open()];
    for (const [n, { from, to }] of [
      { from: one, to: two },
      { from: two, to: one },
    ].entries()) {
      await from.collection(Things).insert([aThing(`t${n}`, { tags: ["x"] })]);
      expect((await to.collection(Things).get(`t${n}`))?.rev).toBe(1);
    }
    expect(await one.collection(Things).count({ index: "tag", prefixes: [["x"]] })).toBe(2);
  });

  test("two handles – both take transactions that read, wait and write – no update is lost", async () => {
    const handles = [await open(), await open()];
    await handles[0]?.collection(Things).insert([aThing("counter", { rank: 0 })]);
    const work = handles.flatMap((storage) =>
      Array.from({ length: 10 }, () =>
        storage.transaction(async (unit) => {
          const inside = unit.collection(Things);
          const read = await inside.get("counter");
          await pause(2);
          if (read !== undefined) await inside.put({ ...read, rank: (read.rank ?? 0) + 1 });
        }),
      ),
    );
    await Promise.all(work);
    expect(await handles[0]?.collection(Things).get("counter")).toMatchObject({ rank: 20 });
  });

  test("two handles – put with the same rev – one of them wins", async () => {
    const [one, two] = [(await open()).collection(Things), (await open()).collection(Things)];
    await one.insert([aThing("a")]);
    const outcomes = await Promise.allSettled(
      [one, two].map((h, at) => h.put({ ...aThing("a", { rank: at }), rev: 1 })),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect((await two.get("a"))?.rev).toBe(2);
  });

  test("two handles – one holds the write lock too long – the other gets store.busy in time, reads on meanwhile, and the event loop turns", async () => {
    const [holder, other] = [await open(), await open(600)];
    let release = (): void => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    let holding: Promise<void> = Promise.resolve();
    await new Promise<void>((entered) => {
      holding = holder.transaction(async (unit) => {
        await unit.collection(Things).insert([aThing("slow")]);
        entered();
        await held;
      });
    });
    let turns = 0;
    const ticking = setInterval(() => {
      turns++;
    }, 2);
    const refused = other.collection(Things).insert([aThing("fast")]);
    expect(await other.collection(Things).get("slow")).toBeUndefined();
    await expect(refused).rejects.toMatchObject({ kind: "unavailable", code: "store.busy", retryAfter: 1 });
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(2);
    release();
    await holding;
    await other.collection(Things).insert([aThing("fast")]);
    expect(ids(await holder.collection(Things).all({ limit: 9 }))).toEqual(["fast", "slow"]);
  });

  test("two handles – one writes batches, the other reads pages and counts – sees whole batches only", async () => {
    const [writer, reader] = [await open(), await open()];
    let writing = true;
    const written = (async () => {
      for (let batch = 0; batch < 20; batch++) {
        const docs = manyThings(50).map(({ id }) =>
          aThing(`${batch}-${id}`, { tags: ["x"], lane: `l${id}`, rank: batch }),
        );
        await writer.collection(Things).insert(docs);
      }
      writing = false;
    })();
    const prefixes = manyThings(50).map(({ id }) => [`l${id}`]);
    const counts: number[] = [];
    while (writing) {
      const things = reader.collection(Things);
      counts.push(
        await things.count({ index: "tag", prefixes: [["x"]] }),
        await things.count({ index: "lane", prefixes }),
      );
      counts.push((await things.scan({ index: "lane", prefixes, limit: 5000 })).length);
      await pause(0);
    }
    await written;
    expect(counts.filter((n) => n % 50 !== 0)).toEqual([]);
  });
}
