/** Where a long answer waits until all of it is known: bytes at the end, read anywhere. One writer, nobody else reads it. */
export interface Scratch {
  /** Bytes so far. */
  readonly size: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Up to `length` bytes from a place; fewer at the end. */
  read(from: number, length: number): Promise<Uint8Array>;
  /** Gives back what it took. More than once is no trouble. */
  close(): Promise<void>;
}
export type OpenScratch = () => Scratch;

/** Bytes read in one go. */
const STEP = 262_144;

/** All bytes from the first to the last, in pieces. */
export async function* bytesOf(scratch: Scratch): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < scratch.size; from += STEP) yield await scratch.read(from, STEP);
}

/** Lines of a part of it (the default is all), without their ends. */
export async function* linesOf(scratch: Scratch, from = 0, to = scratch.size): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for (let at = from; at < to; at += STEP) {
    const piece = await scratch.read(at, Math.min(STEP, to - at));
    rest = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10, start)) {
      yield rest.toString("utf8", start, end);
      start = end + 1;
    }
    rest = rest.subarray(start);
  }
  if (rest.length > 0) yield rest.toString("utf8");
}
