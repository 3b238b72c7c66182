import { randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { diskFault } from "./shared/disk-fault.ts";
import { makeFolder } from "./shared/make-folder.ts";
import type { Scratch } from "./usecases/scratch.ts";

/** Bytes that are held in memory; what is larger goes to a file. */
const IN_MEMORY = 4_194_304;

/**
 * A scratch in memory, and past a limit in a file of a folder, for the owner alone. The file loses its name as soon as it is open, so
 * that whatever ends the process leaves nothing behind.
 */
class FileScratch implements Scratch {
  readonly #folder: string;
  readonly #name: string;
  readonly #limit: number;
  #held: Buffer;
  #file: FileHandle | undefined;
  size = 0;

  constructor(folder: string, name: string, limit: number) {
    this.#folder = folder;
    this.#name = name;
    this.#limit = limit;
    this.#held = Buffer.alloc(0);
  }

  /** Where there is no room: `Fault("unavailable")`, `spool.full`. */
  async append(bytes: Uint8Array): Promise<void> {
    try {
      await this.#append(bytes);
    } catch (error) {
      throw diskFault(error);
    }
  }

  async #append(bytes: Uint8Array): Promise<void> {
    if (this.#file === undefined && this.size + bytes.length <= this.#limit) {
      if (this.#held.length < this.size + bytes.length) {
        const larger = Buffer.allocUnsafe(Math.max(65_536, 2 * (this.size + bytes.length)));
        this.#held.copy(larger, 0, 0, this.size);
        this.#held = larger;
      }
      this.#held.set(bytes, this.size);
      this.size += bytes.length;
      return;
    }
    if (this.#file === undefined) {
      makeFolder(this.#folder);
      const path = join(this.#folder, this.#name);
      this.#file = await open(path, "wx+", 0o600);
      await rm(path, { force: true });
      const held = this.#held.subarray(0, this.size);
      this.#held = Buffer.alloc(0);
      await this.#write(held, 0);
    }
    await this.#write(bytes, this.size);
    this.size += bytes.length;
  }

  async #write(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = (await this.#file?.write(bytes, done, bytes.length - done, at + done)) ?? {
        bytesWritten: 0,
      };
      if (bytesWritten === 0) throw Object.assign(new Error("the file takes no more bytes"), { code: "ENOSPC" });
      done += bytesWritten;
    }
  }

  async read(from: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.size - from));
    if (this.#file === undefined) return Buffer.from(this.#held.subarray(from, from + wanted));
    const into = Buffer.allocUnsafe(wanted);
    for (let done = 0; done < wanted; ) {
      const { bytesRead } = await this.#file.read(into, done, wanted - done, from + done);
      if (bytesRead === 0) throw new Error("the scratch file is shorter than what was written");
      done += bytesRead;
    }
    return into;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#held = Buffer.alloc(0);
    this.size = 0;
    await file?.close();
  }
}

/** Scratches of a process in a folder that others may share. */
export const scratchIn =
  (folder: string, limit = IN_MEMORY): (() => Scratch) =>
  () =>
    new FileScratch(folder, `${randomUUID()}.scratch`, limit);
