/** Forms of hashes by algorithm, its name in capitals without signs (STIX 2.1 section 10.7, and others in use). */
const DIGITS: Readonly<Record<string, number>> = {
  MD5: 32,
  RIPEMD160: 40,
  SHA1: 40,
  SHA224: 56,
  SHA256: 64,
  SHA384: 96,
  SHA512: 128,
  SHA3224: 56,
  SHA3256: 64,
  SHA3384: 96,
  SHA3512: 128,
  WHIRLPOOL: 128,
};
const SSDEEP = /^\d{1,20}:[A-Za-z0-9+/]{0,128}:[A-Za-z0-9+/]{0,128}$/;
const TLSH = /^(?:T1)?[0-9A-Fa-f]{70}$/;
const HEX = /^[0-9A-Fa-f]+$/;

const plainName = (algorithm: string): string =>
  algorithm
    .slice(0, 40)
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "");

/** Whether hashes of this algorithm are hexadecimal digits, whose case says nothing. */
export const isHexHash = (algorithm: string): boolean => Object.hasOwn(DIGITS, plainName(algorithm));

/** What a hash of this algorithm must look like, if the text doesn't; `undefined` where it does or the algorithm isn't known. */
export function wrongHash(algorithm: string, text: string): string | undefined {
  const name = plainName(algorithm);
  if (name === "SSDEEP") return SSDEEP.test(text) ? undefined : "a number, a colon, a hash, a colon and a hash";
  if (name === "TLSH") return TLSH.test(text) ? undefined : "70 hexadecimal digits, or these after T1";
  const digits = Object.hasOwn(DIGITS, name) ? DIGITS[name] : undefined;
  if (digits === undefined) return undefined;
  return text.length === digits && HEX.test(text) ? undefined : `${digits} hexadecimal digits`;
}
