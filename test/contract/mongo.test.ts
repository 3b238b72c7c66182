import { ownDatabase } from "../support/mongo-database.ts";
import { mongoSource } from "../support/mongo-server.ts";
import { withMongo } from "../support/with-mongo.ts";
import { MUCH, storageContract } from "./storage-contract.ts";
import { openAt } from "./where.ts";

// The stand-in sorts each page anew.
jest.setTimeout(300_000);

const onStandIn = (): boolean => mongoSource() === "stand-in";

withMongo("the contract of stores on MongoDB", () => {
  storageContract(
    "MongoDB",
    async () => {
      const { uri, drop } = await ownDatabase();
      return { open: (patience) => openAt({ engine: "mongo", uri }, patience), remove: drop };
    },
    onStandIn() ? MUCH.standIn : MUCH.ours,
  );
});
