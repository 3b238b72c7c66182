import type { z } from "zod";
import { WALLET_FACTS_EXTENSION, WalletFacts } from "../wallet.ts";
import { BankAccount, PaymentCard, PhoneNumber } from "./accounts.ts";
import { PERSONA_EXTENSION, PersonaFacts } from "./persona.ts";
import { personalPaths, selectorsAt } from "./personal.ts";

type Paths = readonly (readonly string[])[];
const paths = (schemas: Readonly<Record<string, z.ZodType>>): ReadonlyMap<string, Paths> =>
  new Map(Object.entries(schemas).map(([name, schema]) => [name, personalPaths(schema)]));

const BY_TYPE = paths({ "bank-account": BankAccount, "payment-card": PaymentCard, "phone-number": PhoneNumber });
const BY_EXTENSION = paths({ [PERSONA_EXTENSION]: PersonaFacts, [WALLET_FACTS_EXTENSION]: WalletFacts });

/**
 * Selectors of what the object states of persons, as our shapes mark it: what a field rule with `pii` may name (policy 5). Of an account or
 * a number that is its very value: to cut that hides the object.
 */
export function personalSelectors(object: Readonly<Record<string, unknown>>): string[] {
  const found = selectorsAt(object, BY_TYPE.get(String(object.type)) ?? []);
  const { extensions } = object;
  if (typeof extensions !== "object" || extensions === null) return found;
  for (const [id, content] of Object.entries(extensions))
    found.push(...selectorsAt(content, BY_EXTENSION.get(id) ?? [], `extensions.${id}`));
  return found;
}
