import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { brokenGzip, codeOf, inflatedTooLarge, isGzip } from "./decode.ts";

const PIECE = 65_536;

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

async function* gunzip(source: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  const [packed, unpacked] = [Readable.from(source, { objectMode: false }), createGunzip()];
  // Errors reach the loop below through the stream itself.
  pipeline(packed, unpacked, () => undefined);
  let size = 0;
  try {
    for await (const piece of unpacked as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size > limit) throw inflatedTooLarge(limit);
      yield* pieces(piece);
    }
  } catch (error) {
    throw codeOf(error).startsWith("Z_") ? brokenGzip(error) : error;
  } finally {
    unpacked.destroy();
    packed.destroy();
  }
}

/** The first two bytes decide, however small the first pieces are. */
async function* rejoined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (first.length > 0) yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/**
 * The bytes of a source in pieces of at most 64 kB, unpacked if they are gzip. Faults as of `inflate`: `input.inflated`
 * above `limit` bytes unpacked, `input.gzip` where it is broken. Holds no more than a piece.
 */
export async function* inflateStream(source: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let first: Uint8Array = new Uint8Array(0);
  while (first.length < 2) {
    const next = await iterator.next();
    if (next.done === true) break;
    first = first.length === 0 ? next.value : Buffer.concat([first, next.value]);
  }
  const whole = rejoined(first, iterator);
  if (isGzip(first)) yield* gunzip(whole, limit);
  else for await (const piece of whole) yield* pieces(piece);
}
