import type { Command } from "commander";
import type { Core } from "../compose.ts";
import { realMoments } from "../shared/moment.ts";
import { readRevision } from "../usecases/policy-revision.ts";
import { adoptSecret } from "../usecases/same-secret.ts";

/** `tricord secret adopt`: for a store whose secret was lost, or is known to others. `open` does not compare secrets. */
export function addSecretCommands(program: Command, open: () => Promise<Core>): void {
  const secret = program.command("secret").description("The installation's secret");
  secret
    .command("adopt")
    .description("Let the store be the present secret's from now on; what it holds keeps the ids of the old one")
    .action(async () => {
      const { storage, keys, audit } = await open();
      try {
        await storage.transaction(async (unit) => {
          await adoptSecret(unit, keys);
          const [revision, at] = [await readRevision(unit), realMoments().now];
          await audit.append(unit, { actor: "operator", revision, at, what: "secret.adopted" });
        });
      } finally {
        await storage.close();
      }
      process.stdout.write("the store is this secret's from now on: start the others with it\n");
    });
}
