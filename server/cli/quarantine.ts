import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { QuarantineQuery, RetryBody } from "../../schemas/api/quarantine.ts";
import { type Core, composeIngest, composeQuarantine } from "../compose.ts";
import { readJson } from "../http/read-json.ts";
import { Fault } from "../shared/fault.ts";
import { ingestPost } from "../usecases/ingest-post.ts";
import type { Quarantine } from "../usecases/quarantine.ts";
import { type Acting, actAs } from "./act-as.ts";

/** JSON as it stands, or of a file: `@file`, `-` for standard input. */
function jsonOf(option: string, text: string): unknown {
  const file = text === "-" ? 0 : text.startsWith("@") ? text.slice(1) : undefined;
  let bytes: Uint8Array;
  try {
    bytes = file === undefined ? Buffer.from(text, "utf8") : readFileSync(file);
  } catch (cause) {
    throw new Fault("bad_request", `--${option}: ${text} can't be read`, { code: "command.file", cause });
  }
  return readJson(bytes);
}

const wrong = (path: readonly PropertyKey[], message: string): Fault =>
  new Fault("bad_request", `${path.join(".") || "the request"}: ${message}`, { code: "command.option" });

/** `tricord quarantine …`: what was refused, as the account that sent it or a person of its agency. */
export function addQuarantineCommands(
  program: Command,
  open: () => Promise<Core>,
  print: (line: string) => void = (line) => console.log(line),
): void {
  const quarantine = program
    .command("quarantine")
    .description("Objects that were refused: look, mend and send again, or drop");
  const run = async (as: string, work: (use: Quarantine, who: Acting) => Promise<void>): Promise<void> => {
    const core = await open();
    try {
      const parts = composeIngest(core);
      const who = await actAs(core, as, "post");
      await work(composeQuarantine(core, { post: (bytes, ask, moment) => ingestPost(parts, bytes, ask, moment) }), who);
    } finally {
      await core.storage.close();
    }
  };

  quarantine
    .command("list")
    .description("what was refused, newest first, one a line: entry, code, path, id, how often")
    .requiredOption("--as <account>", "the account that looks")
    .option("--code <code>", "of one code")
    .option("--batch <batch>", "of one batch")
    .option("--limit <n>", "how many", "100")
    .option("--next <cursor>", "the page after this")
    .option("--json", "as JSON")
    .action((options: { as: string; code?: string; batch?: string; limit: string; next?: string; json?: true }) =>
      run(options.as, async (use, { viewer, moment }) => {
        const { as: _, json, ...asked } = options;
        const query = QuarantineQuery.safeParse(asked);
        if (!query.success) throw wrong(query.error.issues[0]?.path ?? [], query.error.issues[0]?.message ?? "");
        const page = await use.list(viewer, moment, { ...query.data, limit: Number(options.limit) });
        if (json === true) return print(JSON.stringify(page, null, 2));
        for (const { entry, code, path, id, times } of page.entries)
          print([entry, code, path || "-", id ?? "-", `${times}×`].join("\t"));
        if (page.lost > 0) print(`${page.lost} of yours were not kept: only the newest are`);
        if (page.next !== undefined) print(`next ${page.next}`);
      }),
    );

  quarantine
    .command("show")
    .description("one refused object as it came, with what is wrong with it, as JSON")
    .argument("<entry>")
    .requiredOption("--as <account>", "the account that looks")
    .action((entry: string, { as }: { as: string }) =>
      run(as, async (use, { viewer, moment }) => print(JSON.stringify(await use.show(viewer, moment, entry), null, 2))),
    );

  quarantine
    .command("retry")
    .description("send it again as the account, mended or as it came; what gets in leaves quarantine")
    .argument("<entry>")
    .requiredOption("--as <account>", "the account that posts")
    .option("--object <json>", "the mended object, as JSON, @file or - for standard input")
    .option("--label <json>", "another sharing label, as JSON or @file")
    .option("--preset <name>", "one of the agency's presets instead")
    .action((entry: string, options: { as: string; object?: string; label?: string; preset?: string }) =>
      run(options.as, async (use, { viewer, account, moment }) => {
        const { object, label, preset } = options;
        const body = RetryBody.safeParse({
          ...(object === undefined ? {} : { object: jsonOf("object", object) }),
          ...(label === undefined ? {} : { label: jsonOf("label", label) }),
          ...(preset === undefined ? {} : { preset }),
        });
        if (!body.success) throw wrong(body.error.issues[0]?.path ?? [], body.error.issues[0]?.message ?? "");
        const { status, reply } = await use.retry(viewer, account, moment, entry, body.data);
        print(reply);
        if (status !== 200) process.exitCode = 2;
      }),
    );

  quarantine
    .command("drop")
    .description("drop refused objects")
    .argument("<entry...>")
    .requiredOption("--as <account>", "the account that drops them")
    .action((entries: string[], { as }: { as: string }) =>
      run(as, async (use, { viewer, account, moment }) => {
        for (const entry of entries) await use.drop(viewer, account, moment, entry);
        print(`${entries.length} dropped`);
      }),
    );
}
