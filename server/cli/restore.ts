import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { readBackupFile } from "../backup-file.ts";
import { openTarget } from "../compose.ts";
import type { Config } from "../config.ts";
import { type Keys, readKeys } from "../keys.ts";
import { wrapsOf } from "../seal-keys.ts";
import { Fault } from "../shared/fault.ts";
import { realMoments } from "../shared/moment.ts";
import { latestFormat, MIGRATIONS } from "../storage/migrations.ts";
import { checkBackup } from "../usecases/backup/read-backup.ts";
import { compareLoaded, endRestore, loadBackup } from "../usecases/backup/restore.ts";
import { countDocuments, progressOf } from "./backup-progress.ts";

/** The secret that was kept with the backup has to be there: a new one would be another installation's. */
async function keptKeys(config: Config, otherSecret: boolean): Promise<Keys> {
  const own = join(config.DATA_DIR, "secret.key");
  if (!otherSecret && config.SECRET_KEY_FILE === undefined && !existsSync(own))
    throw new Fault(
      "bad_request",
      `the secret is not in a backup: put the secret.key that was kept with it in ${config.DATA_DIR}, or name it in SECRET_KEY_FILE`,
      { code: "restore.no_secret" },
    );
  return readKeys(config, realMoments());
}

/** `tricord restore FILE`: a backup into an empty store. */
export function addRestoreCommand(program: Command, config: () => Config): void {
  program
    .command("restore")
    .description(
      "Load a backup (- is standard input) into an empty store, of either engine; no server may use it meanwhile",
    )
    .argument("<file>")
    .option("--other-secret", "the secret that it was made under is lost: see docs/operations.md for what that costs")
    .action(async (file: string, { otherSecret = false }: { otherSecret?: boolean }) => {
      const settings = config();
      const keys = await keptKeys(settings, otherSecret);
      const { wrap, old } = await wrapsOf(settings);
      const source = () =>
        readBackupFile(
          file,
          [wrap, old].filter((one) => one !== undefined),
        );
      const reading = { key: keys.backup, format: latestFormat(MIGRATIONS), otherSecret };
      // A file is read through before anything is stored; what comes through a pipe is known to be whole at its end only.
      if (file !== "-") await checkBackup(source(), reading);
      const target = await openTarget(settings, keys);
      const progress = progressOf("restoring");
      try {
        const loaded = await loadBackup(target, source(), reading, realMoments(), progress.told);
        await compareLoaded(target.storage, loaded.collections, progressOf("comparing").told);
        await endRestore(target.storage, loaded);
        await target.reopen();
        progress.end(
          `restored: ${countDocuments(loaded.collections)}, ${loaded.bodies.size} posts that wait; the state of ${loaded.header.created}`,
        );
      } finally {
        await target.storage.close();
      }
    });
}
