import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { link, open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { Fault } from "./shared/fault.ts";
import type { Moment } from "./shared/moment.ts";
import type { KeyWrap } from "./storage/seal/key-wrap.ts";
import { openStream, SEALED_OPENING, sealStream } from "./usecases/backup/envelope.ts";
import { damaged, truncated } from "./usecases/backup/frames.ts";

/** A backup as a file: compressed, sealed where its store is, whole under its name or not there. */
const CHUNK = 1 << 18;

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error ? String(error.code) : "unknown";

const fileFault = (file: string, cause: unknown): unknown =>
  cause instanceof Fault || codeOf(cause) === "unknown"
    ? cause
    : new Fault("bad_request", `${file} can't be read or written (${codeOf(cause)})`, { code: "backup.file", cause });

/** Hands on what `work` writes, which waits where `read` is slower. What failed first is what is told. */
export async function piped<R>(
  work: (write: (piece: Uint8Array) => Promise<void>) => Promise<R>,
  read: (source: Readable) => Promise<void>,
): Promise<R> {
  const pipe = new PassThrough({ highWaterMark: 4 * CHUNK });
  let failed: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    failed ??= { error };
    pipe.destroy(error instanceof Error ? error : new Error(String(error)));
  };
  const reading = read(pipe).catch(fail);
  const write = (piece: Uint8Array): Promise<void> =>
    new Promise((done, refused) => pipe.write(piece, (error) => (error ? refused(error) : done())));
  let result: { readonly of: R } | undefined;
  try {
    result = { of: await work(write) };
    pipe.end();
  } catch (error) {
    fail(error);
  }
  await reading;
  if (failed !== undefined || result === undefined) throw failed?.error;
  return result.of;
}

export interface FileOptions {
  readonly gzip: boolean;
  /** Seals the file. */
  readonly wrap?: KeyWrap | undefined;
  readonly moment: Moment;
}

/** Writes to a file of its owner's alone (mode 0600), or `-`, standard output. A file that is there is never written over. */
export async function writeBackupFile<R>(
  file: string,
  { gzip, wrap, moment }: FileOptions,
  work: (write: (piece: Uint8Array) => Promise<void>) => Promise<R>,
): Promise<R> {
  const shape = async (source: Readable, into: Writable, end: boolean): Promise<void> => {
    const sealed = (from: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> =>
      wrap === undefined ? from : sealStream(from, wrap, moment);
    if (gzip) await pipeline(source, createGzip({ level: 1, chunkSize: CHUNK }), sealed, into, { end });
    else await pipeline(source, sealed, into, { end });
  };
  if (file === "-") return piped(work, (source) => shape(source, process.stdout, false));
  const place = resolve(file);
  const exists = new Fault("conflict", `${file} is there already: a backup is never written over another`, {
    code: "backup.exists",
  });
  if (existsSync(place)) throw exists;
  const draft = `${place}.${Buffer.from(moment.random(6)).toString("hex")}.part`;
  try {
    const result = await piped(work, (source) =>
      shape(source, createWriteStream(draft, { mode: 0o600, flags: "wx", flush: true }), true),
    );
    // Not by a rename, which would take the place of one that came meanwhile.
    await link(draft, place).catch((error: unknown) => {
      if (codeOf(error) === "EEXIST") throw exists;
      return rename(draft, place);
    });
    const folder = await open(dirname(place), "r");
    await folder.sync();
    await folder.close();
    return result;
  } catch (error) {
    throw fileFault(file, error);
  } finally {
    await rm(draft, { force: true });
  }
}

async function* unzipped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: CHUNK });
  const fed = pipeline(source, gunzip).catch(() => undefined);
  try {
    for await (const piece of gunzip) yield piece;
  } catch (error) {
    if (codeOf(error) === "Z_BUF_ERROR") throw truncated();
    if (codeOf(error).startsWith("Z_")) throw damaged("it can't be unpacked");
    throw error;
  } finally {
    gunzip.destroy();
    await fed;
  }
}

/** What begins like this, with the beginning. */
async function peeked(source: AsyncIterable<Uint8Array>): Promise<{ start: Buffer; all: AsyncIterable<Uint8Array> }> {
  const pieces = source[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let size = 0;
  while (size < SEALED_OPENING.length) {
    const next = await pieces.next();
    if (next.done === true) break;
    held.push(next.value);
    size += next.value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* held;
      for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield next.value;
    } finally {
      await pieces.return?.();
    }
  }
  return { start: Buffer.concat(held, size), all: all() };
}

/** The frames of a backup: from a file, or `-`, standard input; sealed or not, compressed or not. */
export async function* readBackupFile(file: string, wraps: readonly KeyWrap[]): AsyncGenerator<Uint8Array> {
  const source = file === "-" ? process.stdin : createReadStream(file, { highWaterMark: CHUNK });
  try {
    const outer = await peeked(source);
    const inner =
      outer.start.toString("latin1", 0, SEALED_OPENING.length) === SEALED_OPENING
        ? await peeked(openStream(outer.all, wraps))
        : outer;
    yield* inner.start[0] === 0x1f && inner.start[1] === 0x8b ? unzipped(inner.all) : inner.all;
  } catch (error) {
    throw fileFault(file, error);
  }
}
