import { brokenText, type Canonicalised, problem, remarked } from "./outcome.ts";

/** A number in national form of no known country: no key, but right in itself. */
export const NO_COUNTRY = "phone.no_country";

/** Country by ISO 3166-1 alpha-3: calling code, and what national numbers begin with that goes abroad. */
const COUNTRIES: ReadonlyMap<string, readonly [code: string, trunk: string]> = new Map(
  `USA 1 1,CAN 1 1,JPN 81 0,KOR 82 0,PRK 850 0,CHN 86 0,HKG 852 -,MAC 853 -,TWN 886 0,RUS 7 8,VNM 84 0,KHM 855 0,LAO 856 0,
  THA 66 0,MYS 60 0,SGP 65 -,IDN 62 0,PHL 63 0,IND 91 0,PAK 92 0,ARE 971 0,GBR 44 0,DEU 49 0,FRA 33 0,POL 48 -,UKR 380 0,
  AUS 61 0,NZL 64 0,BRA 55 0,NGA 234 0,TUR 90 0,MNG 976 0`
    .split(",")
    .map((entry): readonly [string, readonly [string, string]] => {
      const [country = "", code = "", trunk = "-"] = entry.trim().split(" ");
      return [country, [code, trunk === "-" ? "" : trunk]];
    }),
);

const FULL_WIDTH = /[\uff10-\uff19\uff0b]/g;
const narrow = (text: string): string =>
  text.replace(FULL_WIDTH, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0));

const international = (digits: string, text: string): Canonicalised =>
  /^[1-9]\d{6,14}$/.test(digits)
    ? { value: { kind: "phone-number", canonical: `+${digits}` } }
    : problem("phone.form", text, "is no telephone number: with its country it has 7 to 15 digits (E.164)");

/**
 * E.164 with its `+` (dedup 4). A number in national form needs its country (ISO 3166-1 alpha-3). Problems: `phone.form`, and one that leaves
 * it alone, `phone.no_country`; remarks `phone.plus_assumed`, `phone.prefix_assumed`.
 */
export function canonicalisePhone(text: string, country?: string): Canonicalised {
  if (text.length > 64 || brokenText(text))
    return problem("phone.form", text, "is no telephone number: 7 to 15 digits are allowed");
  const bare = narrow(text.trim())
    .replace(/^tel:/i, "")
    .replace(/\(0\)/g, "")
    .replace(/[\s()./\u2010-\u2015-]/g, "");
  if (/^\+\d+$/.test(bare)) return international(bare.slice(1), text);
  if (!/^\d+$/.test(bare))
    return problem("phone.form", text, "is no telephone number: digits, blanks, + ( ) . / and - are allowed");
  const known = country === undefined ? undefined : COUNTRIES.get(country.trim().toUpperCase());
  if (known !== undefined) {
    const [code, trunk] = known;
    const isNational = trunk !== "" && bare.startsWith(trunk) && !(trunk === "1" && bare.length < 11);
    if (!isNational && bare.startsWith(code) && bare.length >= code.length + 8)
      return remarked(international(bare, text), "phone.plus_assumed", `read as +${bare.slice(0, code.length)} …`);
    return international(`${code}${isNational ? bare.slice(trunk.length) : bare}`, text);
  }
  if (bare.startsWith("00") && bare.length >= 10)
    return remarked(international(bare.slice(2), text), "phone.prefix_assumed", "00 is read as +");
  if (!bare.startsWith("0") && bare.length >= 11)
    return remarked(
      international(bare, text),
      "phone.plus_assumed",
      "read as a number with its country, the + left out",
    );
  return problem(
    NO_COUNTRY,
    text,
    "is in national form, and its country is not known: write it with + and the country's code",
  );
}
