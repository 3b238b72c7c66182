import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "./shared/fault.ts";
import type { AnchorDoc } from "./storage/documents.ts";
import type { Storage, Stored } from "./storage/port.ts";
import { type Anchor, anchorLine, readAnchorLine } from "./usecases/anchor-text.ts";
import { anchorsAfter } from "./usecases/anchoring.ts";

/** Anchors as files for a country to hold: named after the first and the last number in them, so that one that is missing leaves a gap between the names. */
const NAME = /^anchors-(\d{12})-(\d{12})\.jsonl$/;
const nameOf = (first: number, last: number): string =>
  `anchors-${[first, last].map((n) => String(n).padStart(12, "0")).join("-")}.jsonl`;

const unread = (path: string, cause: unknown): Fault =>
  new Fault("bad_request", `${path} can't be read`, { code: "command.file", cause });

/** Anchors of a file, one a line. Faults: `bad_request` where it can't be read, `unprocessable` for a line that is none. */
async function anchorsOfFile(file: string): Promise<Anchor[]> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw unread(file, cause);
  });
  return text
    .split("\n")
    .map((line, i) => ({ line: line.trim(), place: `${file}, line ${i + 1}` }))
    .filter(({ line }) => line !== "")
    .map(({ line, place }) => readAnchorLine(line, place));
}

interface Part {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/** The files of a folder, in the order of their numbers; other files are nobody's business here. */
async function partsIn(folder: string): Promise<Part[]> {
  return (await readdir(folder))
    .flatMap((name) => {
      const [, first, last] = NAME.exec(name) ?? [];
      return first === undefined ? [] : [{ name, first: Number(first), last: Number(last) }];
    })
    .sort((a, b) => a.first - b.first || a.last - b.last);
}

/** Anchors of files and folders, as they are named; the files of a folder in the order of their numbers. */
export async function anchorsIn(paths: readonly string[]): Promise<Anchor[]> {
  const files: string[] = [];
  for (const path of paths) {
    const is = await stat(path).catch((cause: unknown) => {
      throw unread(path, cause);
    });
    files.push(...(is.isDirectory() ? (await partsIn(path)).map(({ name }) => join(path, name)) : [path]));
  }
  // One after the other: years of hours are more files than a process may have open.
  const anchors: Anchor[][] = [];
  for (const file of files) anchors.push(await anchorsOfFile(file));
  return anchors.flat();
}

/** The anchor that a folder ends with. Fault `conflict` where a file is missing between others, or does not hold what its name says. */
async function newestIn(folder: string): Promise<Anchor | undefined> {
  const parts = await partsIn(folder);
  const at = parts.findIndex(({ first }, i) => first !== (parts[i - 1]?.last ?? 0) + 1);
  const missing = (words: string): Fault =>
    new Fault("conflict", `${folder}: ${words}`, { code: "audit.anchor_files", path: folder });
  if (at !== -1)
    throw missing(`anchor ${(parts[at - 1]?.last ?? 0) + 1} should begin the file before ${parts[at]?.name}`);
  const part = parts.at(-1);
  if (part === undefined) return undefined;
  const newest = (await anchorsOfFile(join(folder, part.name))).at(-1);
  if (newest?.n !== part.last) throw missing(`${part.name} does not end with anchor ${part.last}`);
  return newest;
}

/** What a file holds at most: it is read as one string, and V8 has an end to these. An anchor is 120 kB at most. */
interface Most {
  readonly anchors: number;
  readonly bytes: number;
}
const MOST: Most = { anchors: 10_000, bytes: 64 * 1024 * 1024 };
/** What is held in memory before it is written, bytes about. */
const CHUNK = 1024 * 1024;

/** Anchors in their order as lines, of which the next can be looked at before it is taken. */
class Lines {
  readonly #from: AsyncIterator<Stored<AnchorDoc>>;
  #next: { readonly n: number; readonly line: string } | undefined;

  constructor(from: AsyncIterator<Stored<AnchorDoc>>) {
    this.#from = from;
  }

  async peek(): Promise<{ readonly n: number; readonly line: string } | undefined> {
    if (this.#next === undefined) {
      const { done, value } = await this.#from.next();
      if (done === true) return undefined;
      const { id: _, rev: __, ...anchor } = value;
      this.#next = { n: anchor.n, line: `${anchorLine(anchor)}\n` };
    }
    return this.#next;
  }

  take(): void {
    this.#next = undefined;
  }
}

/** Writes the next file of a folder; gives its name, or undefined where no anchors are left. */
async function writeNext(folder: string, lines: Lines, most: Most): Promise<string | undefined> {
  const first = (await lines.peek())?.n;
  if (first === undefined) return undefined;
  // Whole under its name or not there: somebody may fetch it at any moment. Two processes that export at once each have a part of their own.
  const part = join(folder, `.anchors-${first}.${process.pid}.part`);
  let last = first;
  try {
    const file = await open(part, "w", 0o640);
    try {
      let [anchors, bytes, chunk] = [0, 0, ""];
      for (let next = await lines.peek(); next !== undefined; next = await lines.peek()) {
        if (anchors > 0 && (anchors >= most.anchors || bytes + next.line.length > most.bytes)) break;
        lines.take();
        anchors++;
        bytes += next.line.length;
        last = next.n;
        chunk += next.line;
        if (chunk.length < CHUNK) continue;
        await file.write(chunk);
        chunk = "";
      }
      await file.write(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    const name = nameOf(first, last);
    await rename(part, join(folder, name));
    return name;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/**
 * Writes what a folder has not got yet as its next files, with at most so many anchors and bytes in each (`most`); gives their names, none where there is nothing new. `apart`
 * (ms): not sooner than that after the anchor that the folder ends with. Broken off it goes on behind the last whole file the next time. Fault `conflict`, `audit.anchor_files`: a
 * file is missing; `audit.anchor_held`: what was written before is not in the store any more, or is another. Then nothing is written.
 */
export async function exportAnchors(
  storage: Storage,
  folder: string,
  {
    now = 0,
    apart = 0,
    most = {},
  }: { readonly now?: number; readonly apart?: number; readonly most?: Partial<Most> } = {},
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const newest = await newestIn(folder);
  const lines = new Lines(anchorsAfter(storage, (newest?.n ?? 1) - 1));
  if (newest !== undefined) {
    if ((await lines.peek())?.line !== `${anchorLine(newest)}\n`)
      throw new Fault("conflict", `${folder}: anchor ${newest.n} is not in the store, or is another`, {
        code: "audit.anchor_held",
        path: folder,
      });
    lines.take();
    if (apart > 0 && now < newest.at + apart) return [];
  }
  const names: string[] = [];
  for (;;) {
    const name = await writeNext(folder, lines, { ...MOST, ...most });
    if (name === undefined) return names;
    names.push(name);
  }
}
