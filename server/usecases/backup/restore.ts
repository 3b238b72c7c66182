import { type IndexKey, indexTerms } from "../../pipeline/index-terms.ts";
import { deadLane } from "../../pipeline/lane.ts";
import { Fault } from "../../shared/fault.ts";
import { formatInstant } from "../../shared/instant.ts";
import type { Moment } from "../../shared/moment.ts";
import { Jobs, Labels, Meta, Rows, Spooled } from "../../storage/collections.ts";
import type { Declared } from "../../storage/declared.ts";
import type { LabelDoc, RowDoc } from "../../storage/documents.ts";
import { isHalfRestored, RESTORING } from "../../storage/half-restored.ts";
import type { Doc, Storage } from "../../storage/port.ts";
import type { Spool } from "../intake.ts";
import { objectOf } from "../sight.ts";
import { contentsOf } from "./contents.ts";
import { damaged } from "./frames.ts";
import { type CollectionEnds, type Header, KEPT, specOf } from "./manifest.ts";
import { type Met, type ReadParts, readBackup } from "./read-backup.ts";
import { documentOf } from "./record.ts";
import { type Told, waitingJobs } from "./write-backup.ts";

export interface RestoreParts {
  /** Opened although it may be half restored. */
  readonly storage: Storage;
  readonly spool: Spool;
  /** How words stand in the index. */
  readonly index: IndexKey;
}

export interface Loaded {
  readonly header: Header;
  readonly collections: readonly CollectionEnds[];
  readonly bodies: ReadonlySet<string>;
}

/** Bytes in one transaction, about. */
const TRANSACTION_BYTES = 8 << 20;

/** Loads a backup into an empty store, which nobody can use from then on until `endRestore`. Faults of `readBackup`, and `restore.not_empty`. */
export async function loadBackup(
  { storage, spool, index }: RestoreParts,
  source: AsyncIterable<Uint8Array>,
  reading: ReadParts,
  moment: Moment,
  told: Told = () => undefined,
): Promise<Loaded> {
  const met = readBackup(source, reading);
  try {
    const first = await met.next();
    if (first.done === true || first.value.is !== "header") throw damaged("it holds nothing");
    const { header } = first.value;
    // A stream that is no backup of ours left the store as it was.
    await makeRoom(storage, moment);
    const collections: CollectionEnds[] = [];
    const bodies = new Set<string>();
    const words = new Words(index);
    for (let next = await met.next(); next.done !== true; next = await met.next()) {
      const { value } = next;
      if (value.is === "body") {
        if (await storeBody(spool, value.job, met)) bodies.add(value.job);
      } else if (value.is === "collection") {
        const spec = specOf(value.name);
        if (spec === undefined) throw damaged("it names a collection that there is not");
        collections.push(await loadCollection(storage, spec, value.bytes, { met, words, told }));
      } else throw damaged("its parts are in another order");
    }
    return { header, collections, bodies };
  } finally {
    await met.return(undefined);
  }
}

/** What a restore that was cut off left behind goes; a store that holds anything else is refused. The store is marked. */
async function makeRoom(storage: Storage, moment: Moment): Promise<void> {
  const begun = { id: RESTORING, value: formatInstant(moment.now) };
  if (await isHalfRestored(storage)) await removeAll(storage);
  else {
    for (const spec of KEPT) {
      if (spec.name === Meta.name || (await storage.collection(spec).all({ limit: 1 })).length === 0) continue;
      throw new Fault(
        "conflict",
        `the store is not empty (it has ${spec.name}): a backup is restored into a store that nothing was written to, and never over one`,
        { code: "restore.not_empty" },
      );
    }
    await storage.collection(Meta).insert([begun]);
    // A server without the demonstration may have been started on it: what it noted is of no use beside what comes.
    await removeAll(storage);
  }
}

/** Takes out every document but the two that say what the store is. */
async function removeAll(storage: Storage): Promise<void> {
  for (const spec of [...KEPT, Spooled]) {
    const collection = storage.collection(spec);
    for (let after: string | undefined; ; ) {
      const page = await collection.all({ limit: 500, ...(after === undefined ? {} : { after }) });
      const ids = page.map(({ id }) => id);
      await collection.remove(ids.filter((id) => spec.name !== Meta.name || (id !== RESTORING && id !== "format")));
      after = ids.at(-1);
      if (page.length < 500) break;
    }
  }
}

/** Puts the body of a post that waits where its job looks for it; false where it is not whole. */
async function storeBody(spool: Spool, job: string, met: AsyncGenerator<Met>): Promise<boolean> {
  let whole = false;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let next = await met.next(); next.done !== true; next = await met.next()) {
      if (next.value.is === "piece") yield next.value.bytes;
      else if (next.value.is === "body-end") {
        whole = next.value.whole;
        return;
      }
    }
  }
  // One that a restore before this left in part.
  await spool.remove(job);
  await spool.write(job, pieces());
  if (!whole) await spool.remove(job);
  return whole;
}

/** Gives rows their search terms again, which no store gives back: by the function that the ingest uses, from what the bytes say and the label. */
class Words {
  readonly #index: IndexKey;
  readonly #labels = new Map<string, LabelDoc["label"]>();

  constructor(index: IndexKey) {
    this.#index = index;
  }

  /** A document as it is stored. Labels have to come before the rows. */
  stored(spec: Declared, doc: Doc): Doc {
    if (spec.name === Labels.name) this.#labels.set(doc.id, (doc as LabelDoc).label);
    return spec.name === Rows.name ? this.#searched(doc as RowDoc) : doc;
  }

  #searched(row: RowDoc): RowDoc {
    // Nobody is admitted there.
    if (row.lane === deadLane(row.label)) return { ...row, terms: [] };
    const label = this.#labels.get(row.label);
    if (label === undefined) throw damaged("a row has a label that is not in it");
    return { ...row, terms: indexTerms(objectOf(row), label, row.cut, this.#index) };
  }
}

async function loadCollection(
  storage: Storage,
  spec: Declared,
  bytes: readonly string[],
  { met, words, told }: { met: AsyncGenerator<Met>; words: Words; told: Told },
): Promise<CollectionEnds> {
  const collection = storage.collection(spec);
  const most = Math.min(1000, storage.can.transactionDocuments);
  let docs: Doc[] = [];
  let size = 0;
  let count = 0;
  const store = async (): Promise<void> => {
    if (docs.length > 0) await collection.insert(docs);
    count += docs.length;
    docs = [];
    size = 0;
    told(spec.name, count);
  };
  for (let next = await met.next(); next.done !== true; next = await met.next()) {
    if (next.value.is === "collection-end") {
      await store();
      return next.value.ends;
    }
    if (next.value.is !== "record") break;
    docs.push(words.stored(spec, documentOf(next.value.payload, bytes)));
    size += next.value.payload.length;
    if (docs.length >= most || size >= TRANSACTION_BYTES) await store();
  }
  throw damaged("its parts are in another order");
}

type Differing = (name: string, held: CollectionEnds, wanted: CollectionEnds) => Fault;

async function compare(
  storage: Storage,
  collections: readonly CollectionEnds[],
  told: Told,
  differing: Differing,
): Promise<void> {
  for (const ends of collections) {
    const spec = specOf(ends.name);
    if (spec === undefined) continue;
    const held = await contentsOf(storage, spec);
    told(ends.name, held.count);
    if (held.count !== ends.count || held.sha256 !== ends.sha256) throw differing(ends.name, held, ends);
  }
}

/** Reads back what was loaded: `restore.differs` where number or hash of a collection is another than in the backup. */
export const compareLoaded = (
  storage: Storage,
  collections: readonly CollectionEnds[],
  told: Told = () => undefined,
): Promise<void> =>
  compare(
    storage,
    collections,
    told,
    (name, held, { count, sha256 }) =>
      new Fault(
        "internal",
        `the restored store is not what was backed up: ${name} has ${held.count} documents with hash ${held.sha256.slice(0, 12)}, and not ${count} with ${sha256.slice(0, 12)}; it stays unusable`,
        { code: "restore.differs" },
      ),
  );

/** Reads a store that was moved once more: `move.written` where somebody wrote to it since, which the new one would lack. */
export const compareSource = (
  storage: Storage,
  collections: readonly CollectionEnds[],
  told: Told = () => undefined,
): Promise<void> =>
  compare(
    storage,
    collections,
    told,
    (name) =>
      new Fault(
        "conflict",
        `the old store was written to while it was moved (${name}): stop what uses it and move again; the new store stays unusable until then, and the old one is as it was`,
        { code: "move.written" },
      ),
  );

/** What a job without a body says to its sender. */
const BODY_LOST = {
  code: "job.body_lost",
  path: "",
  message: "it waited while the store was backed up, and its body is not in the backup: send it again",
};

/**
 * The store can be used from here on. It has the format of the backup: opened again, it is brought to this version's. A job that waits without its body
 * is given up with a word.
 */
export async function endRestore(storage: Storage, { header, bodies }: Loaded): Promise<void> {
  const jobs = storage.collection(Jobs);
  for (const id of await waitingJobs(storage)) {
    const job = bodies.has(id) ? undefined : await jobs.get(id);
    if (job !== undefined)
      await jobs.put({ ...job, status: "failed", progress: { ...job.progress, error: { ...BODY_LOST } } });
  }
  await storage.transaction(async (unit) => {
    const meta = unit.collection(Meta);
    const held = await meta.get("format");
    if (held === undefined) await meta.insert([{ id: "format", value: header.format }]);
    else await meta.put({ ...held, value: header.format });
    await meta.remove([RESTORING]);
  });
}
