import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { anchorsIn, exportAnchors } from "../anchor-files.ts";
import type { Core } from "../compose.ts";
import { anchorOnce } from "../jobs/anchor-job.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import { realMoments } from "../shared/moment.ts";
import { anchorLine, pemOf, publicKeyOf } from "../usecases/anchor-text.ts";
import { anchorsAfter } from "../usecases/anchoring.ts";
import { AuditProof, auditProofs, checkProof } from "../usecases/audit-proof.ts";
import { AnchorChain } from "../usecases/verify-store/check-anchors.ts";
import { HeldReceipt, heldAnchors, heldReceipt } from "../usecases/verify-store/held-elsewhere.ts";
import { AUDIT_CHECKS, runChecks } from "../usecases/verify-store/verify-store.ts";
import type { Check } from "../usecases/verify-store/walk.ts";
import { FOUND, printFindings } from "./print-findings.ts";

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new Fault("bad_request", `${file} can't be read`, { code: "command.file", cause });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function receiptIn(file: string): Promise<HeldReceipt> {
  const read = HeldReceipt.safeParse(jsonOf(await readText(file)));
  if (!read.success)
    throw new Fault("unprocessable", `${file} is no answer to a post: batch, receipt and results are looked for`, {
      code: "audit.no_receipt",
    });
  return read.data;
}

const list = (value: string, before: readonly string[]): string[] => [...before, value];

interface VerifyAsk {
  readonly anchors: readonly string[];
  readonly receipt?: string;
  readonly trust: readonly string[];
  readonly most: string;
  readonly json?: boolean;
}

async function verify(core: Core, { anchors, receipt, trust, most, json }: VerifyAsk): Promise<void> {
  const checks: Check[] = [...AUDIT_CHECKS];
  if (anchors.length > 0) checks.push(heldAnchors(await anchorsIn(anchors)));
  if (receipt !== undefined)
    checks.push(
      heldReceipt(await receiptIn(receipt), ({ stream, n, digest, anchor }) => {
        const over = anchor === undefined ? "no anchor yet" : `anchor ${anchor.n} of ${formatInstant(anchor.at)}`;
        process.stderr.write(`the receipt: stream ${stream}, number ${n}, digest ${digest}; ${over}\n`);
      }),
    );
  await printFindings((options) => runChecks({ ...core, trusted: trust }, checks, options), {
    most: Number(most),
    json: json === true,
  });
}

/** Without a store: whether the lines of files are one chain that these keys signed; where a file is missing, a number is. */
async function checkFiles(files: readonly string[], keys: readonly string[]): Promise<void> {
  const anchors = await anchorsIn(files);
  const chain = new AnchorChain(keys);
  const found = anchors.flatMap((anchor) => chain.look(anchor).map((one) => ({ n: anchor.n, ...one })));
  for (const { n, code, message } of found) process.stdout.write(`${code}  anchor ${n}: ${message}\n`);
  const [first, last] = [anchors[0], anchors.at(-1)];
  const which =
    first === undefined || last === undefined ? "" : `, ${first.n} to ${last.n}, until ${formatInstant(last.at)}`;
  process.stderr.write(`${anchors.length} anchors${which}: ${found.length} findings\n`);
  if (found.length > 0) process.exitCode = FOUND;
}

interface ProofAsk {
  readonly key: readonly string[];
  readonly anchors: readonly string[];
  readonly receipt?: string;
}

/** Without a store: whether proofs hold by the public key, and by what else somebody has. */
async function checkProofs(file: string, { key, anchors, receipt }: ProofAsk): Promise<void> {
  const by = {
    keys: key,
    ...(anchors.length === 0 ? {} : { held: await anchorsIn(anchors) }),
    ...(receipt === undefined ? {} : { receipt: await receiptIn(receipt) }),
  };
  let total = 0;
  for (const [i, line] of (await readText(file)).trim().split("\n").entries()) {
    const read = AuditProof.safeParse(jsonOf(line));
    if (!read.success)
      throw new Fault("unprocessable", `${file}, line ${i + 1} is no proof`, { code: "audit.no_proof" });
    const found = checkProof(read.data, by);
    for (const { code, message } of found) process.stdout.write(`${code}  line ${i + 1}: ${message}\n`);
    total += found.length;
    const { rows, anchor } = read.data;
    const what = rows[0] === undefined ? "" : `${rows[0].what} by ${rows[0].actor} at ${formatInstant(rows[0].at)}`;
    if (found.length === 0) process.stderr.write(`${what}: anchor ${anchor.n} of ${formatInstant(anchor.at)}\n`);
  }
  process.stderr.write(`${total} findings\n`);
  if (total > 0) process.exitCode = FOUND;
}

/** `tricord audit …`: for the operator and the auditor: what shows that nothing of the audit was changed, and what countries hold of it. */
export function addAuditCommands(program: Command, open: () => Promise<Core>): void {
  const audit = program.command("audit").description("The audit: its chains, and the anchors that the countries hold");
  const withStore = async (work: (core: Core) => Promise<void>): Promise<void> => {
    const core = await open();
    try {
      await work(core);
    } finally {
      await core.storage.close();
    }
  };

  audit
    .command("verify")
    .description(
      "Find edited, removed, moved and cut-off rows of audit, disclosures and the history of policy; beside a running server too. Exit code 3 where something is wrong",
    )
    .option(
      "--anchors <path>",
      "a file or folder of anchors that were exported before: the store is held against them too; may be repeated",
      list,
      [],
    )
    .option("--receipt <file>", "the answer to a post, as its sender kept it: says where it stands")
    .option(
      "--trust <key>",
      "another public key whose anchors are believed, of an earlier secret; may be repeated",
      list,
      [],
    )
    .option("--most <n>", "findings of one code that are written one by one", "100")
    .option("--json", "one JSON line a finding, then one for all")
    .action((ask: VerifyAsk) => withStore((core) => verify(core, ask)));

  audit
    .command("key")
    .description("The public key that anchors are signed with (Ed25519, base64url), for others to hold")
    .option("--pem", "in the form that other tools read")
    .action(({ pem }: { pem?: boolean }) =>
      withStore(async ({ keys }) => {
        const key = publicKeyOf(keys.anchor);
        process.stdout.write(pem === true ? pemOf(key) : `${key}\n`);
      }),
    );

  const anchors = audit
    .command("anchors")
    .description("The anchors: signed ends of all chains, each linked to the one before");
  anchors
    .command("export")
    .description(
      "Write anchors, one JSON line each, for the countries to hold; what moved since the last one is anchored first",
    )
    .option("--after <n>", "only those behind this number", "0")
    .option("--into <folder>", "as the next file of a folder, behind those that it has; may be repeated", list, [])
    .action(({ after, into }: { after: string; into: readonly string[] }) =>
      withStore(async (core) => {
        const n = Number(after);
        if (!Number.isSafeInteger(n) || n < 0)
          throw new Fault("bad_request", "--after: a number of an anchor, 0 for all", { code: "command.after" });
        await anchorOnce(core, realMoments);
        for (const folder of into)
          process.stderr.write(
            `${folder}: ${(await exportAnchors(core.storage, folder)).join(", ") || "nothing new"}\n`,
          );
        if (into.length > 0) return;
        for await (const anchor of anchorsAfter(core.storage, n))
          if (!process.stdout.write(`${anchorLine(anchor)}\n`))
            await new Promise((drained) => process.stdout.once("drain", drained));
      }),
    );
  anchors
    .command("check <paths...>")
    .description(
      "Hold exported anchors, of files and folders in their order, against each other and the public key, without a store. Exit code 3 where something is wrong or missing",
    )
    .requiredOption("--key <key>", "the public key as it was handed over; may be repeated", list, [])
    .action((paths: string[], { key }: { key: readonly string[] }) => checkFiles(paths, key));

  const proof = audit
    .command("proof")
    .description("What shows to who has the public key and no store that something stands in the audit");
  proof
    .command("make <id>")
    .description(
      "Write a proof, one JSON line each, of every row about a receipt (its digest), batch, release, change or quarantine. Rows beside it are in it: it is for auditors",
    )
    .action((id: string) =>
      withStore(async (core) => {
        await anchorOnce(core, realMoments);
        for (const one of await auditProofs(core.storage, id)) process.stdout.write(`${JSON.stringify(one)}\n`);
      }),
    );
  proof
    .command("check <file>")
    .description("Hold proofs against the public key, without a store. Exit code 3 where one does not hold")
    .requiredOption("--key <key>", "the public key as it was handed over; may be repeated", list, [])
    .option("--anchors <path>", "anchors that are held: the proof's has to be one of them; may be repeated", list, [])
    .option("--receipt <file>", "the answer to a post, as its sender kept it: the proof has to be of it")
    .action((file: string, ask: ProofAsk) => checkProofs(file, ask));
}
