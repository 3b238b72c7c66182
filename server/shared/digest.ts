import { createHmac, hash } from "node:crypto";

/** SHA-256 of text (as UTF-8) or bytes, base64url, 43 characters. */
export const sha256 = (data: string | Uint8Array): string => hash("sha256", data, "base64url");

/** HMAC-SHA-256 of text under a key, base64url, 43 characters. */
export const keyed = (key: Uint8Array, text: string): string =>
  createHmac("sha256", key).update(text).digest("base64url");

export { uuid5 } from "../../schemas/stix/uuid5.ts";

/** The 16 bytes of a UUID's text. */
export const uuidBytes = (uuid: string): Uint8Array => Buffer.from(uuid.replaceAll("-", ""), "hex");
