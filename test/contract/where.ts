import { openMongo } from "../../server/storage/mongo/open-mongo.ts";
import type { Storage } from "../../server/storage/port.ts";
import type { Seal } from "../../server/storage/seal/seal.ts";
import { openSqlite } from "../../server/storage/sqlite/open-sqlite.ts";
import { CONTRACT_COLLECTIONS, SEALED_COLLECTIONS } from "./things.ts";

/** Where a store of the contract is, so that another process can be told. */
export type Where =
  | { readonly engine: "sqlite"; readonly folder: string }
  | { readonly engine: "mongo"; readonly uri: string };

/** A handle on it, that gives up on another's lock after `patience` ms; with a seal what it writes is sealed. */
export const openAt = (where: Where, patience = 30_000, seal?: Seal): Promise<Storage> => {
  const how = {
    busyDeadline: patience,
    ...(seal === undefined ? { collections: CONTRACT_COLLECTIONS } : { seal, collections: SEALED_COLLECTIONS }),
  };
  return where.engine === "sqlite"
    ? openSqlite({ folder: where.folder, ...how })
    : openMongo({ uri: where.uri, ...how });
};
