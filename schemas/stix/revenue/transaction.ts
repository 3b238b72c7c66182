import { z } from "zod";
import { list, observable } from "../common.ts";
import { propertyExtension } from "../extension-author.ts";
import { ref } from "../identifier.ts";
import { Timestamp } from "../timestamp.ts";
import { Amount, sum } from "./amount.ts";

/** `cryptocurrency-transaction` as others publish it (a new observable), and what we say of one beside its hash (design 3). */
export const TRANSACTION_FACTS_EXTENSION = "extension-definition--125cd2c3-79ce-44ab-93db-0ebd3da8ddbd";

/** The publisher's members hold floats, which are kept as they come; ours are in the facts. Decimal text is read here as well. */
const Loose = z.union([z.number().min(0), Amount]);
const AddressAndAmount = z.looseObject({
  address_ref: ref("cryptocurrency-wallet").optional(),
  amount: Loose.optional(),
});

export const CryptocurrencyTransaction = z
  .looseObject({
    ...observable("cryptocurrency-transaction"),
    /** The hash. */
    value: z.string(),
    /** The native coin of its chain: BTC, ETH. */
    symbol: z.string().optional(),
    fee: Loose.optional(),
    execution_time: Timestamp.optional(),
    input: z.array(AddressAndAmount).optional(),
    output: z.array(AddressAndAmount).optional(),
  })
  .meta({ id: "CryptocurrencyTransaction" });
export type CryptocurrencyTransaction = z.infer<typeof CryptocurrencyTransaction>;

/** One side of a transfer: who, and how much of what. */
export const Transfer = z
  .looseObject({
    wallet_ref: ref("cryptocurrency-wallet").optional(),
    /** Where there is no wallet object. */
    address: z.string().min(1).max(256).optional(),
    tag: z.string().min(1).max(256).optional(),
    ...sum,
  })
  .meta({ id: "Transfer" });
export type Transfer = z.infer<typeof Transfer>;

export const TransactionFacts = z
  .looseObject({
    extension_type: z.literal("property-extension"),
    /** `bitcoin`, `ethereum`, `tron`, `arbitrum` …: makes the key with the hash. */
    chain: z.string().min(1).max(64).optional(),
    block: z.int().min(0).optional(),
    time: Timestamp.optional(),
    inputs: list(Transfer).optional(),
    outputs: list(Transfer).optional(),
    fee: z.looseObject(sum).optional(),
    /** Steps since the theft: 1 is the first. */
    hop: z.int().min(1).optional(),
    /** The other half of a bridge: the transaction that it comes from or goes on to. */
    bridge_from_ref: ref("cryptocurrency-transaction").optional(),
    bridge_to_ref: ref("cryptocurrency-transaction").optional(),
    /** Transactions that were replaced (a higher fee) are linked, never merged. */
    replaces_ref: ref("cryptocurrency-transaction").optional(),
  })
  .meta({ id: "TransactionFacts" });
export type TransactionFacts = z.infer<typeof TransactionFacts>;

export const TRANSACTION_FACTS_DEFINITION = propertyExtension({
  id: TRANSACTION_FACTS_EXTENSION,
  name: "Tricord transaction facts",
  description:
    "On a cryptocurrency-transaction: chain, block, time, inputs and outputs with asset, amount as decimal text and its worth in USD " +
    "at the time, place in a chain of hops, the other half of a bridge.",
  content: TransactionFacts,
});
