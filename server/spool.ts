import { createReadStream, createWriteStream } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { diskFault } from "./shared/disk-fault.ts";
import { makeFolder } from "./shared/make-folder.ts";
import type { Spool } from "./usecases/intake.ts";

/** Large posts as files in a folder, for the owner alone: whole under their name or not at all. */
export class FolderSpool implements Spool {
  readonly #folder: string;
  readonly #room: () => void;

  /** `room` throws where the disk has none for more. */
  constructor(folder: string, room: () => void = () => undefined) {
    this.#folder = folder;
    this.#room = room;
  }

  async *#whileThereIsRoom(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.#room();
      yield chunk;
    }
  }

  #path(name: string): string {
    if (!/^[0-9a-f-]{36}$/.test(name)) throw new Error("a spool name is a UUID");
    return join(this.#folder, name);
  }

  async write(name: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const fresh = `${this.#path(name)}.new`;
    try {
      makeFolder(this.#folder);
      const file = createWriteStream(fresh, { mode: 0o600, flags: "wx" });
      await pipeline(Readable.from(this.#whileThereIsRoom(chunks)), file);
      const written = await open(fresh, "r+");
      await written.sync();
      await written.close();
      await rename(fresh, this.#path(name));
      return file.bytesWritten;
    } catch (error) {
      await rm(fresh, { force: true }).catch(() => undefined);
      throw diskFault(error);
    }
  }

  read(name: string): AsyncIterable<Uint8Array> {
    return createReadStream(this.#path(name), { highWaterMark: 1 << 18 });
  }

  async remove(name: string): Promise<void> {
    const path = this.#path(name);
    for (const file of [path, `${path}.new`]) await rm(file, { force: true });
  }

  async begunBefore(instant: number): Promise<string[]> {
    const files = await readdir(this.#folder).catch(() => []);
    const found: string[] = [];
    for (const file of files) {
      const name = /^([0-9a-f-]{36})(?:\.new)?$/.exec(file)?.[1];
      if (name === undefined) continue;
      const held = await stat(join(this.#folder, file)).catch(() => undefined);
      if (held !== undefined && held.mtimeMs < instant) found.push(name);
    }
    return found;
  }
}
