import type { Command } from "commander";
import { writeBackupFile } from "../backup-file.ts";
import type { Core } from "../compose.ts";
import { wrapsOf } from "../seal-keys.ts";
import { Fault } from "../shared/fault.ts";
import { realMoments } from "../shared/moment.ts";
import { writeBackup } from "../usecases/backup/write-backup.ts";
import { countDocuments, progressOf } from "./backup-progress.ts";

/** `tricord backup FILE`: one state of the store, while the server runs. */
export function addBackupCommand(program: Command, open: () => Promise<Core>): void {
  program
    .command("backup")
    .description(
      "Write all of the store to a file (- is standard output) while the server runs; the secret is not in it",
    )
    .argument("<file>")
    .option("--no-gzip", "leave it uncompressed")
    .action(async (file: string, { gzip }: { gzip: boolean }) => {
      if (file === "-" && process.stdout.isTTY === true)
        throw new Fault("bad_request", "a backup is no text for a terminal: redirect it", { code: "backup.terminal" });
      const core = await open();
      const progress = progressOf("backing up");
      try {
        const { wrap } = await wrapsOf(core.config);
        const moment = realMoments();
        const totals = await writeBackupFile(file, { gzip, wrap, moment }, (write) =>
          writeBackup({ ...core, key: core.keys.backup }, moment, write, progress.told),
        );
        progress.end(
          `${file}: ${countDocuments(totals.collections)}, ${totals.bodies} posts that wait${wrap === undefined ? "" : "; sealed"}`,
        );
      } finally {
        await core.storage.close();
      }
    });
}
