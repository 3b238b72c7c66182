import { sha256 } from "@noble/hashes/sha2.js";
import { createBase58check } from "@scure/base";

export const base58check = createBase58check(sha256);

/** Version bytes and payload of a base58check text, or `undefined` if its alphabet or checksum is wrong. */
export function base58Payload(text: string): Uint8Array | undefined {
  try {
    return base58check.decode(text);
  } catch {
    return undefined;
  }
}
