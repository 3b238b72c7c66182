import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { Fault } from "../shared/fault.ts";
import type { KeyWrap } from "../storage/seal/key-wrap.ts";

/** Ended after so long without an answer, ms. */
const PATIENCE = 30_000;
const MOST_OUTPUT = 65_536;

/**
 * A KMS, or any program that wraps: started without a shell, as the setting says it (words parted by blanks) with `wrap` or `unwrap` as its last argument. It reads
 * base64 from standard input and writes base64 to standard output. `Fault("unavailable")`, `seal.command`, where it ends otherwise than with 0 or says no base64.
 */
export function commandKey(setting: string, command: string): KeyWrap {
  const [program = "", ...words] = command.trim().split(/\s+/);
  const run = (verb: "wrap" | "unwrap", bytes: Uint8Array): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      const failed = (why: string, cause?: unknown): void =>
        reject(
          new Fault("unavailable", `${setting}: ${program} ${verb} ${why}`, {
            code: "seal.command",
            retryAfter: 5,
            cause,
          }),
        );
      const child = execFile(
        program,
        [...words, verb],
        { timeout: PATIENCE, maxBuffer: MOST_OUTPUT, encoding: "utf8", windowsHide: true },
        (error, output) => {
          if (error !== null) {
            const { code } = error;
            return failed(
              typeof code === "number" ? `ended with ${code}` : `could not be run (${code ?? "no answer"})`,
              error,
            );
          }
          const text = output.trim();
          if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return failed("wrote no base64");
          resolve(Buffer.from(text, "base64"));
        },
      );
      // A program that does not read its input ends as it likes: what counts is what it writes.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(`${Buffer.from(bytes).toString("base64")}\n`);
    });
  return {
    setting,
    id: `command:${createHash("sha256").update(command.trim()).digest("hex").slice(0, 12)}`,
    wrap: (plain) => run("wrap", plain),
    unwrap: (wrapped) => run("unwrap", wrapped),
  };
}
