import { z } from "zod";

/** Sums of money and coins: decimal text, never floats. A number loses digits (0.1 has none of its own) before anybody can check it. */

const WORDS =
  'must be decimal text such as "4502.9" (no sign, no exponent, no blanks), never a number: numbers lose digits';
/** Up to 40 digits before the point and 40 behind it: the smallest unit of every chain known fits. */
const SHAPE = /^(?:0|[1-9]\d{0,39})(?:\.\d{1,40})?$/;

/** Whether this is an amount: decimal text without sign, exponent or leading zeros. */
export const isAmount = (text: unknown): text is string =>
  typeof text === "string" && text.length <= 81 && SHAPE.test(text);

/** The words are said of a number as well: not "must be text", but why. */
export const Amount = z
  .stringFormat("stix-amount", isAmount, { error: () => ({ message: WORDS }) })
  .meta({ id: "Amount", pattern: SHAPE.source, maxLength: 81, examples: ["4502.9", "1500000000"] });
export type Amount = z.infer<typeof Amount>;

/** Which of two amounts is larger, digit by digit: negative, zero or positive. Both must be amounts. */
export function compareAmounts(a: string, b: string): number {
  const [wholeA = "", restA = ""] = a.split(".");
  const [wholeB = "", restB = ""] = b.split(".");
  if (wholeA.length !== wholeB.length) return wholeA.length - wholeB.length;
  if (wholeA !== wholeB) return wholeA < wholeB ? -1 : 1;
  const digits = Math.max(restA.length, restB.length);
  const [x, y] = [restA.padEnd(digits, "0"), restB.padEnd(digits, "0")];
  return x === y ? 0 : x < y ? -1 : 1;
}

/** From and to, both included; one of them may be left out (at least 50, at most 60). */
export const AmountRange = z
  .looseObject({ low: Amount.optional(), high: Amount.optional() })
  .refine(({ low, high }) => low !== undefined || high !== undefined, {
    message: "needs low or high",
    params: { code: "stix.required" },
  })
  .refine(({ low, high }) => !isAmount(low) || !isAmount(high) || compareAmounts(low, high) <= 0, {
    message: "is upside down: low is more than high",
    params: { code: "stix.range" },
  })
  .meta({ id: "AmountRange" });
export type AmountRange = z.infer<typeof AmountRange>;

/** So much of one coin, token or currency, and what it was worth. */
export const sum = {
  /** Symbol of the coin or token, or ISO 4217 of a currency: `ETH`, `USDT`, `JPY`. */
  asset: z.string().min(1).max(64).optional(),
  /** Of a token: its contract on the chain. */
  contract: z.string().min(1).max(128).optional(),
  amount: Amount.optional(),
  /** Where the sum is known as a range only. */
  amount_range: AmountRange.optional(),
  /** Worth in USD at the time, not today. */
  usd: Amount.optional(),
  usd_range: AmountRange.optional(),
  /** Who priced it: a market, a source, a rule. */
  usd_source: z.string().min(1).max(256).optional(),
};

export const Sum = z.looseObject(sum).meta({ id: "Sum" });
export type Sum = z.infer<typeof Sum>;
