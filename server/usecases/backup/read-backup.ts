import { Fault } from "../../shared/fault.ts";
import { damaged, type Frame, readFrames } from "./frames.ts";
import {
  BodyBegins,
  BodyEnds,
  CollectionBegins,
  CollectionEnds,
  fingerprint,
  Header,
  macOf,
  readJson,
  specOf,
  Trailer,
} from "./manifest.ts";

/** What a reader of a backup meets, in order. */
export type Met =
  | { readonly is: "header"; readonly header: Header }
  | { readonly is: "body"; readonly job: string }
  | { readonly is: "piece"; readonly bytes: Uint8Array }
  | { readonly is: "body-end"; readonly whole: boolean }
  | { readonly is: "collection"; readonly name: string; readonly bytes: readonly string[] }
  | { readonly is: "record"; readonly payload: Buffer }
  | { readonly is: "collection-end"; readonly ends: CollectionEnds };

export interface ReadParts {
  /** `Keys.backup`. */
  readonly key: Uint8Array;
  /** The format of stores that this version writes. */
  readonly format: number;
  /** Take a backup of another secret: what the secret made can't be made again then. */
  readonly otherSecret?: boolean;
}

/**
 * Reads a backup and checks it as it goes; only a reading that came to its end says that all of it is good. Faults, each one line: `backup.format`, `backup.newer`,
 * `backup.secret`, `backup.truncated`, `backup.damaged`.
 */
export async function* readBackup(source: AsyncIterable<Uint8Array>, parts: ReadParts): AsyncGenerator<Met> {
  let header: Header | undefined;
  const seen = new Set<string>();
  /** What is open: a collection by its name, or a job's body. */
  let open: { readonly collection?: string; readonly job?: string; count: number } | undefined;
  for await (const frame of readFrames(source)) {
    const { kind, payload } = frame;
    if ((kind === "H") !== (header === undefined)) throw damaged("its parts are in another order");
    if ("CJT".includes(kind) && open !== undefined) throw damaged("its parts are in another order");
    if ("RE".includes(kind) && open?.collection === undefined) throw damaged("its parts are in another order");
    if ("BK".includes(kind) && open?.job === undefined) throw damaged("its parts are in another order");
    if (kind === "H") {
      header = checkedHeader(readJson(payload, Header), parts);
      yield { is: "header", header };
    } else if (kind === "J") {
      const { job } = readJson(payload, BodyBegins);
      open = { job, count: 0 };
      yield { is: "body", job };
    } else if (kind === "B" && open !== undefined) {
      open.count += payload.length;
      yield { is: "piece", bytes: payload };
    } else if (kind === "K") {
      const { job, length, cut } = readJson(payload, BodyEnds);
      if (job !== open?.job || length !== open.count) throw damaged("a waiting post is not whole");
      open = undefined;
      yield { is: "body-end", whole: cut !== true };
    } else if (kind === "C") {
      const { name, bytes } = readJson(payload, CollectionBegins);
      if (seen.has(name) || header?.collections.includes(name) !== true)
        throw damaged("a collection stands in it that it does not name");
      seen.add(name);
      open = { collection: name, count: 0 };
      yield { is: "collection", name, bytes };
    } else if (kind === "R" && open !== undefined) {
      open.count += 1;
      yield { is: "record", payload };
    } else if (kind === "E") {
      const ends = readJson(payload, CollectionEnds);
      if (ends.name !== open?.collection || ends.count !== open.count) throw damaged(`${ends.name} is not whole`);
      open = undefined;
      yield { is: "collection-end", ends };
    } else {
      if (header?.collections.some((name) => !seen.has(name)) !== false) throw damaged("a collection is missing");
      checkTrailer(frame, header, parts);
    }
  }
}

function checkedHeader(header: Header, { key, format, otherSecret }: ReadParts): Header {
  if (header.format > format)
    throw new Fault(
      "bad_request",
      `the backup is of a store of format ${header.format}; this version knows formats up to ${format}: restore it with the newer version that wrote it`,
      { code: "backup.newer" },
    );
  const strange = header.collections.find((name) => specOf(name) === undefined);
  if (strange !== undefined) throw damaged("it names a collection that there is not");
  if (header.secret !== fingerprint(key) && otherSecret !== true)
    throw new Fault(
      "bad_request",
      "the backup was made under another secret than this installation's: put the secret key file that was kept with it in its place (SECRET_KEY_FILE, or secret.key in DATA_DIR)",
      { code: "backup.secret" },
    );
  return header;
}

function checkTrailer({ payload, before }: Frame, header: Header, { key }: ReadParts): void {
  const { sha256, mac } = readJson(payload, Trailer);
  if (sha256 !== before) throw damaged("its hash is another");
  if (header.secret === fingerprint(key) && mac !== macOf(key, sha256))
    throw damaged("it was not sealed by this installation");
}

/** Reads all of it and keeps nothing: whether it is whole, before anything is stored. */
export async function checkBackup(source: AsyncIterable<Uint8Array>, parts: ReadParts): Promise<Header> {
  let header: Header | undefined;
  for await (const met of readBackup(source, parts)) if (met.is === "header") header = met.header;
  if (header === undefined) throw damaged("it holds nothing");
  return header;
}
