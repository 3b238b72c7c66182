import { setTimeout as pause } from "node:timers/promises";
import { aThing, ids, manyThings, Notes, type OpenHandle, Things } from "./things.ts";

/** Reads that all see one state, and counts that the index alone tells. */
export function snapshotContract(open: OpenHandle): void {
  test("snapshot – while this handle and another write – every read sees the state at its first one, and the next snapshot sees the new one", async () => {
    const [storage, other] = [await open(), await open()];
    const things = storage.collection(Things);
    await things.insert([aThing("a", { rank: 1, tags: ["x"], lane: "l", terms: ["w"] }), aThing("b", { rank: 1 })]);
    const seen = await storage.snapshot(async (unit) => {
      const inside = unit.collection(Things);
      expect((await inside.get("a"))?.rank).toBe(1);
      await things.put({ ...aThing("a", { rank: 2, tags: ["y"], lane: "l", terms: ["v"] }), rev: 1 });
      await other.collection(Things).insert([aThing("c", { rank: 1, tags: ["x"] })]);
      await other.collection(Things).remove(["b"]);
      await pause(5);
      return {
        get: (await inside.get("a"))?.rank,
        many: ids(await inside.getMany(["a", "b", "c"])).sort(),
        scan: ids(await inside.scan({ index: "owner", prefixes: [["a"]], limit: 9 })),
        find: ids(await inside.find({ index: "tag", values: ["x", "y"] })),
        all: ids(await inside.all({ limit: 9 })),
        count: await inside.count({ index: "owner", prefixes: [["a"]] }),
        tally: await inside.tally({ index: "owner", prefixes: [["a"], ["z"]], most: 9 }),
        search: [
          (await inside.search({ scopes: ["l"], terms: ["w"], limit: 9 })).length,
          (await inside.search({ scopes: ["l"], terms: ["v"], limit: 9 })).length,
        ],
      };
    });
    expect(seen).toEqual({
      ...{ get: 1, many: ["a", "b"], scan: ["a", "b"], find: ["a"], all: ["a", "b"], count: 2, tally: [2, 0] },
      search: [1, 0],
    });
    expect(await storage.snapshot(async (unit) => ids(await unit.collection(Things).all({ limit: 9 })))).toEqual([
      "a",
      "c",
    ]);
  });

  test("snapshot – more at once than any store keeps ready, writes between them – each sees one state, none waits for ever", async () => {
    const storage = await open();
    const things = storage.collection(Things);
    await things.insert(manyThings(2, () => ({ rank: 0 })));
    const reads = Array.from({ length: 20 }, () =>
      storage.snapshot(async (unit) => {
        const inside = unit.collection(Things);
        const one = await inside.get("t0000");
        await pause(2);
        return [one?.rank, (await inside.get("t0001"))?.rank];
      }),
    );
    for (let rank = 1; rank <= 10; rank++)
      await storage.transaction(async (unit) => {
        const inside = unit.collection(Things);
        for (const doc of await inside.getMany(["t0000", "t0001"])) await inside.put({ ...doc, rank });
      });
    const pairs = await Promise.all(reads);
    expect(pairs.filter(([one, two]) => one === undefined || one !== two)).toEqual([]);
  });

  test("snapshot – a write in it, by any verb – refused in words, nothing is there, and the store goes on", async () => {
    const storage = await open();
    await storage.collection(Things).insert([aThing("a")]);
    const writes = [
      storage.snapshot((unit) => unit.collection(Things).insert([aThing("b")])),
      storage.snapshot((unit) => unit.collection(Things).insertNew([aThing("b")])),
      storage.snapshot((unit) => unit.collection(Things).put({ ...aThing("a", { rank: 7 }), rev: 1 })),
      storage.snapshot((unit) => unit.collection(Things).remove(["a"])),
    ];
    for (const write of writes) await expect(write).rejects.toMatchObject({ kind: "internal" });
    expect(await storage.collection(Things).all({ limit: 9 })).toEqual([{ ...aThing("a"), rev: 1 }]);
    await storage.collection(Things).insert([aThing("b")]);
    expect(ids(await storage.collection(Things).all({ limit: 9 }))).toEqual(["a", "b"]);
  });

  test("snapshot – a log collection in it – refused: it is of content", async () => {
    const storage = await open();
    const asked = storage.snapshot(async (unit) => unit.collection(Notes).get("n"));
    await expect(asked).rejects.toMatchObject({ kind: "internal" });
  });

  test("snapshot – its work throws – the error comes out as thrown, and later snapshots are new", async () => {
    const storage = await open();
    const error = new Error("stop");
    for (let n = 0; n < 8; n++)
      await expect(
        storage.snapshot(async (unit) => {
          await unit.collection(Things).get("a");
          throw error;
        }),
      ).rejects.toBe(error);
    await storage.collection(Things).insert([aThing("a")]);
    expect((await storage.snapshot((unit) => unit.collection(Things).get("a")))?.id).toBe("a");
  });

  test("tally – prefixes with none, some and many below them, twice the same one, and no prefix – counts in their order, no further than asked", async () => {
    const storage = await open();
    const things = storage.collection(Things);
    await things.insert(manyThings(30, (at) => ({ lane: `l${at % 3}`, owner: `o${at % 2}`, rank: at, key: `k${at}` })));
    const lanes = { index: "lane", prefixes: [["l1"], ["none"], ["l0"], ["l1"]] };
    expect(await things.tally({ ...lanes, most: 100 })).toEqual([10, 0, 10, 10]);
    expect(await things.tally({ ...lanes, most: 1 })).toEqual([1, 0, 1, 1]);
    expect(
      await things.tally({
        index: "all",
        prefixes: [
          ["l0", "o0"],
          ["l0", "o1"],
          ["l0", "o2"],
        ],
        most: 9,
      }),
    ).toEqual([5, 5, 0]);
    expect(await things.tally({ index: "key", prefixes: [["k7"], ["k30"]], most: 2 })).toEqual([1, 0]);
    expect(await things.tally({ index: "lane", prefixes: [], most: 3 })).toEqual([]);
  });

  test("tally – inside a transaction – sees its writes", async () => {
    const storage = await open();
    const seen = await storage.transaction(async (unit) => {
      await unit.collection(Things).insert([aThing("a", { lane: "l", rank: 1 })]);
      return unit.collection(Things).tally({ index: "lane", prefixes: [["l"]], most: 2 });
    });
    expect(seen).toEqual([1]);
  });
}
