import { Fault } from "./shared/fault.ts";
import { Spooled } from "./storage/collections.ts";
import type { Storage } from "./storage/port.ts";
import type { Spool } from "./usecases/intake.ts";

/** Bytes of a piece: far below what one document of any engine may hold. */
const PIECE = 1_048_576;
const idOf = (name: string, n: number): string => `${name}:${n}`;

/** The bytes in pieces of one size but for the last. */
async function* inPieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let held = Buffer.allocUnsafe(PIECE);
  let size = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const some = Math.min(PIECE - size, chunk.length - at);
      held.set(chunk.subarray(at, at + some), size);
      size += some;
      at += some;
      if (size < PIECE) continue;
      yield held;
      held = Buffer.allocUnsafe(PIECE);
      size = 0;
    }
  }
  yield held.subarray(0, size);
}

/** Large posts as pieces in the store, for processes that share no folder: the one that takes up a job need not be the one that took the post. */
export class StoreSpool implements Spool {
  readonly #storage: Storage;
  readonly #clock: () => number;

  /** `clock`: the time, ms. */
  constructor(storage: Storage, clock: () => number) {
    this.#storage = storage;
    this.#clock = clock;
  }

  async write(name: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const pieces = this.#storage.collection(Spooled);
    const at = this.#clock();
    let [n, size] = [0, 0];
    try {
      for await (const bytes of inPieces(chunks)) {
        size += bytes.length;
        // One piece alone is shorter than the others: the last.
        const last = bytes.length < PIECE ? { pieces: n + 1 } : {};
        await pieces.insert([{ id: idOf(name, n), name, n, at, ...last, bytes }]);
        n++;
      }
      return size;
    } catch (error) {
      await this.remove(name).catch(() => undefined);
      throw error;
    }
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    const pieces = this.#storage.collection(Spooled);
    for (let n = 0; ; n++) {
      const piece = await pieces.get(idOf(name, n));
      if (piece === undefined)
        throw new Fault("internal", "a part of what was posted is not there any more", { code: "spool.cut" });
      yield piece.bytes;
      if (piece.pieces !== undefined) return;
    }
  }

  async remove(name: string): Promise<void> {
    const pieces = this.#storage.collection(Spooled);
    // The first goes last: by it one that was left half removed is found again.
    for (;;) {
      const held = await pieces.pick({ index: "name", prefixes: [[name]], reverse: true, limit: 100 }, ["id"]);
      if (held.length === 0) return;
      await pieces.remove(held.map(({ id }) => id));
    }
  }

  async begunBefore(instant: number): Promise<string[]> {
    const first = await this.#storage
      .collection(Spooled)
      .pick({ index: "begun", prefixes: [[0]], to: instant, limit: 1000 }, ["name"]);
    return first.map(({ name }) => name);
  }
}
