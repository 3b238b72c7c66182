import type { ExtensionDefinition } from "../meta.ts";

/**
 * Definitions of the observable types that others publish (github.com/muchdogesec/stix2extensions, Apache-2.0) and that are used as they
 * are (design 3), word for word: who sends such an object should be able to send its definition along (STIX 2.1 section 7.3).
 */
const PUBLISHED: ReadonlyMap<string, readonly [uuid: string, name: string, description: string]> = new Map([
  [
    "bank-account",
    [
      "f19f3291-6a84-5674-b311-d75a925d5bd9",
      "BankAccount",
      "This extension creates a new SCO that can be used to represent bank account details.",
    ],
  ],
  [
    "cryptocurrency-transaction",
    [
      "151d042d-4dcf-5e44-843f-1024440318e5",
      "CryptocurrencyTransaction",
      "This extension creates a new SCO that can be used to represent cryptocurrency transactions.",
    ],
  ],
  [
    "cryptocurrency-wallet",
    [
      "be78509e-6958-51b1-8b26-d17ee0eba2d7",
      "CryptocurrencyWallet",
      "This extension creates a new SCO that can be used to represent cryptocurrency wallets.",
    ],
  ],
  [
    "payment-card",
    [
      "b160c6ee-26b6-591c-8885-c192db67cac9",
      "PaymentCard",
      "This extension creates a new SCO that can be used to represent different types of payment card.",
    ],
  ],
  [
    "phone-number",
    [
      "14a97ee2-e666-5ada-a6bd-b7177f79e211",
      "Phonenumber",
      "This extension creates a new SCO that can be used to represent phone numbers.",
    ],
  ],
]);

/** The extension that an object of a published type carries. */
export const publishedExtension = (type: string): string | undefined => {
  const found = PUBLISHED.get(type);
  return found === undefined ? undefined : `extension-definition--${found[0]}`;
};

export const PUBLISHED_DEFINITIONS: readonly ExtensionDefinition[] = [...PUBLISHED].map(
  ([type, [uuid, name, description]]) => ({
    type: "extension-definition",
    spec_version: "2.1",
    id: `extension-definition--${uuid}`,
    created_by_ref: "identity--9779a2db-f98c-5f4b-8d08-8ee04e02dbb5",
    created: "2020-01-01T00:00:00.000Z",
    modified: "2020-01-01T00:00:00.000Z",
    name,
    description,
    schema: `https://raw.githubusercontent.com/muchdogesec/stix2extensions/main/automodel_generated/schemas/scos/${type}.json`,
    version: "1.0",
    extension_types: ["new-sco"],
    object_marking_refs: [
      "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
      "marking-definition--60c0f466-511a-5419-9f7e-4814e696da40",
    ],
  }),
);
