import { temporaryFolder } from "../support/temporary-store.ts";
import { storageContract } from "./storage-contract.ts";
import { openAt } from "./where.ts";

storageContract("SQLite", async () => {
  const { folder, remove } = temporaryFolder();
  return { open: (patience) => openAt({ engine: "sqlite", folder }, patience), remove: async () => remove() };
});
