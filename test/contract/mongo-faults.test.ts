import { setTimeout as pause } from "node:timers/promises";
import { mongo } from "mongoose";
import { openMongo } from "../../server/storage/mongo/open-mongo.ts";
import type { Storage } from "../../server/storage/port.ts";
import type { StoreEvent } from "../../server/storage/store-events.ts";
import { type OwnDatabase, onDatabase, ownDatabase } from "../support/mongo-database.ts";
import { mongoSource } from "../support/mongo-server.ts";
import { withMongo } from "../support/with-mongo.ts";
import { aThing, CONTRACT_COLLECTIONS, ids, manyThings, Notes, Things } from "./things.ts";

/** What a server that changes its mind, loses its primary or has somebody else's transaction open does to ours: failures are planted in the server (`failCommand`). */
withMongo("faults of a MongoDB server", () => {
  let own: OwnDatabase;
  let client: mongo.MongoClient;
  const opened: Storage[] = [];
  const events: StoreEvent[] = [];

  const open = async (busyDeadline = 20_000): Promise<Storage> => {
    const storage = await openMongo({
      ...{ uri: own.uri, collections: CONTRACT_COLLECTIONS, busyDeadline },
      observe: (event) => events.push(event),
    });
    opened.push(storage);
    return storage;
  };
  beforeEach(async () => {
    own = await ownDatabase();
    client = await new mongo.MongoClient(own.uri).connect();
    events.length = 0;
  });
  afterEach(async () => {
    await client
      .db("admin")
      .command({ configureFailPoint: "failCommand", mode: "off" })
      .catch(() => undefined);
    for (const storage of opened.splice(0)) await storage.close();
    await client.close();
    await own.drop();
  });

  /** The next so many of these commands fail so. A server that was given may not allow it: then the test says that it did not run. */
  const plant = async (times: number, data: object): Promise<boolean> => {
    try {
      await client.db("admin").command({ configureFailPoint: "failCommand", mode: { times }, data });
      return true;
    } catch (error) {
      if (mongoSource() !== "given") throw error;
      console.warn("the server has no fail points (enableTestCommands=1): this test DID NOT RUN");
      return false;
    }
  };
  const retried = (why: string): number => events.filter((event) => event.kind === "retry" && event.why === why).length;

  test.each([
    [
      "a write conflict at a write",
      { failCommands: ["update"], errorCode: 112, errorLabels: ["TransientTransactionError"] },
    ],
    [
      "a write conflict at the commit",
      { failCommands: ["commitTransaction"], errorCode: 112, errorLabels: ["TransientTransactionError"] },
    ],
    [
      "a transaction that the server has forgotten",
      { failCommands: ["commitTransaction"], errorCode: 251, errorLabels: ["TransientTransactionError"] },
    ],
    [
      "a primary that stepped down at a read",
      { failCommands: ["find"], errorCode: 189, errorLabels: ["TransientTransactionError"] },
    ],
  ])("%s, twice – a transaction – runs again and is there once", async (_, data) => {
    const storage = await open();
    await storage.collection(Things).insert([aThing("counter", { rank: 0 })]);
    if (!(await plant(2, data))) return;
    let runs = 0;
    await storage.transaction(async (unit) => {
      runs++;
      const things = unit.collection(Things);
      const held = await things.get("counter");
      if (held !== undefined) await things.put({ ...held, rank: (held.rank ?? 0) + 1 });
      await things.insert([aThing("beside")]);
    });
    expect(await storage.collection(Things).get("counter")).toMatchObject({ rank: 1, rev: 2 });
    expect(ids(await storage.collection(Things).all({ limit: 9 }))).toEqual(["beside", "counter"]);
    expect(runs).toBeGreaterThan(1);
    expect(retried("conflict")).toBeGreaterThan(0);
  });

  test("a commit whose answer is lost – a transaction – is committed once, and its caller told so", async () => {
    const storage = await open();
    await storage.collection(Things).insert([aThing("counter", { rank: 0 })]);
    const lost = {
      failCommands: ["commitTransaction"],
      errorCode: 91,
      errorLabels: ["UnknownTransactionCommitResult", "RetryableWriteError"],
    };
    if (!(await plant(1, lost))) return;
    let runs = 0;
    await storage.transaction(async (unit) => {
      runs++;
      const held = await unit.collection(Things).get("counter");
      if (held !== undefined) await unit.collection(Things).put({ ...held, rank: (held.rank ?? 0) + 1 });
    });
    expect(await storage.collection(Things).get("counter")).toMatchObject({ rank: 1, rev: 2 });
    expect(runs).toBe(1);
  });

  test("conflicts without end – a transaction – gives up as store.busy at the deadline, nothing is there, and the next one goes", async () => {
    const storage = await open(600);
    if (
      !(await plant(100_000, {
        failCommands: ["commitTransaction"],
        errorCode: 112,
        errorLabels: ["TransientTransactionError"],
      }))
    )
      return;
    await expect(storage.collection(Things).insert([aThing("a")])).rejects.toMatchObject({
      kind: "unavailable",
      code: "store.busy",
      retryAfter: 1,
    });
    await client.db("admin").command({ configureFailPoint: "failCommand", mode: "off" });
    await storage.collection(Things).insert([aThing("b")]);
    expect(ids(await storage.collection(Things).all({ limit: 9 }))).toEqual(["b"]);
  });

  test("a disk that is full – a write – store.full in words that are ours, reads go on, and writes once there is room", async () => {
    const storage = await open();
    if (!(await plant(1, { failCommands: ["insert"], errorCode: 14031 }))) return;
    await expect(storage.collection(Things).insert([aThing("a")])).rejects.toMatchObject({
      kind: "unavailable",
      code: "store.full",
    });
    expect(await storage.collection(Things).all({ limit: 9 })).toEqual([]);
    await storage.collection(Things).insert([aThing("a")]);
    expect(ids(await storage.collection(Things).all({ limit: 9 }))).toEqual(["a"]);
  });

  test("log collections, many handles that read, then insert or change the same – no conflict comes out, and none is lost", async () => {
    const handles = [await open(), await open(), await open()];
    const add = (storage: Storage): Promise<void> =>
      storage.transaction(async (unit) => {
        const notes = unit.collection(Notes);
        const held = await notes.get("n");
        if (held === undefined) await notes.insert([{ id: "n", text: "1" }]);
        else await notes.put({ ...held, text: String(Number(held.text) + 1) });
      });
    await Promise.all(handles.flatMap((storage) => [add(storage), add(storage), add(storage), add(storage)]));
    expect((await handles[0]?.collection(Notes).get("n"))?.text).toBe("12");
  });

  test("a process that died with the turn and a transaction open – another one that writes – ends that and goes on; nothing of it is there", async () => {
    const storage = await open();
    const things = client.db().collection<{ _id: string }>("things");
    const dead = client.startSession();
    dead.startTransaction({ readConcern: { level: "snapshot" } });
    await things.insertOne({ _id: "half" }, { session: dead });
    await client
      .db()
      .collection<{ _id: string }>("_turns")
      .updateOne(
        { _id: "content" },
        { $set: { holder: "the dead", session: dead.id?.id, until: new Date(Date.now() - 1000) }, $inc: { n: 1 } },
      );
    await storage.collection(Things).insert([aThing("half", { owner: "the living" })]);
    expect(ids(await storage.collection(Things).all({ limit: 9 }))).toEqual(["half"]);
    expect((await storage.collection(Things).get("half"))?.owner).toBe("the living");
    await expect(dead.commitTransaction()).rejects.toThrow();
    await dead.endSession();
  });

  test("a turn that was taken over while its transaction went on – its commit – is refused by the fence, it runs again, and both are there", async () => {
    const [slow, other] = [await open(), await open()];
    let runs = 0;
    let taken = false;
    await slow.transaction(async (unit) => {
      runs++;
      const held = (await unit.collection(Things).all({ limit: 9 })).length;
      if (!taken) {
        taken = true;
        // As if this process had been stopped for longer than its lease.
        await onDatabase(own.uri, async (database) => {
          await database
            .collection<{ _id: string }>("_turns")
            .updateOne({ _id: "content" }, { $set: { until: new Date(0), session: null } });
        });
        await other.collection(Things).insert(manyThings(3));
      }
      await unit.collection(Things).insert([aThing("counted", { rank: held })]);
    });
    expect(runs).toBe(2);
    expect(await slow.collection(Things).get("counted")).toMatchObject({ rank: 3 });
  });

  test("a commit that never came to the server – others that write – go on once the lease has run out, and nothing of it is there", async () => {
    const [cut, other] = [await open(), await open()];
    await cut.collection(Things).insert([aThing("before")]);
    const lost = { failCommands: ["commitTransaction"], errorCode: 50 };
    if (!(await plant(100, lost))) return;
    await expect(cut.collection(Things).insert([aThing("lost")])).rejects.toMatchObject({ kind: "unavailable" });
    const note = { id: "n", text: "lost" };
    await expect(cut.collection(Notes).insert([note])).rejects.toMatchObject({ kind: "unavailable" });
    await client.db("admin").command({ configureFailPoint: "failCommand", mode: "off" });
    await other.collection(Notes).insert([{ ...note, text: "after" }]);
    expect((await other.collection(Notes).get("n"))?.text).toBe("after");
    await other.collection(Things).insert([aThing("after")]);
    expect(ids(await other.collection(Things).all({ limit: 9 }))).toEqual(["after", "before"]);
  });

  test("a commit that never came to the server – the same process, which writes again – goes on at once", async () => {
    const storage = await open(2000);
    const lost = { failCommands: ["commitTransaction"], errorCode: 50 };
    if (!(await plant(100, lost))) return;
    await expect(storage.collection(Things).insert([aThing("lost")])).rejects.toMatchObject({ kind: "unavailable" });
    await client.db("admin").command({ configureFailPoint: "failCommand", mode: "off" });
    await storage.collection(Things).insert([aThing("again")]);
    expect(ids(await storage.collection(Things).all({ limit: 9 }))).toEqual(["again"]);
  });

  test("reads of one state whose end the store did not confirm – a snapshot – are done again, since what they saw may be undone", async () => {
    const storage = await open();
    await storage.collection(Things).insert(manyThings(2));
    const stepped = {
      failCommands: ["commitTransaction"],
      errorCode: 251,
      errorLabels: ["TransientTransactionError"],
    };
    if (!(await plant(1, stepped))) return;
    let runs = 0;
    const found = await storage.snapshot(async (unit) => {
      runs++;
      return ids(await unit.collection(Things).all({ limit: 9 }));
    });
    expect([runs, found]).toEqual([2, ["t0000", "t0001"]]);
  });

  test.each([
    ["at a read", "find"],
    ["at the write", "insert"],
    ["at the commit", "commitTransaction"],
  ])(
    "a session that another process ended %s – a transaction – runs on or again, and is there once",
    async (_, command) => {
      const storage = await open();
      if (!(await plant(1, { failCommands: [command], errorCode: 11601 }))) return;
      await storage.transaction(async (unit) => {
        const held = (await unit.collection(Things).all({ limit: 9 })).length;
        await unit.collection(Things).insert([aThing("counted", { rank: held })]);
      });
      expect(await storage.collection(Things).get("counted")).toMatchObject({ rank: 0, rev: 1 });
    },
  );

  test("a server that ends nobody's session – a turn that ran out – is taken all the same", async () => {
    const storage = await open();
    await client
      .db()
      .collection<{ _id: string }>("_turns")
      .updateOne(
        { _id: "content" },
        {
          $set: { holder: "the dead", session: new mongo.UUID(), until: new Date(Date.now() - 1000) },
          $inc: { n: 1 },
        },
      );
    if (!(await plant(1, { failCommands: ["killSessions"], errorCode: 13 }))) return;
    await storage.collection(Things).insert([aThing("a")]);
    expect(ids(await storage.collection(Things).all({ limit: 9 }))).toEqual(["a"]);
  });

  test("a turn that is held for longer than its lease – a transaction that takes its time – keeps it, and others wait", async () => {
    const [slow, other] = [await open(), await open()];
    const order: string[] = [];
    const working = slow.transaction(async (unit) => {
      await unit.collection(Things).insert([aThing("slow")]);
      await pause(7_500);
      order.push("slow");
    });
    await pause(200);
    await other
      .collection(Things)
      .insert([aThing("other")])
      .then(() => order.push("other"));
    await working;
    expect(order).toEqual(["slow", "other"]);
  });
});
