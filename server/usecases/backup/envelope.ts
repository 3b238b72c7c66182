import { createCipheriv, createDecipheriv, hash } from "node:crypto";
import { Fault } from "../../shared/fault.ts";
import type { Moment } from "../../shared/moment.ts";
import type { KeyWrap } from "../../storage/seal/key-wrap.ts";
import { damaged, Pieces } from "./frames.ts";

/**
 * A backup of a sealed store is sealed itself, over its compressed form: a line, the wrapped key (length, JSON), then pieces of AES-256-GCM. A piece has a head of
 * five bytes, whether it is the last and how long it is, which is authenticated with it; its nonce is its number, since the key is made for this file alone.
 */
export const SEALED_OPENING = "tricord-backup-sealed/1\n";
const KEY_BYTES = 32;
const PIECE = 1 << 18;
const HEAD = 5;
const TAG = 16;
/** Stands behind the key in what is wrapped: a data key of the store that is put in its place is noticed. */
const BINDING = hash("sha256", SEALED_OPENING, "buffer").subarray(0, 16);

const nonceOf = (n: number): Buffer => {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(n, 6, 6);
  return nonce;
};

const headOf = (last: boolean, length: number): Buffer => {
  const head = Buffer.alloc(HEAD, last ? 1 : 0);
  head.writeUInt32BE(length, 1);
  return head;
};

/** Seals a stream under a key of its own, which this wraps. */
export async function* sealStream(
  source: AsyncIterable<Uint8Array>,
  wrap: KeyWrap,
  moment: Moment,
): AsyncGenerator<Uint8Array> {
  const key = moment.random(KEY_BYTES);
  const wrapped = await wrap.wrap(Buffer.concat([key, BINDING]));
  const told = Buffer.from(JSON.stringify({ wrap: wrap.id, wrapped: Buffer.from(wrapped).toString("base64") }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(told.length);
  yield Buffer.concat([Buffer.from(SEALED_OPENING), length, told]);
  let n = 0;
  const piece = (bytes: Uint8Array, last: boolean): Buffer => {
    const head = headOf(last, bytes.length);
    const cipher = createCipheriv("aes-256-gcm", key, nonceOf(n)).setAAD(head);
    n += 1;
    return Buffer.concat([head, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  };
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of source) {
    held.push(bytes);
    size += bytes.length;
    if (size < PIECE) continue;
    yield piece(Buffer.concat(held, size), false);
    [held, size] = [[], 0];
  }
  yield piece(Buffer.concat(held, size), true);
}

async function keyOf(told: Buffer, wraps: readonly KeyWrap[]): Promise<Uint8Array> {
  let said: { wrap?: unknown; wrapped?: unknown };
  try {
    said = JSON.parse(told.toString("utf8"));
  } catch {
    throw damaged("its key can't be read");
  }
  const wrap = wraps.find(({ id }) => id === said.wrap);
  if (wrap === undefined)
    throw new Fault(
      "bad_request",
      `the backup is sealed: set SEAL_KEY_FILE, SEAL_KEY or SEAL_KEY_COMMAND (or the same with _OLD) to the key that it was sealed with (${String(said.wrap).slice(0, 64)})`,
      { code: "backup.seal_key" },
    );
  const plain = await wrap.unwrap(Buffer.from(String(said.wrapped), "base64")).catch((cause: unknown) => {
    throw cause instanceof Fault ? cause : damaged("its key does not open");
  });
  if (plain.length !== KEY_BYTES + BINDING.length || !BINDING.equals(plain.subarray(KEY_BYTES)))
    throw damaged("its key is of something else");
  return plain.subarray(0, KEY_BYTES);
}

/** Opens what `sealStream` made. Faults: `backup.seal_key`, `backup.truncated`, `backup.damaged`. */
export async function* openStream(
  source: AsyncIterable<Uint8Array>,
  wraps: readonly KeyWrap[],
): AsyncGenerator<Uint8Array> {
  const bytes = new Pieces(source);
  try {
    await bytes.whole(SEALED_OPENING.length);
    const length = (await bytes.whole(4)).readUInt32BE(0);
    if (length > PIECE) throw damaged("its key can't be read");
    const key = await keyOf(await bytes.whole(length), wraps);
    for (let n = 0; ; n++) {
      const head = await bytes.whole(HEAD);
      const size = head.readUInt32BE(1);
      // A piece is what one write of the compressor was at most beyond its measure.
      if (size > 1 << 26) throw damaged("a piece is longer than any can be");
      const opener = createDecipheriv("aes-256-gcm", key, nonceOf(n)).setAAD(head);
      const text = await bytes.whole(size);
      opener.setAuthTag(await bytes.whole(TAG));
      const plain = opener.update(text);
      try {
        opener.final();
      } catch {
        throw damaged("a piece of it does not open");
      }
      yield plain;
      if (head[0] !== 1) continue;
      if ((await bytes.take(1)).length > 0) throw damaged("something stands behind its end");
      return;
    }
  } finally {
    await bytes.end();
  }
}
