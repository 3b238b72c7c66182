import { execFileSync } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** Calls an exported function of a script, once for each list of arguments, in a Node of its own: as the scripts run, untransformed. */
export function callScript(script: string, name: string, calls: readonly (readonly unknown[])[]): unknown[] {
  const url = pathToFileURL(path.resolve("scripts", script)).href;
  const code = `import * as it from ${JSON.stringify(url)};
    const calls = JSON.parse(process.argv[1]);
    const results = [];
    for (const call of calls) results.push((await it[${JSON.stringify(name)}](...call)) ?? null);
    console.log(JSON.stringify(results));`;
  const out = execFileSync(process.execPath, ["--input-type=module", "-e", code, JSON.stringify(calls)], {
    encoding: "utf8",
  });
  return JSON.parse(out) as unknown[];
}
