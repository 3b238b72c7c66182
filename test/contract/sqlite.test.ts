import { openSqlite } from "../../server/storage/sqlite/open-sqlite.ts";
import { temporaryFolder } from "../support/temporary-store.ts";
import { storageContract } from "./storage-contract.ts";
import { CONTRACT_COLLECTIONS } from "./things.ts";

storageContract("SQLite", async () => {
  const { folder, remove } = temporaryFolder();
  return {
    open: (patience = 10_000) => openSqlite({ folder, busyDeadline: patience, collections: CONTRACT_COLLECTIONS }),
    remove: async () => remove(),
  };
});
