import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { Fault } from "../shared/fault.ts";
import type { KeyWrap } from "../storage/seal/key-wrap.ts";

const KEY_BYTES = 32;
const NONCE = 12;
const TAG = 16;
/** Where container engines put secrets: nobody else is in the container, so that all may read them there. */
const SECRETS = "/run/secrets/";

const invalid = (setting: string, message: string, cause?: unknown): Fault =>
  new Fault("bad_request", `${setting}: ${message}`, { code: "seal.key_invalid", cause });

function parseKey(setting: string, text: string): Uint8Array {
  const line = text.trim();
  if (/^[0-9a-fA-F]{64}$/.test(line)) return Buffer.from(line, "hex");
  if (/^[A-Za-z0-9_-]{43}$/.test(line)) return Buffer.from(line, "base64url");
  if (/^[A-Za-z0-9+/]{43}=$/.test(line)) return Buffer.from(line, "base64");
  throw invalid(setting, "it does not hold 32 bytes in hexadecimal or base64");
}

/** Wraps data keys with AES-256-GCM under a key that this process holds. */
export function localKey(setting: string, key: Uint8Array): KeyWrap {
  if (key.length !== KEY_BYTES) throw invalid(setting, "a key has 32 bytes");
  const name = createHmac("sha256", key).update("tricord/seal/id/1").digest("hex").slice(0, 12);
  return {
    setting,
    id: `local:${name}`,
    wrap: async (plain) => {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    unwrap: async (wrapped) => {
      if (wrapped.length < NONCE + TAG) throw new Error("too short for a wrapped key");
      const opener = createDecipheriv("aes-256-gcm", key, wrapped.subarray(0, NONCE));
      opener.setAuthTag(wrapped.subarray(wrapped.length - TAG));
      return Buffer.concat([opener.update(wrapped.subarray(NONCE, wrapped.length - TAG)), opener.final()]);
    },
  };
}

/** The wrapping key as a setting says it: 32 bytes in hexadecimal or base64. `Fault("bad_request")`, `seal.key_invalid`, never with the key in it. */
export const environmentKey = (setting: string, text: string): KeyWrap => localKey(setting, parseKey(setting, text));

/** The wrapping key from a file that nobody but its owner (or group) may read. `Fault("bad_request")`, `seal.key_invalid`. */
export async function fileKey(setting: string, file: string): Promise<KeyWrap> {
  let text: string;
  let mode: number;
  try {
    ({ mode } = await stat(file));
    text = await readFile(file, "utf8");
  } catch (cause) {
    const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "unknown";
    throw invalid(setting, `${file} can't be read (${code})`, cause);
  }
  const open = mode & (file.startsWith(SECRETS) ? 0o022 : 0o037);
  if (open !== 0)
    throw invalid(
      setting,
      `${file} has mode ${(mode & 0o777).toString(8)}, so that others may read or change it: give it 600 (or 640)`,
    );
  return localKey(setting, parseKey(setting, text));
}
