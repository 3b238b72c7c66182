import { gunzipSync } from "node:zlib";
import { Fault } from "../shared/fault.ts";

/** The two magic bytes of gzip (RFC 1952 section 2.3.1). */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

export const inflatedTooLarge = (limit: number): Fault =>
  new Fault("too_large", `the input is larger than ${limit} bytes when unpacked`, { code: "input.inflated" });

export const brokenGzip = (cause: unknown): Fault =>
  new Fault("bad_request", "the input starts as gzip but can't be unpacked: it is damaged or cut off", {
    code: "input.gzip",
    cause,
  });

export const wrongUtf8 = (cause: unknown, at?: number): Fault =>
  new Fault("bad_request", `the input is not UTF-8${at === undefined ? "" : `: the byte at offset ${at} is wrong`}`, {
    code: "input.utf8",
    cause,
  });

/** The code of an error of the platform, or an empty text. */
export function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

/** The bytes themselves, or unpacked if they are gzip. Faults: `input.inflated` above `limit` bytes, `input.gzip` if broken. */
export function inflate(bytes: Uint8Array, limit: number): Uint8Array {
  if (!isGzip(bytes)) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    throw codeOf(error) === "ERR_BUFFER_TOO_LARGE" ? inflatedTooLarge(limit) : brokenGzip(error);
  }
}

/** Strict UTF-8, a byte order mark dropped. Fault `input.utf8` names the offset of the first wrong byte. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw wrongUtf8(cause, firstWrongByte(bytes));
  }
}

/** Decoded leniently, wrong bytes become U+FFFD: the first one that does not stand in the input itself (EF BF BD) is the place. */
function firstWrongByte(bytes: Uint8Array): number {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  let [from, offset] = [0, 0];
  for (;;) {
    const at = text.indexOf("\ufffd", from);
    if (at < 0) return bytes.length;
    offset += Buffer.byteLength(text.slice(from, at), "utf8");
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return offset;
    from = at + 1;
    offset += 3;
  }
}
