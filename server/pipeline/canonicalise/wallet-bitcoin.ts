import { bech32, bech32m } from "@scure/base";
import { base58Payload } from "./base58.ts";
import { type Canonicalised, problem } from "./outcome.ts";

export const BITCOIN_BASE58 = /^[13][1-9A-HJ-NP-Za-km-z]{24,34}$/;
export const BITCOIN_BECH32 = /^bc1[0-9a-z]{1,87}$/i;

/** Why a text is no segwit address of Bitcoin, or `undefined` if it is one (BIP-173, BIP-350). */
function segwitFault(text: string): string | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return "mixes upper and lower case, which bech32 forbids";
  const first = bech32.decodeUnsafe(lower);
  const parts = first ?? bech32m.decodeUnsafe(lower);
  if (parts === undefined) return "fails the checksum of a bech32 address: probable typo";
  const [version, ...data] = parts.words;
  const program = bech32.fromWordsUnsafe(data);
  if (version === undefined || version > 16 || program === undefined) return "has no witness version or program";
  if ((version === 0) !== (first !== undefined)) return "has the checksum of another witness version: probable typo";
  const { length } = program;
  if (version === 0 ? length !== 20 && length !== 32 : length < 2 || length > 40)
    return `has a witness program of ${length} bytes, which version ${version} does not allow`;
  return undefined;
}

/**
 * Base58 as it is (version 0x00 or 0x05, 20 bytes), bech32 in lower case (dedup 4). `text` must have `BITCOIN_BASE58` or
 * `BITCOIN_BECH32`. Problem: `wallet.checksum`.
 */
export function canonicaliseBitcoin(text: string): Canonicalised {
  const value = { kind: "cryptocurrency-wallet", sort: "bitcoin" } as const;
  if (BITCOIN_BECH32.test(text)) {
    const fault = segwitFault(text);
    if (fault !== undefined) return problem("wallet.checksum", text, fault);
    return { value: { ...value, canonical: text.toLowerCase(), checksum: "ok" } };
  }
  const payload = base58Payload(text);
  if (payload?.length === 21 && (payload[0] === 0x00 || payload[0] === 0x05))
    return { value: { ...value, canonical: text, checksum: "ok" } };
  return problem("wallet.checksum", text, "fails the checksum of a Bitcoin address: probable typo");
}
