import { createHash, type Hash } from "node:crypto";
import type { Doc, Stored } from "../../storage/port.ts";
import { damaged } from "./frames.ts";

/**
 * A document in a backup: the length of its JSON, the JSON without `rev`, then for each field of bytes that its collection declares
 * the length and the bytes. Lengths are four bytes, big-endian; an absent field has the length `ABSENT`.
 *
 * `rev` stays behind: it counts the writes of a document in one store, and nobody but a process at work keeps one.
 */
const ABSENT = 0xffff_ffff;

export interface Record {
  /** Members in the order that the store gave them in: replies may show it. */
  readonly json: string;
  /** The same with members in order of their names: what two stores have in common. */
  readonly sorted: string;
  readonly bytes: readonly (Uint8Array | undefined)[];
}

/** What a document of a collection with these fields of bytes comes to. */
export function recordOf(doc: Stored<Doc>, bytes: readonly string[]): Record {
  const fields: Readonly<{ [field: string]: unknown }> = doc;
  const members: [name: string, text: string][] = [];
  for (const name of Object.keys(doc)) {
    if (name === "rev" || bytes.includes(name)) continue;
    const text: string | undefined = JSON.stringify(fields[name]);
    if (text !== undefined) members.push([name, `${JSON.stringify(name)}:${text}`]);
  }
  const json = `{${members.map(([, text]) => text).join(",")}}`;
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    json,
    sorted: `{${members.map(([, text]) => text).join(",")}}`,
    bytes: bytes.map((field) => fields[field] as Uint8Array | undefined),
  };
}

const lengthOf = (length: number): Buffer => {
  const written = Buffer.allocUnsafe(4);
  written.writeUInt32BE(length);
  return written;
};

function* partsOf(json: string, bytes: Record["bytes"]): Generator<Uint8Array> {
  const text = Buffer.from(json);
  yield lengthOf(text.length);
  yield text;
  for (const one of bytes) {
    yield lengthOf(one === undefined ? ABSENT : one.length);
    if (one !== undefined) yield one;
  }
}

/** A record as a frame holds it. */
export const recordParts = ({ json, bytes }: Record): Uint8Array[] => [...partsOf(json, bytes)];

/** Counts records and hashes what they say, whichever store they come from. */
export class Contents {
  readonly #hash: Hash = createHash("sha256");
  count = 0;

  add({ sorted, bytes }: Record): void {
    for (const part of partsOf(sorted, bytes)) this.#hash.update(part);
    this.count += 1;
  }

  /** Hexadecimal. */
  sha256(): string {
    return this.#hash.copy().digest("hex");
  }
}

/** The document of a frame. `backup.damaged` where it is none. */
export function documentOf(payload: Buffer, bytes: readonly string[]): Doc {
  let at = 0;
  const length = (): number => {
    if (at + 4 > payload.length) throw damaged("a document is cut off");
    at += 4;
    return payload.readUInt32BE(at - 4);
  };
  const take = (size: number): Buffer => {
    if (at + size > payload.length) throw damaged("a document is cut off");
    at += size;
    return payload.subarray(at - size, at);
  };
  const text = take(length()).toString("utf8");
  let doc: { id?: unknown; [field: string]: unknown };
  try {
    doc = JSON.parse(text);
  } catch {
    throw damaged("a document is no JSON");
  }
  if (typeof doc !== "object" || doc === null || typeof doc.id !== "string") throw damaged("a document has no id");
  for (const field of bytes) {
    const size = length();
    if (size === ABSENT) continue;
    const held = take(size);
    doc[field] = new Uint8Array(held.buffer, held.byteOffset, held.length);
  }
  if (at !== payload.length) throw damaged("a document is longer than it says");
  return doc as Doc;
}
