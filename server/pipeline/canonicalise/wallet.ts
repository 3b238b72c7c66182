import { type Canonicalised, problem, remarked, shown } from "./outcome.ts";
import { BITCOIN_BASE58, BITCOIN_BECH32, canonicaliseBitcoin } from "./wallet-bitcoin.ts";
import { canonicaliseEvm, EVM_SHAPE } from "./wallet-evm.ts";
import { type Declared, declaredFamily, type WalletFamily } from "./wallet-family.ts";
import { canonicaliseTron, TRON_BASE58, TRON_HEX } from "./wallet-tron.ts";

/** Signs of which addresses of all families are made, tags and prefixes included. */
const ADDRESS = /^[A-Za-z0-9:._+/=-]{5,256}$/;
const URI = /^([A-Za-z][A-Za-z0-9-]{1,20}):(?:\/\/)?([^?]{1,256})(?:\?.*)?$/s;
/** Problems that speak of a family without canonical form, not of a wrong address: such a wallet is kept, alone. */
export const UNKNOWN_FAMILY = "wallet.unsupported_family";

function familyByForm(text: string): WalletFamily | undefined {
  if (EVM_SHAPE.test(text)) return "evm";
  if (TRON_BASE58.test(text)) return "tron";
  return BITCOIN_BECH32.test(text) || BITCOIN_BASE58.test(text) ? "bitcoin" : undefined;
}

const CANONICALISERS: Readonly<Record<WalletFamily, (text: string) => Canonicalised>> = {
  bitcoin: canonicaliseBitcoin,
  evm: canonicaliseEvm,
  tron: canonicaliseTron,
};

const unsupported = (text: string, what: string): Canonicalised =>
  problem(UNKNOWN_FAMILY, text, `${what}: canonical forms are known of Bitcoin, EVM and TRON addresses`);

function byForm(text: string, declared: Declared): Canonicalised {
  const family = familyByForm(text);
  if (family === undefined) return unsupported(text, "is of a family that has no canonical form here");
  if (declared === "tron" && family === "evm") return unsupported(text, "is declared as TRON but written like EVM");
  const outcome = CANONICALISERS[family](text);
  if (declared === "token" || declared === family) return outcome;
  const message = `declared as ${declared}, but the address is of the family ${family}`;
  return declared === "unknown" ? outcome : remarked(outcome, "wallet.family_differs", message);
}

/** Nothing is declared, or a word that says nothing to us: forks of Bitcoin share its base58 form. */
function undeclared(text: string, declaredAs: string | undefined): Canonicalised {
  if (!BITCOIN_BASE58.test(text)) return byForm(text, "unknown");
  if (declaredAs !== undefined)
    return unsupported(text, `is declared as ${shown(declaredAs)}, which may share Bitcoin's form`);
  const message = "an address with 3 may be Litecoin's: Bitcoin is assumed, none is declared";
  const outcome = canonicaliseBitcoin(text);
  return text.startsWith("3") ? remarked(outcome, "wallet.family_assumed", message) : outcome;
}

/**
 * The canonical address and its family: `bitcoin`, `evm` or `tron`, by the form of the text and what the sender declared (a
 * family, chain or currency in any spelling), dedup 4. Problems: `wallet.checksum` (probable typo), `wallet.form` (no
 * address at all), `wallet.unsupported_family` (perhaps right, but no canonical form is known).
 */
export function canonicaliseWallet(text: string, declaredAs?: string): Canonicalised {
  const trimmed = text.length > 1024 ? "" : text.trim();
  const uri = URI.exec(trimmed);
  const prefix = declaredFamily(uri?.[1] ?? "");
  const address = prefix === "unknown" ? trimmed : (uri?.[2] ?? trimmed);
  if (!ADDRESS.test(address))
    return problem("wallet.form", text, "is no address: letters, digits and . : _ + / = - are allowed");
  const declared = declaredAs === undefined ? prefix : declaredFamily(declaredAs);
  if (declared === "other") return unsupported(text, "is declared as of a family that has no canonical form here");
  if (declared === "unknown") return undeclared(address, declaredAs);
  if (declared === "tron" && TRON_HEX.test(address)) return canonicaliseTron(address);
  return byForm(declared === "evm" && /^[0-9a-fA-F]{40}$/.test(address) ? `0x${address}` : address, declared);
}
