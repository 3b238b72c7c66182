import { hkdfSync } from "node:crypto";
import { link, readFile, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "./shared/fault.ts";
import { makeFolder } from "./shared/make-folder.ts";
import type { Moment } from "./shared/moment.ts";

/** What is derived from the master secret. None of it, nor the secret, is ever logged. */
export interface Keys {
  /** Signs access and refresh tokens. */
  readonly jwt: Uint8Array;
  /** Seals cursors. */
  readonly cursor: Uint8Array;
  /** 16 bytes: the secret namespace of UUIDv5 ids (design 4). */
  readonly namespace: Uint8Array;
  /** Keyed digests: ids of labels and of their wire form. */
  readonly digest: Uint8Array;
  /** Keyed hashes of values and words in indexes. */
  readonly index: Uint8Array;
  /** Says that a backup is of this installation and unedited. */
  readonly backup: Uint8Array;
  /** The seed of the Ed25519 key that signs anchors of the audit. */
  readonly anchor: Uint8Array;
  /** Tells whether two processes have the same secret, and nothing else of it. */
  readonly which: Uint8Array;
}

const SECRET_BYTES = 32;

/** HKDF-SHA-256 (RFC 5869), one key for each purpose: to know one tells nothing of another. */
export function deriveKeys(secret: Uint8Array): Keys {
  const key = (purpose: string, length: number): Uint8Array =>
    new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), `tricord/${purpose}/1`, length));
  return {
    jwt: key("jwt", 32),
    cursor: key("cursor", 32),
    namespace: key("namespace", 16),
    digest: key("digest", 32),
    index: key("index", 32),
    backup: key("backup", 32),
    anchor: key("anchor", 32),
    which: key("which", 16),
  };
}

function parseSecret(text: string, setting: string, file: string): Uint8Array {
  const line = text.trim();
  const bytes = /^[0-9a-fA-F]{64}$/.test(line)
    ? Buffer.from(line, "hex")
    : /^[A-Za-z0-9_-]{43}$/.test(line)
      ? Buffer.from(line, "base64url")
      : undefined;
  if (bytes?.length !== SECRET_BYTES)
    throw new Fault("bad_request", `${setting}: ${file} does not hold 32 bytes in hexadecimal or base64url`, {
      code: "keys.invalid",
    });
  return bytes;
}

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error ? String(error.code) : "unknown";
const unreadable = (setting: string, file: string, cause: unknown): Fault =>
  new Fault("bad_request", `${setting}: ${file} can't be read or made (${codeOf(cause)})`, {
    code: "keys.unreadable",
    cause,
  });

/**
 * The secret of a data folder; made on the first start, readable by its owner alone. It is written beside its place and linked there whole, so that
 * of two processes that start at once one makes it and both read the same.
 */
async function ownSecret(dataDir: string, moment: Moment): Promise<Uint8Array> {
  const file = join(dataDir, "secret.key");
  const draft = `${file}.${Buffer.from(moment.random(8)).toString("hex")}`;
  try {
    makeFolder(dataDir);
    if (!(await stat(file).catch(() => undefined))?.isFile()) {
      const secret = `${Buffer.from(moment.random(SECRET_BYTES)).toString("hex")}\n`;
      await writeFile(draft, secret, { mode: 0o600, flag: "wx", flush: true });
      await link(draft, file).finally(() => unlink(draft));
    }
  } catch (cause) {
    if (codeOf(cause) !== "EEXIST") throw unreadable("DATA_DIR", file, cause);
  }
  return readSecret("DATA_DIR", file);
}

async function readSecret(setting: string, file: string): Promise<Uint8Array> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw unreadable(setting, file, cause);
  }
  return parseSecret(text, setting, file);
}

/** The keys of this installation, from SECRET_KEY_FILE or the data folder. Fault `bad_request` with one clear line where that can't be read or made. */
export async function readKeys(
  config: { readonly DATA_DIR: string; readonly SECRET_KEY_FILE?: string | undefined },
  moment: Moment,
): Promise<Keys> {
  const file = config.SECRET_KEY_FILE;
  return deriveKeys(
    file === undefined ? await ownSecret(config.DATA_DIR, moment) : await readSecret("SECRET_KEY_FILE", file),
  );
}
