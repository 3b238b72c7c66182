import { Connection } from "../../../../server/storage/sqlite/connection.ts";
import { openSqlite } from "../../../../server/storage/sqlite/open-sqlite.ts";
import { aThing, CONTRACT_COLLECTIONS, Notes, Things } from "../../../contract/things.ts";
import { temporaryFolder } from "../../../support/temporary-store.ts";

let store = temporaryFolder();
beforeEach(() => {
  store = temporaryFolder();
});
afterEach(() => {
  jest.restoreAllMocks();
  store.remove();
});
const open = () => openSqlite({ folder: store.folder, collections: CONTRACT_COLLECTIONS, migrations: [] });

test("a transaction of the log – the disk is slow – resolves only once the disk has it, and the event loop goes on", async () => {
  const storage = await open();
  const real = Connection.prototype.synced;
  let release = (): void => {};
  const slow = new Promise<void>((done) => {
    release = done;
  });
  jest.spyOn(Connection.prototype, "synced").mockImplementation(async function (this: Connection) {
    await slow;
    return real.call(this);
  });
  let written = false;
  const writing = storage
    .transaction((unit) => unit.collection(Notes).insert([{ id: "n", text: "x" }]))
    .then(() => {
      written = true;
    });
  await new Promise((turn) => setTimeout(turn, 20));
  expect(written).toBe(false);
  release();
  await writing;
  expect(written).toBe(true);
  await storage.close();
});

test("a transaction of the log – the disk fails – store.io, whatever was committed", async () => {
  const storage = await open();
  jest.spyOn(Connection.prototype, "synced").mockRejectedValue(new Error("EIO"));
  await expect(storage.collection(Notes).insert([{ id: "n", text: "x" }])).rejects.toMatchObject({ code: "store.io" });
  await storage.close();
});

test("the two files – opened for writing – content waits for the disk in its commit, the log after it", async () => {
  const storage = await open();
  await storage.collection(Things).insert([aThing("a")]);
  await storage.collection(Notes).insert([{ id: "n", text: "x" }]);
  await storage.close();
  const levels = ["content", "log"].map((name) => {
    const connection = new Connection(`${store.folder}/${name}.sqlite`, {
      readOnly: false,
      cache: 1000,
      syncsLater: name === "log",
    });
    const level = connection.db.pragma("synchronous", { simple: true });
    connection.close();
    return level;
  });
  expect(levels).toEqual([2, 1]);
});
