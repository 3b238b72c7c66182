import { ownDatabase } from "../support/mongo-database.ts";
import { withMongo } from "../support/with-mongo.ts";
import { processesContract } from "./processes-contract.ts";

withMongo("several processes on one MongoDB", () => {
  processesContract(async () => {
    const { uri, drop } = await ownDatabase();
    return { where: { engine: "mongo", uri }, remove: drop };
  });
});
