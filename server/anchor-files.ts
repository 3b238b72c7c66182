import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "./shared/fault.ts";
import type { Storage } from "./storage/port.ts";
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
  return (await Promise.all(files.map(anchorsOfFile))).flat();
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

/**
 * Writes what a folder has not got yet as its next file; gives its name, or undefined where there is nothing new. `apart` (ms): not sooner than that after the anchor that the folder
 * ends with. Fault `conflict`, `audit.anchor_files`: a file is missing; `audit.anchor_held`: what was written before is not in the store any more, or is another. Then nothing is written.
 */
export async function exportAnchors(
  storage: Storage,
  folder: string,
  { now, apart }: { readonly now: number; readonly apart: number } = { now: 0, apart: 0 },
): Promise<string | undefined> {
  await mkdir(folder, { recursive: true });
  const newest = await newestIn(folder);
  const fresh: Anchor[] = [];
  for await (const { id: _, rev: __, ...anchor } of anchorsAfter(storage, (newest?.n ?? 1) - 1)) fresh.push(anchor);
  if (newest !== undefined) {
    const own = fresh.shift();
    if (own === undefined || anchorLine(own) !== anchorLine(newest))
      throw new Fault("conflict", `${folder}: anchor ${newest.n} is not in the store, or is another`, {
        code: "audit.anchor_held",
        path: folder,
      });
  }
  const [first, last] = [fresh[0], fresh.at(-1)];
  if (first === undefined || last === undefined || (newest !== undefined && now < newest.at + apart)) return undefined;
  const name = nameOf(first.n, last.n);
  // Whole under its name or not there: somebody may fetch it at any moment.
  const part = join(folder, `.${name}.part`);
  await writeFile(part, fresh.map((anchor) => `${anchorLine(anchor)}\n`).join(""), { mode: 0o640, flush: true });
  await rename(part, join(folder, name));
  return name;
}
