import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { stixObjects } from "./stix-objects.ts";
import { stixPatterns } from "./stix-patterns.ts";

/**
 * `npm run bench -- stix`: what STIX costs in one thread, in processor time, beside `JSON.parse` of the same bytes in the same run, and beside
 * Python's libraries where `node scripts/python.mjs stix` has made them (or `TRICORD_PYTHON` has them). Ratios are what to quote: machines differ.
 */
const MADE = resolve(process.cwd(), ".python", "stix", "bin", "python");

export function stixBench(): void {
  const python = process.env.TRICORD_PYTHON ?? (existsSync(MADE) ? MADE : undefined);
  if (python === undefined)
    console.log("beside Python: did not run, its libraries are absent (node scripts/python.mjs stix)");
  stixObjects(python);
  stixPatterns(python);
}
