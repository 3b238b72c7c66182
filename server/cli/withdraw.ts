import type { Command } from "commander";
import { WithdrawBody } from "../../schemas/api/mine.ts";
import { ObjectId } from "../../schemas/api/objects.ts";
import { type Core, composeContent, composeMine } from "../compose.ts";
import { Fault } from "../shared/fault.ts";
import { realMoments } from "../shared/moment.ts";
import { actAs } from "./act-as.ts";

/** `tricord withdraw ID`: takes back the agency's own contributions, as an account. */
export function addWithdrawCommand(
  program: Command,
  open: () => Promise<Core>,
  print: (line: string) => void = (line) => console.log(line),
): void {
  program
    .command("withdraw")
    .description(
      "Take back what the account's agency said of an object: at once; a second person confirms within a day",
    )
    .argument("<object>", "a consolidated id, or a sender's")
    .requiredOption("--as <account>", "the account that withdraws")
    .requiredOption("--reason <text>", "why, for the second person and the record")
    .option("--only <modified>", "one version, by its modified; all of them otherwise")
    .option("--hash <hash>", "the content hash that was looked at; refused if it changed since")
    .action(async (object: string, options: { as: string; reason: string; only?: string; hash?: string }) => {
      const { as, reason, only: version, hash } = options;
      const body = WithdrawBody.safeParse({
        reason,
        ...(version === undefined ? {} : { version }),
        ...(hash === undefined ? {} : { hash }),
      });
      if (!body.success || !ObjectId.safeParse(object).success)
        throw new Fault(
          "bad_request",
          body.success ? `${object} is no STIX id` : (body.error.issues[0]?.message ?? ""),
          {
            code: "command.option",
          },
        );
      const core = await open();
      try {
        const { withdrawals } = composeMine(core, composeContent(core, realMoments));
        const who = await actAs(core, as, "post");
        const done = await withdrawals.withdraw({ ...who, object, ...body.data });
        print(`${object}: ${done.withdrawn} withdrawn; ${done.confirmation} to be confirmed by ${done.confirmUntil}`);
      } finally {
        await core.storage.close();
      }
    });
}
