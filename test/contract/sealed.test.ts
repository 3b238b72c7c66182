import { localKey } from "../../server/key-wrap/local-key.ts";
import { Seal } from "../../server/storage/seal/seal.ts";
import { ownDatabase } from "../support/mongo-database.ts";
import { mongoSource } from "../support/mongo-server.ts";
import { temporaryFolder } from "../support/temporary-store.ts";
import { STORE } from "../support/which-store.ts";
import { withMongo } from "../support/with-mongo.ts";
import { MUCH, storageContract } from "./storage-contract.ts";
import { openAt } from "./where.ts";

/** Each handle has its own, as each process would. */
const seal = (): Seal => new Seal({ wrap: localKey("SEAL_KEY", Buffer.alloc(32, 7)) });

storageContract("SQLite, sealed", async () => {
  const { folder, remove } = temporaryFolder();
  return { open: (patience) => openAt({ engine: "sqlite", folder }, patience, seal()), remove: async () => remove() };
});

const onStandIn = (): boolean => mongoSource() === "stand-in";

// On the stand-in this takes three minutes: there it runs with the suites on MongoDB (STORE=mongo, STORE=both), not with each `npm test`.
const everyTime = mongoSource() !== "stand-in" || STORE === "mongo";
const sealedOnMongo = everyTime ? withMongo : () => {};

sealedOnMongo("the contract of stores on MongoDB, sealed", () => {
  storageContract(
    "MongoDB, sealed",
    async () => {
      const { uri, drop } = await ownDatabase();
      return { open: (patience) => openAt({ engine: "mongo", uri }, patience, seal()), remove: drop };
    },
    onStandIn() ? MUCH.standIn : MUCH.ours,
  );
});
