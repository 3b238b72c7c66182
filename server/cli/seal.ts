import type { Command } from "commander";
import type { Core } from "../compose.ts";
import { realMoments } from "../shared/moment.ts";
import {
  applySeal,
  countUnsealed,
  GROUP_KEYS,
  renewSeal,
  rotateSeal,
  type SealParts,
  sealKeys,
} from "../usecases/seal-store.ts";

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** `tricord seal …`: encryption at rest of this installation's store. All of it works beside a running server. */
export function addSealCommands(program: Command, open: () => Promise<Core>): void {
  const seal = program.command("seal").description("Encryption at rest");
  const within = async (work: (parts: SealParts) => Promise<void>): Promise<void> => {
    const core = await open();
    try {
      await work(core);
    } finally {
      await core.storage.close();
    }
  };

  seal
    .command("status")
    .description("Whether content is sealed, the data keys with their months and what wraps them")
    .option("--count", "count documents that are still stored plain (walks the store)")
    .option("--json", "as JSON")
    .action(({ count, json }: { count?: boolean; json?: boolean }) =>
      within(async (parts) => {
        const keys = (await sealKeys(parts.storage)).map(({ n, agency, month, turn, wrap }) => ({
          key: n,
          agency: agency === "" ? GROUP_KEYS : agency,
          month,
          turn,
          wrappedBy: wrap,
        }));
        const plain = count === true ? await countUnsealed(parts) : undefined;
        const by = parts.seal.wrappedBy;
        if (json === true) {
          say(
            JSON.stringify(
              { sealed: parts.seal.on, ...(by === undefined ? {} : { wrappedBy: by }), keys, plain },
              null,
              2,
            ),
          );
          return;
        }
        say(by === undefined ? "content is not sealed" : `content is sealed; new data keys are wrapped by ${by}`);
        for (const { key, agency, month, turn, wrappedBy } of keys)
          say(`  key ${key}  ${agency}  ${month}${turn === 0 ? "" : ` renewed ${turn}`}  wrapped by ${wrappedBy}`);
        const left = keys.filter(({ wrappedBy }) => wrappedBy !== by).length;
        if (left > 0) say(`${left} are wrapped by another key: tricord seal rotate`);
        for (const [name, n] of Object.entries(plain ?? {})) say(`  plain: ${n} in ${name}`);
        if (plain !== undefined && Object.keys(plain).length === 0) say("nothing is stored plain that would be sealed");
      }),
    );

  seal
    .command("apply")
    .description("Seal what was stored before sealing was turned on; goes on where it was broken off")
    .action(() =>
      within(async (parts) => {
        let told = 0;
        const sealed = await applySeal(parts, (n) => {
          if (process.stderr.isTTY !== true || n - told < 1000) return;
          told = n;
          process.stderr.write(`\r${n} documents sealed`);
        });
        if (told > 0) process.stderr.write("\n");
        say(`${sealed} documents sealed; what they were before may lie in free space of the files: tricord seal scrub`);
      }),
    );

  seal
    .command("scrub")
    .description("Rewrite the files of the embedded store without what is stored no more; writers wait meanwhile")
    .action(() =>
      within(async ({ storage }) => {
        await storage.scrub();
        say("the files hold what is stored, and nothing else");
      }),
    );

  seal
    .command("rotate")
    .description("Wrap every data key by the key in force (SEAL_KEY…), with the one before in SEAL_KEY_OLD…")
    .action(() =>
      within(async (parts) => {
        say(`${await rotateSeal(parts, realMoments())} data keys wrapped by ${parts.seal.wrappedBy}`);
      }),
    );

  seal
    .command("renew")
    .description(`Begin a new data key of an agency ("${GROUP_KEYS}" for the group's own) in this month`)
    .argument("<agency>")
    .action((agency: string) =>
      within(async (parts) => {
        say(`data key ${await renewSeal(parts, agency, realMoments())} seals what ${agency} posts from now on`);
      }),
    );
}
