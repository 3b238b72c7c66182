import { type Canonicalised, problem } from "./outcome.ts";

/** Hexadecimal digits of each algorithm, by STIX's name (STIX 2.1 section 10.8, with SHA-224 and SHA-384). */
const DIGITS: Readonly<Record<string, number>> = {
  MD5: 32,
  "SHA-1": 40,
  "SHA-224": 56,
  "SHA-256": 64,
  "SHA-384": 96,
  "SHA-512": 128,
  "SHA3-256": 64,
  "SHA3-512": 128,
};
/** Fuzzy hashes: kept as look-up terms, never keys. */
const FUZZY: Readonly<Record<string, RegExp>> = {
  SSDEEP: /^\d{1,20}:[A-Za-z0-9+/]{0,128}:[A-Za-z0-9+/]{0,128}$/,
  TLSH: /^(?:T1)?[0-9A-Fa-f]{70}$/,
};
const NAMES = [...Object.keys(DIGITS), ...Object.keys(FUZZY)];
const ALGORITHMS = new Map([
  ...NAMES.map((name) => [name.replace("-", ""), name] as const),
  ...["224", "256", "384", "512"].map((bits) => [`SHA2${bits}`, `SHA-${bits}`] as const),
]);

/** STIX's name of a hash algorithm in any spelling: `sha256`, `SHA-256`, `sha_256`, … `undefined` for one that has no canonical form here. */
export function hashAlgorithm(name: string): string | undefined {
  if (name in DIGITS && Object.hasOwn(DIGITS, name)) return name;
  return name.length > 32 ? undefined : ALGORITHMS.get(name.toUpperCase().replace(/[^A-Z0-9]/g, ""));
}

/** Algorithms whose hashes have so many hexadecimal digits, the likeliest first. */
export const algorithmsOfLength = (digits: number): string[] =>
  Object.keys(DIGITS).filter((name) => DIGITS[name] === digits);

/** Lower hexadecimal digits of a text that is hexadecimal (with or without `0x`) or base64 of just so many bytes. */
function hexOf(text: string, digits: number | undefined): string {
  if (/^[0-9a-f]+$/.test(text)) return text;
  const lower = text.toLowerCase();
  const bare = lower.startsWith("0x") ? lower.slice(2) : lower;
  if (/^[0-9a-f]+$/.test(bare) || digits === undefined) return bare;
  const base64 = text.length === Math.ceil(digits / 6) * 4 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  const bytes = base64 ? Buffer.from(text, "base64") : undefined;
  return bytes?.length === digits / 2 ? bytes.toString("hex") : bare;
}

/**
 * Lower-case hexadecimal, the length checked against the algorithm (dedup 4); `sort` is STIX's name of it, told by the length
 * where none is declared. Problems: `value.hash_algorithm`, `value.hash` (not hexadecimal), `value.hash_length`.
 */
export function canonicaliseHash(text: string, declared?: string): Canonicalised {
  const sort = declared === undefined ? undefined : hashAlgorithm(declared);
  if (declared !== undefined && sort === undefined)
    return problem("value.hash_algorithm", declared, `is no hash algorithm known here: ${NAMES.join(", ")} are`);
  const given = text.length > 1024 ? text : text.trim();
  const fuzzy = sort === undefined ? undefined : FUZZY[sort];
  if (sort !== undefined && fuzzy !== undefined) {
    if (!fuzzy.test(given)) return problem("value.hash", text, `is no ${sort} hash`);
    const canonical = sort === "TLSH" ? given.toUpperCase().replace(/^(?:T1)?/, "T1") : given;
    return { value: { kind: "file", sort, canonical } };
  }
  const wanted = sort === undefined ? undefined : DIGITS[sort];
  const hex = hexOf(given, wanted);
  if (!/^[0-9a-f]+$/.test(hex))
    return problem("value.hash", text, "is no hash: only the digits 0-9 and a-f are allowed");
  const algorithm = sort ?? algorithmsOfLength(hex.length)[0];
  if (algorithm === undefined || (wanted !== undefined && hex.length !== wanted)) {
    const allowed = wanted === undefined ? "32, 40, 56, 64, 96 or 128 are allowed" : `${sort} has ${wanted}`;
    return problem("value.hash_length", text, `has ${hex.length} hexadecimal digits: ${allowed}`);
  }
  return { value: { kind: "file", sort: algorithm, canonical: hex } };
}
