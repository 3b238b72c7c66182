import { Fault } from "../shared/fault.ts";

/**
 * Stored bytes start with a format byte and a key id (design 5), so that encryption at rest per agency and month can come without
 * a rewrite: format 1 is `01`, then the key id as four bytes, big-endian, then the payload. Key 0 means plain.
 */
const FORMAT = 1;
const PLAIN = 0;
const BYTE_HEADER_LENGTH = 5;

/** The payload behind a header of format 1 and key 0, as a copy. */
export function withByteHeader(payload: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(BYTE_HEADER_LENGTH + payload.length);
  stored[0] = FORMAT;
  stored.writeUInt32BE(PLAIN, 1);
  stored.set(payload, BYTE_HEADER_LENGTH);
  return stored;
}

/** The payload of stored bytes, as a plain `Uint8Array` view without a copy. Another format or a key that this version can't use: `Fault("unavailable")`, `store.bytes`. */
export function withoutByteHeader(stored: Uint8Array): Uint8Array {
  const key = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  if (stored.length < BYTE_HEADER_LENGTH || stored[0] !== FORMAT || key.getUint32(1) !== PLAIN) {
    throw new Fault(
      "unavailable",
      "Stored bytes have a form or a key that this version can't read; it reads format 1, key 0.",
      {
        code: "store.bytes",
      },
    );
  }
  return new Uint8Array(stored.buffer, stored.byteOffset + BYTE_HEADER_LENGTH, stored.length - BYTE_HEADER_LENGTH);
}
