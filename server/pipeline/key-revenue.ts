import { olderForm } from "../../schemas/stix/revenue/older.ts";
import { TRANSACTION_FACTS_EXTENSION } from "../../schemas/stix/revenue/transaction.ts";
import { canonicalBic } from "./canonicalise/bank-account.ts";
import { chainOf } from "./canonicalise/chain.ts";
import { isKept } from "./canonicalise/kept.ts";
import type { ValueProblem } from "./canonicalise/outcome.ts";
import { canonicaliseValue } from "./canonicalise/value.ts";
import { alone, at, failed, isRecord, type Keyed } from "./keyed.ts";
import { type CanonicalValue, type StixJson, valueTerm } from "./steps.ts";

/** Keys of what others publish beside the standard's observables: transactions, accounts, cards, telephone numbers (dedup 4). */

/** What may be right and has no key is kept alone, and its sender hears why. */
function refused(object: StixJson, originator: string, path: string, problem: ValueProblem): Keyed {
  if (!isKept(problem.code)) return { problems: [{ ...problem, path }] };
  return {
    ...alone(object, originator),
    ...at(path, [{ ...problem, path, message: `${problem.message}; it is kept, and meets no other agency's` }]),
  };
}

/**
 * Properties that an id is made over, in order of their names: what others make it over where that is the key (a hash with the coin of its own
 * chain, an IBAN), else the parts of the key (design 4).
 */
export function revenueIdProperties({
  kind,
  sort,
  canonical,
}: Pick<CanonicalValue, "kind" | "sort" | "canonical">): StixJson {
  if (kind === "bank-account")
    return sort === "iban"
      ? { iban: canonical }
      : { account_number: canonical, ...(sort === undefined ? {} : { bic: sort }) };
  if (kind !== "cryptocurrency-transaction") return { value: canonical };
  const symbol = sort === undefined ? undefined : chainOf(sort)?.symbol;
  if (symbol !== undefined) return { symbol, value: canonical };
  return { ...(sort === undefined ? {} : { chain: sort }), value: canonical };
}

/** The chain as our facts say it, else by the coin. */
function declaredChain({ extensions, symbol }: StixJson): string | undefined {
  const facts =
    isRecord(extensions) && Object.hasOwn(extensions, TRANSACTION_FACTS_EXTENSION)
      ? extensions[TRANSACTION_FACTS_EXTENSION]
      : undefined;
  if (isRecord(facts) && typeof facts.chain === "string") return facts.chain;
  return typeof symbol === "string" ? symbol : undefined;
}

/** A property as it is called now, or as it was up to 2024, and under which name it stands. */
function stated(object: StixJson, now: string): { readonly given: unknown; readonly path: string } {
  const path = olderForm(String(object.type), object)?.property ?? now;
  return { given: object[path], path };
}

function keyOfTransaction(object: StixJson, originator: string): Keyed {
  const { given, path } = stated(object, "value");
  if (typeof given !== "string") return failed("value.missing", path, "a transaction needs value, its hash as text");
  const outcome = canonicaliseValue("cryptocurrency-transaction", given, declaredChain(object));
  if ("problem" in outcome) return refused(object, originator, path, outcome.problem);
  const { value } = outcome;
  return {
    key: {
      kind: value.kind,
      fold: "value",
      text: `${value.sort}:${value.canonical}`,
      idProperties: revenueIdProperties(value),
      canonical: { value: value.canonical },
      // Looked up by its hash alone, too: who asks need not know the chain.
      values: [valueTerm(value), `${value.kind}:${value.canonical}`],
      ...(given === value.canonical ? {} : { given }),
    },
  };
}

function keyOfBankAccount(object: StixJson, originator: string): Keyed {
  const { account_number: number, bic } = object;
  const { given: iban, path: ibanAt } = stated(object, "iban");
  if (typeof bic === "string" && canonicalBic(bic) === undefined)
    return failed("bank.bic", "bic", `"${bic.slice(0, 40)}" is no BIC: 8 or 11 letters and digits are allowed`);
  const whole = typeof iban === "string" ? canonicaliseValue("bank-account", iban, "iban") : undefined;
  const part =
    typeof number === "string"
      ? canonicaliseValue("bank-account", number, typeof bic === "string" ? bic : undefined)
      : undefined;
  if (whole !== undefined && "problem" in whole) return { problems: [{ ...whole.problem, path: ibanAt }] };
  if (whole === undefined && part !== undefined && "problem" in part)
    return refused(object, originator, "account_number", part.problem);
  const main = whole ?? part;
  if (main === undefined || "problem" in main) return alone(object, originator);
  const given = whole === undefined ? number : iban;
  const { value } = main;
  // An IBAN that stands where a number does is one all the same.
  const besides = whole !== undefined && part !== undefined && "value" in part ? part.value : undefined;
  return {
    key: {
      kind: value.kind,
      fold: "value",
      text: `${value.sort}:${value.canonical}`,
      idProperties: revenueIdProperties(value),
      canonical: {
        ...(value.sort === "iban" ? { iban: value.canonical } : { account_number: value.canonical }),
        ...(besides === undefined || besides.sort === "iban" ? {} : { account_number: besides.canonical }),
        ...(typeof bic === "string" ? { bic: canonicalBic(bic) } : {}),
      },
      values: [...new Set([value, ...(besides === undefined ? [] : [besides])].map(valueTerm))],
      ...(given === value.canonical ? {} : { given: String(given) }),
      ...(value.checksum === undefined ? {} : { checksum: value.checksum }),
    },
  };
}

function keyOfNumber(object: StixJson, kind: "payment-card" | "phone-number", originator: string): Keyed {
  const { country } = object;
  const { given, path } = stated(object, "value");
  if (typeof given !== "string") return failed("value.missing", path, `${kind} needs value, a text`);
  const outcome = canonicaliseValue(
    kind,
    given,
    kind === "phone-number" && typeof country === "string" ? country : undefined,
  );
  if ("problem" in outcome) return refused(object, originator, path, outcome.problem);
  const { value } = outcome;
  return {
    key: {
      kind,
      fold: "value",
      text: value.canonical,
      idProperties: revenueIdProperties(value),
      canonical: { value: value.canonical },
      values: [valueTerm(value)],
      ...(given === value.canonical ? {} : { given }),
      ...(value.checksum === undefined ? {} : { checksum: value.checksum }),
    },
    ...at(path, value.warnings),
  };
}

/** The key of a transaction, bank account, payment card or telephone number; `undefined` for every other type. */
export function keyOfRevenue(object: StixJson, originator: string): Keyed | undefined {
  switch (object.type) {
    case "cryptocurrency-transaction":
      return keyOfTransaction(object, originator);
    case "bank-account":
      return keyOfBankAccount(object, originator);
    case "payment-card":
    case "phone-number":
      return keyOfNumber(object, object.type, originator);
    default:
      return undefined;
  }
}
