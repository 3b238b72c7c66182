import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Core } from "../compose.ts";
import { Fault } from "../shared/fault.ts";
import { realMoments } from "../shared/moment.ts";
import { foundGroup, GroupFile } from "../usecases/found-group.ts";

function readGroup(file: string): GroupFile {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new Fault("bad_request", `${file}: ${cause instanceof Error ? cause.message : "can't be read"}`, { cause });
  }
  const parsed = GroupFile.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Fault(
    "bad_request",
    parsed.error.issues.map(({ path, message }) => `${file}: ${path.join(".")}: ${message}`).join("\n"),
  );
}

/** `tricord group found FILE`: what an installation without the demonstration begins with. */
export function addGroupCommands(program: Command, open: () => Promise<Core>): void {
  program
    .command("group")
    .description("The working group's agencies, agreements and standing orders")
    .command("found")
    .description("Add those of a JSON file, { agencies, agreements, orders }; what is there already is never changed")
    .argument("<file>")
    .action(async (file: string) => {
      const group = readGroup(file);
      const core = await open();
      try {
        await foundGroup(core, group, realMoments());
      } finally {
        await core.storage.close();
      }
      process.stdout.write(
        `added ${group.agencies.length} agencies, ${group.agreements.length} agreements, ${group.orders.length} orders\n`,
      );
    });
}
