import { readFileSync } from "node:fs";
import { type Config, readConfig } from "./config.ts";
import { Fault } from "./shared/fault.ts";

const NAMED = "MONGODB_URI_FILE";

/**
 * The settings of an environment, with what it names a file for: an address with a password in it need not stand in the environment. Faults as of `readConfig`;
 * a file that can't be read is one line too.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Config {
  const file = env[NAMED];
  if (file === undefined || file === "" || env.MONGODB_URI !== undefined) return readConfig(env);
  let uri: string;
  try {
    uri = readFileSync(file, "utf8").trim();
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code;
    throw new Fault("bad_request", `${NAMED}: ${file} can't be read (${why})`, { code: "config.invalid", cause });
  }
  if (uri === "") throw new Fault("bad_request", `${NAMED}: ${file} is empty`, { code: "config.invalid" });
  const { [NAMED]: _, ...rest } = env;
  return readConfig({ ...rest, MONGODB_URI: uri });
}
