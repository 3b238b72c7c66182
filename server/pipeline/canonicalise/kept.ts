import { NO_BANK } from "./bank-account.ts";
import { CARD_MASKED } from "./payment-card.ts";
import { NO_COUNTRY } from "./phone-number.ts";
import { NO_HASH, UNKNOWN_CHAIN } from "./transaction.ts";
import { UNKNOWN_FAMILY } from "./wallet.ts";

const KEPT: ReadonlySet<string> = new Set([UNKNOWN_FAMILY, UNKNOWN_CHAIN, NO_HASH, NO_BANK, CARD_MASKED, NO_COUNTRY]);

/** Whether a problem speaks of a value that has no canonical form here, not of a wrong one: such a value is kept, alone. */
export const isKept = (code: string): boolean => KEPT.has(code);
