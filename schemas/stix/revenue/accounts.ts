import { z } from "zod";
import { observable } from "../common.ts";
import { ref } from "../identifier.ts";
import { Timestamp } from "../timestamp.ts";
import { personal } from "./personal.ts";

/** Accounts as others publish them, used as they are: new observables with the publisher's properties (design 3). */

export const BankAccount = z
  .looseObject({
    ...observable("bank-account"),
    iban: personal(z.string()).optional(),
    /** With the BIC of its bank it is one account; alone it is many banks'. */
    account_number: personal(z.string()).optional(),
    bic: z.string().optional(),
    currency: z.string().optional(),
    country_ref: ref("location").optional(),
    issuer_ref: ref("identity").optional(),
    holder_ref: personal(ref("identity")).optional(),
  })
  .meta({ id: "BankAccount" });
export type BankAccount = z.infer<typeof BankAccount>;

export const PaymentCard = z
  .looseObject({
    ...observable("payment-card"),
    value: personal(z.string()),
    format: z.string().optional(),
    scheme: z.string().optional(),
    brand: z.string().optional(),
    currency: z.string().optional(),
    level: z.string().optional(),
    is_commercial: z.boolean().optional(),
    is_prepaid: z.boolean().optional(),
    issuer_ref: ref("identity").optional(),
    holder_ref: personal(ref("identity")).optional(),
    start_date: Timestamp.optional(),
    expiration_date: personal(Timestamp).optional(),
    security_code: personal(z.string()).optional(),
  })
  .meta({ id: "PaymentCard" });
export type PaymentCard = z.infer<typeof PaymentCard>;

export const PhoneNumber = z
  .looseObject({
    ...observable("phone-number"),
    value: personal(z.string()),
    /** ISO 3166-1 alpha-3: makes a number in national form an international one. */
    country: z.string().optional(),
    connection: z.string().optional(),
    provider: z.string().optional(),
  })
  .meta({ id: "PhoneNumber" });
export type PhoneNumber = z.infer<typeof PhoneNumber>;
