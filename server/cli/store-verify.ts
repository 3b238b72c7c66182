import type { Command } from "commander";
import type { Core } from "../compose.ts";
import { verifyStore } from "../usecases/verify-store/verify-store.ts";
import { printFindings } from "./print-findings.ts";

/** `tricord store verify`: for the operator. Standard output has the findings, each a line, then how many there are of each code; nothing where there are none. */
export function addStoreVerify(store: Command, open: () => Promise<Core>): void {
  store
    .command("verify")
    .description(
      "Hold everything in the store against everything else; beside a running server too. Exit code 3 where something is wrong",
    )
    .option("--most <n>", "findings of one code that are written one by one", "100")
    .option("--json", "one JSON line a finding, then one for all")
    .action(async ({ json, most }: { json?: boolean; most: string }) => {
      const core = await open();
      try {
        await printFindings((options) => verifyStore(core, options), { most: Number(most), json: json === true });
      } finally {
        await core.storage.close();
      }
    });
}
