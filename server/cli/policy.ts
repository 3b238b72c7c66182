import type { Command } from "commander";
import { ReplayBody } from "../../schemas/api/replay.ts";
import { type Core, composeContent, composeReplays } from "../compose.ts";
import { realMoments } from "../shared/moment.ts";
import { instantOf } from "../usecases/replay.ts";
import { policyDecide } from "./policy-decide.ts";
import { checked } from "./triage.ts";

/** `tricord policy decide`: asks on standard input, answers on standard output, line by line; it reads no store. `tricord policy replay`: one question about a past instant. */
export function addPolicyCommands(program: Command, open: () => Promise<Core>): void {
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
  policy
    .command("replay")
    .description(
      "Why could an account read, or not read, an object at a past instant? As JSON, with the versions of policy that it was decided by; for auditor and operator",
    )
    .requiredOption("--account <id>", "who would have read it")
    .requiredOption("--object <id>", "its id, as a sender or the exchange names it")
    .requiredOption("--at <instant>", "in UTC: 2026-04-11T09:30:00Z")
    .option("--channel <channel>", "page (default), api, taxii, export, mail, webhook or stream")
    .action(async (options: Readonly<Record<string, string>>) => {
      const {
        account,
        object,
        at,
        channel = "page",
      } = checked(ReplayBody.required({ account: true }).omit({ agency: true }), options);
      const core = await open();
      try {
        const { content, recalled } = composeContent(core, realMoments);
        const replays = composeReplays(core, { content, recalled });
        const ask = { account, object, channel, at: instantOf(at) };
        const told = await replays.asAuditor(realMoments().now, ask);
        process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
      } finally {
        await core.storage.close();
      }
    });
}
