import { type BackupParts, type BackupTotals, writeBackup } from "../../server/usecases/backup/write-backup.ts";
import { momentOf, START } from "./steering.ts";

/** A backup in memory. */
export async function backupOf(parts: BackupParts): Promise<{ readonly bytes: Buffer; readonly totals: BackupTotals }> {
  const pieces: Uint8Array[] = [];
  const totals = await writeBackup(parts, momentOf(START, "backup"), async (piece) => void pieces.push(piece));
  return { bytes: Buffer.concat(pieces), totals };
}

/** Bytes as a stream, in pieces of a size that cuts frames anywhere. */
export async function* streamOf(bytes: Uint8Array, size = 1 << 16): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
