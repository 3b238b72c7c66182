import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from "node:crypto";

/**
 * Sealed bytes (format 2, `byte-header.ts`): header with the data key's number, a nonce of 12 bytes, the ciphertext of AES-256-GCM, a tag of 16. What they belong to
 * (collection, document, field) is authenticated with them, so that they open nowhere else.
 */
export const SEALED = 2;
const NONCE = 12;
const TAG = 16;
const HEADER = 5;
const OPTIONS = { authTagLength: TAG };

/** Random nonces: a key seals an agency's month, far below the 2^32 pieces that these allow (NIST SP 800-38D, 8.3). */
const pool = Buffer.alloc(NONCE * 512);
let used = pool.length;
function nextNonce(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += NONCE;
  return pool.subarray(used - NONCE, used);
}

/** What sealed bytes belong to, as it is authenticated. */
export const placeOf = (collection: string, id: string, field: string): Buffer =>
  Buffer.from(`${collection}\0${id}\0${field}`, "utf8");

/** Seals a payload for its place under data key `n`. */
export function sealBytes(n: number, key: KeyObject, place: Uint8Array, payload: Uint8Array | string): Buffer {
  const nonce = nextNonce();
  const cipher = createCipheriv("aes-256-gcm", key, nonce, OPTIONS).setAAD(place);
  const text = typeof payload === "string" ? cipher.update(payload, "utf8") : cipher.update(payload);
  cipher.final();
  const stored = Buffer.allocUnsafe(HEADER + NONCE + text.length + TAG);
  stored[0] = SEALED;
  stored.writeUInt32BE(n, 1);
  stored.set(nonce, HEADER);
  stored.set(text, HEADER + NONCE);
  stored.set(cipher.getAuthTag(), HEADER + NONCE + text.length);
  return stored;
}

/** Whether stored bytes are sealed. */
export const isSealed = (stored: Uint8Array): boolean => stored[0] === SEALED && stored.length >= HEADER + NONCE + TAG;

/** The number of the data key of sealed bytes. */
export const keyNumber = (stored: Uint8Array): number =>
  new DataView(stored.buffer, stored.byteOffset, stored.byteLength).getUint32(1);

/** Opens what `sealBytes` sealed; undefined where key, place or bytes are others. */
export function openBytes(key: KeyObject, place: Uint8Array, stored: Uint8Array): Buffer | undefined {
  const end = stored.length - TAG;
  const opener = createDecipheriv("aes-256-gcm", key, stored.subarray(HEADER, HEADER + NONCE), OPTIONS).setAAD(place);
  opener.setAuthTag(stored.subarray(end));
  const payload = opener.update(stored.subarray(HEADER + NONCE, end));
  try {
    opener.final();
  } catch {
    return undefined;
  }
  return payload;
}
