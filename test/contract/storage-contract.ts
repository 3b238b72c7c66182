import type { Storage } from "../../server/storage/port.ts";
import { documentContract } from "./document-contract.ts";
import { handleContract } from "./handle-contract.ts";
import { pickContract } from "./pick-contract.ts";
import { randomContract } from "./random-contract.ts";
import { scanContract } from "./scan-contract.ts";
import { searchContract } from "./search-contract.ts";
import { snapshotContract } from "./snapshot-contract.ts";
import type { StoreUnderTest } from "./things.ts";
import { transactionContract } from "./transaction-contract.ts";

/** Documents in tests that read page by page. */
export const MANY = { ours: 1200, standIn: 360 };

/**
 * What every adapter of `server/storage/port.ts` promises. `make` gives a new, empty store with `CONTRACT_COLLECTIONS`; `many` is how many documents it is paged
 * through.
 */
export function storageContract(name: string, make: () => Promise<StoreUnderTest>, many = MANY.ours): void {
  describe(name, () => {
    let under: StoreUnderTest | undefined;
    const opened: Storage[] = [];
    const again = async (patience?: number): Promise<Storage> => {
      under ??= await make();
      const storage = await under.open(patience);
      opened.push(storage);
      return storage;
    };
    afterEach(async () => {
      for (const storage of opened.splice(0)) await storage.close();
      await under?.remove();
      under = undefined;
    });
    documentContract(again);
    scanContract(again, many);
    pickContract(again);
    searchContract(again);
    transactionContract(again);
    snapshotContract(again);
    handleContract(again);
    randomContract(again);
  });
}
