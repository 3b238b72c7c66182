import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { codeOf } from "../formats/decode.ts";
import { Fault } from "../shared/fault.ts";
import { answerStandards } from "../usecases/answer-standards.ts";
import type { StandardsVerb } from "../usecases/standards.ts";

/** A file, or standard input for `-`; what can't be read is said in one line. */
function read(file: string): Buffer {
  try {
    return readFileSync(file === "-" ? 0 : file);
  } catch (cause) {
    throw new Fault("bad_request", `${file} can't be read (${codeOf(cause)})`, { code: "command.file", cause });
  }
}

const ask = (verb: StandardsVerb, body: unknown): Record<string, unknown> =>
  JSON.parse(
    answerStandards({ verb, bytes: Buffer.from(JSON.stringify(body)), encoding: "identity", uuid: randomUUID() }),
  );

/** Takes an answer and whether it is a yes. */
type Tell = (answer: object, good: boolean) => void;

/** JSON in a file. What is none is said in one line. */
function jsonIn(file: string): unknown {
  try {
    return JSON.parse(read(file).toString("utf8"));
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault("bad_request", `${file} is not JSON`, { code: "command.json", cause });
  }
}

/** A pattern's text without the line end of its file. */
const patternIn = (file: string): string => read(file).toString("utf8").trim();
const patternsIn = (file: string): string[] =>
  patternIn(file)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");

function verify(file: string, tell: Tell): void {
  const bytes = read(file);
  try {
    const verdict = JSON.parse(answerStandards({ verb: "validate", bytes, encoding: "identity", uuid: randomUUID() }));
    tell({ file, ...verdict }, verdict.valid);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    tell({ file, error: { code: error.code, message: error.message } }, false);
  }
}

/**
 * `tricord stix validate|pattern|match|id`: the standard itself over files or standard input (`-`), without a store or an account. One JSON line an
 * answer; exit code 2 where one is no.
 */
export function addStixCommands(
  program: Command,
  say: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
): void {
  const tell: Tell = (answer, good) => {
    say(JSON.stringify(answer));
    if (!good) process.exitCode = 2;
  };
  const stix = new Command("stix").description(
    "STIX 2.1 itself: check objects and patterns, match, make ids; no store is needed",
  );
  stix
    .command("validate")
    .description("Check objects, bundles or lists in files (- is standard input) by every rule of the standard")
    .argument("[file...]")
    .action((files: string[]) => {
      for (const file of files.length === 0 ? ["-"] : files) verify(file, tell);
    });
  stix
    .command("pattern")
    .description("Check the pattern in a file (- is standard input), with its normal form; or compare two")
    .argument("[file]")
    .argument("[other]", "another file with a pattern: says whether both are the same")
    .option("--lines", "the file has one pattern a line")
    .action((file: string | undefined, other: string | undefined, { lines }: { lines?: boolean }) => {
      const first = file ?? "-";
      if (other !== undefined) {
        const answer = ask("pattern/equivalent", { a: patternIn(first), b: patternIn(other) });
        tell(answer, answer.equivalent === true);
        return;
      }
      for (const pattern of lines === true ? patternsIn(first) : [patternIn(first)]) {
        const answer = ask("pattern/validate", { pattern });
        tell(lines === true ? { pattern, ...answer } : answer, answer.valid === true);
      }
    });
  stix
    .command("match")
    .description("Whether a pattern matches the observed data of bundles in files (- is standard input)")
    .requiredOption("--pattern <text>", "the pattern, or @file")
    .argument("[file...]")
    .action((files: string[], { pattern }: { pattern: string }) => {
      const bundles = (files.length === 0 ? ["-"] : files).flatMap((file): unknown[] => {
        const value = jsonIn(file);
        return Array.isArray(value) ? value : [value];
      });
      const text = pattern.startsWith("@") ? patternIn(pattern.slice(1)) : pattern;
      const answer = ask("pattern/match", { pattern: text, observed: bundles });
      tell(answer, answer.matched === true);
    });
  stix
    .command("id")
    .description("The deterministic id of the observable in each file (- is standard input)")
    .argument("[file...]")
    .action((files: string[]) => {
      for (const file of files.length === 0 ? ["-"] : files)
        tell(
          JSON.parse(answerStandards({ verb: "id", bytes: read(file), encoding: "identity", uuid: randomUUID() })),
          true,
        );
    });
  program.addCommand(stix);
}
