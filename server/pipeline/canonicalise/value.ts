import type { ValueKind } from "../steps.ts";
import { canonicaliseAutonomousSystem } from "./autonomous-system.ts";
import { canonicaliseBankAccount } from "./bank-account.ts";
import { canonicaliseDomain } from "./domain.ts";
import { canonicaliseEmail } from "./email.ts";
import { canonicaliseHash } from "./hash.ts";
import { canonicaliseIpv4 } from "./ipv4.ts";
import { canonicaliseIpv6 } from "./ipv6.ts";
import type { Canonicalised } from "./outcome.ts";
import { canonicaliseCard } from "./payment-card.ts";
import { canonicalisePhone } from "./phone-number.ts";
import { canonicaliseTransaction } from "./transaction.ts";
import { canonicaliseUrl } from "./url.ts";
import { canonicaliseWallet } from "./wallet.ts";

export type { Canonicalised } from "./outcome.ts";
export { recognise } from "./recognise.ts";

const CANONICALISERS = {
  "ipv4-addr": canonicaliseIpv4,
  "ipv6-addr": canonicaliseIpv6,
  "domain-name": canonicaliseDomain,
  url: canonicaliseUrl,
  "email-addr": canonicaliseEmail,
  file: canonicaliseHash,
  "autonomous-system": canonicaliseAutonomousSystem,
  "cryptocurrency-wallet": canonicaliseWallet,
  "cryptocurrency-transaction": canonicaliseTransaction,
  "bank-account": canonicaliseBankAccount,
  "payment-card": canonicaliseCard,
  "phone-number": canonicalisePhone,
} as const satisfies Record<ValueKind, (text: string, sort?: string) => Canonicalised>;

/**
 * The canonical form of a value whose kind is known, in any spelling, defanged ones included (dedup 4). `sort` where the sender
 * declared it: a hash algorithm, a wallet's family, chain or currency, a transaction's chain, an account's BIC, a telephone's country. Canonical text comes back as it is; nothing throws.
 */
export function canonicaliseValue(kind: ValueKind, text: string, sort?: string): Canonicalised {
  return CANONICALISERS[kind](text, sort);
}
