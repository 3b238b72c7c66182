import type { Storage } from "../../server/storage/port.ts";
import { FULL } from "../support/drawn.ts";
import { documentContract } from "./document-contract.ts";
import { handleContract } from "./handle-contract.ts";
import { pickContract } from "./pick-contract.ts";
import { randomContract } from "./random-contract.ts";
import { scanContract } from "./scan-contract.ts";
import { searchContract } from "./search-contract.ts";
import { snapshotContract } from "./snapshot-contract.ts";
import type { StoreUnderTest } from "./things.ts";
import { transactionContract } from "./transaction-contract.ts";

/** Documents in tests that read page by page, and random histories of writes. */
export interface Much {
  readonly many: number;
  readonly histories: number;
}
export const MUCH = {
  ours: { many: 1200, histories: 60 },
  standIn: { many: 360, histories: FULL ? 60 : 20 },
} satisfies Readonly<Record<string, Much>>;

/** What every adapter of `server/storage/port.ts` promises. `make` gives a new, empty store with `CONTRACT_COLLECTIONS`. */
export function storageContract(
  name: string,
  make: () => Promise<StoreUnderTest>,
  { many, histories }: Much = MUCH.ours,
): void {
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
    randomContract(again, histories);
  });
}
