import { BankAccount, PaymentCard, PhoneNumber } from "./accounts.ts";
import { FreezeRequest } from "./freeze-request.ts";
import { CryptocurrencyTransaction } from "./transaction.ts";

/** Object types beside the standard's that have a shape here, but for the wallet: observables as others publish them, and ours. */
export const REVENUE_OBJECTS = {
  "bank-account": BankAccount,
  "cryptocurrency-transaction": CryptocurrencyTransaction,
  "freeze-request": FreezeRequest,
  "payment-card": PaymentCard,
  "phone-number": PhoneNumber,
} as const;
