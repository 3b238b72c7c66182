import { keccak_256 } from "@noble/hashes/sha3.js";
import { type Canonicalised, problem } from "./outcome.ts";

export const EVM_SHAPE = /^0[xX][0-9a-fA-F]{40}$/;
const encoder = new TextEncoder();

/** The address of 40 lower-case digits with the letters' case as EIP-55 sets it. */
export function eip55(lower: string): string {
  const hash = keccak_256(encoder.encode(lower));
  let out = "";
  for (let i = 0; i < lower.length; i++) {
    const byte = hash[i >> 1] ?? 0;
    const nibble = i % 2 === 0 ? byte >> 4 : byte & 15;
    out += nibble > 7 ? lower.charAt(i).toUpperCase() : lower.charAt(i);
  }
  return out;
}

/**
 * `0x` and 20 bytes in lower case: one thing on all EVM chains (dedup 4). One case only has no checksum; mixed case must be
 * EIP-55's. `text` must have `EVM_SHAPE`. Problem: `wallet.checksum`.
 */
export function canonicaliseEvm(text: string): Canonicalised {
  const digits = text.slice(2);
  const lower = digits.toLowerCase();
  const value = { kind: "cryptocurrency-wallet", sort: "evm", canonical: `0x${lower}` } as const;
  if (digits === lower || digits === digits.toUpperCase()) return { value: { ...value, checksum: "absent" } };
  if (eip55(lower) === digits) return { value: { ...value, checksum: "ok" } };
  const why =
    "fails its EIP-55 checksum: probable typo. Mixed case must be EIP-55's; all lower case is taken unchecked";
  return problem("wallet.checksum", text, why);
}
