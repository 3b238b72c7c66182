import type { Command } from "commander";
import type { Core } from "../compose.ts";
import { dedupReport, type Tally } from "../usecases/dedup-report.ts";

const table = (title: string, counts: Readonly<Record<string, number>>): string =>
  [title, ...Object.entries(counts).map(([name, count]) => `  ${String(count).padStart(9)}  ${name}`)].join("\n");

const words = (name: string, tally: Tally): string =>
  [
    `${name}: ${tally.distinct} distinct, ${tally.severalSources} from two or more agencies`,
    table(" by kind", tally.byKind),
    table(" by number of agencies", tally.bySources),
    table(" by pair of agencies", tally.byPair),
  ].join("\n");

/** `tricord dedup report`: for the operator, who reads the store itself. */
export function addDedupCommands(program: Command, open: () => Promise<Core>): void {
  program
    .command("dedup")
    .description("What is the same thing")
    .command("report")
    .description("Distinct things and values by kind, by number of sources and by pair of sources")
    .option("--json", "as JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const core = await open();
      const report = await dedupReport(core.storage);
      await core.storage.close();
      const text =
        json === true
          ? JSON.stringify(report, null, 2)
          : [
              `${report.contributions} contributions`,
              words("things", report.things),
              words("values", report.values),
              words("objects sent alike by several", report.sameObjects),
            ].join("\n\n");
      process.stdout.write(`${text}\n`);
    });
}
