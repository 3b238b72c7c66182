import { temporaryFolder } from "../support/temporary-store.ts";
import { processesContract } from "./processes-contract.ts";

processesContract(
  async () => {
    const { folder, remove } = temporaryFolder();
    return { where: { engine: "sqlite", folder }, remove: async () => remove() };
  },
  { batches: 60, kills: 5 },
);
