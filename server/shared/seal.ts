import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";

/**
 * Opaque, stateless tokens (cursors): authenticated encryption with a nonce made from the content, so that equal positions
 * give equal tokens and nothing of a position can be read or forged (policy 7).
 */
const nonceOf = (key: Uint8Array, plain: string, purpose: string): Buffer =>
  createHmac("sha256", key).update(purpose).update("\0").update(plain).digest().subarray(0, 12);

/** base64url text of a sealed JSON value. `key` is 32 bytes; a token of one purpose does not open under another. */
export function seal(key: Uint8Array, purpose: string, value: unknown): string {
  const plain = JSON.stringify(value);
  const nonce = nonceOf(key, plain, purpose);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(purpose));
  return Buffer.concat([nonce, cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]).toString(
    "base64url",
  );
}

/** What was sealed, or undefined for a token that this key and purpose did not make. */
export function unseal(key: Uint8Array, purpose: string, token: string): unknown {
  if (token.length > 4096 || !/^[A-Za-z0-9_-]+$/.test(token)) return undefined;
  const bytes = Buffer.from(token, "base64url");
  // The last character has bits to spare: one token has one spelling.
  if (bytes.length < 29 || bytes.toString("base64url") !== token) return undefined;
  try {
    const opener = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12)).setAAD(Buffer.from(purpose));
    opener.setAuthTag(bytes.subarray(bytes.length - 16));
    return JSON.parse(Buffer.concat([opener.update(bytes.subarray(12, -16)), opener.final()]).toString("utf8"));
  } catch {
    return undefined;
  }
}
