import { once } from "node:events";
import type { Command } from "commander";
import { ExportReceipt } from "../../schemas/api/exports.ts";
import { ExportQuery } from "../../schemas/api/objects.ts";
import { type Core, composeContent } from "../compose.ts";
import { Fault } from "../shared/fault.ts";
import { realMoments } from "../shared/moment.ts";

/** `tricord export`: what one account may take away, as it would over HTTP. */
export function addExportCommand(program: Command, open: () => Promise<Core>): void {
  program
    .command("export")
    .description("Write what an account may take away to standard output")
    .requiredOption("--as <account>", "the account that takes it")
    .option("--format <format>", "stix, csv, list, misp, plain, hosts or rpz", "stix")
    .option("--kind <kind>", "of plain, hosts and rpz: domains, ipv4, ipv6, url, hashes or wallets")
    .option("--id <id>", "one object")
    .option("--view <view>", "consolidated or originals")
    .option("--type <type>", "STIX type")
    .option("--value <value>", "a value in any spelling")
    .option("--text <words>", "words")
    .option("--tlp <level>", "TLP level")
    .option("--source <agency>", "originating agency")
    .option("--received-after <instant>", "received at or after")
    .option("--received-before <instant>", "received before")
    .action(async ({ as, receivedAfter, receivedBefore, ...rest }: Record<string, string | undefined>) => {
      const asked = ExportQuery.safeParse({
        ...rest,
        ...(receivedAfter === undefined ? {} : { received_after: receivedAfter }),
        ...(receivedBefore === undefined ? {} : { received_before: receivedBefore }),
      });
      if (!asked.success)
        throw new Fault(
          "bad_request",
          asked.error.issues
            .map((issue) => `--${issue.path.join(".").replaceAll("_", "-")}: ${issue.message}`)
            .join("\n"),
        );
      const core = await open();
      const viewer = (await core.snapshots.read(core.storage, realMoments().now)).viewer(as ?? "");
      if (viewer === undefined) throw new Fault("bad_request", `--as: there is no account ${as}`);
      const { content } = composeContent(core, realMoments);
      // A reader that has seen enough (`| head`) closes the pipe: no failure of ours.
      process.stdout.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code !== "EPIPE") throw error;
        process.exit(0);
      });
      const { stream, serial } = content.export(viewer, realMoments(), asked.data);
      for await (const bytes of stream) if (!process.stdout.write(bytes)) await once(process.stdout, "drain");
      const { withheld } = ExportReceipt.parse(JSON.parse(await content.exportReceipt(viewer, serial)));
      const kept = Object.entries(withheld.counts).map(([reason, count]) => `${reason} ${count}`);
      // On standard error: the file itself says nothing of what its maker may not take away.
      if (kept.length > 0) process.stderr.write(`you may read and not take away: ${kept.join(", ")}\n`);
      await core.storage.close();
    });
}
