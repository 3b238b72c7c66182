import { createReadStream, readFileSync, statSync } from "node:fs";
import { Presets, SingleBar } from "cli-progress";
import type { Command } from "commander";
import type { IngestCounts, IngestResult } from "../../schemas/api/ingest.ts";
import { type Core, composeStream } from "../compose.ts";
import { grantedVerbs, type Scope } from "../http/verbs.ts";
import { FORMATS, type Format } from "../pipeline/steps.ts";
import { Fault } from "../shared/fault.ts";
import { realMoments } from "../shared/moment.ts";
import { columnMapOf } from "../usecases/column-maps.ts";
import { inForce } from "../usecases/in-force.ts";
import { ingestStream } from "../usecases/ingest-stream.ts";

interface Options {
  readonly as: string;
  readonly label?: string;
  readonly preset?: string;
  readonly format?: string;
  readonly map?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

interface Summary {
  readonly file: string;
  readonly counts: IngestCounts;
  readonly rejections: Readonly<Record<string, number>>;
  readonly readers?: { readonly now: readonly string[]; readonly released: readonly string[] };
}

/** What can't be read is said in one line. */
function unreadable(place: string, cause: unknown): Fault {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
  return new Fault("bad_request", `${place} can't be read (${code})`, { code: "command.file", cause });
}

function readable<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw unreadable(place, cause);
  }
}

function labelOf(label: string | undefined): string | undefined {
  if (label?.startsWith("@") !== true) return label;
  return readable(`--label: ${label.slice(1)}`, () => readFileSync(label.slice(1), "utf8"));
}

/** As over HTTP: an account in force whose role and scope leave it the verb. */
async function mayPost(core: Core, id: string): Promise<void> {
  const { now } = realMoments();
  const account = (await core.snapshots.read(core.storage, now)).accounts.get(id);
  const refuse = (words: string): never => {
    throw new Fault("bad_request", `--as: ${words}`, { code: "command.account", path: "as" });
  };
  if (account === undefined) return refuse(`there is no account ${id}`);
  if (!inForce(account, now)) return refuse(`account ${id} is not in force`);
  const scopes: readonly Scope[] = account.scope === "write" ? ["read", "post"] : ["read"];
  if (!grantedVerbs(account.role, scopes).has("post")) return refuse(`account ${id} may not post`);
}

async function ingestFile(
  core: Core,
  file: string,
  options: Options,
  rejected: (result: IngestResult) => void,
): Promise<Summary> {
  const size = file === "-" ? 0 : readable(file, () => statSync(file).size);
  const bar = new SingleBar(
    {
      format: `${file} [{bar}] {percentage}% {objects} objects`,
      stream: process.stderr,
      noTTYOutput: false,
      hideCursor: true,
    },
    Presets.shades_classic,
  );
  if (process.stderr.isTTY === true && size > 0) bar.start(size, 0, { objects: 0 });
  const counts: IngestCounts = { received: 0, created: 0, unchanged: 0, updated: 0, rejected: 0 };
  const rejections: Record<string, number> = {};
  let readers: Summary["readers"];
  let read = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    const source = file === "-" ? process.stdin : createReadStream(file);
    // What goes wrong where the pieces are used is no matter of the file.
    const pieces = source[Symbol.asyncIterator]();
    const piece = (): Promise<IteratorResult<Buffer>> =>
      pieces.next().catch((cause: unknown) => {
        throw unreadable(file, cause);
      });
    for (let next = await piece(); next.done !== true; next = await piece()) {
      read += next.value.length;
      yield next.value;
    }
  }
  const label = labelOf(options.label);
  const ask = {
    account: options.as,
    channel: "command",
    dryRun: options.dryRun === true,
    ...(options.format === undefined ? {} : { format: options.format as Format }),
    ...(options.map === undefined ? {} : { columns: await columnMapOf(core.storage, options.as, options.map) }),
    ...(label === undefined ? {} : { label }),
    ...(options.preset === undefined ? {} : { preset: options.preset }),
  };
  try {
    await ingestStream(composeStream(core), counted(), ask, realMoments, (reply) => {
      for (const name of Object.keys(counts) as (keyof IngestCounts)[]) counts[name] += reply.counts[name];
      for (const result of reply.results) {
        if (result.outcome !== "rejected") continue;
        rejections[result.code ?? ""] = (rejections[result.code ?? ""] ?? 0) + 1;
        rejected(result);
      }
      readers = reply.readers ?? readers;
      if (size > 0) bar.update(read, { objects: counts.received });
    });
  } finally {
    bar.stop();
  }
  return { file, counts, rejections, ...(readers === undefined ? {} : { readers }) };
}

const words = ({ file, counts, rejections, readers }: Summary): string =>
  [
    `${file}: received ${counts.received}, created ${counts.created}, updated ${counts.updated}, unchanged ${counts.unchanged}, rejected ${counts.rejected}`,
    ...Object.entries(rejections).map(([code, count]) => `  ${count} ${code}`),
    ...(readers === undefined
      ? []
      : [
          `  readers now: ${readers.now.join(", ") || "none"}; once released: ${readers.released.join(", ") || "none"}`,
        ]),
  ].join("\n");

/** `tricord ingest FILE…`: files of any size, in batches of 1,000, each whole or not at all. */
export function addIngestCommand(program: Command, open: () => Promise<Core>): void {
  program
    .command("ingest")
    .description(
      "Post files (- is standard input) as an account: STIX 2.1 or 2.0, MISP, CSV, HTML or text, plain or gzip",
    )
    .argument("<file...>")
    .requiredOption("--as <account>", "the account that posts")
    .option("--label <json>", "the sharing label, as JSON or @file")
    .option("--preset <name>", "one of the agency's presets")
    .option("--format <format>", `${FORMATS.join(", ")}; detected otherwise`)
    .option("--map <name>", "a saved column map of the account's agency, for tables")
    .option("--dry-run", "show what would happen and who could read it, and store nothing")
    .option("--json", "one JSON line a rejected object, then one a file")
    .action(async (files: string[], options: Options) => {
      if (options.format !== undefined && !FORMATS.includes(options.format as Format))
        throw new Fault("bad_request", `--format: one of ${FORMATS.join(", ")}`);
      const core = await open();
      await mayPost(core, options.as);
      for (const file of files) {
        const summary = await ingestFile(core, file, options, (result) => {
          if (options.json === true) process.stdout.write(`${JSON.stringify({ file, ...result })}\n`);
        });
        process.stdout.write(`${options.json === true ? JSON.stringify(summary) : words(summary)}\n`);
        if (summary.counts.received > 0 && summary.counts.rejected === summary.counts.received) process.exitCode = 2;
      }
      await core.storage.close();
    });
}
