import { z } from "zod";
import { list, versioned } from "../common.ts";
import { newTypeExtension } from "../extension-author.ts";
import { ref } from "../identifier.ts";
import { Timestamp } from "../timestamp.ts";
import { sum } from "./amount.ts";

/** A domain object of ours: what was asked of an exchange, bank or issuer, and what came of it (design 3; domain 2). */
export const FREEZE_REQUEST_EXTENSION = "extension-definition--c2e41e60-d670-4d82-8ffc-551711ccd7ed";

/** What stands under its id in `extensions`: the kind of object, and nothing else. */
export const FreezeRequestEntry = z
  .looseObject({ extension_type: z.literal("new-sdo") })
  .meta({ id: "FreezeRequestEntry" });

export const FreezeRequest = z
  .looseObject({
    ...versioned("freeze-request"),
    extensions: z.looseObject({ [FREEZE_REQUEST_EXTENSION]: FreezeRequestEntry }),
    name: z.string().min(1),
    description: z.string().optional(),
    kind: z.enum(["freeze", "seizure", "preservation", "release"]),
    from_ref: ref("identity").optional(),
    /** The exchange, bank or issuer that is asked. */
    to_ref: ref("identity").optional(),
    legal_basis: z.string().min(1).optional(),
    /** What is to be frozen. */
    account_refs: list(ref("cryptocurrency-wallet", "bank-account", "payment-card")).optional(),
    transaction_refs: list(ref("cryptocurrency-transaction")).optional(),
    sums: list(z.looseObject(sum)).optional(),
    status: z.enum(["draft", "sent", "acknowledged", "frozen", "refused", "released", "expired"]),
    sent: Timestamp.optional(),
    acknowledged: Timestamp.optional(),
    frozen: Timestamp.optional(),
    released: Timestamp.optional(),
    expires: Timestamp.optional(),
    outcome: z.string().min(1).optional(),
    /** What was held in the end. */
    frozen_sums: list(z.looseObject(sum)).optional(),
  })
  .meta({ id: "FreezeRequest" });
export type FreezeRequest = z.infer<typeof FreezeRequest>;

export const FREEZE_REQUEST_DEFINITION = newTypeExtension({
  id: FREEZE_REQUEST_EXTENSION,
  name: "Tricord freeze request",
  description:
    "The domain object freeze-request: from whom to whom, on what legal basis, which wallets and accounts, how much, and when it was " +
    "sent, acknowledged, frozen and released. Amounts are decimal text.",
  content: FreezeRequest,
  kind: "new-sdo",
});
