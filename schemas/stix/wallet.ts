import { z } from "zod";
import { list, observable } from "./common.ts";
import { propertyExtension } from "./extension-author.ts";
import { ref } from "./identifier.ts";
import { sum } from "./revenue/amount.ts";
import { personal } from "./revenue/personal.ts";
import { Timestamp } from "./timestamp.ts";

/** `cryptocurrency-wallet` as others publish it (a new observable), and what we say of one beside its address (design 3). */
export const WALLET_EXTENSION = "extension-definition--be78509e-6958-51b1-8b26-d17ee0eba2d7";
export const WALLET_FACTS_EXTENSION = "extension-definition--2da0e91f-e937-4050-8e31-3da03ec9b6d2";

const wallet = observable("cryptocurrency-wallet");

export const CryptocurrencyWallet = z
  .looseObject({ ...wallet, value: z.string(), holder_ref: ref("identity").optional() })
  .meta({ id: "CryptocurrencyWallet" });
export type CryptocurrencyWallet = z.infer<typeof CryptocurrencyWallet>;

/** As published up to 2024: `address` where it is `value` now. */
export const OlderWallet = z.looseObject({ ...wallet, address: z.string(), holder_ref: ref("identity").optional() });

export const WalletFacts = z
  .looseObject({
    extension_type: z.literal("property-extension"),
    /** Addresses of one family are one key space: `evm`, `bitcoin`, `tron`. */
    family: z.string().min(1).max(64).optional(),
    /** How the address is written: `base58`, `bech32`, `hex`. */
    form: z.string().min(1).max(64).optional(),
    /** `absent`: the text has none, such as an EVM address in one case. */
    checksum: z.enum(["ok", "absent", "failed"]).optional(),
    /** Destination tag or memo, where the address alone is shared by many holders. */
    tag: z.string().min(1).max(256).optional(),
    /** On which chains it was seen in use: an EVM address is one thing on all of them. */
    chains: list(z.string().min(1).max(64)).optional(),
    /** What it was for: `theft`, `consolidation`, `peel`, `deposit`, `otc`, `salary`. */
    role: z.string().min(1).max(64).optional(),
    /** Who can move what is in it: `self`, `exchange`, `contract`. */
    custody: z.string().min(1).max(64).optional(),
    /** The holder by name where there is no identity object for `holder_ref`. */
    holder: personal(z.string().min(1).max(512)).optional(),
    /** What somebody calls it, and who does: public labels are often wrong. */
    label: z.string().min(1).max(256).optional(),
    labelled_by: z.string().min(1).max(256).optional(),
    first_seen: Timestamp.optional(),
    last_seen: Timestamp.optional(),
    balance: list(z.looseObject({ ...sum, time: Timestamp.optional() })).optional(),
  })
  .meta({ id: "WalletFacts" });
export type WalletFacts = z.infer<typeof WalletFacts>;

export const WALLET_FACTS_DEFINITION = propertyExtension({
  id: WALLET_FACTS_EXTENSION,
  name: "Tricord wallet facts",
  description:
    "On a cryptocurrency-wallet: chain family, form of the address, state of its checksum, tag or memo, chains, role, custody, holder, " +
    "labels with their labeller, balance. Amounts are decimal text.",
  content: WalletFacts,
  revised: { version: "1.1.0", modified: "2026-11-23T00:00:00.000Z" },
});
