import { setTimeout as pause } from "node:timers/promises";
import { aThing, ids, manyThings, Notes, type OpenHandle, Things } from "./things.ts";

export function transactionContract(open: OpenHandle): void {
  test("transaction – writes, then a throw – nothing of it is there, and the error comes out as thrown", async () => {
    const storage = await open();
    const things = storage.collection(Things);
    await things.insert([aThing("kept", { rank: 1, tags: ["x"], lane: "l", terms: ["w"] })]);
    const error = new Error("stop");
    const work = storage.transaction(async (unit) => {
      const inside = unit.collection(Things);
      await inside.insert(manyThings(10, () => ({ tags: ["x"], lane: "l", terms: ["w"] })));
      await inside.put({ ...aThing("kept", { tags: ["y"], lane: "l", terms: [] }), rev: 1 });
      await inside.remove(["t0001"]);
      throw error;
    });
    await expect(work).rejects.toBe(error);
    expect(await things.all({ limit: 99 })).toEqual([
      { ...aThing("kept", { rank: 1, tags: ["x"], lane: "l" }), rev: 1 },
    ]);
    expect(ids(await things.find({ index: "tag", values: ["x", "y"] }))).toEqual(["kept"]);
    expect(ids(await things.search({ scopes: ["l"], terms: ["w"], limit: 9 }))).toEqual(["kept"]);
  });

  test("transaction – while it runs – its own reads see its writes, others see none until it ends", async () => {
    const storage = await open();
    const things = storage.collection(Things);
    const seen = await storage.transaction(async (unit) => {
      const inside = unit.collection(Things);
      await inside.insert([aThing("a", { tags: ["x"], lane: "l", terms: ["w"] })]);
      await pause(5);
      expect(ids(await inside.find({ index: "tag", values: ["x"] }))).toEqual(["a"]);
      expect(ids(await inside.search({ scopes: ["l"], terms: ["w"], limit: 9 }))).toEqual(["a"]);
      expect(ids(await inside.scan({ index: "tag", prefixes: [["x"], ["y"]], limit: 9 }))).toEqual(["a"]);
      expect((await inside.getMany(["a"])).length).toBe(1);
      return things.get("a");
    });
    expect(seen).toBeUndefined();
    expect((await things.get("a"))?.id).toBe("a");
  });

  test("transaction – many at once that read, wait and write – run one after the other, so that no update is lost", async () => {
    const storage = await open();
    await storage.collection(Things).insert([aThing("counter", { rank: 0 })]);
    const add = (): Promise<void> =>
      storage.transaction(async (unit) => {
        const inside = unit.collection(Things);
        const read = await inside.get("counter");
        await pause(1);
        if (read !== undefined) await inside.put({ ...read, rank: (read.rank ?? 0) + 1 });
      });
    await Promise.all(Array.from({ length: 20 }, add));
    expect(await storage.collection(Things).get("counter")).toMatchObject({ rank: 20, rev: 21 });
  });

  test("transaction – a step that failed and was caught – the whole fails with that fault, nothing is there", async () => {
    const storage = await open();
    await storage.collection(Things).insert([aThing("taken")]);
    const work = storage.transaction(async (unit) => {
      const inside = unit.collection(Things);
      await inside.insert([aThing("new")]);
      await inside.insert([aThing("half"), aThing("taken")]).catch(() => undefined);
      return "done";
    });
    await expect(work).rejects.toMatchObject({ kind: "conflict" });
    expect(ids(await storage.collection(Things).all({ limit: 9 }))).toEqual(["taken"]);
  });

  test("transaction – one inside another, or a write past the unit – refused in words at once, and the store goes on", async () => {
    const storage = await open();
    const nested = storage.transaction(async () => storage.transaction(async () => 1));
    await expect(nested).rejects.toMatchObject({
      kind: "internal",
      message: expect.stringContaining("transaction is open"),
    });
    const past = storage.transaction(async (unit) => {
      await unit.collection(Things).insert([aThing("a")]);
      await storage.collection(Things).insert([aThing("b")]);
    });
    await expect(past).rejects.toMatchObject({ kind: "internal" });
    await storage.collection(Things).insert([aThing("c")]);
    expect(ids(await storage.collection(Things).all({ limit: 9 }))).toEqual(["c"]);
  });

  test("transaction – content and log together, in either order – refused, nothing is there", async () => {
    const storage = await open();
    const both = storage.transaction(async (unit) => {
      await unit.collection(Things).insert([aThing("a")]);
      await unit.collection(Notes).insert([{ id: "n", text: "x" }]);
    });
    await expect(both).rejects.toMatchObject({ kind: "internal", message: expect.stringContaining("not both") });
    const other = storage.transaction(async (unit) => {
      await unit.collection(Notes).insert([{ id: "n", text: "x" }]);
      await unit.collection(Things).get("a");
    });
    await expect(other).rejects.toMatchObject({ kind: "internal" });
    expect(await storage.collection(Things).all({ limit: 9 })).toEqual([]);
    expect(await storage.collection(Notes).all({ limit: 9 })).toEqual([]);
  });

  test("transaction – on a log collection while one on content is open – does not wait for it", async () => {
    const storage = await open();
    let end = (): void => {};
    const held = new Promise<void>((done) => {
      end = done;
    });
    let wrote = (): void => {};
    const written = new Promise<void>((done) => {
      wrote = done;
    });
    const content = storage.transaction(async (unit) => {
      await unit.collection(Things).insert([aThing("a")]);
      wrote();
      await held;
    });
    await written;
    await storage.collection(Notes).insert([{ id: "n", text: "shown" }]);
    expect((await storage.collection(Notes).get("n"))?.text).toBe("shown");
    expect(await storage.collection(Things).get("a")).toBeUndefined();
    end();
    await content;
    expect((await storage.collection(Things).get("a"))?.id).toBe("a");
  });

  test("transaction – a step of its unit after it ended – refused", async () => {
    const storage = await open();
    const late = await storage.transaction(async (unit) => unit.collection(Things));
    await expect(late.insert([aThing("a")])).rejects.toMatchObject({ kind: "internal" });
    expect(await storage.collection(Things).all({ limit: 9 })).toEqual([]);
  });

  test("close – with a transaction under way – waits for it, and refuses what comes later", async () => {
    const storage = await open();
    const work = storage.transaction(async (unit) => {
      await unit.collection(Things).insert([aThing("a")]);
      await pause(20);
    });
    await pause(1);
    await storage.close();
    await work;
    await expect(storage.collection(Things).get("a")).rejects.toMatchObject({ code: "store.closed" });
    await expect(storage.transaction(async () => 1)).rejects.toMatchObject({ code: "store.closed" });
    expect((await (await open()).collection(Things).get("a"))?.id).toBe("a");
  });
}
