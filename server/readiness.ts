import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "./shared/make-folder.ts";
import { storeFormat } from "./storage/migrations.ts";
import type { Storage } from "./storage/port.ts";

/** How far a process's clock may be off the store's, ms (design 6). */
const FAR = 2000;
/** How long the store and the disk get to answer, ms. */
const PATIENCE = 1000;
/** How long an answer is good, ms: probes that come more often cost nothing. */
const GOOD_FOR = 1000;
/** What is written to see whether there is room. */
const PROBE = Buffer.alloc(65_536);

export interface ReadinessParts {
  readonly storage: Storage;
  /** Where large posts wait and exports are made. */
  readonly spool: string;
  /** This process's clock, ms. */
  readonly clock: () => number;
  /** What time took, ms: never goes back. */
  readonly elapsed?: () => number;
}

export interface Ready {
  /** Why requests should go elsewhere; absent when all is well. */
  readonly reason?: string;
  /** How far the clock is ahead of the store's, ms; absent where the store did not answer. */
  readonly offset?: number;
  /** The format that the store records. */
  readonly format?: number;
}

const inTime = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, failed) => {
    timer = setTimeout(() => failed(new Error("it took too long")), PATIENCE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

const seconds = (ms: number): string => (Math.round(Math.abs(ms) / 100) / 10).toString();

/**
 * Whether requests should be sent here: the store answers in time, the spool can be written, the clock is the store's to two seconds (design 6), and it is not
 * stopping. One look at a time; its outcome is kept for a second.
 */
export class Readiness {
  readonly #parts: ReadinessParts;
  #stopping = false;
  #last: { readonly at: number; readonly ready: Ready } | undefined;
  #looking: Promise<Ready> | undefined;
  /** What did not answer in time is not asked once more before it has. */
  #hanging: Promise<unknown> | undefined;

  constructor(parts: ReadinessParts) {
    this.#parts = parts;
  }

  /** From now on it says that it is stopping. */
  stop(): void {
    this.#stopping = true;
  }

  async check(): Promise<Ready> {
    const elapsed = this.#parts.elapsed ?? (() => performance.now());
    if (this.#last === undefined || elapsed() - this.#last.at >= GOOD_FOR) {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
      this.#last = { ready: await this.#looking, at: elapsed() };
    }
    const { ready } = this.#last;
    return this.#stopping ? { ...ready, reason: "it is stopping" } : ready;
  }

  async #look(): Promise<Ready> {
    const [store, disk] = await Promise.all([this.#askStore(), this.#tryDisk()]);
    const reason = store.reason ?? disk;
    return { ...store, ...(reason === undefined ? {} : { reason }) };
  }

  async #askStore(): Promise<Ready> {
    const { storage, clock } = this.#parts;
    const silent = { reason: "the store does not answer" };
    if (this.#hanging !== undefined) return silent;
    const before = clock();
    const asked = Promise.all([storage.now(), storeFormat(storage)]).then(([theirs, format]) => ({
      theirs,
      format,
      after: clock(),
    }));
    this.#hanging = asked
      .catch(() => undefined)
      .finally(() => {
        this.#hanging = undefined;
      });
    try {
      const { theirs, format, after } = await inTime(asked);
      // Where in between the store looked at its clock is not known: off is what is off either way.
      const far = theirs < before - FAR || theirs > after + FAR;
      const offset = after - theirs;
      const side = offset > 0 ? "ahead of" : "behind";
      return {
        ...{ offset, format },
        ...(far ? { reason: `the clock here is ${seconds(offset)} s ${side} the store's; set it right` } : {}),
      };
    } catch {
      return silent;
    }
  }

  async #tryDisk(): Promise<string | undefined> {
    const { spool } = this.#parts;
    const path = join(spool, `${randomUUID()}.probe`);
    const write = async (): Promise<void> => {
      makeFolder(spool);
      const file = await open(path, "w", 0o600);
      try {
        const { bytesWritten } = await file.write(PROBE);
        if (bytesWritten < PROBE.length) throw new Error("there is no room");
      } finally {
        await file.close();
        await rm(path, { force: true });
      }
    };
    try {
      await inTime(write());
      return undefined;
    } catch {
      return "the spool in DATA_DIR can't be written";
    }
  }
}
