import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { openCore } from "../compose.ts";
import { readConfig } from "../config.ts";
import type { Route } from "../http/route.ts";
import { readSettings } from "../read-settings.ts";
import { Fault } from "../shared/fault.ts";
import { realMoments } from "../shared/moment.ts";
import { addAccountsCommands } from "./accounts.ts";
import { addAuditCommands } from "./audit.ts";
import { addBackupCommand } from "./backup.ts";
import { addDedupCommands } from "./dedup.ts";
import { addExportCommand } from "./export.ts";
import { addGroupCommands } from "./group.ts";
import { addIngestCommand } from "./ingest.ts";
import { addOpenapiCommand } from "./openapi.ts";
import { addOrdersCommands } from "./orders.ts";
import { addPolicyCommands } from "./policy.ts";
import { addQuarantineCommands } from "./quarantine.ts";
import { addReleaseCommands } from "./release.ts";
import { addRestoreCommand } from "./restore.ts";
import { addSealCommands } from "./seal.ts";
import { addSecretCommands } from "./secret.ts";
import { addSeedCommand } from "./seed.ts";
import { addStixCommands } from "./stix.ts";
import { addStoreCommands } from "./store.ts";
import { addTriageCommands } from "./triage.ts";
import { addWithdrawCommand } from "./withdraw.ts";

/** `tricord <command>`: works on the store of this installation's settings; results on standard output, words on standard error. */
const program = new Command("tricord")
  .description("Tricord: intelligence-sharing exchange")
  .showHelpAfterError()
  .helpCommand(true);
/** The routes without anybody's data: over a store of their own in a folder that is gone afterwards. */
async function routesOfNewStore(): Promise<readonly Route[]> {
  const folder = mkdtempSync(join(tmpdir(), "tricord-"));
  const opened = await openCore(readConfig({ DATA_DIR: folder }));
  const none = { post: () => Promise.reject(new Error("no posts here")), wake: () => {} };
  // What speaks HTTP is loaded for this one command.
  const { composeRoutes } = await import("../compose-http.ts");
  const { routes } = composeRoutes(opened, { runner: none, moments: realMoments });
  await opened.storage.close();
  rmSync(folder, { recursive: true });
  return routes;
}

const core = () => openCore(readSettings(process.env));

addIngestCommand(program, core);
addExportCommand(program, core);
addDedupCommands(program, core);
addPolicyCommands(program, core);
addAccountsCommands(program, async () => ({ ...(await core()), moments: realMoments }));
addGroupCommands(program, core);
addSeedCommand(program, core);
addSecretCommands(program, () => openCore(readSettings(process.env), realMoments, undefined, { anySecret: true }));
addSealCommands(program, core);
addTriageCommands(program, core);
addReleaseCommands(program, core);
addOrdersCommands(program, core);
addQuarantineCommands(program, core);
addWithdrawCommand(program, core);
addStixCommands(program);
addBackupCommand(program, core);
addRestoreCommand(program, () => readSettings(process.env));
addStoreCommands(program, core);
addAuditCommands(program, core);
addOpenapiCommand(program, routesOfNewStore);

/** What was written to a pipe is on its way still when the work is done: ending before would cut it off. */
const written = (): Promise<void> => new Promise((done) => process.stdout.write("", () => done()));

program.parseAsync().then(
  async () => {
    await written();
    process.exit(process.exitCode ?? 0);
  },
  (error: unknown) => {
    process.stderr.write(
      error instanceof Fault
        ? `tricord: ${error.message}\n`
        : `${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(1);
  },
);
