import { FULL } from "../support/drawn.ts";
import { ownDatabase } from "../support/mongo-database.ts";
import { withMongo } from "../support/with-mongo.ts";
import { processesContract } from "./processes-contract.ts";

jest.setTimeout(300_000);

withMongo("several processes on one MongoDB", () => {
  // A killed holder's turn runs out after its lease; and the stand-in counts slowly.
  processesContract(
    async () => {
      const { uri, drop } = await ownDatabase();
      return { where: { engine: "mongo", uri }, remove: drop };
    },
    FULL ? { batches: 12, kills: 3 } : { batches: 8, kills: 2 },
  );
});
