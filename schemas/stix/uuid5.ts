import { hash } from "node:crypto";

/** RFC 9562 version 5 UUID of a name in a namespace of 16 bytes (or, for a secret one, any key of 16 bytes). */
export function uuid5(namespace: Uint8Array, name: string): string {
  const hex = hash("sha1", Buffer.concat([namespace, Buffer.from(name, "utf8")]), "hex");
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`;
}
