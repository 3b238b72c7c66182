import { openCore } from "../../server/compose.ts";
import { readConfig } from "../../server/config.ts";
import type { Finding } from "../../server/usecases/verify-store/finding.ts";
import { findingsOf } from "../../server/usecases/verify-store/verify-store.ts";
import { storeSettings } from "./real-server.ts";

/** What `tricord store verify` finds in the store of a data folder, whether servers run on it or not. */
export async function foundIn(folder: string): Promise<Finding[]> {
  const core = await openCore(readConfig({ LOG_LEVEL: "silent", ...(await storeSettings(folder)) }));
  try {
    return await findingsOf(core);
  } finally {
    await core.storage.close();
  }
}
