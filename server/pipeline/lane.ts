import { createHmac } from "node:crypto";

/** Lower-case base32 without padding (RFC 4648 alphabet, lower case). */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
function base32(bytes: Uint8Array, length: number): string {
  let text = "";
  let [value, bits] = [0, 0];
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5 && text.length < length) {
      bits -= 5;
      text += ALPHABET[(value >> bits) & 31];
    }
  }
  return text;
}

/** The id of an interned label: a keyed digest of its canonical text (80 bits), the same on every process and never shown. */
export const labelId = (key: Uint8Array, labelText: string): string =>
  base32(createHmac("sha256", key).update(labelText).digest(), 16);

/** The lane of a tier: the label's id and the tier's index in `tiersOf(label)`, 17 characters. */
export const laneId = (label: string, tier: number): string => `${label}${ALPHABET[tier] ?? ALPHABET[0]}`;

/** Where a row stands that its label has no tier for: a lane that nobody is admitted to, so that what it was is not forgotten. */
export const deadLane = (label: string): string => `${label}-`;
