import { base58check, base58Payload } from "./base58.ts";
import { type Canonicalised, problem } from "./outcome.ts";

export const TRON_BASE58 = /^T[1-9A-HJ-NP-Za-km-z]{33}$/;
export const TRON_HEX = /^(?:0[xX])?41[0-9a-fA-F]{40}$/;

/**
 * Base58 `T…` (base58check of 0x41 and 20 bytes) as it is; hexadecimal `41…` converts (dedup 4). `text` must have
 * `TRON_BASE58` or `TRON_HEX`. Problem: `wallet.checksum`.
 */
export function canonicaliseTron(text: string): Canonicalised {
  const value = { kind: "cryptocurrency-wallet", sort: "tron" } as const;
  if (TRON_HEX.test(text)) {
    const canonical = base58check.encode(Uint8Array.from(Buffer.from(text.slice(-42), "hex")));
    return { value: { ...value, canonical, checksum: "absent" } };
  }
  const payload = base58Payload(text);
  if (payload?.length === 21 && payload[0] === 0x41) return { value: { ...value, canonical: text, checksum: "ok" } };
  return problem("wallet.checksum", text, "fails the checksum of a TRON address: probable typo");
}
