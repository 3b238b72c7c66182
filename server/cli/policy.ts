import type { Command } from "commander";
import { policyDecide } from "./policy-decide.ts";

/** `tricord policy decide`: asks on standard input, answers on standard output, line by line. Reads no store. */
export function addPolicyCommands(program: Command): void {
  const policy = program.command("policy").description("The sharing policy");
  policy
    .command("decide")
    .description("Read one JSON ask a line, { viewer, label, agreements, at, channel? }, and write one decision a line")
    .action(async () => {
      const write = (text: string): Promise<void> | undefined =>
        process.stdout.write(text)
          ? undefined
          : new Promise((drained) => process.stdout.once("drain", () => drained()));
      await policyDecide(process.stdin, async (text) => write(text));
    });
}
