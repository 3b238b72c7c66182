import { masked } from "./masked.ts";
import type { Canonicalised } from "./outcome.ts";

/** A number without its bank: no key, since many banks have it. */
export const NO_BANK = "bank.no_bank";

/** Characters of an IBAN by country (ISO 13616 registry). */
const LENGTHS: ReadonlyMap<string, number> = new Map(
  `AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18
  FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27
  MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27
  SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30`
    .split(/\s+/)
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))] as const),
);

const BIC = /^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/;

const wrong = (code: string, text: string, why: string): Canonicalised => ({
  problem: { code, message: `${masked(text)} ${why}` },
});

/** The remainder by 97 of an IBAN with its first four signs behind, letters as 10 to 35 (ISO 7064). */
function remainder(iban: string): number {
  let rest = 0;
  for (const sign of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(sign, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}

const bare = (text: string): string =>
  text
    .trim()
    .replace(/[\s.\u2010-\u2015-]/g, "")
    .toUpperCase();

/**
 * An IBAN in capitals without blanks, its length and check digits right (ISO 13616). Problems, which never say the number itself: `iban.form`,
 * `iban.length`, `iban.checksum` (probable typo).
 */
export function canonicaliseIban(text: string): Canonicalised {
  const iban = text.length > 128 ? "" : bare(text.replace(/^\s*IBAN[:\s]/i, ""));
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban))
    return wrong(
      "iban.form",
      text,
      "is no IBAN: two letters, two check digits and 11 to 30 letters and digits are allowed",
    );
  const length = LENGTHS.get(iban.slice(0, 2));
  if (length !== undefined && iban.length !== length)
    return wrong("iban.length", text, `has ${iban.length} signs; an IBAN of ${iban.slice(0, 2)} has ${length}`);
  if (remainder(iban) !== 1) return wrong("iban.checksum", text, "has wrong check digits: probable typo");
  return { value: { kind: "bank-account", sort: "iban", canonical: iban, checksum: "ok" } };
}

/** Whether a text is plainly an IBAN: of a country that has them, of its length, check digits right. */
export const isIban = (text: string): boolean => {
  const found = canonicaliseIban(text);
  return "value" in found && LENGTHS.has(found.value.canonical.slice(0, 2));
};

/** A BIC in capitals; that of the head office without its `XXX` (ISO 9362). `undefined` for what is none. */
export function canonicalBic(text: string): string | undefined {
  const bic = text.length > 32 ? "" : bare(text);
  if (!BIC.test(bic)) return undefined;
  return bic.endsWith("XXX") && bic.length === 11 ? bic.slice(0, 8) : bic;
}

/**
 * An account by IBAN (`sort` `iban`, or none), or by its number at a bank (`sort` its BIC): capitals, without blanks and hyphens, leading zeros kept
 * (dedup 4). Problems: those of an IBAN, `bank.bic`, `bank.number`, and one that leaves it alone, `bank.no_bank`.
 */
export function canonicaliseBankAccount(text: string, sort?: string): Canonicalised {
  if (sort === "iban") return canonicaliseIban(text);
  if (sort === undefined) {
    const found = canonicaliseIban(text);
    if ("value" in found || found.problem.code === "iban.checksum" || found.problem.code === "iban.length")
      return found;
    return wrong(NO_BANK, text, "has no bank (BIC) beside it, and is no IBAN");
  }
  const bic = canonicalBic(sort);
  if (bic === undefined)
    return {
      problem: {
        code: "bank.bic",
        message: `"${sort.slice(0, 40)}" is no BIC: 8 or 11 letters and digits are allowed`,
      },
    };
  const number = text.length > 128 ? "" : bare(text);
  if (!/^[A-Z0-9]{1,40}$/.test(number))
    return wrong("bank.number", text, "is no account number: up to 40 letters and digits are allowed");
  return { value: { kind: "bank-account", sort: bic, canonical: number } };
}
