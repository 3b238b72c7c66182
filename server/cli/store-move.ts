import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { piped } from "../backup-file.ts";
import { type Core, openTarget } from "../compose.ts";
import type { Config } from "../config.ts";
import { Fault } from "../shared/fault.ts";
import { realMoments } from "../shared/moment.ts";
import { latestFormat, MIGRATIONS } from "../storage/migrations.ts";
import { compareLoaded, compareSource, endRestore, type Loaded, loadBackup } from "../usecases/backup/restore.ts";
import { writeBackup } from "../usecases/backup/write-backup.ts";
import { countDocuments, progressOf } from "./backup-progress.ts";

const isAddress = (to: string): boolean => /^mongodb(?:\+srv)?:\/\//.test(to);

/** The settings of the new store: the same but for where it is. */
function settingsOf({ MONGODB_URI: _, ...config }: Config, to: string): Config {
  return isAddress(to) ? { ...config, MONGODB_URI: to } : { ...config, DATA_DIR: resolve(to) };
}

/** What the operator does now. An address may hold a password: it is not said again. */
function nextSteps(from: Config, to: Config): string {
  const [old, ours] = [resolve(from.DATA_DIR), resolve(to.DATA_DIR)];
  const left = `What was in ${from.MONGODB_URI === undefined ? `${old} (content.sqlite, log.sqlite, spool/)` : "the old database"} is there still, as it was: remove it when the new store has served.`;
  if (to.MONGODB_URI !== undefined)
    return [
      "Next:",
      "  1. set MONGODB_URI to the address given with --to, for every process",
      `  2. keep ${from.SECRET_KEY_FILE === undefined ? `DATA_DIR=${old} for its secret.key (further machines: SECRET_KEY_FILE with a copy of it)` : "SECRET_KEY_FILE as it is"}, and the SEAL_KEY settings where there are some`,
      "  3. start",
      left,
    ].join("\n");
  const secret =
    from.SECRET_KEY_FILE !== undefined
      ? "keep SECRET_KEY_FILE as it is"
      : existsSync(resolve(ours, "secret.key"))
        ? `the secret is in ${ours} already`
        : `cp -p ${resolve(old, "secret.key")} ${resolve(ours, "secret.key")}`;
  const steps = [`  1. ${secret}`, `  2. set DATA_DIR=${ours}, and leave MONGODB_URI out`, "  3. start"];
  return ["Next:", ...steps, left].join("\n");
}

/** `tricord store move --to …`: this store into an empty one of either engine, in one go. */
export function addStoreMove(store: Command, open: () => Promise<Core>): void {
  store
    .command("move")
    .description("Move this store to another engine or folder, compared on both sides; stop what uses it first")
    .requiredOption("--to <place>", "mongodb://… or a folder, without a store in it")
    .action(async ({ to }: { to: string }) => {
      const core = await open();
      const settings = settingsOf(core.config, to);
      const progress = progressOf("moving");
      try {
        if (
          !isAddress(to) &&
          core.config.MONGODB_URI === undefined &&
          settings.DATA_DIR === resolve(core.config.DATA_DIR)
        )
          throw new Fault("bad_request", "--to: that is where the store is", { code: "move.same" });
        const target = await openTarget(settings, core.keys);
        try {
          const reading = { key: core.keys.backup, format: latestFormat(MIGRATIONS) };
          let loaded: Loaded | undefined;
          await piped(
            (write) => writeBackup({ ...core, key: core.keys.backup }, realMoments(), write),
            async (source) => {
              loaded = await loadBackup(target, source, reading, realMoments(), progress.told);
            },
          );
          if (loaded === undefined) throw new Fault("internal", "nothing was moved", { code: "move.nothing" });
          await compareLoaded(target.storage, loaded.collections, progressOf("comparing, new").told);
          await compareSource(core.storage, loaded.collections, progressOf("comparing, old").told);
          await endRestore(target.storage, loaded);
          await target.reopen();
          progress.end(
            `moved: ${countDocuments(loaded.collections)}, ${loaded.bodies.size} posts that wait; counts and hashes are the same on both sides`,
          );
        } finally {
          await target.storage.close();
        }
        process.stdout.write(`${nextSteps(core.config, settings)}\n`);
      } finally {
        await core.storage.close();
      }
    });
}
