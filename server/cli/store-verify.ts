import type { Command } from "commander";
import type { Core } from "../compose.ts";
import { FINDINGS, type Finding, type FindingCode } from "../usecases/verify-store/finding.ts";
import { type VerifySummary, verifyStore } from "../usecases/verify-store/verify-store.ts";
import { progressOf } from "./backup-progress.ts";

/** The exit code where something was found. */
const FOUND = 3;

const line = ({ code, collection, id, message }: Finding): string => `${code}  ${collection} ${id}: ${message}`;

const counted = ({ findings }: VerifySummary): string[] =>
  Object.entries(findings).map(([code, n]) => `${String(n).padStart(9)}  ${code}: ${FINDINGS[code as FindingCode]}`);

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
      const progress = progressOf("verified");
      const seen = new Map<string, number>();
      const walk = verifyStore(core, {
        most: Number(most),
        onProgress(collection, documents) {
          const so = (seen.get(collection) ?? 0) + documents;
          seen.set(collection, so);
          progress.told(collection, so);
        },
      });
      try {
        let step = await walk.next();
        for (; step.done !== true; step = await walk.next())
          process.stdout.write(`${json === true ? JSON.stringify(step.value) : line(step.value)}\n`);
        const { documents, findings } = step.value;
        const total = Object.values(documents).reduce((sum, n) => sum + n, 0);
        const found = Object.values(findings).reduce((sum, n) => sum + n, 0);
        if (json === true) process.stdout.write(`${JSON.stringify({ documents, findings })}\n`);
        else for (const words of counted(step.value)) process.stdout.write(`${words}\n`);
        progress.end(`${total} documents in ${Object.keys(documents).length} collections: ${found} findings`);
        if (found > 0) process.exitCode = FOUND;
      } finally {
        await core.storage.close();
      }
    });
}
