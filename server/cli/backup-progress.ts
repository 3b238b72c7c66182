import type { CollectionEnds } from "../usecases/backup/manifest.ts";
import type { Told } from "../usecases/backup/write-backup.ts";

/** How often a terminal is written to, ms. */
const EVERY = 200;

/** Says on standard error how far it is: a line that changes in a terminal, else only the last word. */
export function progressOf(doing: string): { readonly told: Told; end(words: string): void } {
  let last = 0;
  const terminal = process.stderr.isTTY === true;
  return {
    told(collection, documents) {
      if (!terminal || performance.now() - last < EVERY) return;
      last = performance.now();
      process.stderr.write(`\r\x1b[K${doing}: ${collection} ${documents}`);
    },
    end: (words) => void process.stderr.write(`${terminal ? "\r\x1b[K" : ""}${words}\n`),
  };
}

/** `2066 documents in 33 collections`: those that hold any. */
export function countDocuments(collections: readonly CollectionEnds[]): string {
  const documents = collections.reduce((sum, { count }) => sum + count, 0);
  return `${documents} documents in ${collections.filter(({ count }) => count > 0).length} collections`;
}
