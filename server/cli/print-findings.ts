import { FINDINGS, type Finding, type FindingCode } from "../usecases/verify-store/finding.ts";
import type { VerifyOptions, VerifySummary } from "../usecases/verify-store/verify-store.ts";
import { progressOf } from "./backup-progress.ts";

/** The exit code where something was found. */
export const FOUND = 3;

const line = ({ code, collection, id, message }: Finding): string => `${code}  ${collection} ${id}: ${message}`;

const counted = ({ findings }: VerifySummary): string[] =>
  Object.entries(findings).map(([code, n]) => `${String(n).padStart(9)}  ${code}: ${FINDINGS[code as FindingCode]}`);

/** Runs checks: standard output has the findings, each a line, then how many there are of each code; nothing where there are none. Where there are, the exit code is 3. */
export async function printFindings(
  verify: (options: VerifyOptions) => AsyncGenerator<Finding, VerifySummary>,
  { most, json }: { readonly most: number; readonly json: boolean },
): Promise<void> {
  const progress = progressOf("verified");
  const seen = new Map<string, number>();
  const walk = verify({
    most,
    onProgress(collection, documents) {
      const so = (seen.get(collection) ?? 0) + documents;
      seen.set(collection, so);
      progress.told(collection, so);
    },
  });
  let step = await walk.next();
  for (; step.done !== true; step = await walk.next())
    process.stdout.write(`${json ? JSON.stringify(step.value) : line(step.value)}\n`);
  const { documents, findings } = step.value;
  const total = Object.values(documents).reduce((sum, n) => sum + n, 0);
  const found = Object.values(findings).reduce((sum, n) => sum + n, 0);
  if (json) process.stdout.write(`${JSON.stringify({ documents, findings })}\n`);
  else for (const words of counted(step.value)) process.stdout.write(`${words}\n`);
  progress.end(`${total} documents in ${Object.keys(documents).length} collections: ${found} findings`);
  if (found > 0) process.exitCode = FOUND;
}
