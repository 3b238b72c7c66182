import { sha256 } from "../shared/digest.ts";

/** A digest of these words, 32 hexadecimal characters. */
export const digestOf = (words: readonly string[]): string =>
  Buffer.from(sha256(JSON.stringify(words)), "base64url")
    .toString("hex")
    .slice(0, 32);

/** The name of an item for those who see its report (or of the rest of the batch): made from the batch, which nobody can guess, and never from a label. */
export const nameOf = (batch: string, report: string | undefined): string => digestOf(["item", batch, report ?? ""]);
