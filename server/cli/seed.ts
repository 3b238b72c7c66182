import type { Command } from "commander";
import type { Core } from "../compose.ts";
import { projectRoot } from "../project-root.ts";
import { seedNow } from "../seed-demo.ts";

/** `tricord seed`: the demonstration group into an empty store. */
export function addSeedCommand(program: Command, open: () => Promise<Core>): void {
  program
    .command("seed")
    .description("Load the demonstration group into an empty store")
    .action(async () => {
      const core = await open();
      const totals = await seedNow(core, projectRoot(), core.config.PUBLIC_URL);
      await core.storage.close();
      process.stdout.write(
        `received ${totals.received}, created ${totals.created}, updated ${totals.updated}, unchanged ${totals.unchanged}, rejected ${totals.rejected}\naccounts: ${totals.accountsFile}\n`,
      );
    });
}
