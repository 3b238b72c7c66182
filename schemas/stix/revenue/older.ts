import { z } from "zod";
import { OlderWallet } from "../wallet.ts";
import { BankAccount, PhoneNumber } from "./accounts.ts";
import { CryptocurrencyTransaction } from "./transaction.ts";

/** A published type as it was up to 2024: which property says what another says now. */
export interface OlderForm {
  readonly property: string;
  readonly now: string;
  readonly schema: z.ZodObject;
}

const { value: _hash, ...transaction } = CryptocurrencyTransaction.shape;
const { value: _number, ...phone } = PhoneNumber.shape;

/** Files of those years are still about; they are read, and their sender hears of it. */
export const OLDER_FORMS: ReadonlyMap<string, OlderForm> = new Map([
  ["cryptocurrency-wallet", { property: "address", now: "value", schema: OlderWallet }],
  [
    "cryptocurrency-transaction",
    { property: "hash", now: "value", schema: z.looseObject({ ...transaction, hash: z.string() }) },
  ],
  ["phone-number", { property: "number", now: "value", schema: z.looseObject({ ...phone, number: z.string() }) }],
  [
    "bank-account",
    { property: "iban_number", now: "iban", schema: z.looseObject({ ...BankAccount.shape, iban_number: z.string() }) },
  ],
]);

/** The older form that an object is in; undefined for one of today's. */
export function olderForm(type: string, object: Readonly<Record<string, unknown>>): OlderForm | undefined {
  const form = OLDER_FORMS.get(type);
  if (form === undefined || object[form.now] !== undefined) return undefined;
  return typeof object[form.property] === "string" ? form : undefined;
}
