import { mongo } from "mongoose";
import { isAway, isTransient, mongoFault } from "../../../../server/storage/mongo/mongo-fault.ts";

const inBatch = (error: Error): mongo.MongoBulkWriteError =>
  new mongo.MongoBulkWriteError(error, {} as mongo.BulkWriteResult);

test("a store that went away – before a batch of writes was sent – is away, as it is for any other command", () => {
  const away = new mongo.MongoServerSelectionError("nobody there", {} as mongo.TopologyDescription);
  expect(isAway(inBatch(away))).toBe(true);
  expect(mongoFault(inBatch(away))).toMatchObject({ kind: "unavailable", code: "store.away", retryAfter: 5 });
});

test("a connection that broke – while a batch of a transaction was sent – is away, and the transaction may be tried again", () => {
  const broken = new mongo.MongoNetworkError("connection closed");
  broken.addErrorLabel("TransientTransactionError");
  expect([isAway(inBatch(broken)), isTransient(inBatch(broken))]).toEqual([true, true]);
});

test("a document that is refused – in a batch – is what the server said of it", () => {
  const taken = new mongo.MongoServerError({ message: "E11000 duplicate key", code: 11000 });
  expect(mongoFault(inBatch(taken))).toMatchObject({ kind: "conflict" });
});
