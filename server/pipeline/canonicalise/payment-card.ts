import { masked } from "./masked.ts";
import type { Canonicalised } from "./outcome.ts";

/** A number with digits left out: no key, but right in itself. */
export const CARD_MASKED = "card.masked";

const wrong = (code: string, text: string, why: string): Canonicalised => ({
  problem: { code, message: `${masked(text)} ${why}` },
});

/** Whether the last digit is the check digit of the others (ISO/IEC 7812-1, Luhn). */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits.charAt(digits.length - 1 - i));
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}

/**
 * The digits of a card number, without blanks and hyphens, checked by Luhn (dedup 4). Problems, which never say the number itself:
 * `card.form`, `card.checksum` (probable typo), `card.masked` (kept, alone).
 */
export function canonicaliseCard(text: string): Canonicalised {
  if (text.length > 64) return wrong("card.form", text, "is no card number: 12 to 19 digits are allowed");
  const bare = text.trim().replace(/[ \u00a0-]/g, "");
  if (/^\d{4,8}[*xX•.]{2,12}\d{2,6}$/.test(bare)) return wrong(CARD_MASKED, text, "has digits left out");
  if (!/^\d{12,19}$/.test(bare)) return wrong("card.form", text, "is no card number: 12 to 19 digits are allowed");
  if (!luhn(bare)) return wrong("card.checksum", text, "has a wrong check digit (Luhn): probable typo");
  return { value: { kind: "payment-card", canonical: bare, checksum: "ok" } };
}
