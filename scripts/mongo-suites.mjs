import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Suites that run on either engine, as patterns for Jest. The contract on MongoDB and the explained reads run with every `npm test`. */
export const ON_BOTH = [
  "test/(http|twin|order|journeys|interop)/",
  "test/unit/usecases/",
  "test/unit/(cli|http|support)/",
  "test/unit/(seed-load|readiness)",
];
export const CONTRACT = ["test/contract/mongo"];
/** The contract on a sealed store: on the stand-in three minutes, so not with every `npm test` there. */
export const SEALED = ["test/contract/sealed"];
/** What of `ON_BOTH` runs on MongoDB with every `npm test`: one of each kind, as much as fits into ten minutes on two cores. */
export const EACH_TIME = [
  "test/http/releases.test",
  "test/http/taxii/object.test",
  "test/order/recalled-edges.test",
  "test/twin/hidden-crowd.test",
  "test/journeys/sharing.test",
];

const isProgram = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Whether a server is there without the stand-in: the one given, or `mongod` on the path (`test/support/mongo-server.ts`). */
export const hasMongoServer = (env = process.env) =>
  (env.MONGODB_URI ?? "") !== "" ||
  (env.PATH ?? "").split(delimiter).some((folder) => folder !== "" && isProgram(join(folder, "mongod")));

/** Whether the stand-in is installed. */
export const hasStandIn = (root) => existsSync(join(root, ".python", "mongo", "bin", "secantusd-py"));
