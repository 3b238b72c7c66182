import { createHash, type Hash } from "node:crypto";
import { Fault } from "../../shared/fault.ts";

/**
 * The form of a backup: a line that names form and version, then frames of one letter, a length (four bytes, big-endian) and so many bytes.
 * What the frames hold, and in which order they stand, is `write-backup.ts`.
 */
export const OPENING = "tricord-backup/1\n";
const FAMILY = "tricord-backup/";

/** Header; collection, record, end of a collection; job body, piece of it, end of it; trailer. */
const KINDS = ["H", "C", "R", "E", "J", "B", "K", "T"] as const;
export type FrameKind = (typeof KINDS)[number];
export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Buffer;
  /** SHA-256 of all that stands before this frame, hexadecimal: of a trailer only. */
  readonly before?: string;
}

const HEAD = 5;
/** A frame is one document at most: longer than this none can be. */
const LONGEST = 1 << 30;
/** Bytes that are gathered before they go on. */
const PIECE = 1 << 18;

const codes = new Map(KINDS.map((kind) => [kind.charCodeAt(0), kind] as const));
const trailer = "T".charCodeAt(0);

/** Writes frames to a sink, in pieces of a quarter of a megabyte or more. */
export class FrameWriter {
  readonly #sink: (piece: Uint8Array) => Promise<void>;
  readonly #hash: Hash = createHash("sha256");
  #held: Uint8Array[] = [];
  #size = 0;
  #written = 0;

  constructor(sink: (piece: Uint8Array) => Promise<void>) {
    this.#sink = sink;
    this.#take(Buffer.from(OPENING));
  }

  #take(bytes: Uint8Array): void {
    this.#held.push(bytes);
    this.#size += bytes.length;
  }

  /** Bytes that went on so far. */
  get written(): number {
    return this.#written;
  }

  /** One frame. The parts are not copied until they go on: do not change them meanwhile. */
  async frame(kind: FrameKind, ...parts: readonly Uint8Array[]): Promise<void> {
    const head = Buffer.allocUnsafe(HEAD);
    head[0] = kind.charCodeAt(0);
    head.writeUInt32BE(
      parts.reduce((sum, { length }) => sum + length, 0),
      1,
    );
    this.#take(head);
    for (const part of parts) this.#take(part);
    if (this.#size >= PIECE) await this.flush();
  }

  /** Sends on what is held. */
  async flush(): Promise<void> {
    if (this.#size === 0) return;
    const piece = Buffer.concat(this.#held, this.#size);
    this.#held = [];
    this.#size = 0;
    this.#hash.update(piece);
    this.#written += piece.length;
    await this.#sink(piece);
  }

  /** SHA-256 of all frames so far, hexadecimal. */
  async digest(): Promise<string> {
    await this.flush();
    return this.#hash.copy().digest("hex");
  }
}

export const truncated = (): Fault =>
  new Fault("bad_request", "the backup ends before its end: it was cut off, and nothing of it can be used", {
    code: "backup.truncated",
  });

/** One line, whatever is wrong inside. */
export const damaged = (what: string): Fault =>
  new Fault("bad_request", `the backup is damaged or was edited: ${what}`, { code: "backup.damaged" });

/** Bytes of a stream by number. */
export class Pieces {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next so many, or what is left. */
  async take(length: number): Promise<Buffer> {
    if (this.#held.length < length) {
      const pieces = [this.#held];
      let size = this.#held.length;
      while (size < length) {
        const next = await this.#source.next();
        if (next.done === true) break;
        pieces.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength));
        size += next.value.length;
      }
      this.#held = pieces.length === 1 ? this.#held : Buffer.concat(pieces, size);
    }
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }

  /** The next so many: fewer is `backup.truncated`. */
  async whole(length: number): Promise<Buffer> {
    const taken = await this.take(length);
    if (taken.length < length) throw truncated();
    return taken;
  }

  async end(): Promise<void> {
    await this.#source.return?.();
  }
}

/** The frames of a backup; the trailer is the last. Faults: `backup.format`, `backup.truncated`, `backup.damaged`. */
export async function* readFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const pieces = new Pieces(source);
  try {
    const opening = await pieces.take(OPENING.length);
    checkOpening(opening.toString("latin1"));
    const hash = createHash("sha256").update(opening);
    for (;;) {
      const head = await pieces.whole(HEAD);
      const kind = codes.get(head[0] ?? 0);
      const length = head.readUInt32BE(1);
      if (kind === undefined || length > LONGEST) throw damaged("there is something in it that no backup has");
      const payload = await pieces.whole(length);
      if (head[0] === trailer) {
        if ((await pieces.take(1)).length > 0) throw damaged("something stands behind its end");
        yield { kind, payload, before: hash.digest("hex") };
        return;
      }
      hash.update(head).update(payload);
      yield { kind, payload };
    }
  } finally {
    await pieces.end();
  }
}

function checkOpening(opening: string): void {
  if (opening === OPENING) return;
  if (OPENING.startsWith(opening)) throw truncated();
  const of = opening.startsWith(FAMILY)
    ? `it is of another version than this program reads (${OPENING.trim()})`
    : "it is no backup of Tricord";
  throw new Fault("bad_request", `the backup can't be read: ${of}`, { code: "backup.format" });
}
