import { openMongo } from "../../server/storage/mongo/open-mongo.ts";
import type { Storage } from "../../server/storage/port.ts";
import { openSqlite } from "../../server/storage/sqlite/open-sqlite.ts";
import { CONTRACT_COLLECTIONS } from "./things.ts";

/** Where a store of the contract is, so that another process can be told. */
export type Where =
  | { readonly engine: "sqlite"; readonly folder: string }
  | { readonly engine: "mongo"; readonly uri: string };

/** A handle on it, that gives up on another's lock after `patience` ms. */
export const openAt = (where: Where, patience = 10_000): Promise<Storage> =>
  where.engine === "sqlite"
    ? openSqlite({ folder: where.folder, busyDeadline: patience, collections: CONTRACT_COLLECTIONS })
    : openMongo({ uri: where.uri, busyDeadline: patience, collections: CONTRACT_COLLECTIONS });
