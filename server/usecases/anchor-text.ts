import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { canonicalJson } from "../shared/canonical-json.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { AnchorDoc } from "../storage/documents.ts";

/** An anchor as it is held outside the store: one line of JSON. */
export const Anchor = AnchorDoc.omit({ id: true });
export type Anchor = Omit<AnchorDoc, "id">;
export type AnchoredHead = Anchor["heads"][number];

/** What stands before the 32 bytes of an Ed25519 key in its DER forms (RFC 8410). */
const [PRIVATE_HEAD, PUBLIC_HEAD] = ["302e020100300506032b657004220420", "302a300506032b6570032100"].map((hex) =>
  Buffer.from(hex, "hex"),
) as [Buffer, Buffer];

const privateKey = (seed: Uint8Array) =>
  createPrivateKey({ key: Buffer.concat([PRIVATE_HEAD, seed]), format: "der", type: "pkcs8" });

/** The public key of a seed of 32 bytes: base64url of the key's own 32 bytes (RFC 8032). */
export const publicKeyOf = (seed: Uint8Array): string =>
  createPublicKey(privateKey(seed))
    .export({ format: "der", type: "spki" })
    .subarray(PUBLIC_HEAD.length)
    .toString("base64url");

const publicKey = (key: string) =>
  createPublicKey({
    key: Buffer.concat([PUBLIC_HEAD, Buffer.from(key, "base64url")]),
    format: "der",
    type: "spki",
  });

/** The same key for other tools. */
export const pemOf = (key: string): string => publicKey(key).export({ format: "pem", type: "spki" }).toString();

/** The bytes that are signed: canonical JSON (RFC 8785) of everything but digest and signature. */
export const anchorText = ({ n, prev, at, heads, key }: Omit<Anchor, "digest" | "signature">): string =>
  canonicalJson({ n, prev, at, heads, key });

export const anchorDigest = (anchor: Omit<Anchor, "digest" | "signature">): string => sha256(anchorText(anchor));

export function signAnchor(seed: Uint8Array, said: Omit<Anchor, "key" | "digest" | "signature">): Anchor {
  const anchor = { ...said, key: publicKeyOf(seed) };
  const signature = sign(null, Buffer.from(anchorText(anchor)), privateKey(seed)).toString("base64url");
  return { ...anchor, digest: anchorDigest(anchor), signature };
}

/** Whether the key that it names signed it. */
export function isSigned(anchor: Anchor): boolean {
  if (Buffer.from(anchor.key, "base64url").length !== 32) return false;
  return verify(
    null,
    Buffer.from(anchorText(anchor)),
    publicKey(anchor.key),
    Buffer.from(anchor.signature, "base64url"),
  );
}

/** One line, without its end. */
export function anchorLine({ n, prev, at, heads, key, digest, signature }: Anchor): string {
  return canonicalJson({ n, prev, at, heads, key, digest, signature });
}

/** Reads a line. Fault `unprocessable` where it is no anchor; whether it is a true one is another question. */
export function readAnchorLine(line: string, place: string): Anchor {
  let said: unknown;
  try {
    said = JSON.parse(line);
  } catch {
    said = undefined;
  }
  const read = Anchor.safeParse(said);
  if (!read.success)
    throw new Fault("unprocessable", `${place} is no anchor`, { code: "audit.no_anchor", path: place });
  return read.data;
}
