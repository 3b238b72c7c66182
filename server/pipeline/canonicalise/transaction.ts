import { base58 } from "@scure/base";
import { chainOf } from "./chain.ts";
import { type Canonicalised, problem } from "./outcome.ts";

/** Problems of a hash that is kept as it is, alone: nothing says that it is wrong. */
export const UNKNOWN_CHAIN = "transaction.unknown_chain";
export const NO_HASH = "transaction.form";

const HEX_LIKE = /^(?:0[xX])?[0-9a-fA-F]{20,140}$/;

function signature(text: string): boolean {
  if (text.length < 64 || text.length > 90) return false;
  try {
    return base58.decode(text).length === 64;
  } catch {
    return false;
  }
}

/**
 * Hexadecimal in lower case without `0x`; a Solana signature as it is (dedup 4). The chain must be declared, by name or by its coin: hashes of
 * several chains look alike, and like a SHA-256. Problems: `transaction.hash` (a probable typo), and two that leave it alone:
 * `transaction.unknown_chain`, `transaction.form` (no hash at all).
 */
export function canonicaliseTransaction(text: string, declared?: string): Canonicalised {
  const given = text.length > 1024 ? text : text.trim();
  const chain = declared === undefined ? undefined : chainOf(declared);
  if (chain === undefined) {
    const what =
      declared === undefined ? "is of no chain that is named" : "is no chain that is known here (a token says none)";
    return problem(UNKNOWN_CHAIN, declared ?? given, `${what}: say the chain, or the coin that is its own`);
  }
  const kind = "cryptocurrency-transaction" as const;
  if (chain.form === "base58") {
    if (signature(given)) return { value: { kind, sort: chain.id, canonical: given } };
    const near = /^[1-9A-HJ-NP-Za-km-z]{64,90}$/.test(given);
    const why = `is no transaction of ${chain.id}, which has 64 bytes in base58`;
    return near ? problem("transaction.hash", given, `${why}: probable typo`) : problem(NO_HASH, given, why);
  }
  if (/^(?:0[xX])?[0-9a-fA-F]{64}$/.test(given))
    return { value: { kind, sort: chain.id, canonical: given.slice(-64).toLowerCase() } };
  const why = `is no transaction of ${chain.id}, which has 64 hexadecimal digits`;
  return HEX_LIKE.test(given)
    ? problem("transaction.hash", given, `${why}: probable typo`)
    : problem(NO_HASH, given, why);
}
